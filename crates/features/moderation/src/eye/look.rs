//! Looking at what was published, after it was: a reader that asks for it, the job that does it, and the nightly one
//! that learns from decisions and lets go what need not be held any more.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use xinghe_core::{ActId, CaseId, Event, Measure, PostId, PostKind, PostView, Recorded};
use xinghe_store::{EventReader, JobError, JobHandler, JobRequest, JobRun, ReaderError, Unique, UnitOfWork};

use super::features::{features, outward};
use super::model::{Class, Example, SHIPPED};
use super::verdict::{moved, of_author};
use super::{EYE, Follows, Model, Rules, Verdict, Why, shingles};
use crate::commands::{Done, Moderation};
use crate::levels::Level;
use crate::model::{Act, ActState, DAY_MS, Report, Subject};
use crate::store;

/// The kind of the job that looks at one post.
const LOOK: &str = "moderation.look";
/// The kind of the nightly job.
pub(crate) const LEARN: &str = "moderation.learn";
/// What was published longer ago than this is not looked at: readers may have been away, or the place upgraded.
const FRESH_MS: i64 = 3 * DAY_MS;
/// From how many decisions it learns, the latest ones.
const DECISIONS: usize = 500;

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    post: PostId,
}

/// Asks for a look at what members publish and change, and forgets what is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beholder;

#[async_trait]
impl EventReader for Beholder {
    fn name(&self) -> &'static str {
        "moderation-eye"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let since = unit.store().now().as_millis() - FRESH_MS;
        for recorded in events {
            let post = match recorded.event {
                // Imports bring much at once, and nobody here wrote it.
                Event::PostPublished { post, author, .. } if recorded.actor == Some(author) => post,
                Event::PostRevised { post, .. } if recorded.actor.is_some() => post,
                Event::PostPurged { post } => {
                    store::forget_seen(unit, post).await?;
                    continue;
                }
                Event::MemberErased { member } => {
                    store::forget_seen_of(unit, member).await?;
                    continue;
                }
                _ => continue,
            };
            if recorded.at.as_millis() > since {
                let unique = Unique::WhileActive(format!("{LOOK} {post} {}", recorded.seq));
                unit.enqueue(&JobRequest::new(LOOK, &Payload { post }).unique(unique)).await?;
            }
        }
        Ok(())
    }

    /// Verdicts were given at their time; nothing is derived that the log could say again.
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}

fn failed(error: crate::error::ModerationError) -> JobError {
    match error {
        crate::error::ModerationError::Store(error) => error.into(),
        other => JobError::Retry(other.to_string()),
    }
}

/// Looks at one post.
pub(crate) struct Looker {
    pub moderation: Moderation,
}

#[async_trait]
impl JobHandler for Looker {
    fn kind(&self) -> &'static str {
        LOOK
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let Payload { post } = job.payload()?;
        self.moderation.look_at(post).await.map_err(failed)
    }
}

/// Learns, and lets go.
pub(crate) struct Learner {
    pub moderation: Moderation,
}

#[async_trait]
impl JobHandler for Learner {
    fn kind(&self) -> &'static str {
        LEARN
    }

    async fn run(&self, _: &JobRun) -> Result<(), JobError> {
        let freed = self.moderation.let_go().await.map_err(failed)?;
        let learned = self.moderation.learn().await.map_err(failed)?;
        if freed > 0 || learned {
            tracing::info!(freed, learned, "the local eye let posts go, or learned");
        }
        Ok(())
    }
}

/// The title that is a post's own.
fn own_title(view: &PostView) -> &str {
    if view.kind.is_reply() { "" } else { &view.title }
}

/// Whether it is written in another language than it says.
fn another_language(view: &PostView) -> bool {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    let (said, found) = (primary(view.language.as_str()), primary(xinghe_text::detect(&view.body).as_str()));
    found != "und" && said != "und" && said != found
}

impl Moderation {
    /// What the eye judges by now.
    async fn judge_by(&self) -> Done<std::sync::Arc<Model>> {
        let learned = store::learned(&self.store).await?;
        let kept = learned.and_then(|l| Model::decode(l.version, &l.weights));
        Ok(kept.map_or_else(Model::base, std::sync::Arc::new))
    }

    /// Looks at a post, writes down what it says, and does what the rules let it do.
    async fn look_at(&self, post: PostId) -> Done {
        let Some(view) = self.posts.posts(&[post]).await?.remove(&post) else { return Ok(()) };
        let Some(member) = view.author().filter(|_| !view.by_twin()) else { return Ok(()) };
        let claimed = self.authors.cards(&[member]).await?.get(&member).is_some_and(|c| c.claimed);
        if !claimed || self.authors.keepers(&[member]).await?.contains(&member) {
            return Ok(());
        }
        let rules = store::rules(&self.store).await?;
        let level = self.trust(&[member]).await?.remove(&member).map_or(Level::New, |t| t.level);
        let mut verdict = self.judge(&view, member, level).await?;
        verdict.would = verdict.follows(&rules, outward(&view.body, self.host()));
        verdict.did = if rules.watching { Follows::Nothing } else { verdict.would };
        let sketch = shingles::sketch(own_title(&view), &view.body);
        let subject = Subject::Post(post);
        let mut unit = self.begin(subject).await?;
        if store::verdict(&unit, post).await?.is_some_and(|v| v.revision == view.revision) {
            return Ok(());
        }
        if let Some(case) = self.report_seen(&mut unit, &verdict, &rules).await?
            && verdict.did == Follows::Hold
        {
            hold(&mut unit, &verdict, &rules, case).await?;
        }
        store::put_verdict(&mut unit, &verdict).await?;
        store::put_sketch(&mut unit, (post, member), &sketch).await?;
        unit.append(None, &Event::PostLooked { post, revision: view.revision }).await?;
        Ok(unit.commit().await?)
    }

    async fn judge(&self, view: &PostView, member: xinghe_core::AuthorId, level: Level) -> Done<Verdict> {
        let model = self.judge_by().await?;
        let title = own_title(view);
        let sketch = shingles::sketch(title, &view.body);
        let near = store::alike(&self.store, view.id, &sketch).await?;
        let nearest = near.iter().map(|(post, by, other)| (shingles::alike(&sketch, other), *post, *by));
        let nearest = nearest.max_by(|a, b| a.0.total_cmp(&b.0));
        let mut why = vec![];
        let repeats = nearest.is_some_and(|(alike, _, by)| alike >= 0.5 && by == member);
        let foreign = another_language(view);
        let odds = of_author(level, repeats, foreign, &mut why);
        let [spam, abuse, low] = model.judge(&features(title, &view.body, self.host()));
        // The strongest class says why; of a text that is fine, nothing has to be said.
        let strongest = [&spam, &abuse, &low].into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, reasons)) = strongest.filter(|(p, _)| *p >= 0.4) {
            why.splice(0..0, reasons.iter().cloned());
        }
        if level == Level::New {
            why.push(Why::plain("moderation-why-new"));
        }
        if let Some((alike, post, _)) = nearest.filter(|(alike, ..)| *alike >= 0.4) {
            let words = format!("{:.0} % · #{post}", alike * 100.0);
            why.push(Why { key: "moderation-why-like".to_owned(), words });
        }
        // A short word of thanks below a post is not what this is about.
        let short_is_fine = view.kind.is_reply() || view.kind == PostKind::Moment;
        Ok(Verdict {
            post: view.id,
            revision: view.revision,
            member,
            spam: moved(spam.0, odds),
            abuse: moved(abuse.0, odds),
            low_effort: if short_is_fine { 0 } else { moved(low.0, odds) },
            duplicate: nearest.map_or(0, |(alike, ..)| (alike * 100.0).round() as i32),
            like: nearest.map(|(_, post, _)| post),
            level,
            version: model.version,
            why,
            would: Follows::Nothing,
            did: Follows::Nothing,
            at: self.store.now(),
        })
    }

    /// Files a report where one follows; answers the case.
    async fn report_seen(&self, unit: &mut UnitOfWork, verdict: &Verdict, rules: &Rules) -> Done<Option<CaseId>> {
        let (true, Some(reason)) = (verdict.did >= Follows::Report, verdict.reason(rules)) else { return Ok(None) };
        let subject = Subject::Post(verdict.post);
        let case = match store::case_of(unit, subject).await? {
            Some(case) => case.id,
            None => {
                let id: CaseId = self.store.ids().next().into();
                store::insert_case(unit, id, subject, verdict.member).await?;
                id
            }
        };
        let report = Report { case, by: EYE, reason, words: String::new(), at: verdict.at };
        if store::put_report(unit, &report).await? {
            unit.append(None, &Event::Reported { case, post: Some(verdict.post), member: verdict.member }).await?;
        }
        Ok(Some(case))
    }

    /// Lets go what is held of members whose level grew; answers how much.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn let_go(&self) -> Done<usize> {
        let mut freed = 0;
        for (act, member) in store::held(&self.store).await? {
            let level = self.trust(&[member]).await?.remove(&member).map_or(Level::New, |t| t.level);
            if level.rule().held {
                continue;
            }
            let (mut unit, found) = self.act(act).await?;
            if release(&mut unit, &found, EYE).await? {
                unit.commit().await?;
                freed += 1;
            }
        }
        Ok(freed)
    }

    /// Learns from what moderators decided since it last did; answers whether there was something to learn.
    ///
    /// # Errors
    /// The database, or whoever reads posts.
    pub(crate) async fn learn(&self) -> Done<bool> {
        let learned = store::learned(&self.store).await?;
        let latest = store::last_decided(&self.store).await?;
        if latest <= learned.as_ref().map_or(0, |l| l.at) {
            return Ok(false);
        }
        let decided = store::decided(&self.store, DECISIONS).await?;
        let ids: Vec<PostId> = decided.iter().map(|(post, ..)| *post).collect();
        let views = self.posts.any(&ids).await?;
        let mut examples = SHIPPED.clone();
        for (post, reason, wrong) in &decided {
            let class = if *wrong { Class::of(*reason) } else { Some(Class::Fine) };
            let (Some(class), Some(view)) = (class, views.get(post).filter(|v| !v.body.is_empty())) else { continue };
            examples.push(Example::new(class, own_title(view), &view.body, self.host()));
        }
        let decisions = examples.len() - SHIPPED.len();
        if decisions == 0 {
            return Ok(false);
        }
        let version = learned.map_or(1, |l| l.version + 1);
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let new = store::Learned {
            version,
            weights: Model::train(version, &examples).encode(),
            at: self.store.now().as_millis(),
            examples: count(SHIPPED.len()),
            decisions: count(decisions),
        };
        let mut unit = self.store.begin().await?;
        store::keep_learned(&mut unit, &new).await?;
        let decisions = u32::try_from(decisions).unwrap_or(u32::MAX);
        unit.append(None, &Event::EyeTrained { version, decisions }).await?;
        unit.commit().await?;
        Ok(true)
    }
}

/// Hides a post until a moderator looked.
async fn hold(unit: &mut UnitOfWork, verdict: &Verdict, rules: &Rules, case: CaseId) -> Done {
    let acts = store::acts(unit, case).await?;
    if acts.iter().any(|a| a.by == EYE && a.state == ActState::Standing) {
        return Ok(());
    }
    let id: ActId = unit.store().ids().next().into();
    let act = Act {
        id,
        case,
        measure: Measure::Hide,
        post: Some(verdict.post),
        member: verdict.member,
        reason: verdict.reason(rules).unwrap_or(crate::model::Reason::Other),
        words: String::new(),
        days: 0,
        until: None,
        state: ActState::Standing,
        by: EYE,
        at: verdict.at,
        confirmed_by: None,
        ended_by: None,
        ended_at: None,
        why: String::new(),
        appeal: None,
    };
    store::insert_act(unit, &act).await?;
    unit.append(None, &crate::commands::event(&act, true)).await?;
    Ok(())
}

/// Ends an act by which a post is held; `false` where it was ended before.
async fn release(unit: &mut UnitOfWork, act: &Act, by: xinghe_core::AuthorId) -> Done<bool> {
    if !store::end(unit, act.id, (ActState::Standing, ActState::Undone), by, "").await? {
        return Ok(false);
    }
    let actor = (by != EYE).then_some(by);
    unit.append(actor, &crate::commands::event(act, false)).await?;
    Ok(true)
}

/// Lets go what the eye holds of a case, because a moderator looked.
pub(crate) async fn release_case(unit: &mut UnitOfWork, case: CaseId, by: xinghe_core::AuthorId) -> Done {
    for act in store::acts(unit, case).await? {
        if act.by == EYE && act.state == ActState::Standing {
            release(unit, &act, by).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_of_what_the_examples_teach_are_as_expected() {
        let text = "加微信 vx88123456 领取免费股票内参 http://x.example";
        let p = Model::base().probabilities(&features("", text, ""));
        assert!(moved(p[0], 0.0) >= Rules::default().spam, "{p:?}");
    }
}

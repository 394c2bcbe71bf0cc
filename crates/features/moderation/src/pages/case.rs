//! A case: what is reported, what was done, and deciding it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{ActId, CaseId, Measure};
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::refs::id;
use xinghe_web::{AppError, FieldErrors, Html, PageContext, PageResult, Texts};

use super::queue::kind_key;
use super::{keeper, named, of_message, title_of, to};
use crate::commands::Moderation;
use crate::eye::EYE;
use crate::levels::Level;
use crate::model::{Act, ActState, Decision, Keeper, Reason, Subject, WORDS_MAX, heavy, measure_key};
use crate::read::{Seen, Whole};
use crate::store;

/// Somebody who is named: name, address, number.
pub(super) struct Who {
    pub name: String,
    pub url: String,
    pub id: i64,
}

fn who(seen: &Seen, id: xinghe_core::AuthorId) -> Option<Who> {
    seen.person(id).map(|c| Who { name: c.name.clone(), url: c.url(), id: c.id.raw() })
}

struct ReportRow {
    who: Option<Who>,
    /// Of the local eye: why.
    eye: Option<Vec<String>>,
    reason: &'static str,
    words: String,
    when: String,
}

/// An act as its case shows it.
struct ActRow {
    act: Act,
    measure: &'static str,
    by: Option<Who>,
    /// Whether the local eye holds it.
    eye: bool,
    confirmed: Option<String>,
    ended: Option<String>,
    decided: Option<String>,
    when: String,
    until: String,
    proposed: bool,
    stands: bool,
    /// Whether the one who looks may confirm it.
    may_confirm: bool,
    /// Whether the one who looks may answer the appeal.
    may_answer: bool,
    /// The address of the post that it was about, of an act elsewhere.
    title: String,
}

struct Choice {
    word: &'static str,
    key: &'static str,
    hint: &'static str,
    heavy: bool,
    chosen: bool,
}

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DecideForm {
    measure: String,
    reason: String,
    words: String,
    days: String,
}

#[derive(Template)]
#[template(path = "moderation/case.html")]
struct CaseTemplate<'a> {
    t: &'a Texts,
    whole: &'a Whole,
    kind: &'static str,
    title: String,
    lang: String,
    url: Option<String>,
    body: Html,
    member: Option<Who>,
    taken: Option<String>,
    mine: bool,
    own: bool,
    opened: String,
    reports: Vec<ReportRow>,
    notes: Vec<(Option<Who>, String, String)>,
    acts: Vec<ActRow>,
    choices: Vec<Choice>,
    reasons: &'static [Reason],
    reason: Option<Reason>,
    form: &'a DecideForm,
    max: usize,
    errors: &'a FieldErrors,
    /// What moderators should know before they decide.
    alone: bool,
}

#[derive(Template)]
#[template(path = "moderation/record.html")]
struct RecordTemplate<'a> {
    t: &'a Texts,
    record: Vec<ActRow>,
    suspended: Option<String>,
    /// The level of trust, and where it says more.
    level: &'static str,
    trust: Option<String>,
}

const fn hint_key(measure: Measure) -> &'static str {
    match measure {
        Measure::Nothing => "moderation-hint-nothing",
        Measure::Warn => "moderation-hint-warn",
        Measure::Hide => "moderation-hint-hide",
        Measure::Lock => "moderation-hint-lock",
        Measure::Delete => "moderation-hint-delete",
        Measure::Suspend => "moderation-hint-suspend",
        Measure::Ban => "moderation-hint-ban",
        Measure::Wipe => "moderation-hint-wipe",
    }
}

fn act_row(t: &Texts, seen: &Seen, by: Keeper, act: Act) -> ActRow {
    let name = |id: Option<xinghe_core::AuthorId>| id.and_then(|id| seen.person(id)).map(|c| c.name.clone());
    ActRow {
        measure: measure_key(act.measure),
        by: who(seen, act.by),
        eye: act.by == EYE,
        confirmed: name(act.confirmed_by),
        ended: name(act.ended_by),
        decided: name(act.appeal.as_ref().and_then(|a| a.decided_by)),
        when: t.ago(act.at),
        until: act.until.map(|u| t.date_time(u)).unwrap_or_default(),
        proposed: act.state == ActState::Proposed,
        stands: act.state == ActState::Standing && act.measure != Measure::Nothing,
        may_confirm: act.by != by.id && act.member != by.id,
        may_answer: act.appealed() && !act.involves(by.id),
        title: seen.post(act.post).map(title_of).unwrap_or_default(),
        act,
    }
}

async fn page(
    moderation: &Moderation,
    ctx: &PageContext,
    case: CaseId,
    form: &DecideForm,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let (by, t) = (keeper(ctx.viewer.require()?), &ctx.t);
    let mut whole = moderation.whole(case).await?;
    let suspended = store::suspended(&moderation.store, &[whole.case.member], ctx.now()).await?;
    let suspended = suspended.get(&whole.case.member).map(|(until, _)| match until {
        Some(until) => t.f("moderation-until", &[("until", t.date_time(*until).into())]),
        None => t.s("moderation-for-good").into_owned(),
    });
    let record = std::mem::take(&mut whole.record);
    let record = record.into_iter().map(|a| act_row(t, &whole.seen, by, a)).collect();
    let found = &whole.case;
    let post = whole.seen.post(found.subject.post());
    let member = whole.seen.person(found.member);
    let level = moderation.trust(&[found.member]).await?.remove(&found.member).map_or(Level::New, |t| t.level).key();
    let trust = member.filter(|c| c.claimed).map(|c| format!("/moderation/trust/{}", c.handle));
    let aside = Html::render(&RecordTemplate { t, record, suspended, level, trust })?;
    let (title, lang) = match found.subject {
        Subject::Post(_) => named(t, post, None),
        Subject::Member(_) => named(t, None, member),
        Subject::Message(_) => of_message(t, member),
    };
    let verdict = match found.subject.post() {
        Some(post) => store::verdict(&moderation.store, post).await?,
        None => None,
    };
    let seen_by_eye: Vec<String> = verdict.iter().flat_map(|v| &v.why).map(|w| super::eye::told(t, w)).collect();
    let row = |r: &crate::model::Report| ReportRow {
        who: who(&whole.seen, r.by),
        eye: (r.by == EYE).then(|| seen_by_eye.clone()),
        reason: r.reason.key(),
        words: r.words.clone(),
        when: t.ago(r.at),
    };
    let choice = |m: &Measure| Choice {
        word: m.as_str(),
        key: measure_key(*m),
        hint: hint_key(*m),
        heavy: heavy(*m),
        chosen: form.measure == m.as_str(),
    };
    let template = CaseTemplate {
        t,
        kind: kind_key(found.subject, post.map(|p| p.kind)),
        title: title.clone(),
        lang,
        url: post.map(xinghe_core::PostView::url).or_else(|| member.map(xinghe_core::AuthorCard::url)),
        body: post
            .map(|p| &p.body)
            .or(whole.message.as_ref().map(|m| &m.body))
            .map(|body| render(body, &RenderOptions::prefixed("case-").in_lang(t.lang())).html.clone())
            .unwrap_or_default(),
        member: who(&whole.seen, found.member),
        taken: found.taken_by.and_then(|by| whole.seen.person(by)).map(|c| c.name.clone()),
        mine: found.taken_by == Some(by.id),
        own: found.member == by.id,
        opened: t.ago(found.opened_at),
        reports: whole.reports.iter().map(row).collect(),
        notes: whole.notes.iter().map(|n| (who(&whole.seen, n.by), n.words.clone(), t.ago(n.at))).collect(),
        acts: whole.acts.iter().map(|a| act_row(t, &whole.seen, by, a.clone())).collect(),
        choices: found.subject.measures().iter().map(choice).collect(),
        reasons: Reason::ALL,
        reason: form.reason.parse().ok().or_else(|| whole.reports.first().map(|r| r.reason)),
        form,
        max: WORDS_MAX,
        errors,
        alone: whole.acts.iter().any(|a| a.state == ActState::Proposed && a.by == by.id),
        whole: &whole,
    };
    Ok(ctx.page().title(title).noindex().aside(aside).status(status).render(&template))
}

/// `/moderation/cases/{id}`.
pub(super) async fn show(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(case): Path<String>,
) -> PageResult {
    let fresh = (StatusCode::OK, &FieldErrors::default());
    page(&moderation, &ctx, id(&case)?, &DecideForm { days: "7".into(), ..DecideForm::default() }, fresh).await
}

/// Decides.
pub(super) async fn decide(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(case): Path<String>,
    Form(form): Form<DecideForm>,
) -> PageResult {
    let (by, case) = (keeper(ctx.viewer.require()?), id::<CaseId>(&case)?);
    let decision = match form.measure.parse() {
        Ok(measure) => Ok(Decision {
            measure,
            reason: form.reason.parse().unwrap_or(Reason::Other),
            words: form.words.clone(),
            days: form.days.trim().parse().unwrap_or_default(),
        }),
        Err(_) => Err(xinghe_web::FieldError::new("measure", "moderation-fault-measure").into()),
    };
    let done = match decision {
        Ok(decision) => moderation.decide(by, case, &decision).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(to(&format!("/moderation/cases/{case}"))),
        Err(error) => {
            let (status, errors) = error.of_form(&ctx)?;
            page(&moderation, &ctx, case, &form, (status, &errors)).await
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DoForm {
    #[serde(rename = "do")]
    what: String,
    words: String,
}

/// Takes a case, or lets it go.
pub(super) async fn take(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(case): Path<String>,
    Form(form): Form<DoForm>,
) -> PageResult {
    let case = id::<CaseId>(&case)?;
    moderation.take(keeper(ctx.viewer.require()?), case, form.what != "release").await?;
    Ok(to(&format!("/moderation/cases/{case}")))
}

/// Writes a note.
pub(super) async fn note(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(case): Path<String>,
    Form(form): Form<DoForm>,
) -> PageResult {
    let case = id::<CaseId>(&case)?;
    moderation.note(keeper(ctx.viewer.require()?), case, &form.words).await?;
    Ok(to(&format!("/moderation/cases/{case}#notes")))
}

/// Confirms, refuses or takes back an act, or answers an appeal.
pub(super) async fn change(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(act): Path<String>,
    Form(form): Form<DoForm>,
) -> Result<Response, AppError> {
    let (by, act) = (keeper(ctx.viewer.require()?), id::<ActId>(&act)?);
    let case = store::acts_by_id(&moderation.store, &[act]).await?.remove(&act).ok_or(AppError::NotFound)?.case;
    match form.what.as_str() {
        "confirm" => moderation.confirm(by, act).await?,
        "refuse" => moderation.refuse(by, act, &form.words).await?,
        "undo" => moderation.undo(by, act, &form.words).await?,
        "grant" => moderation.answer(by, act, true, &form.words).await?,
        "uphold" => moderation.answer(by, act, false, &form.words).await?,
        _ => return Err(AppError::bad("moderation-fault-do")),
    }
    Ok(to(&format!("/moderation/cases/{case}")))
}

//! How a member stands with the moderators: what they decided about one, and what became of one's reports.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::ActId;
use xinghe_web::refs::id;
use xinghe_web::{FieldErrors, Html, PageContext, PageResult, Subject as Place, Texts};

use super::{named, title_of, to};
use crate::commands::Moderation;
use crate::eye::EYE;
use crate::model::{Act, ActState, Subject, measure_key};
use crate::store;

/// The tabs of the settings.
pub(super) const TABS: &str = "settings.tabs";

struct Row {
    url: String,
    measure: &'static str,
    reason: &'static str,
    title: String,
    lang: String,
    when: String,
    undone: bool,
    appealed: bool,
}

#[derive(Template)]
#[template(path = "moderation/standing.html")]
struct StandingTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    suspended: Option<String>,
    trust: Html,
    acts: Vec<Row>,
    /// What, why, when, and whether it is decided.
    reports: Vec<(String, String, &'static str, String, bool)>,
}

/// `/settings/standing`.
pub(super) async fn show(State(moderation): State<Moderation>, ctx: PageContext) -> PageResult {
    let (member, t) = (ctx.viewer.require()?.id, &ctx.t);
    let (acts, seen) = moderation.done_about(member).await?;
    let (reports, reported) = moderation.reported_by(member).await?;
    let suspended = store::suspended(&moderation.store, &[member], ctx.now()).await?;
    let suspended = suspended.get(&member).map(|(until, _)| match until {
        Some(until) => t.f("moderation-you-until", &[("until", t.date_time(*until).into())]),
        None => t.s("moderation-you-for-good").into_owned(),
    });
    let row = |act: Act| {
        let post = seen.post(act.post);
        Row {
            url: format!("/settings/standing/{}", act.id),
            measure: measure_key(act.measure),
            reason: act.reason.key(),
            title: post.map(title_of).unwrap_or_default(),
            lang: post.map(|p| p.language.to_string()).unwrap_or_default(),
            when: t.ago(act.at),
            undone: act.state == ActState::Undone,
            appealed: act.appealed(),
        }
    };
    let template = StandingTemplate {
        t,
        tabs: ctx.slot(TABS, &Place::default()).await,
        suspended,
        trust: super::trust::own(&moderation, &ctx, member).await?,
        acts: acts.into_iter().map(row).collect(),
        reports: reports
            .iter()
            .map(|(report, case)| {
                let (title, lang) = match case.subject {
                    Subject::Member(member) => named(t, None, reported.person(member)),
                    Subject::Post(post) => named(t, reported.post(Some(post)), None),
                    Subject::Message(_) => (t.s("moderation-kind-message").into_owned(), String::new()),
                };
                (title, lang, report.reason.key(), t.ago(report.at), !case.open)
            })
            .collect(),
    };
    Ok(ctx.page().title(t.s("moderation-standing")).noindex().render(&template))
}

#[derive(Template)]
#[template(path = "moderation/act.html")]
struct ActTemplate<'a> {
    t: &'a Texts,
    act: &'a Act,
    measure: &'static str,
    reason: &'static str,
    told: &'static str,
    title: String,
    lang: String,
    url: Option<String>,
    date: String,
    until: String,
    undone: Option<String>,
    /// The post as it is, where it is the member's to read still.
    body: String,
    /// Of what the local eye holds: why.
    why: Vec<String>,
    typed: &'a str,
    errors: &'a FieldErrors,
}

/// What a measure means for the member.
const fn told_key(measure: xinghe_core::Measure) -> &'static str {
    use xinghe_core::Measure::{Ban, Delete, Hide, Lock, Nothing, Suspend, Warn, Wipe};
    match measure {
        Nothing => "moderation-hint-nothing",
        Warn => "moderation-told-warn",
        Hide => "moderation-told-hide",
        Lock => "moderation-told-lock",
        Delete => "moderation-told-delete",
        Suspend => "moderation-told-suspend",
        Ban => "moderation-told-ban",
        Wipe => "moderation-told-wipe",
    }
}

async fn page(
    moderation: &Moderation,
    ctx: &PageContext,
    act: ActId,
    typed: &str,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let t = &ctx.t;
    let (act, seen) = moderation.about(ctx.viewer.require()?.id, act).await?;
    let post = seen.post(act.post);
    let verdict = match act.post.filter(|_| act.by == EYE) {
        Some(post) => store::verdict(&moderation.store, post).await?,
        None => None,
    };
    let template = ActTemplate {
        t,
        measure: measure_key(act.measure),
        reason: act.reason.key(),
        told: if act.by == EYE { "moderation-told-held" } else { told_key(act.measure) },
        title: post.map(title_of).unwrap_or_default(),
        lang: post.map(|p| p.language.to_string()).unwrap_or_default(),
        url: post.filter(|_| act.measure != xinghe_core::Measure::Delete).map(xinghe_core::PostView::url),
        date: t.date_time(act.at),
        until: act.until.map(|u| t.date_time(u)).unwrap_or_default(),
        undone: (act.state == ActState::Undone).then(|| act.ended_at.map(|at| t.date_time(at)).unwrap_or_default()),
        body: post.map(|p| xinghe_text::excerpt(&p.body, 300)).unwrap_or_default(),
        why: verdict.iter().flat_map(|v| &v.why).map(|w| super::eye::told(t, w)).collect(),
        act: &act,
        typed,
        errors,
    };
    Ok(ctx.page().title(t.s("moderation-decision")).noindex().status(status).render(&template))
}

/// `/settings/standing/{act}`.
pub(super) async fn act(State(moderation): State<Moderation>, ctx: PageContext, Path(act): Path<String>) -> PageResult {
    page(&moderation, &ctx, id(&act)?, "", (StatusCode::OK, &FieldErrors::default())).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AppealForm {
    words: String,
}

/// Appeals.
pub(super) async fn appeal(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(act): Path<String>,
    Form(form): Form<AppealForm>,
) -> PageResult {
    let (member, act) = (ctx.viewer.require()?.id, id::<ActId>(&act)?);
    match moderation.appeal(member, act, &form.words).await {
        Ok(()) => Ok(to(&format!("/settings/standing/{act}"))),
        Err(error) => {
            let (status, errors) = error.of_form(&ctx)?;
            page(&moderation, &ctx, act, &form.words, (status, &errors)).await
        }
    }
}

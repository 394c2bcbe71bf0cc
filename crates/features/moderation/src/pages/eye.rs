//! The local eye, for administrators: what it may do, how often moderators agreed, and what it said lately.

use askama::Template;
use axum::Form;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::Timestamp;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::place;
use xinghe_web::{FieldErrors, Html, PageContext, PageResult, Subject as Place, Texts};

use super::{keeper, title_of, to};
use crate::commands::Moderation;
use crate::eye::{Agreement, Rules, Verdict, Why};
use crate::levels::Level;
use crate::read::Seen;
use crate::store;

/// The tabs of the administrator's pages.
pub(super) const TABS: &str = "admin.tabs";

/// How many verdicts a page shows.
const PER_PAGE: usize = 30;

/// A reason in the reader's words.
pub(super) fn told(t: &Texts, why: &Why) -> String {
    t.f(&why.key, &[("words", why.words.as_str().into())])
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EyeQuery {
    /// `all` shows also those from which nothing follows.
    show: String,
    before: String,
}

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EyeForm {
    watching: String,
    spam: String,
    abuse: String,
    low_effort: String,
    duplicate: String,
    hold: String,
}

impl EyeForm {
    fn of(rules: &Rules) -> Self {
        Self {
            watching: if rules.watching { "true".to_owned() } else { String::new() },
            spam: rules.spam.to_string(),
            abuse: rules.abuse.to_string(),
            low_effort: rules.low_effort.to_string(),
            duplicate: rules.duplicate.to_string(),
            hold: rules.hold.to_string(),
        }
    }

    fn rules(&self) -> Rules {
        // What is no number is out of range, and is said to be so.
        let number = |text: &str| text.trim().parse().unwrap_or(0);
        Rules {
            watching: self.watching == "true",
            spam: number(&self.spam),
            abuse: number(&self.abuse),
            low_effort: number(&self.low_effort),
            duplicate: number(&self.duplicate),
            hold: number(&self.hold),
        }
    }
}

/// A verdict in the list.
struct Row {
    title: String,
    lang: String,
    url: String,
    author: String,
    level: &'static str,
    numbers: Vec<(&'static str, i32)>,
    why: Vec<String>,
    would: &'static str,
    /// What would follow did not, because it only watches.
    only_watched: bool,
    marked: bool,
    when: String,
}

#[derive(Template)]
#[template(path = "moderation/eye.html")]
struct EyeTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    form: &'a EyeForm,
    errors: &'a FieldErrors,
    agreement: Agreement,
    looked: i64,
    flagged: i64,
    learned: Option<String>,
    rows: Vec<Row>,
    all: bool,
    next: Option<String>,
}

fn row(t: &Texts, seen: &Seen, v: &Verdict) -> Row {
    let post = seen.post(Some(v.post));
    Row {
        title: post.map_or_else(|| t.s("moderation-gone").into_owned(), title_of),
        lang: post.map(|p| p.language.to_string()).unwrap_or_default(),
        url: post.map(xinghe_core::PostView::url).unwrap_or_default(),
        author: seen.person(v.member).map(|c| c.name.clone()).unwrap_or_default(),
        level: Level::key(v.level),
        numbers: vec![
            ("moderation-eye-spam", v.spam),
            ("moderation-eye-abuse", v.abuse),
            ("moderation-eye-low-effort", v.low_effort),
            ("moderation-eye-duplicate", v.duplicate),
        ],
        why: v.why.iter().map(|w| told(t, w)).collect(),
        would: v.would.key(),
        only_watched: v.did < v.would,
        marked: v.would > crate::eye::Follows::Nothing,
        when: t.ago(v.at),
    }
}

async fn page(
    moderation: &Moderation,
    ctx: &PageContext,
    query: &EyeQuery,
    form: Option<&EyeForm>,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let (t, store) = (&ctx.t, &moderation.store);
    let all = query.show == "all";
    let (verdicts, next, seen) = moderation.verdicts(all, place(&query.before)?, PER_PAGE).await?;
    let (looked, flagged) = store::looked_at(store).await?;
    let learned = store::learned(store).await?.map(|l| {
        let when = t.date_time(Timestamp::from_millis(l.at));
        t.f("moderation-eye-learned", &[("n", l.decisions.into()), ("when", when.into())])
    });
    let kept = EyeForm::of(&store::rules(store).await?);
    let template = EyeTemplate {
        t,
        tabs: ctx.slot(TABS, &Place::default()).await,
        form: form.unwrap_or(&kept),
        errors,
        agreement: store::agreement(store).await?,
        looked,
        flagged,
        learned,
        rows: verdicts.iter().map(|v| row(t, &seen, v)).collect(),
        all,
        next: next.map(|n| format!("/admin/eye?show={}&before={n}", if all { "all" } else { "" })),
    };
    Ok(ctx.page().title(t.s("moderation-eye")).active("admin").noindex().wide().status(status).render(&template))
}

/// `/admin/eye`.
pub(super) async fn show(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<EyeQuery>,
) -> PageResult {
    page(&moderation, &ctx, &query, None, (StatusCode::OK, &FieldErrors::default())).await
}

/// Sets it.
pub(super) async fn set(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Form(form): Form<EyeForm>,
) -> PageResult {
    match moderation.set_eye(keeper(ctx.viewer.require()?), form.rules()).await {
        Ok(()) => Ok(to("/admin/eye")),
        Err(error) => {
            let (status, errors) = error.of_form(&ctx)?;
            page(&moderation, &ctx, &EyeQuery::default(), Some(&form), (status, &errors)).await
        }
    }
}

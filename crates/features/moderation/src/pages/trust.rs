//! Levels of trust: one's own in the settings, anybody's for those who keep order.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{AuthorCard, AuthorId};
use xinghe_web::{AppError, FieldError, FieldErrors, Html, Need, PageContext, PageResult, Texts};

use super::case::Who;
use super::{keeper, to};
use crate::commands::Moderation;
use crate::error::ModerationError;
use crate::levels::{Facts, Level, RULES, Rule, Trust};

#[derive(Template)]
#[template(path = "moderation/trust_own.html")]
struct OwnTemplate<'a> {
    t: &'a Texts,
    trust: &'a Trust,
    opens: Vec<String>,
    next: Option<Level>,
    next_opens: Vec<String>,
    needs: Vec<(String, bool)>,
}

/// What a level opens, in sentences.
fn opens(t: &Texts, level: Level) -> Vec<String> {
    let Rule { hourly, held, .. } = *level.rule();
    let pace = match hourly {
        Some(n) => t.f("moderation-trust-hourly", &[("n", n.into())]),
        None => t.s("moderation-trust-hourly-any").into_owned(),
    };
    let held = t.s(if held { "moderation-trust-held" } else { "moderation-trust-free" }).into_owned();
    vec![pace, held]
}

/// What a level asks for, and whether it is reached.
fn needs(t: &Texts, level: Level, facts: Facts) -> Vec<(String, bool)> {
    let rule = level.rule();
    let need = |key, here: u32, asked: u32| {
        let words = t.f(key, &[("n", asked.into()), ("here", here.min(asked).into())]);
        (asked > 0).then_some((words, here >= asked))
    };
    let upheld = t.f("moderation-trust-need-upheld", &[("n", rule.upheld.into()), ("here", facts.upheld.into())]);
    [
        need("moderation-trust-need-since", facts.since, rule.since),
        need("moderation-trust-need-active", facts.active, rule.active),
        need("moderation-trust-need-posts", facts.posts, rule.posts),
        need("moderation-trust-need-people", facts.people, rule.people),
        Some((upheld, facts.upheld <= rule.upheld)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a member can do, and what opens next.
pub(super) async fn own(moderation: &Moderation, ctx: &PageContext, member: AuthorId) -> Result<Html, AppError> {
    let t = &ctx.t;
    let (trust, _) = moderation.trust_of(member).await?;
    // Nothing opens by itself where somebody else decided.
    let next = trust.level.next().filter(|_| !trust.set && !trust.keeper);
    let template = OwnTemplate {
        t,
        trust: &trust,
        opens: opens(t, trust.level),
        next,
        next_opens: next.map(|n| opens(t, n)).unwrap_or_default(),
        needs: next.map(|n| needs(t, n, trust.facts)).unwrap_or_default(),
    };
    Ok(Html::render(&template)?)
}

/// A number of the rules: a member's, and what the levels ask for.
struct Row {
    key: &'static str,
    here: u32,
    asked: Vec<String>,
}

/// A level that was set.
struct Past {
    level: &'static str,
    words: String,
    who: Option<Who>,
    when: String,
}

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SetForm {
    level: String,
    words: String,
}

#[derive(Template)]
#[template(path = "moderation/trust.html")]
struct TrustTemplate<'a> {
    t: &'a Texts,
    card: &'a AuthorCard,
    trust: &'a Trust,
    levels: &'static [Level],
    rows: Vec<Row>,
    history: Vec<Past>,
    may_set: bool,
    choices: Vec<(&'static str, String)>,
    form: &'a SetForm,
    errors: &'a FieldErrors,
}

/// The key of the choice that gives a level back to the rules.
const GROWS: &str = "moderation-trust-by-rules";

fn rows(facts: Facts) -> Vec<Row> {
    let row = |key, here, asked: fn(&Rule) -> u32| {
        let word = |rule: &Rule| match asked(rule) {
            u32::MAX => "–".to_owned(),
            n => n.to_string(),
        };
        Row { key, here, asked: RULES[1..].iter().map(word).collect() }
    };
    vec![
        row("moderation-trust-since", facts.since, |r| r.since),
        row("moderation-trust-active", facts.active, |r| r.active),
        row("moderation-trust-posts", facts.posts, |r| r.posts),
        row("moderation-trust-people", facts.people, |r| r.people),
        row("moderation-trust-upheld", facts.upheld, |r| r.upheld),
    ]
}

pub(crate) async fn member(moderation: &Moderation, handle: &str) -> Result<AuthorCard, AppError> {
    let card = moderation.authors.by_handle(handle).await?;
    card.filter(|c| c.claimed).ok_or(AppError::NotFound)
}

async fn page(
    moderation: &Moderation,
    ctx: &PageContext,
    card: &AuthorCard,
    form: &SetForm,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let t = &ctx.t;
    let (trust, settings) = moderation.trust_of(card.id).await?;
    let seen = moderation.seen([], settings.iter().map(|s| s.by), false).await?;
    let past = |s: &crate::levels::Setting| Past {
        level: s.level.map_or(GROWS, Level::key),
        words: s.words.clone(),
        who: seen.person(s.by).map(|c| Who { name: c.name.clone(), url: c.url(), id: c.id.raw() }),
        when: t.ago(s.at),
    };
    let grows = ("", t.s(GROWS).into_owned());
    let choices = Level::ALL.iter().map(|l| (l.as_str(), t.s(l.key()).into_owned()));
    let template = TrustTemplate {
        t,
        card,
        trust: &trust,
        levels: &Level::ALL[1..],
        rows: rows(trust.facts),
        history: settings.iter().map(past).collect(),
        may_set: ctx.viewer.may(Need::Administrator) && ctx.viewer.id() != Some(card.id),
        choices: std::iter::once(grows).chain(choices).collect(),
        form,
        errors,
    };
    let title = format!("{} · {}", card.name, t.s("moderation-trust"));
    Ok(ctx.page().title(title).noindex().status(status).render(&template))
}

/// `/moderation/trust/{handle}`.
pub(super) async fn show(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(handle): Path<String>,
) -> PageResult {
    let card = member(&moderation, &handle).await?;
    page(&moderation, &ctx, &card, &SetForm::default(), (StatusCode::OK, &FieldErrors::default())).await
}

/// The level of a form or body: the empty word gives it back to the rules.
///
/// # Errors
/// There is no such level.
pub(crate) fn level(word: &str) -> Result<Option<Level>, ModerationError> {
    if word.is_empty() {
        return Ok(None);
    }
    word.parse().map(Some).map_err(|_| FieldError::new("level", "moderation-fault-level").into())
}

/// Sets a level.
pub(super) async fn set(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Path(handle): Path<String>,
    Form(form): Form<SetForm>,
) -> PageResult {
    let card = member(&moderation, &handle).await?;
    let by = keeper(ctx.viewer.require()?);
    let done = match level(&form.level) {
        Ok(level) => moderation.set_level(by, card.id, level, &form.words).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(to(&format!("/moderation/trust/{}", card.handle))),
        Err(error) => {
            let (status, errors) = error.of_form(&ctx)?;
            page(&moderation, &ctx, &card, &form, (status, &errors)).await
        }
    }
}

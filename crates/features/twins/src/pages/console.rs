//! `/twin`: what the owner's twin may do, and the switch that stops it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use http::StatusCode;
use serde::Deserialize;
use xinghe_web::api::ApiQuery;
use xinghe_web::system::local;
use xinghe_web::{AppError, FieldErrors, Member, PageContext, PageResult, Texts};

use crate::acts::commands::{self, ActError};
use crate::acts::model::{DraftState, Grant, GrantFault, Grants, Mode, PER_DAY_MAX, WORD_MAX, WORDS_MAX};
use crate::acts::store;
use crate::ask::Asker;

/// What a day of a grant is, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// What stands above each of the owner's pages.
pub(crate) struct Head {
    pub tab: &'static str,
    pub here: String,
    pub paused: bool,
    pub waiting: i64,
    pub alone: i64,
    pub per_day: Option<i32>,
    pub twin: String,
}

impl Head {
    pub(crate) async fn of(asker: &Asker, member: &Member, tab: &'static str, here: &str) -> Result<Self, AppError> {
        let db = &asker.deps().store;
        let grants = store::grants_of(db, member.id).await?;
        Ok(Self {
            tab,
            here: here.to_owned(),
            paused: grants.paused,
            waiting: store::count_waiting(db, member.id).await?,
            alone: store::alone_since(db, member.id, db.now().plus_millis(-DAY_MS)).await?,
            per_day: (grants.answer.mode == Mode::Publish).then_some(grants.answer.per_day),
            twin: format!("/@{}/twin", member.handle),
        })
    }
}

/// A field of grants and the text that says what is wrong with it.
pub(crate) fn fault(fault: GrantFault) -> AppError {
    use xinghe_web::Said;
    match fault {
        GrantFault::Confidence => AppError::field("least_confidence", "twins-grant-confidence-wrong"),
        GrantFault::PerDay => {
            AppError::field("per_day", Said::new("twins-grant-per-day-wrong").with("max", PER_DAY_MAX))
        }
        GrantFault::Tags => AppError::field("tags", Said::new("twins-grant-tags-wrong").with("max", WORDS_MAX)),
        GrantFault::Languages => AppError::field("languages", "twins-grant-languages-wrong"),
        GrantFault::Topics => AppError::field(
            "never_about",
            Said::new("twins-grant-topics-wrong").with("max", WORDS_MAX).with("long", WORD_MAX),
        ),
    }
}

impl From<ActError> for AppError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::NotFound => Self::NotFound,
            ActError::Settled(DraftState::GaveWay) => Self::conflict("twins-draft-gave-way"),
            ActError::Settled(_) => Self::conflict("twins-draft-settled"),
            ActError::Stopped => Self::conflict("twins-stopped-yours"),
            ActError::Body => Self::field("body", "twins-draft-body-wrong"),
            ActError::Reason => Self::field("reason", "twins-draft-reason-long"),
            ActError::Grants(wrong) => fault(wrong),
            ActError::Memory(wrong) => super::said::fault(wrong),
            ActError::Store(error) => error.into(),
            ActError::Port(error) => error.into(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GrantForm {
    mode: String,
    least_confidence: String,
    tags: String,
    zh: String,
    en: String,
    per_day: String,
    never_about: String,
}

fn words(text: &str) -> Vec<String> {
    let parted = text.split([',', '，', '、', ';', '；', '\n']);
    parted.map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
}

impl GrantForm {
    fn of(grants: &Grants) -> Self {
        let g = &grants.answer;
        let has = |l: &str| if g.languages.iter().any(|x| x == l) { "true".to_owned() } else { String::new() };
        Self {
            mode: g.mode.as_str().to_owned(),
            least_confidence: g.least_confidence.to_string(),
            tags: g.tags.join(", "),
            zh: has("zh"),
            en: has("en"),
            per_day: g.per_day.to_string(),
            never_about: grants.never_about.join("\n"),
        }
    }

    fn grants(&self) -> Result<Grants, AppError> {
        let languages = [("zh", &self.zh), ("en", &self.en)];
        let answer = Grant {
            mode: Mode::parse(&self.mode).ok_or_else(|| AppError::field("mode", "twins-grant-mode-wrong"))?,
            least_confidence: self.least_confidence.trim().parse().map_err(|_| fault(GrantFault::Confidence))?,
            tags: words(&self.tags),
            languages: languages.iter().filter(|(_, on)| !on.is_empty()).map(|(l, _)| (*l).to_owned()).collect(),
            per_day: self.per_day.trim().parse().map_err(|_| fault(GrantFault::PerDay))?,
        };
        Ok(Grants { paused: false, never_about: words(&self.never_about), answer })
    }
}

#[derive(Template)]
#[template(path = "acts/console.html")]
struct ConsoleTemplate<'a> {
    t: &'a Texts,
    head: Head,
    form: &'a GrantForm,
    errors: &'a FieldErrors,
    saved: bool,
    wait: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    done: String,
}

/// The console.
pub(crate) async fn show(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<Done>,
) -> PageResult {
    let form = GrantForm::of(&store::grants_of(&asker.deps().store, member.id).await?);
    page(&asker, &ctx, &member, (&form, &FieldErrors::default()), query.done == "saved").await
}

async fn page(
    asker: &Asker,
    ctx: &PageContext,
    member: &Member,
    (form, errors): (&GrantForm, &FieldErrors),
    saved: bool,
) -> PageResult {
    let head = Head::of(asker, member, "console", "/twin").await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = ConsoleTemplate { t: &ctx.t, head, form, errors, saved, wait: asker.deps().wait_minutes };
    Ok(ctx.page().title(ctx.t.s("twins-console")).active("twins").noindex().status(status).render(&template))
}

/// Stores what the form allows.
pub(crate) async fn save(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<GrantForm>,
) -> PageResult {
    use axum::response::IntoResponse;
    let db = &asker.deps().store;
    let done = match form.grants() {
        Ok(grants) => commands::grant(db, member.id, grants, true).await.map(drop).map_err(AppError::from),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/twin?done=saved").into_response()),
        Err(AppError::Invalid(errors)) => {
            let errors = FieldErrors::new(&errors, &ctx.t);
            page(&asker, &ctx, &member, (&form, &errors), false).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StopForm {
    paused: String,
    next: String,
}

/// The stop switch.
pub(crate) async fn stop(
    State(asker): State<Asker>,
    member: Member,
    Form(form): Form<StopForm>,
) -> Result<Redirect, AppError> {
    commands::pause(&asker.deps().store, member.id, form.paused != "false").await?;
    Ok(Redirect::to(if form.next.is_empty() { "/twin" } else { local(&form.next) }))
}

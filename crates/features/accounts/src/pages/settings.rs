//! A member's settings: profile and sessions.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use axum_extra::extract::Form;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{Lang, SessionId};
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, SlotEntry, Subject, Texts, Theme};

use super::{refusal, to, with_cookie};
use crate::commands::Accounts;
use crate::model::{About, LINKS_MAX, Link, ProfileChange, SessionView};

/// Whether something was just saved.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Done {
    pub(super) done: String,
}

/// The profile's form. Links are two lists that run side by side.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ProfileForm {
    name: String,
    about_zh_hans: String,
    about_zh_hant: String,
    about_en: String,
    link_label: Vec<String>,
    link_url: Vec<String>,
    language: String,
    theme: String,
}

impl ProfileForm {
    fn about(&self) -> About {
        // Browsers send line ends as CR LF.
        let lines = |text: &String| text.replace("\r\n", "\n");
        About { zh_hans: lines(&self.about_zh_hans), zh_hant: lines(&self.about_zh_hant), en: lines(&self.about_en) }
    }

    fn links(&self) -> Vec<Link> {
        let labels = self.link_label.iter().chain(std::iter::repeat(const { &String::new() }));
        self.link_url.iter().zip(labels).map(|(url, label)| Link { label: label.clone(), url: url.clone() }).collect()
    }

    fn change(&self) -> ProfileChange {
        ProfileChange {
            name: Some(self.name.clone()),
            about: Some(self.about()),
            links: Some(self.links()),
            language: Some(Lang::nearest(&self.language)),
            theme: Some(Theme::parse(&self.theme)),
        }
    }
}

/// One row of links.
struct LinkRow {
    n: usize,
    link: Link,
    error: String,
}

/// The tabs of the settings, a place that other features put theirs in, too.
const TABS: &str = "settings.tabs";

/// The tabs of these pages.
pub(crate) fn tabs() -> Vec<SlotEntry> {
    vec![
        SlotEntry::tab(TABS, 0, "/settings", "accounts-settings-profile"),
        SlotEntry::tab(TABS, 10, "/settings/account", "accounts-settings-account"),
        SlotEntry::tab(TABS, 15, "/settings/security", "accounts-settings-security"),
        SlotEntry::tab(TABS, 17, "/settings/connections", "accounts-settings-connections"),
        SlotEntry::tab(TABS, 25, "/settings/tokens", "accounts-settings-tokens"),
        SlotEntry::tab(TABS, 20, "/settings/sessions", "accounts-settings-sessions"),
    ]
}

pub(super) async fn tabs_of(ctx: &PageContext) -> Html {
    ctx.slot(TABS, &Subject::default()).await
}

#[derive(Template)]
#[template(path = "settings_profile.html")]
struct ProfileTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    member: &'a Member,
    form: &'a ProfileForm,
    links: Vec<LinkRow>,
    errors: &'a FieldErrors,
    saved: bool,
    langs: [Lang; 3],
}

#[derive(Template)]
#[template(path = "settings_sessions.html")]
struct SessionsTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    member: &'a Member,
    sessions: &'a [SessionView],
    saved: bool,
}

async fn profile_page(
    ctx: &PageContext,
    member: &Member,
    form: &ProfileForm,
    (status, errors): (StatusCode, &FieldErrors),
    saved: bool,
) -> Response {
    let mut links = form.links();
    let filled = links.iter().filter(|l| !l.url.is_empty() || !l.label.is_empty()).count();
    // Always two empty rows more, until there are as many as there may be.
    links.resize(
        (filled + 2).clamp(links.len().min(LINKS_MAX), LINKS_MAX.max(links.len())),
        Link { label: String::new(), url: String::new() },
    );
    let row = |(n, link): (usize, Link)| LinkRow { n, link, error: errors.of(&format!("links.{n}")).to_owned() };
    let links = links.into_iter().enumerate().map(row).collect();
    let template =
        ProfileTemplate { t: &ctx.t, tabs: tabs_of(ctx).await, member, form, links, errors, saved, langs: Lang::ALL };
    ctx.page().title(ctx.t.s("accounts-settings")).noindex().status(status).render(&template)
}

/// `/settings`.
pub(super) async fn profile(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let record = accounts.author_by_id(member.id).await?.ok_or(AppError::NotFound)?;
    let info = record.member.ok_or(AppError::NotFound)?;
    let About { zh_hans, zh_hant, en } = info.about;
    let form = ProfileForm {
        name: record.card.name,
        about_zh_hans: zh_hans,
        about_zh_hant: zh_hant,
        about_en: en,
        link_label: info.links.iter().map(|l| l.label.clone()).collect(),
        link_url: info.links.iter().map(|l| l.url.clone()).collect(),
        language: info.language.map(|l| l.tag().to_owned()).unwrap_or_default(),
        theme: info.theme.map(|t| t.as_str().to_owned()).unwrap_or_default(),
    };
    let fine = (StatusCode::OK, &FieldErrors::default());
    Ok(profile_page(&ctx, &member, &form, fine, done.done == "profile").await)
}

/// The form of `/settings`. What a cookie said of language and appearance gives way to what was chosen here.
pub(super) async fn save_profile(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<ProfileForm>,
) -> Result<Response, AppError> {
    match accounts.change_profile(member.id, &form.change()).await {
        Ok(()) => {
            let forget = |name: &str| format!("{name}=; Path=/; Max-Age=0; SameSite=Lax");
            let response = with_cookie(to("/settings?done=profile"), &forget("xinghe_lang"));
            Ok(with_cookie(response, &forget("xinghe_theme")))
        }
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            Ok(profile_page(&ctx, &member, &form, (status, &errors), false).await)
        }
    }
}

/// `/settings/sessions`.
pub(super) async fn sessions(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let sessions = accounts.sessions(member.id).await?;
    let tabs = tabs_of(&ctx).await;
    let template =
        SessionsTemplate { t: &ctx.t, tabs, member: &member, sessions: &sessions, saved: done.done == "ended" };
    Ok(ctx.page().title(ctx.t.s("accounts-settings-sessions")).noindex().render(&template))
}

/// Which session to end; none is all others.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct EndForm {
    session: String,
}

/// Ends one session, or all others.
pub(super) async fn end_session(
    State(accounts): State<Accounts>,
    member: Member,
    Form(form): Form<EndForm>,
) -> Result<Response, AppError> {
    if form.session.is_empty() {
        accounts.end_other_sessions(member.id, member.session).await?;
    } else {
        let id: SessionId = form.session.parse().map_err(|_| AppError::NotFound)?;
        accounts.end_session(member.id, id).await?;
    }
    Ok(to("/settings/sessions?done=ended"))
}

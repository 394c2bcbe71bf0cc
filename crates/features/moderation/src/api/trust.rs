//! Levels of trust.

use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xinghe_web::api::ApiJson;
use xinghe_web::refs::AuthorRef;
use xinghe_web::{AppError, Member};

use crate::commands::Moderation;
use crate::levels::{Level, Rule, Trust};
use crate::pages::{keeper, trust};

/// What a level asks for and opens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LevelJson {
    /// `new`, `basic`, `member` or `regular`.
    level: &'static str,
    /// Days since joining.
    days: u32,
    /// Days on which one did something.
    active_days: u32,
    /// Posts still to be seen.
    posts: u32,
    /// Different members who thanked or voted for them.
    people: u32,
    /// Decisions against one lately, at most; `null` is any number.
    upheld: Option<u32>,
    /// Posts and messages within an hour; `null` is as many as anybody may send.
    hourly: Option<u32>,
    /// Whether a doubtful post with links or pictures can be held until a moderator looked.
    held: bool,
}

impl From<&Rule> for LevelJson {
    fn from(r: &Rule) -> Self {
        Self {
            level: r.level.as_str(),
            days: r.since,
            active_days: r.active,
            posts: r.posts,
            people: r.people,
            upheld: (r.upheld != u32::MAX).then_some(r.upheld),
            hourly: r.hourly,
            held: r.held,
        }
    }
}

/// How far a member is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrustJson {
    /// `new`, `basic`, `member` or `regular`.
    level: &'static str,
    /// Whether an administrator set it.
    set: bool,
    /// Days since joining.
    days: u32,
    /// Days on which the member did something.
    active_days: u32,
    /// Posts still to be seen.
    posts: u32,
    /// Different members who thanked or voted for them.
    people: u32,
    /// Decisions against the member lately.
    upheld: u32,
    /// The rules, the least level first.
    levels: Vec<LevelJson>,
}

impl From<&Trust> for TrustJson {
    fn from(trust: &Trust) -> Self {
        Self {
            level: trust.level.as_str(),
            set: trust.set,
            days: trust.facts.since,
            active_days: trust.facts.active,
            posts: trust.facts.posts,
            people: trust.facts.people,
            upheld: trust.facts.upheld,
            levels: Level::ALL.iter().map(|l| LevelJson::from(l.rule())).collect(),
        }
    }
}

/// A level that was set.
#[derive(Debug, Serialize, ToSchema)]
struct SettingJson {
    /// `null` let it grow by the rules again.
    level: Option<&'static str>,
    words: String,
    by: Option<AuthorRef>,
    /// RFC 3339.
    at: String,
}

/// A member's level as moderators see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberTrustJson {
    #[serde(flatten)]
    trust: TrustJson,
    /// The levels that administrators set, the latest first.
    history: Vec<SettingJson>,
}

/// A level to set.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LevelBody {
    /// `new`, `basic`, `member` or `regular`; `null` lets it grow by the rules again.
    level: Option<String>,
    /// Why, for moderators.
    words: String,
}

/// Your level of trust, the numbers it comes of, and what each level asks for and opens.
#[utoipa::path(get, path = "/api/v1/me/trust", tag = "moderation", responses((status = 200, body = TrustJson)))]
pub(super) async fn own(State(moderation): State<Moderation>, member: Member) -> Result<ApiJson<TrustJson>, AppError> {
    Ok(ApiJson(TrustJson::from(&moderation.trust_of(member.id).await?.0)))
}

/// A member's level of trust, with who set it and why.
#[utoipa::path(
    get, path = "/api/v1/moderation/trust/{handle}", tag = "moderation",
    params(("handle" = String, Path, description = "The member")),
    responses((status = 200, body = MemberTrustJson), (status = 404, description = "There is no such member"))
)]
pub(super) async fn show(
    State(moderation): State<Moderation>,
    Path(handle): Path<String>,
) -> Result<ApiJson<MemberTrustJson>, AppError> {
    let card = trust::member(&moderation, &handle).await?;
    let (trust, settings) = moderation.trust_of(card.id).await?;
    let seen = moderation.seen([], settings.iter().map(|s| s.by), false).await?;
    let history = settings.into_iter().map(|s| SettingJson {
        level: s.level.map(Level::as_str),
        by: seen.person(s.by).map(AuthorRef::from),
        words: s.words,
        at: s.at.rfc3339(),
    });
    Ok(ApiJson(MemberTrustJson { trust: TrustJson::from(&trust), history: history.collect() }))
}

/// Set a member's level of trust, or let it grow by the rules again.
#[utoipa::path(
    put, path = "/api/v1/moderation/trust/{handle}", tag = "moderation", request_body = LevelBody,
    params(("handle" = String, Path, description = "The member")),
    responses((status = 204, description = "It is so"), (status = 404, description = "There is no such member"),
        (status = 409, description = "It is your own"),
        (status = 422, description = "There is no such level, or words are missing or too long"))
)]
pub(super) async fn set(
    State(moderation): State<Moderation>,
    member: Member,
    Path(handle): Path<String>,
    ApiJson(body): ApiJson<LevelBody>,
) -> Result<StatusCode, AppError> {
    let card = trust::member(&moderation, &handle).await?;
    let level = trust::level(body.level.as_deref().unwrap_or_default())?;
    moderation.set_level(keeper(&member), card.id, level, &body.words).await?;
    Ok(StatusCode::NO_CONTENT)
}

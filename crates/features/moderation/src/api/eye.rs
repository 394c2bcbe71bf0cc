//! The local eye.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::refs::{AuthorRef, PostRef};
use xinghe_web::{AppError, Member};

use super::shapes::VerdictsQuery;
use crate::commands::Moderation;
use crate::eye::{Rules, Verdict};
use crate::pages::keeper;
use crate::read::Seen;
use crate::store;

/// What the local eye may do, and from which probabilities on, in hundredths.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RulesJson {
    /// Whether it only writes down what it would do.
    watching: bool,
    spam: i32,
    abuse: i32,
    low_effort: i32,
    duplicate: i32,
    /// From here on what a new member wrote is held until a moderator looked.
    hold: i32,
}

/// How often moderators agreed, over the posts that they decided last.
#[derive(Debug, Serialize, ToSchema)]
struct AgreementJson {
    /// In hundredths; `null` where they decided about nothing that it looked at.
    agreed: Option<u32>,
    /// It would act, and moderators did.
    hits: u32,
    /// It would act, and moderators found nothing wrong.
    false_alarms: u32,
    /// It would do nothing, and moderators acted.
    missed: u32,
    /// It would do nothing, and moderators found nothing wrong.
    passed: u32,
}

/// The local eye.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EyeJson {
    rules: RulesJson,
    agreement: AgreementJson,
    /// How many posts it looked at.
    looked: i64,
    /// Of how many something would follow.
    flagged: i64,
    /// From how many decisions it learned, beside the examples that ship.
    decisions: i32,
}

/// A reason.
#[derive(Debug, Serialize, ToSchema)]
struct WhyJson {
    /// Which: `words`, `links`, `contact`, `new` and others.
    kind: String,
    /// What it names, where it names something.
    words: String,
}

/// What it said of a post. Probabilities are in hundredths.
#[derive(Debug, Serialize, ToSchema)]
struct VerdictJson {
    id: String,
    /// `null` where the post is gone.
    post: Option<PostRef>,
    author: Option<AuthorRef>,
    /// The author's level of trust then.
    level: &'static str,
    spam: i32,
    abuse: i32,
    low_effort: i32,
    duplicate: i32,
    /// The earlier post that it is like.
    like: Option<String>,
    why: Vec<WhyJson>,
    /// `nothing`, `report` or `hold`.
    would: &'static str,
    /// What followed indeed.
    did: &'static str,
    /// Which model judged; 0 knows the examples that ship only.
    version: i64,
    /// RFC 3339.
    at: String,
}

impl VerdictJson {
    fn new(v: &Verdict, seen: &Seen) -> Self {
        let why = v.why.iter().map(|w| WhyJson {
            kind: w.key.strip_prefix("moderation-why-").unwrap_or(&w.key).to_owned(),
            words: w.words.clone(),
        });
        Self {
            id: v.post.to_string(),
            post: super::shapes::post(seen, Some(v.post)),
            author: seen.person(v.member).map(AuthorRef::from),
            level: v.level.as_str(),
            spam: v.spam,
            abuse: v.abuse,
            low_effort: v.low_effort,
            duplicate: v.duplicate,
            like: v.like.map(|p| p.to_string()),
            why: why.collect(),
            would: v.would.as_str(),
            did: v.did.as_str(),
            version: v.version,
            at: v.at.rfc3339(),
        }
    }
}

/// Verdicts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictsJson {
    items: Vec<VerdictJson>,
    /// The cursor of the next page; `null` on the last.
    next: Option<String>,
}

/// What the local eye may do, and how often moderators agreed with it.
#[utoipa::path(get, path = "/api/v1/admin/eye", tag = "moderation", responses((status = 200, body = EyeJson)))]
pub(super) async fn show(State(moderation): State<Moderation>) -> Result<ApiJson<EyeJson>, AppError> {
    let store = &moderation.store;
    let Rules { watching, spam, abuse, low_effort, duplicate, hold } = store::rules(store).await?;
    let a = store::agreement(store).await?;
    let (looked, flagged) = store::looked_at(store).await?;
    Ok(ApiJson(EyeJson {
        rules: RulesJson { watching, spam, abuse, low_effort, duplicate, hold },
        agreement: AgreementJson {
            agreed: a.percent(),
            hits: a.hits,
            false_alarms: a.false_alarms,
            missed: a.missed,
            passed: a.passed,
        },
        looked,
        flagged,
        decisions: store::learned(store).await?.map_or(0, |l| l.decisions),
    }))
}

/// Set what the local eye may do, and from which probabilities on.
#[utoipa::path(
    put, path = "/api/v1/admin/eye", tag = "moderation", request_body = RulesJson,
    responses((status = 204, description = "It is so"),
        (status = 422, description = "A threshold is not between 1 and 100"))
)]
pub(super) async fn set(
    State(moderation): State<Moderation>,
    member: Member,
    ApiJson(body): ApiJson<RulesJson>,
) -> Result<StatusCode, AppError> {
    let RulesJson { watching, spam, abuse, low_effort, duplicate, hold } = body;
    let rules = Rules { watching, spam, abuse, low_effort, duplicate, hold };
    moderation.set_eye(keeper(&member), rules).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the local eye said of posts, the latest post first.
#[utoipa::path(
    get, path = "/api/v1/admin/eye/verdicts", tag = "moderation", params(VerdictsQuery),
    responses((status = 200, body = VerdictsJson), (status = 422, description = "A parameter is not known"))
)]
pub(super) async fn list(
    State(moderation): State<Moderation>,
    ApiQuery(query): ApiQuery<VerdictsQuery>,
) -> Result<ApiJson<VerdictsJson>, AppError> {
    let before = query.cursor.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| AppError::field("cursor", "web-error-cursor"))?;
    let limit = Limit::new(30, 100).of(query.limit)?;
    let (verdicts, next, seen) = moderation.verdicts(query.all.unwrap_or_default(), before, limit).await?;
    let items = verdicts.iter().map(|v| VerdictJson::new(v, &seen)).collect();
    Ok(ApiJson(VerdictsJson { items, next: next.map(|n| n.to_string()) }))
}

//! The API of notifications under `/api/v1`.

mod shapes;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post, put};
use http::Method;
use utoipa::OpenApi;
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::{AppError, Member, Need, PageContext, Routes};

use crate::commands::{MARKED_MAX, Notifications};
use crate::live::{self, CountJson};
use crate::model::{Channel, Choice, Filter, Kind, NoteId};
use crate::pages::bell;
use shapes::{ChoiceJson, ListQuery, NotificationJson, NotificationsJson, ReadBody, ReadJson, SettingsJson};

/// How many lines a page has unless told, and at most.
const PAGE: Limit = Limit::new(30, 100);

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(list, count, read, settings, choose, events),
    tags((name = "notifications", description = "What concerns a member: grouped, with a read state, live"))
)]
pub(crate) struct Doc;

pub(crate) fn routes(notifications: &Notifications) -> Routes {
    let n = || notifications.clone();
    let (member, choices) = (Need::Member, "/api/v1/me/notification-settings");
    Routes::new()
        .method_router(Method::GET, "/api/v1/me/notifications", member, get(list).with_state(n()))
        .method_router(Method::GET, "/api/v1/me/notifications/count", member, get(count).with_state(n()))
        .method_router(Method::POST, "/api/v1/me/notifications/read", member, post(read).with_state(n()))
        .method_router(Method::GET, "/api/v1/me/notifications/events", member, get(events).with_state(n()))
        .stream()
        .method_router(Method::GET, choices, member, get(settings).with_state(n()))
        .method_router(Method::PUT, choices, member, put(choose).with_state(n()))
}

/// Your notifications, the latest first. What is alike is one of them, until it is read and for seven days at most.
#[utoipa::path(
    get, path = "/api/v1/me/notifications", tag = "notifications", params(ListQuery),
    responses((status = 200, body = NotificationsJson), (status = 400, description = "The cursor is none of this list"))
)]
async fn list(
    State(all): State<Notifications>,
    member: Member,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<ApiJson<NotificationsJson>, AppError> {
    let after = match query.cursor.as_deref() {
        None | Some("") => None,
        Some(cursor) => Some(cursor.parse().map_err(|_| AppError::bad("notifications-fault-cursor"))?),
    };
    let filter = match (query.mentions, query.unread) {
        (true, _) => Filter::Mentions,
        (false, true) => Filter::Unread,
        (false, false) => Filter::All,
    };
    let limit = PAGE.of(query.limit)?;
    let page = all.list(member.id, filter, after, limit).await?;
    let items = page.items.iter().map(|told| NotificationJson::new(told, &ctx.t, &member.url())).collect();
    Ok(ApiJson(NotificationsJson { items, next: page.next.map(|n| n.to_string()) }))
}

/// How many of your notifications are unread.
#[utoipa::path(
    get, path = "/api/v1/me/notifications/count", tag = "notifications", responses((status = 200, body = CountJson))
)]
async fn count(
    State(all): State<Notifications>,
    member: Member,
    ctx: PageContext,
) -> Result<ApiJson<CountJson>, AppError> {
    Ok(ApiJson(bell::count_json(&ctx.t, all.unread(member.id).await?)))
}

/// Mark notifications as read, on all your devices. Those that are read, and ids that are not yours, change nothing.
#[utoipa::path(
    post, path = "/api/v1/me/notifications/read", tag = "notifications", request_body = ReadBody,
    responses((status = 200, body = ReadJson), (status = 422, description = "Neither ids nor all, or too many ids"))
)]
async fn read(
    State(all): State<Notifications>,
    member: Member,
    ApiJson(body): ApiJson<ReadBody>,
) -> Result<ApiJson<ReadJson>, AppError> {
    let marked = match body.ids {
        _ if body.all => all.read_all(member.id, None).await?,
        Some(ids) if ids.len() <= MARKED_MAX => {
            let ids: Result<Vec<NoteId>, _> = ids.iter().map(|id| id.parse()).collect();
            let ids = ids.map_err(|_| AppError::field("ids", "notifications-fault-id"))?;
            all.read(member.id, &ids).await?
        }
        Some(_) => return Err(AppError::field("ids", "notifications-fault-many")),
        None => return Err(AppError::field("ids", "notifications-fault-which")),
    };
    Ok(ApiJson(ReadJson { marked, unread: all.unread(member.id).await? }))
}

/// What you chose to be told.
#[utoipa::path(
    get, path = "/api/v1/me/notification-settings", tag = "notifications",
    responses((status = 200, body = SettingsJson))
)]
async fn settings(State(all): State<Notifications>, member: Member) -> Result<ApiJson<SettingsJson>, AppError> {
    Ok(ApiJson(SettingsJson::new(&all.choices(member.id).await?)))
}

/// Choose what you are told. What is left out stays as it is; a kind that is always told stays on.
#[utoipa::path(
    put, path = "/api/v1/me/notification-settings", tag = "notifications", request_body = SettingsJson,
    responses((status = 200, body = SettingsJson), (status = 422, description = "A kind or a channel is not known"))
)]
async fn choose(
    State(all): State<Notifications>,
    member: Member,
    ApiJson(body): ApiJson<SettingsJson>,
) -> Result<ApiJson<SettingsJson>, AppError> {
    let choice = |c: &ChoiceJson| {
        let kind: Kind = c.kind.parse().map_err(|_| AppError::field("kind", "notifications-fault-kind"))?;
        let channel: Channel =
            c.channel.parse().map_err(|_| AppError::field("channel", "notifications-fault-channel"))?;
        Ok(Choice { kind, channel, on: c.on })
    };
    let wanted: Result<Vec<Choice>, AppError> = body.items.iter().map(choice).collect();
    Ok(ApiJson(SettingsJson::new(&all.choose(member.id, &wanted?).await?)))
}

/// The count of unread notifications as server-sent events named `count`: once at the beginning, then whenever it
/// changed. It ends after some minutes; ask again then. At most three at once.
#[utoipa::path(
    get, path = "/api/v1/me/notifications/events", tag = "notifications",
    responses((status = 200, content_type = "text/event-stream", body = CountJson),
        (status = 429, description = "You have three of them open"))
)]
async fn events(State(all): State<Notifications>, ctx: PageContext) -> Result<Response, AppError> {
    live::stream_of(all, ctx).await
}

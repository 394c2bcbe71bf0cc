//! What one wants to be told, and where.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use xinghe_web::api::ApiQuery;
use xinghe_web::{Html, PageContext, PageResult, Subject, Texts};

use super::TABS;
use crate::commands::Notifications;
use crate::model::{Channel, Choice, Kind};

/// A kind with its channels.
struct Row {
    words: String,
    /// A box for each channel: name, words, whether it is ticked, whether it can be changed.
    boxes: Vec<(String, String, bool, bool)>,
}

#[derive(Template)]
#[template(path = "notifications/settings.html")]
struct SettingsTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    channels: Vec<&'static str>,
    rows: Vec<Row>,
    saved: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// The key of a kind's name.
pub(crate) fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Answer => "notifications-kind-answer",
        Kind::Comment => "notifications-kind-comment",
        Kind::Accepted => "notifications-kind-accepted",
        Kind::Mention => "notifications-kind-mention",
        Kind::Quoted => "notifications-kind-quoted",
        Kind::Message => "notifications-kind-message",
        Kind::Useful => "notifications-kind-useful",
        Kind::Thanked => "notifications-kind-thanked",
        Kind::Follower => "notifications-kind-follower",
        Kind::FromMember => "notifications-kind-from-member",
        Kind::FromTag => "notifications-kind-from-tag",
        Kind::Watched => "notifications-kind-watched",
        Kind::Cited => "notifications-kind-cited",
        Kind::Source => "notifications-kind-source",
        Kind::Role => "notifications-kind-role",
        Kind::WayIn => "notifications-kind-way-in",
        Kind::Claim => "notifications-kind-claim",
        Kind::Moderated => "notifications-kind-moderated",
        Kind::Lifted => "notifications-kind-lifted",
        Kind::Upheld => "notifications-kind-upheld",
        Kind::Reported => "notifications-kind-reported",
    }
}

fn channel_key(channel: Channel) -> &'static str {
    match channel {
        Channel::Page => "notifications-channel-page",
    }
}

fn name(kind: Kind, channel: Channel) -> String {
    format!("{}-{}", kind.as_str(), channel.as_str())
}

/// `/settings/notifications`.
pub(super) async fn show(
    State(all): State<Notifications>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<Done>,
) -> PageResult {
    let t = &ctx.t;
    let choices = all.choices(ctx.viewer.require()?.id).await?;
    let row = |kind: &Kind| {
        let words = t.s(kind_key(*kind)).into_owned();
        let of = choices.iter().filter(|c| c.kind == *kind);
        let one = |c: &Choice| {
            let says = format!("{words}: {}", t.s(channel_key(c.channel)));
            (name(c.kind, c.channel), says, c.on, c.kind.may_be_off())
        };
        Row { boxes: of.map(one).collect(), words }
    };
    let template = SettingsTemplate {
        t,
        tabs: ctx.slot(TABS, &Subject::default()).await,
        channels: Channel::ALL.iter().map(|c| channel_key(*c)).collect(),
        rows: Kind::ALL.iter().map(row).collect(),
        saved: query.done == "saved",
    };
    Ok(ctx.page().title(t.s("notifications-settings")).noindex().render(&template))
}

/// Writes the whole matrix: a box that is not ticked is not sent.
pub(super) async fn save(
    State(all): State<Notifications>,
    ctx: PageContext,
    Form(ticked): Form<HashMap<String, String>>,
) -> PageResult {
    let choice = |kind: Kind, channel: Channel| Choice { kind, channel, on: ticked.contains_key(&name(kind, channel)) };
    let wanted: Vec<Choice> = Kind::ALL.iter().flat_map(|k| Channel::ALL.iter().map(move |c| choice(*k, *c))).collect();
    all.choose(ctx.viewer.require()?.id, &wanted).await?;
    Ok(Redirect::to("/settings/notifications?done=saved").into_response())
}

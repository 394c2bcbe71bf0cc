//! What the API takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xinghe_core::PostView;
use xinghe_web::Texts;
use xinghe_web::refs::{AuthorRef, PostRef};

use crate::model::Choice;
use crate::read::Told;

/// Which notifications.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// How many, 1 to 100; 30 unless told.
    pub(super) limit: Option<i64>,
    /// Only those that are unread.
    pub(super) unread: bool,
    /// Only those of texts that name you.
    pub(super) mentions: bool,
}

/// A notification: what is alike, gathered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotificationJson {
    id: String,
    /// What it tells: `answer`, `comment`, `accepted`, `mention`, `quoted`, `useful`, `thanked`, `follower`,
    /// `from_member`, `from_tag`, `watched`, `cited`, `source`, `role` or `claim`.
    kind: &'static str,
    /// The sentence, in the language of the request.
    text: String,
    /// The address of the place that it leads to.
    url: String,
    /// How many it gathers.
    count: u32,
    /// How many people are behind it.
    people: u32,
    /// Up to three of them, the latest first.
    actors: Vec<AuthorRef>,
    /// The post that it is about.
    post: Option<PostRef>,
    /// The post that the latest of it leads to.
    latest: Option<PostRef>,
    /// The tag that it is about.
    tag: Option<String>,
    read: bool,
    /// When the first of it happened, RFC 3339.
    first_at: String,
    /// When the last of it happened, RFC 3339.
    last_at: String,
}

impl NotificationJson {
    pub(super) fn new(told: &Told, t: &Texts, own: &str) -> Self {
        let post = |view: &Option<PostView>| {
            view.as_ref().map(|v| PostRef::new(v, told.people.iter().find(|c| Some(c.id) == v.author())))
        };
        Self {
            id: told.note.id.to_string(),
            kind: told.note.kind.as_str(),
            text: told.words(t),
            url: told.place(own),
            count: told.note.count,
            people: told.note.people,
            actors: told.people.iter().map(AuthorRef::from).collect(),
            post: post(&told.subject),
            latest: post(&told.latest),
            tag: told.tag.clone(),
            read: told.note.read,
            first_at: told.note.first_at.rfc3339(),
            last_at: told.note.last_at.rfc3339(),
        }
    }
}

/// A page of notifications.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotificationsJson {
    pub(super) items: Vec<NotificationJson>,
    /// The cursor of the next page.
    pub(super) next: Option<String>,
}

/// What to mark as read: these, or all.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct ReadBody {
    /// Their ids, 200 at most.
    pub(super) ids: Option<Vec<String>>,
    /// All of them.
    pub(super) all: bool,
}

/// What was marked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReadJson {
    /// How many were unread before.
    pub(super) marked: u64,
    /// How many are unread now, 100 at most.
    pub(super) unread: u32,
}

/// Whether a kind is told on a channel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct ChoiceJson {
    /// The kind of a notification.
    pub(super) kind: String,
    /// `page`: on the pages of the community.
    pub(super) channel: String,
    pub(super) on: bool,
}

/// What one chose to be told.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct SettingsJson {
    pub(super) items: Vec<ChoiceJson>,
}

impl SettingsJson {
    pub(super) fn new(choices: &[Choice]) -> Self {
        let item = |c: &Choice| ChoiceJson {
            kind: c.kind.as_str().to_owned(),
            channel: c.channel.as_str().to_owned(),
            on: c.on,
        };
        Self { items: choices.iter().map(item).collect() }
    }
}

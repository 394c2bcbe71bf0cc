//! Drafts as the API takes and gives them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xinghe_core::content::PostKind;
use xinghe_core::time::Timestamp;
use xinghe_web::AppError;

use super::change::unreadable;
use crate::model::{KeptDraft, Typed};

/// A draft. It holds what was typed, unchecked: it is checked when it is published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftJson {
    id: String,
    /// The page on which its owner goes on.
    url: String,
    /// What it is to become: article, question, project, moment or news; of a change, what the post is.
    kind: String,
    /// Rises with every change: what `If-Match` names.
    version: u32,
    /// Of a change: the post.
    post: Option<String>,
    /// Of a change: the revision it started from.
    revision: Option<String>,
    title: String,
    /// Markdown; only of a single draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The beginning of its text.
    excerpt: String,
    /// Parted by commas.
    tags: String,
    language: String,
    licence: String,
    source_url: String,
    original_url: String,
    provenance: String,
    note: String,
    /// One a line, `name: value`.
    facts: String,
    /// RFC 3339.
    updated_at: String,
    /// When it is to be published by itself; RFC 3339.
    publish_at: Option<String>,
    /// Why it was not published when its time had come: the field that was wrong, `story` or `place`.
    failed: Option<String>,
    /// The post it became.
    published: Option<String>,
}

impl DraftJson {
    pub(crate) fn of(d: &KeptDraft, whole: bool) -> Self {
        let t = d.typed.clone();
        Self {
            id: d.id.to_string(),
            url: d.url(),
            kind: d.kind.to_string(),
            version: d.version,
            post: d.change.map(|c| c.0.to_string()),
            revision: d.change.map(|c| c.1.to_string()),
            title: t.title,
            body: whole.then_some(t.body),
            excerpt: d.excerpt.clone(),
            tags: t.tags,
            language: t.language,
            licence: t.licence,
            source_url: t.source_url,
            original_url: t.original_url,
            provenance: t.provenance,
            note: t.note,
            facts: t.facts,
            updated_at: d.updated_at.rfc3339(),
            publish_at: d.publish_at.map(Timestamp::rfc3339),
            failed: d.failed.clone(),
            published: d.published.map(|p| p.0.to_string()),
        }
    }
}

/// A page of drafts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftsJson {
    pub(crate) items: Vec<DraftJson>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// What a draft is to hold. What is left out is empty.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DraftBody {
    /// article, question, project, moment or news; an article when left out.
    kind: Option<String>,
    /// Of a new draft: the post that it changes.
    pub(crate) post: Option<String>,
    /// Of a new draft of a change: the revision that it starts from.
    pub(crate) revision: Option<String>,
    /// Of a new draft: what you call it, at most 64 ASCII characters. The same again is the same draft.
    pub(crate) name: Option<String>,
    title: String,
    /// Markdown.
    body: String,
    /// Parted by commas.
    tags: String,
    language: String,
    licence: String,
    source_url: String,
    original_url: String,
    provenance: String,
    note: String,
    /// One a line, `name: value`.
    facts: String,
}

impl DraftBody {
    pub(crate) fn kind(&self) -> Result<PostKind, AppError> {
        match self.kind.as_deref() {
            None | Some("") => Ok(PostKind::Article),
            Some(kind) => kind.parse().map_err(|_| unreadable("kind")),
        }
    }

    pub(crate) fn typed(self) -> Typed {
        Typed {
            title: self.title,
            body: self.body,
            tags: self.tags,
            language: self.language,
            licence: self.licence,
            source_url: self.source_url,
            original_url: self.original_url,
            provenance: self.provenance,
            note: self.note,
            facts: self.facts,
        }
    }
}

/// When to publish.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleBody {
    /// RFC 3339, within two years.
    pub(crate) at: String,
}

/// Which drafts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DraftsQuery {
    /// Only the draft of the change to this post.
    pub(crate) post: Option<String>,
    /// Where the page before ended.
    pub(crate) cursor: Option<String>,
    /// How many, 1 to 100; 20 when left out.
    pub(crate) limit: Option<i64>,
}

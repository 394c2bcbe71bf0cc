//! What the API takes and gives.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xinghe_core::content::{AuthorCard, Provenance};
use xinghe_core::id::AuthorId;
use xinghe_core::lang::LangTag;

use crate::model::{Draft, PostDetail, PostSummary, RevisionEntry, RevisionText, address};

/// An author in a few words.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PostAuthorJson)]
pub(crate) struct AuthorJson {
    /// The author's id.
    id: String,
    /// The name to show.
    name: String,
    /// The unique name in addresses.
    handle: String,
    /// The address of the author's page.
    url: String,
    /// Whether a person with an account stands behind it.
    claimed: bool,
}

impl From<&AuthorCard> for AuthorJson {
    fn from(card: &AuthorCard) -> Self {
        Self {
            id: card.id.to_string(),
            name: card.name.clone(),
            handle: card.handle.clone(),
            url: card.url(),
            claimed: card.claimed,
        }
    }
}

pub(crate) type Cards = HashMap<AuthorId, AuthorCard>;

/// A post in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostItem {
    id: String,
    /// The address of its page.
    url: String,
    /// article, question, answer, comment, project, …
    kind: String,
    title: String,
    excerpt: String,
    /// BCP 47.
    language: String,
    author: Option<AuthorJson>,
    tags: Vec<String>,
    /// human, ai_assisted or ai.
    provenance: String,
    /// RFC 3339.
    published_at: String,
    /// RFC 3339.
    updated_at: String,
    answers: u32,
    comments: u32,
    /// Of a question: whether an answer was accepted.
    accepted: bool,
    /// Of news: where the story was found.
    source_url: Option<String>,
}

impl PostItem {
    pub(crate) fn of(post: &PostSummary, cards: &Cards) -> Self {
        Self {
            id: post.id.to_string(),
            url: if post.kind.is_reply() { address(post.id, "") } else { post.url() },
            kind: post.kind.to_string(),
            title: post.title.clone(),
            excerpt: post.excerpt.clone(),
            language: post.language.to_string(),
            author: cards.get(&post.author).map(AuthorJson::from),
            tags: post.tags.clone(),
            provenance: post.provenance.to_string(),
            published_at: post.published_at.rfc3339(),
            updated_at: post.updated_at.rfc3339(),
            answers: post.answers,
            comments: post.comments,
            accepted: post.accepted,
            source_url: post.source_url.clone(),
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostsJson {
    pub(crate) items: Vec<PostItem>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// A person's part in a post.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreditJson {
    /// author, translator, reviewer or editor.
    role: String,
    author: AuthorJson,
}

/// A fact of a project.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct FactJson {
    name: String,
    value: String,
}

/// A post in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostJson {
    id: String,
    /// The address where it is shown.
    url: String,
    kind: String,
    /// Its title; of a reply, that of the post it hangs on.
    title: String,
    /// Markdown.
    body: String,
    language: String,
    /// Its current revision: what `If-Match` names.
    revision: String,
    revisions: u32,
    credits: Vec<CreditJson>,
    tags: Vec<String>,
    parent: Option<String>,
    root: String,
    provenance: String,
    licence: Option<String>,
    source_url: Option<String>,
    original_url: Option<String>,
    facts: Vec<FactJson>,
    published_at: String,
    updated_at: String,
    answers: u32,
    comments: u32,
    accepted: bool,
    accepted_answer: Option<String>,
    /// Of a moment: the post it passes on.
    quote: Option<String>,
}

impl PostJson {
    pub(crate) fn of(d: &PostDetail, cards: &Cards) -> Self {
        let v = &d.view;
        let credit = |c: &xinghe_core::content::Credit| {
            let card = cards.get(&c.author)?;
            Some(CreditJson { role: c.role.to_string(), author: card.into() })
        };
        Self {
            id: v.id.to_string(),
            url: v.url(),
            kind: v.kind.to_string(),
            title: v.title.clone(),
            body: v.body.clone(),
            language: v.language.to_string(),
            revision: v.revision.to_string(),
            revisions: d.revisions,
            credits: v.credits.iter().filter_map(credit).collect(),
            tags: v.tags.clone(),
            parent: v.parent.map(|p| p.to_string()),
            root: v.root.to_string(),
            provenance: v.provenance.to_string(),
            licence: v.licence.clone(),
            source_url: v.source_url.clone(),
            original_url: d.original_url.clone(),
            facts: d.facts.iter().map(|(n, v)| FactJson { name: n.clone(), value: v.clone() }).collect(),
            published_at: v.published_at.rfc3339(),
            updated_at: v.updated_at.rfc3339(),
            answers: d.answers,
            comments: d.comments,
            accepted: v.accepted,
            accepted_answer: d.accepted_answer.map(|a| a.to_string()),
            quote: d.quote.map(|q| q.to_string()),
        }
    }
}

/// Replies in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepliesJson {
    pub(crate) items: Vec<PostJson>,
}

/// What to write. In a change, what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostBody {
    /// article, question, project, moment or news; only of a new post.
    pub(crate) kind: Option<String>,
    /// Left out of moments and replies.
    title: Option<String>,
    /// Markdown.
    body: Option<String>,
    tags: Option<Vec<String>>,
    /// BCP 47; detected when left out.
    language: Option<String>,
    licence: Option<String>,
    source_url: Option<String>,
    original_url: Option<String>,
    /// human, ai_assisted or ai.
    provenance: Option<String>,
    /// What was changed, in a few words.
    note: Option<String>,
    facts: Option<Vec<FactJson>>,
    /// Of a new moment: the id of the post it passes on.
    quote: Option<String>,
}

impl PostBody {
    /// Lays what was sent over a draft.
    ///
    /// # Errors
    /// The field that cannot be read.
    pub(crate) fn over(self, mut draft: Draft) -> Result<Draft, &'static str> {
        draft.title = self.title.unwrap_or(draft.title);
        draft.body = self.body.unwrap_or(draft.body);
        draft.tags = self.tags.unwrap_or(draft.tags);
        draft.licence = self.licence.unwrap_or(draft.licence);
        draft.source_url = self.source_url.unwrap_or(draft.source_url);
        draft.original_url = self.original_url.unwrap_or(draft.original_url);
        draft.note = self.note.unwrap_or_default();
        if let Some(language) = self.language {
            draft.language = Some(language.parse::<LangTag>().map_err(|_| "language")?);
        }
        if let Some(provenance) = self.provenance {
            draft.provenance = provenance.parse::<Provenance>().map_err(|_| "provenance")?;
        }
        if let Some(quote) = self.quote {
            draft.quote = Some(quote.parse().map_err(|_| "quote")?);
        }
        if let Some(facts) = self.facts {
            draft.facts = facts.into_iter().map(|f| (f.name, f.value)).collect();
        }
        Ok(draft)
    }
}

/// A post as a draft that changes nothing.
pub(crate) fn unchanged(d: &PostDetail) -> Draft {
    let v = &d.view;
    Draft {
        title: if v.kind.is_reply() { String::new() } else { v.title.clone() },
        body: v.body.clone(),
        tags: v.tags.clone(),
        language: Some(v.language.clone()),
        licence: v.licence.clone().unwrap_or_default(),
        source_url: v.source_url.clone().unwrap_or_default(),
        original_url: d.original_url.clone().unwrap_or_default(),
        provenance: v.provenance,
        note: String::new(),
        facts: d.facts.clone(),
        quote: d.quote,
        mentions: vec![],
        once: false,
    }
}

/// Which posts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PostsQuery {
    /// Only this kind.
    pub(crate) kind: Option<String>,
    /// Only with this tag.
    pub(crate) tag: Option<String>,
    /// Only by the author of this handle.
    pub(crate) author: Option<String>,
    /// Only in this language (BCP 47; `zh` matches both scripts).
    pub(crate) lang: Option<String>,
    /// Where the page before ended.
    pub(crate) cursor: Option<String>,
    /// How many, 1 to 100; 20 when left out.
    pub(crate) limit: Option<i64>,
}

/// A revision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionJson {
    id: String,
    /// From 1.
    number: u32,
    /// Who made it; `null` where it was imported.
    author: Option<AuthorJson>,
    note: String,
    at: String,
    /// Only of a single revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Markdown; only of a single revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl RevisionJson {
    pub(crate) fn of(entry: &RevisionEntry, cards: &Cards) -> Self {
        Self {
            id: entry.id.to_string(),
            number: entry.number,
            author: entry.author.and_then(|a| cards.get(&a)).map(AuthorJson::from),
            note: entry.note.clone(),
            at: entry.at.rfc3339(),
            title: None,
            body: None,
        }
    }

    pub(crate) fn with_text(text: &RevisionText, cards: &Cards) -> Self {
        let (title, body) = (Some(text.title.clone()), Some(text.body.clone()));
        Self { title, body, ..Self::of(&text.entry, cards) }
    }
}

/// The revisions of a post, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionsJson {
    pub(crate) items: Vec<RevisionJson>,
}

/// Which answer solved the question.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AcceptBody {
    /// The answer's id.
    pub(crate) answer: String,
}

/// A tag and how many posts carry it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagJson {
    pub(crate) tag: String,
    pub(crate) posts: u64,
}

/// Tags, most used first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagsJson {
    pub(crate) items: Vec<TagJson>,
}

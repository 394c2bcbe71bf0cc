//! A post's passages as documents of the index.

use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;
use tantivy::tokenizer::{PreTokenizedString, Token};
use xinghe_core::content::Passage;
use xinghe_core::{AuthorId, LangTag, PassageId, PostId, PostKind, PostView, Timestamp};
use xinghe_text::tokens;

use super::{Fields, IndexError, PassageVectors};

/// What is indexed of a post.
#[derive(Debug, Clone)]
pub struct Indexed {
    /// The post.
    pub post: PostId,
    kind: PostKind,
    authors: Vec<AuthorId>,
    tags: Vec<String>,
    published: Timestamp,
    accepted: bool,
    passages: Vec<Stored>,
    /// Vectors of its passages, where they are there already.
    pub vectors: Vec<(PassageId, PassageVectors)>,
}

/// A passage as it is kept within the index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub passage: Passage,
    pub title: String,
    pub language: LangTag,
    pub author: AuthorId,
    pub sentences: Vec<StoredSentence>,
}

/// A sentence as it is kept within the index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredSentence {
    pub text: String,
    pub start: u32,
    pub end: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heading: bool,
}

impl Stored {
    /// The passage as it is searched: title and headings in front of its sentences.
    pub(crate) fn searchable(&self) -> String {
        let mut out = self.title.clone();
        let headings = self.passage.headings.iter().filter(|h| **h != self.title);
        for part in headings.chain(self.sentences.iter().map(|s| &s.text)) {
            out.push('\n');
            out.push_str(part);
        }
        out
    }
}

/// The passages of a post, with ids; the same for the same revision.
pub fn passages_of(post: &PostView) -> Vec<(PassageId, xinghe_text::Cut)> {
    let id = |(i, cut)| (PassageId::derive(post.revision, i as u32), cut);
    xinghe_text::cut(&post.body).into_iter().enumerate().map(id).collect()
}

/// A post cut up; `None`: nobody is credited, so nobody could be cited.
pub(crate) fn indexed(post: &PostView, vectors: Vec<(PassageId, PassageVectors)>) -> Option<Indexed> {
    let author = post.author()?;
    let stored = |(ordinal, (id, cut)): (usize, (PassageId, xinghe_text::Cut))| Stored {
        passage: Passage {
            id,
            post: post.id,
            revision: post.revision,
            ordinal: ordinal as u32,
            headings: cut.headings,
            text: cut.text,
            start: cut.start,
            end: cut.end,
        },
        title: post.title.clone(),
        language: post.language.clone(),
        author,
        sentences: cut
            .sentences
            .into_iter()
            .map(|s| StoredSentence { text: s.text, start: s.start, end: s.end, code: s.code, heading: s.heading })
            .collect(),
    };
    Some(Indexed {
        post: post.id,
        kind: post.kind,
        authors: post.credits.iter().map(|c| c.author).collect(),
        tags: post.tags.clone(),
        published: post.published_at,
        accepted: post.accepted,
        passages: passages_of(post).into_iter().enumerate().map(stored).collect(),
        vectors,
    })
}

pub(super) fn documents(f: &Fields, post: &Indexed) -> Result<Vec<TantivyDocument>, IndexError> {
    let mut all = Vec::with_capacity(post.passages.len());
    for stored in &post.passages {
        let mut document = TantivyDocument::new();
        document.add_i64(f.passage, stored.passage.id.raw());
        document.add_i64(f.post, post.post.raw());
        document.add_i64(f.ordinal, i64::from(stored.passage.ordinal));
        document.add_pre_tokenized_text(f.terms, tokenized(&stored.searchable()));
        document.add_pre_tokenized_text(f.title, tokenized(&stored.title));
        document.add_text(f.kind, post.kind.as_str());
        document.add_text(f.language, stored.language.as_str());
        document.add_text(f.primary, stored.language.primary());
        for tag in &post.tags {
            document.add_text(f.tag, tag);
        }
        for author in &post.authors {
            document.add_i64(f.author, author.raw());
        }
        document.add_i64(f.published, post.published.as_millis());
        document.add_i64(f.accepted, i64::from(post.accepted));
        document.add_text(f.stored, serde_json::to_string(stored)?);
        all.push(document);
    }
    Ok(all)
}

fn tokenized(text: &str) -> PreTokenizedString {
    let token = |(position, term): (usize, tokens::Term)| Token { position, text: term.text, ..Token::default() };
    PreTokenizedString { text: String::new(), tokens: tokens::terms(text).into_iter().enumerate().map(token).collect() }
}

//! A post's passages as documents of the index.

use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;
use tantivy::tokenizer::{PreTokenizedString, Token};
use xinghe_core::content::Passage;
use xinghe_core::{AuthorId, LangTag, PassageId, PostId, PostKind, PostView, Timestamp};
use xinghe_text::{CutSentence, tokens};

use super::{Fields, Packed, PassageVectors};

/// What is indexed of a post.
#[derive(Debug, Clone)]
pub struct Indexed {
    /// The post.
    pub post: PostId,
    kind: PostKind,
    authors: Vec<AuthorId>,
    published: Timestamp,
    accepted: bool,
    pub(super) passages: Vec<Stored>,
    /// Vectors of its passages, where they are there already.
    pub vectors: Vec<(PassageId, PassageVectors)>,
}

/// What a post is counted by among the results of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// Its kind.
    pub kind: PostKind,
    /// Its language.
    pub language: LangTag,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A passage as it is kept within the index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub passage: Passage,
    pub title: String,
    /// Names of those credited.
    pub names: Vec<String>,
    pub tags: Vec<String>,
    pub language: LangTag,
    pub author: AuthorId,
    pub sentences: Vec<StoredSentence>,
}

/// Of a [`Stored`] what its post is called and which of its passages it is; the rest is not taken apart.
#[derive(Debug, Deserialize)]
pub(crate) struct Called<'b> {
    #[serde(borrow)]
    pub title: std::borrow::Cow<'b, str>,
    pub passage: Place,
}

/// Which passage of its post one is.
#[derive(Debug, Deserialize)]
pub(crate) struct Place {
    /// Counted from 0.
    pub ordinal: u32,
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
    /// What stands above the passage: title, headings, tags, and the names of those credited.
    pub(crate) fn head(&self) -> String {
        let mut out = self.title.clone();
        let headings = self.passage.headings.iter().filter(|h| **h != self.title);
        for part in headings.chain(&self.tags).chain(&self.names) {
            out.push('\n');
            out.push_str(part);
        }
        out
    }

    /// The passage as it is searched: its head in front of its sentences.
    pub(crate) fn searchable(&self) -> String {
        let mut out = self.head();
        for sentence in &self.sentences {
            out.push('\n');
            out.push_str(&sentence.text);
        }
        out
    }
}

/// The passages of a post, with ids; the same for the same revision.
///
/// An answer says what it says to its question: the question's title stands before each of its passages as a heading
/// does, found but never quoted.
pub fn passages_of(post: &PostView) -> Vec<(PassageId, xinghe_text::Cut)> {
    let mut cuts = xinghe_text::cut(&post.body);
    if post.kind == PostKind::Answer && !post.title.is_empty() {
        for cut in &mut cuts {
            let (text, start) = (post.title.clone(), cut.start);
            let asked = CutSentence { text, start, end: start, code: false, heading: true, line: true };
            cut.sentences.insert(0, asked);
        }
    }
    let id = |(i, cut)| (PassageId::derive(post.revision, i as u32), cut);
    cuts.into_iter().enumerate().map(id).collect()
}

/// How many characters of a text are embedded: what goes on for longer is data or code, whose meaning its beginning
/// tells, and would keep a thread from everybody else's texts.
const MEANT: usize = 3_600;

/// How many texts of one post are embedded: the rest of a post that is longer than a book is found by its words.
const MOST_TEXTS: usize = 4_000;

/// What of a post is embedded: each passage as it is read, then each of its sentences.
#[derive(Debug)]
pub struct Texts {
    post: PostId,
    /// The texts, in order.
    pub texts: Vec<String>,
    /// How many sentences each passage has.
    sentences: Vec<usize>,
}

/// A passage below what stands above it, the post's title and headings: a paragraph seldom names its subject again.
fn in_context(post: &PostView, cut: &xinghe_text::Cut) -> String {
    let plain = cut.plain();
    // A moment's title is its own beginning, an answer's stands in its passages already.
    let title = Some(&post.title).filter(|_| !post.kind.is_reply() && post.kind != PostKind::Moment);
    let above: Vec<&str> = title
        .into_iter()
        .chain(&cut.headings)
        .map(String::as_str)
        .filter(|h| !h.is_empty() && !plain.starts_with(h))
        .collect();
    if above.is_empty() { plain } else { format!("{}\n{plain}", above.join(" › ")) }
}

impl Texts {
    /// The texts of a post.
    pub fn of(post: &PostView) -> Self {
        let cuts = passages_of(post);
        let short = |text: &str| text.chars().take(MEANT).collect::<String>();
        let one = |cut: &xinghe_text::Cut| {
            let own = cut.sentences.iter().map(|s| short(&s.text));
            std::iter::once(short(&in_context(post, cut))).chain(own).collect::<Vec<_>>()
        };
        Self {
            post: post.id,
            texts: cuts.iter().flat_map(|(_, cut)| one(cut)).take(MOST_TEXTS).collect(),
            sentences: cuts.iter().map(|(_, cut)| cut.sentences.len()).collect(),
        }
    }

    /// Their vectors, put back where they belong. Takes as many as there are texts.
    pub fn vectors(&self, vectors: impl IntoIterator<Item = Vec<f32>>) -> Vec<PassageVectors> {
        let mut packed = vectors.into_iter().map(|v| Packed::new(&v)).take(self.texts.len());
        let one = |sentences: &usize| {
            let passage = packed.next()?;
            Some(PassageVectors { post: self.post, passage, sentences: packed.by_ref().take(*sentences).collect() })
        };
        self.sentences.iter().map_while(one).collect()
    }
}

/// A post cut up, with the names of those credited; `None`: nobody is, so nobody could be cited, or a twin wrote it.
pub fn indexed(post: &PostView, names: &[String]) -> Option<Indexed> {
    // What a twin wrote stands on what people wrote, and is never taken for evidence itself.
    let author = post.author().filter(|_| !post.by_twin())?;
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
        names: names.to_vec(),
        tags: post.tags.clone(),
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
        published: post.published_at,
        accepted: post.accepted,
        passages: passages_of(post).into_iter().enumerate().map(stored).collect(),
        vectors: Vec::new(),
    })
}

impl Indexed {
    /// Adds the vectors of its passages, as many as there are, in order.
    #[must_use]
    pub fn with_vectors(mut self, vectors: Vec<PassageVectors>) -> Self {
        self.vectors = self.passages.iter().map(|p| p.passage.id).zip(vectors).collect();
        self
    }

    /// Its kind.
    pub(super) fn kind(&self) -> PostKind {
        self.kind
    }

    pub(super) fn facets(&self) -> Facets {
        let first = self.passages.first();
        Facets {
            kind: self.kind,
            language: first.map_or(LangTag::undetermined(), |p| p.language.clone()),
            tags: first.map(|p| p.tags.clone()).unwrap_or_default(),
        }
    }

    /// The primary tag of its language.
    pub(super) fn primary(&self) -> &str {
        self.passages.first().map_or("und", |p| p.language.primary())
    }
}

pub(super) fn documents(f: &Fields, post: &Indexed) -> Vec<TantivyDocument> {
    let document = |stored: &Stored| {
        let mut document = TantivyDocument::new();
        document.add_i64(f.passage, stored.passage.id.raw());
        document.add_i64(f.post, post.post.raw());
        document.add_pre_tokenized_text(f.terms, tokenized(&stored.searchable()));
        document.add_text(f.kind, post.kind.as_str());
        document.add_text(f.language, stored.language.as_str());
        document.add_text(f.primary, stored.language.primary());
        for tag in &stored.tags {
            document.add_text(f.tag, tag);
        }
        for author in &post.authors {
            document.add_i64(f.author, author.raw());
        }
        document.add_i64(f.published, post.published.as_millis());
        document.add_i64(f.accepted, i64::from(post.accepted));
        document
    };
    post.passages.iter().map(document).collect()
}

fn tokenized(text: &str) -> PreTokenizedString {
    let token = |(position, term): (usize, tokens::Term)| Token { position, text: term.text, ..Token::default() };
    PreTokenizedString { text: String::new(), tokens: tokens::terms(text).into_iter().enumerate().map(token).collect() }
}

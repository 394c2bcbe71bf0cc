//! Types and rules of posts. No I/O.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use xinghe_core::content::{PostKind, PostView, Provenance};
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::lang::LangTag;
use xinghe_core::time::Timestamp;

/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest text of an article, question, answer or project, in characters.
pub const BODY_MAX: usize = 200_000;
/// Longest comment, in characters.
pub const COMMENT_MAX: usize = 10_000;
/// Longest note of a revision, in characters.
pub const NOTE_MAX: usize = 200;
/// Longest licence, in characters.
pub const LICENCE_MAX: usize = 100;
/// Longest address, in bytes.
pub const URL_MAX: usize = 2_000;
/// Longest tag, in characters.
pub const TAG_MAX: usize = 32;
/// Most tags of a post.
pub const TAGS_MAX: usize = 8;
/// How long an author can take a deletion back, in milliseconds: 30 days.
pub const UNDO_MS: i64 = 30 * 24 * 3_600_000;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The member.
    pub id: AuthorId,
    /// Whether the member keeps order here: a moderator or an administrator.
    pub moderates: bool,
}

/// What a person typed for a post, before any check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The title; empty for replies.
    pub title: String,
    /// The Markdown.
    pub body: String,
    /// Tags as typed.
    pub tags: Vec<String>,
    /// The language, or `None` to have it detected.
    pub language: Option<LangTag>,
    /// The licence; empty is none.
    pub licence: String,
    /// Where it first appeared; empty is here.
    pub source_url: String,
    /// Of a translation, where the original is; empty is none.
    pub original_url: String,
    /// How the text came to be.
    pub provenance: Provenance,
    /// What was changed, in a few words.
    pub note: String,
    /// Of a project: version, repository and the like, in order.
    pub facts: Vec<(String, String)>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            title: String::new(),
            body: String::new(),
            tags: vec![],
            language: None,
            licence: String::new(),
            source_url: String::new(),
            original_url: String::new(),
            provenance: Provenance::Human,
            note: String::new(),
            facts: vec![],
        }
    }
}

/// A draft that passed the checks of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// One line; empty for replies.
    pub title: String,
    /// The Markdown, with `\n` line ends.
    pub body: String,
    /// Tags in canonical form, each once.
    pub tags: Vec<String>,
    /// Given or detected.
    pub language: LangTag,
    /// The licence.
    pub licence: Option<String>,
    /// An http or https address.
    pub source_url: Option<String>,
    /// An http or https address.
    pub original_url: Option<String>,
    /// How the text came to be.
    pub provenance: Provenance,
    /// One line.
    pub note: String,
    /// In order.
    pub facts: Vec<(String, String)>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Fault {
    /// Nothing was given.
    Missing,
    /// More than `max` characters (of addresses: bytes).
    TooLong {
        /// The most there may be.
        max: usize,
    },
    /// More than `max` entries.
    TooMany {
        /// The most there may be.
        max: usize,
    },
    /// Not an http or https address.
    NotAnAddress,
    /// A tag holds something other than letters, digits, `-`, `_`, `+`, `#`, `.`.
    NotATag,
    /// The label of AI-made text cannot be lowered.
    Lowered,
    /// Replies do not have this field.
    NotForReplies,
}

/// A field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name, as in forms and JSON.
    pub field: &'static str,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

/// A post with everything its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostDetail {
    /// What every feature sees.
    pub view: PostView,
    /// Of a translation, where the original is.
    pub original_url: Option<String>,
    /// A few words of its beginning, without marks.
    pub excerpt: String,
    /// Reading time in minutes, at least 1.
    pub minutes: u32,
    /// How many revisions there are.
    pub revisions: u32,
    /// Of a question: the accepted answer.
    pub accepted_answer: Option<PostId>,
    /// Visible answers.
    pub answers: u32,
    /// Visible comments below it.
    pub comments: u32,
    /// The nearest post above that is no comment.
    pub subject: Option<PostId>,
    /// Of a project.
    pub facts: Vec<(String, String)>,
}

/// A post in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostSummary {
    /// The post.
    pub id: PostId,
    /// Its kind.
    pub kind: PostKind,
    /// Its title.
    pub title: String,
    /// The words in its address.
    pub slug: String,
    /// A few words of its beginning.
    pub excerpt: String,
    /// Its language.
    pub language: LangTag,
    /// How it came to be.
    pub provenance: Provenance,
    /// Who is named first.
    pub author: AuthorId,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it was first public.
    pub published_at: Timestamp,
    /// When its text last changed.
    pub updated_at: Timestamp,
    /// Visible answers.
    pub answers: u32,
    /// Visible comments below it.
    pub comments: u32,
    /// Of a question: whether an answer was accepted.
    pub accepted: bool,
    /// Of a project.
    pub facts: Vec<(String, String)>,
}

impl PostSummary {
    /// The address of its page.
    pub fn url(&self) -> String {
        address(self.id, &self.slug)
    }

    /// Where a page of a list that ends with it goes on.
    pub const fn cursor(&self) -> Cursor {
        Cursor { published_at: self.published_at, id: self.id }
    }
}

/// A reply on a post's page; a deleted one stays as a gap where others hang on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The reply.
    pub id: PostId,
    /// What it hangs on directly.
    pub parent: PostId,
    /// The nearest post above that is no comment.
    pub subject: PostId,
    /// `None` where it was deleted.
    pub post: Option<PostView>,
}

/// A revision without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionEntry {
    /// The revision.
    pub id: RevisionId,
    /// Its place among the post's revisions, from 1.
    pub number: u32,
    /// Who made it; `None` where it was imported.
    pub author: Option<AuthorId>,
    /// What was changed, in a few words.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A revision with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionText {
    /// Which one.
    pub entry: RevisionEntry,
    /// Its title.
    pub title: String,
    /// Its Markdown.
    pub body: String,
}

/// Which posts a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Only this kind; without it all that are no replies.
    pub kind: Option<PostKind>,
    /// Only with this tag, in canonical form.
    pub tag: Option<String>,
    /// Only with a credit of this author, replies included when a kind asks for them.
    pub author: Option<AuthorId>,
    /// Only where the author has (`true`) or has not (`false`) written it, as opposed to translated, reviewed or
    /// edited it.
    pub wrote: Option<bool>,
    /// Only in this language; `en` matches `en-GB`, too.
    pub language: Option<LangTag>,
    /// Only in Chinese, of either script.
    pub chinese: bool,
    /// Of questions.
    pub answered: Answered,
}

/// Which questions a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answered {
    /// All.
    #[default]
    Any,
    /// Those without an answer.
    None,
    /// Those with an accepted answer.
    Accepted,
}

/// Where a page of a list ends: posts sort by publication, then id, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last post's publication.
    pub published_at: Timestamp,
    /// The last post.
    pub id: PostId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.published_at.as_millis(), self.id)
    }
}

impl std::str::FromStr for Cursor {
    type Err = xinghe_core::id::ParseIdError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (ms, id) = s.split_once('.').ok_or(xinghe_core::id::ParseIdError)?;
        let ms = ms.parse().map_err(|_| xinghe_core::id::ParseIdError)?;
        Ok(Self { published_at: Timestamp::from_millis(ms), id: id.parse()? })
    }
}

/// The address of a post's page.
pub fn address(id: PostId, slug: &str) -> String {
    if slug.is_empty() { format!("/posts/{id}") } else { format!("/posts/{id}-{slug}") }
}

/// The id in the last part of a post's address: `{id}` or `{id}-{slug}`.
pub fn id_of_address(part: &str) -> Option<PostId> {
    part.split_once('-').map_or(part, |(id, _)| id).parse().ok()
}

/// Whether the kind is one that people write here.
pub const fn is_written_here(kind: PostKind) -> bool {
    matches!(kind, PostKind::Article | PostKind::Question | PostKind::Answer | PostKind::Comment | PostKind::Project)
}

/// A tag in canonical form: compatibility forms unified, lower case, spaces as `-`, no `#` in front. `None` when
/// nothing is left, it is too long, or it holds what a tag may not.
pub fn canonical_tag(given: &str) -> Option<String> {
    let unified: String = given.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let mut tag = String::new();
    for c in unified.trim().trim_start_matches('#').trim().chars() {
        match c {
            c if c.is_whitespace() || c == '-' => {
                if !tag.ends_with('-') {
                    tag.push('-');
                }
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '+' | '#' | '.') => tag.push(c),
            c if unicode_normalization::char::is_combining_mark(c) && !tag.is_empty() => tag.push(c),
            _ => return None,
        }
    }
    let tag = tag.trim_matches('-').to_owned();
    (tag.chars().any(char::is_alphanumeric) && tag.chars().count() <= TAG_MAX).then_some(tag)
}

/// The tags of a text field: parted by commas (of either width), `、`, `;` or line ends.
pub fn split_tags(field: &str) -> Vec<String> {
    field.split([',', '，', '、', ';', '；', '\n']).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

/// One line of plain text: white space joined, without control characters and without the invisible ones that
/// reorder or hide text.
pub fn one_line(given: &str) -> String {
    let kept: String =
        given.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    kept.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Markdown as stored: `\n` line ends, no NUL, no byte order mark, no white space at the end.
pub fn tidy_body(given: &str) -> String {
    let text = given.strip_prefix('\u{feff}').unwrap_or(given);
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    text.trim_end().trim_start_matches('\n').to_owned()
}

/// An http or https address in normal form.
pub fn web_address(given: &str) -> Option<String> {
    let url = url::Url::parse(given.trim()).ok()?;
    let whole = matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none();
    (whole && url.as_str().len() <= URL_MAX).then(|| url.to_string())
}

/// Checks a draft by the rules of its kind.
///
/// # Errors
/// What is wrong, field by field; several at once.
pub fn check(kind: PostKind, draft: &Draft, before: Provenance) -> Result<Checked, Vec<FieldError>> {
    let mut faults = Faults::default();
    let title = faults.line("title", &draft.title, TITLE_MAX);
    if kind.is_reply() {
        if !title.is_empty() {
            faults.add("title", Fault::NotForReplies);
        }
    } else if title.is_empty() {
        faults.add("title", Fault::Missing);
    }
    let body = tidy_body(&draft.body);
    let body_max = if kind == PostKind::Comment { COMMENT_MAX } else { BODY_MAX };
    if body.trim().is_empty() {
        faults.add("body", Fault::Missing);
    } else if body.chars().count() > body_max {
        faults.add("body", Fault::TooLong { max: body_max });
    }
    let tags = faults.tags(&draft.tags);
    let source_url = faults.address("source_url", &draft.source_url);
    let original_url = faults.address("original_url", &draft.original_url);
    let licence = Some(faults.line("licence", &draft.licence, LICENCE_MAX)).filter(|l| !l.is_empty());
    let note = faults.line("note", &draft.note, NOTE_MAX);
    if draft.provenance < before {
        faults.add("provenance", Fault::Lowered);
    }
    let facts = faults.facts(&draft.facts);
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    let language = draft.language.clone().unwrap_or_else(|| detect(&title, &body));
    let provenance = draft.provenance;
    Ok(Checked { title, body, tags, language, licence, source_url, original_url, provenance, note, facts })
}

/// The language of a text that names none.
pub fn detect(title: &str, body: &str) -> LangTag {
    xinghe_text::detect(&format!("{title}\n\n{body}"))
}

/// Errors as they are found.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: &'static str, fault: Fault) {
        self.0.push(FieldError { field, fault });
    }

    fn line(&mut self, field: &'static str, given: &str, max: usize) -> String {
        let line = one_line(given);
        if line.chars().count() > max {
            self.add(field, Fault::TooLong { max });
        }
        line
    }

    fn address(&mut self, field: &'static str, given: &str) -> Option<String> {
        if given.trim().is_empty() {
            return None;
        }
        let address = web_address(given);
        if address.is_none() {
            let fault = if given.len() > URL_MAX { Fault::TooLong { max: URL_MAX } } else { Fault::NotAnAddress };
            self.add(field, fault);
        }
        address
    }

    fn tags(&mut self, given: &[String]) -> Vec<String> {
        let mut tags: Vec<String> = vec![];
        for tag in given.iter().filter(|t| !t.trim().is_empty()) {
            match canonical_tag(tag) {
                Some(tag) if tags.contains(&tag) => {}
                Some(tag) => tags.push(tag),
                None if tag.chars().count() > TAG_MAX => {
                    self.add("tags", Fault::TooLong { max: TAG_MAX });
                    return tags;
                }
                None => {
                    self.add("tags", Fault::NotATag);
                    return tags;
                }
            }
        }
        if tags.len() > TAGS_MAX {
            self.add("tags", Fault::TooMany { max: TAGS_MAX });
        }
        tags
    }

    fn facts(&mut self, given: &[(String, String)]) -> Vec<(String, String)> {
        let facts: Vec<_> = given
            .iter()
            .map(|(n, v)| (one_line(n), one_line(v)))
            .filter(|(n, v)| !n.is_empty() && !v.is_empty())
            .collect();
        if facts.len() > 32 {
            self.add("facts", Fault::TooMany { max: 32 });
        } else if facts.iter().any(|(n, v)| n.chars().count() > 60 || v.chars().count() > 500) {
            self.add("facts", Fault::TooLong { max: 500 });
        }
        facts
    }
}

/// Whether somebody may change or delete a post.
pub fn may_edit(actor: Option<Actor>, post: &PostView) -> bool {
    use xinghe_core::content::CreditRole;
    actor.is_some_and(|a| a.moderates || post.credits.iter().any(|c| c.author == a.id && c.role == CreditRole::Author))
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
/// A tag and how many visible posts carry it.
pub struct TagCount {
    /// The tag.
    pub tag: String,
    /// Posts.
    pub posts: u64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_have_one_form() {
        for (given, want) in
            [("#Rust", "rust"), (" Ｒｕｓｔ ", "rust"), ("C++", "c++"), ("C#", "c#"), ("异步 编程", "异步-编程")]
        {
            assert_eq!(canonical_tag(given).as_deref(), Some(want));
        }
        for bad in ["", "#", "--", "a/b", "<b>", "a\u{202e}b", "a\u{200b}b", "..", &"x".repeat(33)] {
            assert_eq!(canonical_tag(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn only_web_addresses_pass() {
        assert_eq!(web_address(" https://例子.中国/a b ").as_deref(), Some("https://xn--fsqu00a.xn--fiqs8s/a%20b"));
        for bad in ["javascript:alert(1)", "data:text/html,x", "/a", "https://", "http://u:p@h/", "ftp://h/"] {
            assert_eq!(web_address(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_draft_says_all_that_is_wrong_at_once() {
        let draft = Draft { title: "x".repeat(201), source_url: "nope".into(), ..Draft::default() };
        let errors = check(PostKind::Article, &draft, Provenance::Ai).expect_err("much is wrong");
        let fields: Vec<_> = errors.iter().map(|e| e.field).collect();
        assert_eq!(fields, ["title", "body", "source_url", "provenance"]);
        let comment = Draft { title: "no".into(), body: "y".repeat(10_001), ..Draft::default() };
        let errors = check(PostKind::Comment, &comment, Provenance::Human).expect_err("two things");
        assert_eq!(errors.len(), 2);
    }

    proptest! {
        #[test]
        fn a_canonical_tag_stays_as_it_is(given in "\\PC{0,40}") {
            if let Some(tag) = canonical_tag(&given) {
                prop_assert_eq!(canonical_tag(&tag), Some(tag));
            }
        }

        #[test]
        fn cursors_read_back(ms in any::<i64>(), id in 1..i64::MAX) {
            let cursor = Cursor { published_at: Timestamp::from_millis(ms), id: PostId::from_raw(id) };
            prop_assert_eq!(cursor.to_string().parse::<Cursor>().ok(), Some(cursor));
        }

        #[test]
        fn an_address_leads_back_to_its_post(id in 1..i64::MAX, title in "\\PC{0,80}") {
            let id = PostId::from_raw(id);
            let address = address(id, &xinghe_text::slug(&title));
            prop_assert_eq!(id_of_address(address.trim_start_matches("/posts/")), Some(id));
            prop_assert!(!address[7..].contains(['/', '?', '#', '%', ' ']));
        }
    }
}

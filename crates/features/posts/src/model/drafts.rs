//! Drafts: what members are still writing.

use serde::{Deserialize, Serialize};
use xinghe_core::content::{PostKind, Provenance};
use xinghe_core::id::{AuthorId, DraftId, ParseIdError, PostId, RevisionId};
use xinghe_core::lang::LangTag;
use xinghe_core::time::Timestamp;

use super::{BODY_MAX, Draft, Fault, FieldError, PostDetail, split_tags};

/// Most drafts of one member.
pub const DRAFTS_MAX: i64 = 500;
/// Longest field of a draft other than its text, in characters: more than any field of a post may have, since a draft
/// may be wrong.
pub const DRAFT_FIELD_MAX: usize = 20_000;
/// Longest name that a form or program gives a draft, in bytes.
pub const DRAFT_NAME_MAX: usize = 64;
/// How far ahead a draft can be scheduled, in milliseconds: two years.
pub const AHEAD_MS: i64 = 2 * 366 * 24 * 3_600_000;

/// What somebody typed for a post, unchecked: as it stands in the fields of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// The title.
    #[serde(skip_serializing)]
    pub title: String,
    /// The Markdown.
    #[serde(skip_serializing)]
    pub body: String,
    /// Tags, parted by commas.
    pub tags: String,
    /// A language tag; empty is to be detected.
    pub language: String,
    /// The licence.
    pub licence: String,
    /// Where it first appeared.
    pub source_url: String,
    /// Of a translation: where the original is.
    pub original_url: String,
    /// How it is said to have come to be.
    pub provenance: String,
    /// Of a change: what was changed.
    pub note: String,
    /// Of a project: one fact a line, `name: value`.
    pub facts: String,
}

impl Typed {
    /// A post's fields, for the form that changes it.
    pub fn of(d: &PostDetail) -> Self {
        let facts: Vec<String> = d.facts.iter().map(|(n, v)| format!("{n}: {v}")).collect();
        Self {
            title: if d.view.kind.is_reply() { String::new() } else { d.view.title.clone() },
            body: d.view.body.clone(),
            tags: d.view.tags.join(", "),
            language: d.view.language.to_string(),
            licence: d.view.licence.clone().unwrap_or_default(),
            source_url: d.view.source_url.clone().unwrap_or_default(),
            original_url: d.original_url.clone().unwrap_or_default(),
            provenance: d.view.provenance.to_string(),
            note: String::new(),
            facts: facts.join("\n"),
        }
    }

    /// The same, to be checked and published.
    pub fn draft(&self) -> Draft {
        let facts = self.facts.lines().filter_map(|l| l.split_once([':', '：']));
        Draft {
            title: self.title.clone(),
            body: self.body.clone(),
            tags: split_tags(&self.tags),
            language: self.language.parse::<LangTag>().ok(),
            licence: self.licence.clone(),
            source_url: self.source_url.clone(),
            original_url: self.original_url.clone(),
            provenance: self.provenance.parse().unwrap_or(Provenance::Human),
            note: self.note.clone(),
            facts: facts.map(|(n, v)| (n.trim().to_owned(), v.trim().to_owned())).collect(),
            ..Draft::default()
        }
    }

    /// As it can be kept: with `\n` line ends and without NUL.
    ///
    /// # Errors
    /// The fields that are too long even for a draft.
    pub fn kept(mut self) -> Result<Self, Vec<FieldError>> {
        let mut errors = vec![];
        for (name, field, max) in [
            ("title", &mut self.title, DRAFT_FIELD_MAX),
            ("body", &mut self.body, BODY_MAX),
            ("tags", &mut self.tags, DRAFT_FIELD_MAX),
            ("language", &mut self.language, DRAFT_FIELD_MAX),
            ("licence", &mut self.licence, DRAFT_FIELD_MAX),
            ("source_url", &mut self.source_url, DRAFT_FIELD_MAX),
            ("original_url", &mut self.original_url, DRAFT_FIELD_MAX),
            ("provenance", &mut self.provenance, DRAFT_FIELD_MAX),
            ("note", &mut self.note, DRAFT_FIELD_MAX),
            ("facts", &mut self.facts, DRAFT_FIELD_MAX),
        ] {
            if field.contains(['\0', '\r']) {
                *field = field.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
            }
            if field.chars().count() > max {
                errors.push(FieldError { field: name, fault: Fault::TooLong { max } });
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

/// A draft as it is kept on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDraft {
    /// The draft.
    pub id: DraftId,
    /// Whose: nobody else sees it.
    pub owner: AuthorId,
    /// What it is to become.
    pub kind: PostKind,
    /// Of a change to a post: which, and the revision it started from.
    pub change: Option<(PostId, RevisionId)>,
    /// What was typed; of a list without text.
    pub typed: Typed,
    /// The beginning of its text, without marks.
    pub excerpt: String,
    /// Rises with every change: who changes it says which version it was.
    pub version: u32,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it is to be published by itself.
    pub publish_at: Option<Timestamp>,
    /// Why it was not published when its time had come: the name of the field that was wrong, or `story`, `place`.
    pub failed: Option<String>,
    /// The post and revision it became.
    pub published: Option<(PostId, RevisionId)>,
    /// Whether it was thrown away and can still be brought back.
    pub dropped: bool,
}

impl KeptDraft {
    /// The page on which its owner goes on.
    pub fn url(&self) -> String {
        match self.change {
            Some((post, _)) => format!("/posts/{post}/edit"),
            None => format!("/write?draft={}", self.id),
        }
    }

    /// Where a page of a list that ends with it goes on.
    pub const fn cursor(&self) -> DraftCursor {
        DraftCursor { updated_at: self.updated_at, id: self.id }
    }
}

/// Where a page of drafts ends: they sort by their last change, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftCursor {
    /// The last draft's change.
    pub updated_at: Timestamp,
    /// The last draft.
    pub id: DraftId,
}

impl std::fmt::Display for DraftCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.updated_at.as_millis(), self.id)
    }
}

impl std::str::FromStr for DraftCursor {
    type Err = ParseIdError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (ms, id) = s.split_once('.').ok_or(ParseIdError)?;
        let ms = ms.parse().map_err(|_| ParseIdError)?;
        Ok(Self { updated_at: Timestamp::from_millis(ms), id: id.parse()? })
    }
}

/// The moment that a date and time of a form name, `2026-12-01T09:30`, at so many minutes east of UTC.
pub fn local_moment(typed: &str, minutes_east: i64) -> Option<Timestamp> {
    let seconds = if typed.len() == 16 { ":00" } else { "" };
    let at = Timestamp::parse_rfc3339(&format!("{typed}{seconds}Z")).ok()?;
    (-1_440..=1_440).contains(&minutes_east).then(|| at.plus_millis(-minutes_east * 60_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_and_time_of_a_form_is_a_moment_in_the_zone_of_its_browser() {
        let at = |typed, minutes| local_moment(typed, minutes).map(Timestamp::rfc3339);
        assert_eq!(at("2026-12-01T09:30", 480).as_deref(), Some("2026-12-01T01:30:00Z"));
        assert_eq!(at("2026-12-01T09:30:15", -300).as_deref(), Some("2026-12-01T14:30:15Z"));
        assert_eq!(at("2026-12-01T09:30", 100_000), None);
        assert_eq!(at("morgen", 0), None);
    }

    #[test]
    fn a_draft_may_be_wrong_but_not_boundless() {
        let typed = Typed { title: "x".repeat(3_000), body: "a\0b\r\nc".into(), ..Typed::default() };
        assert_eq!(typed.kept().map(|t| t.body), Ok("ab\nc".into()));
        let long = Typed { body: "字".repeat(BODY_MAX + 1), ..Typed::default() };
        assert_eq!(long.kept().map_err(|e| e[0].field), Err("body"));
    }
}

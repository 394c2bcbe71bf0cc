//! The form in which posts are written and changed.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::content::{PostKind, Provenance};
use xinghe_core::id::{DraftId, RevisionId};
use xinghe_core::lang::Lang;
use xinghe_core::time::Timestamp;
use xinghe_web::{AppError, FieldErrors, Html, PageContext, PageResult, Subject, Texts};

use super::diff::{self, Line};
use super::{editor, kind_key, with_mentions};
use crate::commands::drafts::Final;
use crate::feature::State;
use crate::model::{Draft, KeptDraft, PostDetail, Typed, tidy_body};

/// What the form holds, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct PostForm {
    pub kind: String,
    #[serde(flatten)]
    pub typed: Typed,
    /// Of a change: the revision it builds upon.
    pub revision: String,
    /// The draft that the form goes on with, and its version.
    pub draft: String,
    pub version: String,
    /// What a draft is called that is made of this form: sent twice, it is one.
    pub name: String,
    /// What becomes of it: "save", "schedule", "edit" (another page filled it in: nothing yet), or it is published.
    pub then: String,
    /// A date and time, and so many minutes east of UTC.
    pub publish_at: String,
    pub minutes_east: String,
}

impl PostForm {
    /// The form that goes on with a draft.
    pub(super) fn going_on(draft: &KeptDraft) -> Self {
        Self {
            kind: draft.kind.to_string(),
            typed: draft.typed.clone(),
            revision: draft.change.map(|c| c.1.to_string()).unwrap_or_default(),
            draft: draft.id.to_string(),
            version: draft.version.to_string(),
            ..Self::default()
        }
    }

    /// The draft it goes on with, and the version it started from.
    pub(super) fn draft(&self) -> Option<(DraftId, u32)> {
        Some((self.draft.parse().ok()?, self.version.parse().unwrap_or(0)))
    }

    /// What it holds, to be published.
    ///
    /// # Errors
    /// Nobody could say whom the text names.
    pub(super) async fn content(
        &self,
        state: &State,
        kind: PostKind,
        base: Option<RevisionId>,
    ) -> Result<Final, AppError> {
        let draft = Draft { once: true, ..self.typed.draft() };
        Ok(Final { kind, draft: with_mentions(state, draft).await?, base })
    }
}

/// What is known of the draft behind the form.
#[derive(Debug, Default)]
pub(super) struct About {
    /// Its id.
    pub id: String,
    /// When it was last changed.
    pub changed: Option<Timestamp>,
    /// Whether it was saved just now.
    pub saved: bool,
    /// When it is to be published by itself.
    pub publish_at: Option<Timestamp>,
    /// Whether another device wrote to it meanwhile.
    pub conflict: bool,
    /// How many other drafts there are.
    pub others: i64,
}

impl About {
    pub(super) fn of(draft: &KeptDraft) -> Self {
        let (id, changed) = (draft.id.to_string(), Some(draft.updated_at));
        Self { id, changed, publish_at: draft.publish_at, ..Self::default() }
    }
}

/// A choice of a select.
struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "posts/write.html")]
struct WriteTemplate<'a> {
    t: &'a Texts,
    heading: String,
    action: String,
    kinds: bool,
    kind: PostKind,
    reply: bool,
    editing: bool,
    keeps: bool,
    /// The revision, draft and version that what is sent builds upon.
    builds: [String; 3],
    form: &'a PostForm,
    typed: &'a Typed,
    errors: FieldErrors,
    languages: Vec<Choice>,
    provenances: Vec<Choice>,
    conflict: Option<Vec<Line>>,
    about: About,
    /// When it is to be published: as RFC 3339, and in words.
    due: Option<(String, String)>,
    /// How the draft stands, in words.
    standing: String,
    local: String,
    /// What the editor needs: its words, and what its styles carry.
    words: String,
    nonce: &'a str,
    /// What other features put below the form.
    below: Html,
}

/// A form to be shown.
pub(super) struct Showing<'a> {
    kind: PostKind,
    action: String,
    editing: bool,
    pub form: &'a PostForm,
    pub errors: FieldErrors,
    conflict: Option<Vec<Line>>,
    pub status: StatusCode,
    least: Provenance,
    /// Whether drafts of it are kept on the server.
    pub keeps: bool,
    pub about: About,
    builds: [String; 3],
}

impl<'a> Showing<'a> {
    pub(super) fn new(kind: PostKind, action: impl Into<String>, form: &'a PostForm) -> Self {
        Self {
            kind,
            action: action.into(),
            editing: false,
            form,
            errors: FieldErrors::default(),
            conflict: None,
            status: StatusCode::OK,
            least: Provenance::Human,
            keeps: true,
            about: About::default(),
            builds: [form.revision.clone(), form.draft.clone(), form.version.clone()],
        }
    }

    /// The form of a change to a post.
    pub(super) fn changing(d: &PostDetail, form: &'a PostForm) -> Self {
        let action = format!("/posts/{}/edit", d.view.id);
        Self { editing: true, least: d.view.provenance, ..Self::new(d.view.kind, action, form) }
    }

    /// Shows how what was typed differs from another text.
    pub(super) fn differs(&mut self, other: &str) {
        let typed = tidy_body(&self.form.typed.body);
        self.conflict = Some(diff::lines(&format!("{other}\n"), &format!("{typed}\n")));
    }

    /// What is sent next builds upon this draft as it is now.
    pub(super) fn builds_on(&mut self, draft: &KeptDraft) {
        self.builds[1] = draft.id.to_string();
        self.builds[2] = draft.version.to_string();
    }

    fn languages(&self, t: &Texts) -> Vec<Choice> {
        let given = &self.form.typed.language;
        let mut languages =
            vec![Choice { value: String::new(), words: t.s("posts-language-auto").into_owned(), chosen: false }];
        languages.extend(Lang::ALL.map(|l| Choice {
            value: l.tag().to_owned(),
            words: l.own_name().to_owned(),
            chosen: given == l.tag(),
        }));
        if !given.is_empty() && !languages.iter().any(|l| l.chosen) {
            let value = given.clone();
            languages.push(Choice { words: value.clone(), value, chosen: true });
        }
        languages
    }

    pub(super) async fn show(self, ctx: &PageContext) -> PageResult {
        let below = ctx.slot("write.below", &Subject::default()).await;
        let t = &ctx.t;
        let key = if self.editing { "posts-edit-kind" } else { "posts-write-kind" };
        let kind = t.s(kind_key(self.kind));
        // In the middle of an English title a common noun is small: "New article".
        let kind = if t.lang() == Lang::En { kind.to_lowercase() } else { kind.into_owned() };
        let heading = t.f(key, &[("kind", kind.into())]);
        let keys = ["posts-by-human", "posts-ai-assisted", "posts-ai"];
        let provenances = Provenance::ALL.iter().zip(keys).filter(|(p, _)| **p >= self.least).map(|(p, key)| Choice {
            value: p.to_string(),
            words: t.s(key).into_owned(),
            chosen: self.form.typed.provenance == p.as_str(),
        });
        let standing = match self.about.changed {
            _ if self.about.saved => t.s("posts-draft-saved").into_owned(),
            Some(at) => t.f("posts-draft-saved-ago", &[("ago", t.ago(at).into())]),
            None => String::new(),
        };
        let template = WriteTemplate {
            t,
            standing,
            due: self.about.publish_at.map(|at| (at.rfc3339(), t.date_time(at))),
            heading: heading.clone(),
            kinds: !self.editing && !self.kind.is_reply(),
            kind: self.kind,
            reply: self.kind.is_reply(),
            editing: self.editing,
            keeps: self.keeps,
            form: self.form,
            typed: &self.form.typed,
            languages: self.languages(t),
            provenances: provenances.collect(),
            words: editor::words(t),
            nonce: &ctx.nonce,
            below,
            local: format!("{}:{}", self.action, self.kind),
            errors: self.errors,
            conflict: self.conflict,
            about: self.about,
            builds: self.builds,
            action: self.action,
        };
        Ok(ctx.page().title(heading).noindex().status(self.status).render(&template))
    }
}

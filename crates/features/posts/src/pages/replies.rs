//! Answers and threads of comments below a post.

use std::collections::HashMap;

use askama::Template;
use xinghe_core::content::{PostKind, PostView};
use xinghe_core::id::{AuthorId, PostId};
use xinghe_web::{AppError, Html, PageContext, Texts};

use super::naming::Names;
use super::view::{People, Person, ai_key};
use super::viewer_actor;
use crate::model::{Reply, is_own, may_edit};

/// How deep comments are drawn; deeper ones stand at that depth.
const DRAWN: usize = 4;

#[derive(Template)]
#[template(path = "posts/comment.html")]
struct CommentTemplate<'a> {
    t: &'a Texts,
    id: PostId,
    post: Option<&'a PostView>,
    person: Option<Person>,
    body: Html,
    tools: Html,
    when: String,
    ai: Option<&'static str>,
    may_edit: bool,
    may_delete: bool,
    /// What is said where moderators withhold it.
    mark: Option<&'static str>,
    may_reply: bool,
    children: Html,
}

/// An answer as its question's page shows it.
pub(super) struct Answer {
    pub id: PostId,
    pub lang: String,
    pub person: Option<Person>,
    pub body: Html,
    pub tools: Html,
    pub when: String,
    pub at: String,
    pub ai: Option<&'static str>,
    /// Of a twin's: what its owner had to do with it.
    pub owners_part: Option<String>,
    pub by_twin: bool,
    pub accepted: bool,
    pub edited: bool,
    pub may_edit: bool,
    pub may_delete: bool,
    /// What is said where moderators withhold it.
    pub mark: Option<&'static str>,
    pub comments: Html,
}

/// All that hangs on a post, ready to be drawn.
pub(super) struct Thread<'a> {
    ctx: &'a PageContext,
    people: &'a People,
    names: &'a Names,
    replies: HashMap<PostId, &'a Reply>,
    below: HashMap<PostId, Vec<PostId>>,
    tools: &'a HashMap<PostId, Html>,
    marks: &'a HashMap<PostId, &'static str>,
    may_reply: bool,
}

/// Everybody who replied.
pub(super) fn authors(replies: &[Reply]) -> impl Iterator<Item = AuthorId> + '_ {
    replies.iter().filter_map(|r| r.post.as_ref()).filter_map(PostView::author)
}

impl<'a> Thread<'a> {
    /// `tools` is what other features put below each reply, `marks` what is said of those that moderators withhold.
    pub(super) fn new(
        ctx: &'a PageContext,
        (people, names): (&'a People, &'a Names),
        replies: &'a [Reply],
        (tools, marks, may_reply): (&'a HashMap<PostId, Html>, &'a HashMap<PostId, &'static str>, bool),
    ) -> Self {
        let mut below: HashMap<PostId, Vec<PostId>> = HashMap::new();
        for reply in replies {
            below.entry(reply.parent).or_default().push(reply.id);
        }
        Self {
            ctx,
            people,
            names,
            replies: replies.iter().map(|r| (r.id, r)).collect(),
            below,
            tools,
            marks,
            may_reply,
        }
    }

    fn owns(&self, post: &PostView) -> bool {
        viewer_actor(&self.ctx.viewer).is_some_and(|actor| is_own(actor, post))
    }

    /// The answers of a question: the accepted one first, then people's, the oldest first, then those of twins, which
    /// give way.
    pub(super) fn answers(&self, question: PostId) -> Result<Vec<Answer>, AppError> {
        let mut answers = vec![];
        for id in self.below.get(&question).into_iter().flatten() {
            let Some(post) = self.replies.get(id).and_then(|r| r.post.as_ref()) else { continue };
            if post.kind != PostKind::Answer {
                continue;
            }
            answers.push(Answer {
                id: post.id,
                lang: post.language.to_string(),
                person: self.people.writer(post, &self.ctx.t),
                owners_part: self.people.owners_part(post, &self.ctx.t),
                by_twin: post.by_twin(),
                body: self.names.body(post, format!("p{}-", post.id), self.ctx.lang),
                tools: self.tools.get(&post.id).cloned().unwrap_or_default(),
                when: self.ctx.t.ago(post.published_at),
                at: post.published_at.rfc3339(),
                ai: ai_key(post.provenance),
                accepted: post.accepted,
                edited: post.updated_at > post.published_at,
                may_edit: !self.marks.contains_key(&post.id) && may_edit(viewer_actor(&self.ctx.viewer), post),
                may_delete: !self.marks.contains_key(&post.id) && self.owns(post),
                mark: self.marks.get(&post.id).copied(),
                comments: self.comments(post.id)?,
            });
        }
        answers.sort_by_key(|a| (!a.accepted, a.by_twin, a.id));
        Ok(answers)
    }

    /// The comments on a post, as nested lists.
    pub(super) fn comments(&self, post: PostId) -> Result<Html, AppError> {
        let all = self.below.get(&post).map(Vec::as_slice).unwrap_or_default();
        let mut out = Html::default();
        for id in all {
            out.push(&self.comment(*id, 1)?);
        }
        Ok(out)
    }

    fn comment(&self, id: PostId, depth: usize) -> Result<Html, AppError> {
        let Some(reply) = self.replies.get(&id) else { return Ok(Html::default()) };
        if reply.post.as_ref().is_some_and(|p| p.kind != PostKind::Comment) {
            return Ok(Html::default());
        }
        // Below the deepest drawn level the whole rest stands in one row, oldest first: no recursion without bound.
        let mut children = Html::default();
        let own = self.below.get(&id).map(Vec::as_slice).unwrap_or_default();
        if depth < DRAWN {
            for child in own {
                children.push(&self.comment(*child, depth + 1)?);
            }
        } else if depth == DRAWN {
            for child in self.all_below(id) {
                children.push(&self.comment(child, DRAWN + 1)?);
            }
        }
        if reply.post.is_none() && children.is_empty() {
            return Ok(Html::default());
        }
        let post = reply.post.as_ref();
        let template = CommentTemplate {
            t: &self.ctx.t,
            id,
            post,
            person: post.and_then(PostView::author).and_then(|a| self.people.get(a)),
            body: post.map(|p| self.names.body(p, format!("p{}-", p.id), self.ctx.lang)).unwrap_or_default(),
            tools: post.and_then(|p| self.tools.get(&p.id)).cloned().unwrap_or_default(),
            when: post.map(|p| self.ctx.t.ago(p.published_at)).unwrap_or_default(),
            ai: post.and_then(|p| ai_key(p.provenance)),
            may_edit: !self.marks.contains_key(&id)
                && post.is_some_and(|p| may_edit(viewer_actor(&self.ctx.viewer), p)),
            may_delete: !self.marks.contains_key(&id) && post.is_some_and(|p| self.owns(p)),
            mark: self.marks.get(&id).copied(),
            may_reply: self.may_reply && !self.marks.contains_key(&id),
            children,
        };
        Ok(Html::render(&template)?)
    }

    fn all_below(&self, id: PostId) -> Vec<PostId> {
        let mut all = vec![];
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            for child in self.below.get(&id).into_iter().flatten() {
                all.push(*child);
                open.push(*child);
            }
        }
        all.sort_unstable();
        all
    }
}

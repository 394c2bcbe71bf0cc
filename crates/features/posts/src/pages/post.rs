//! The page of a post, its Markdown, its history.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State as Given};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use xinghe_core::content::{CreditRole, Measure, PostKind, PostView};
use xinghe_core::id::{PostId, RevisionId};
use xinghe_web::SlotPost;
use xinghe_web::api::ApiQuery;
use xinghe_web::markdown::{Heading, RenderOptions, render};
use xinghe_web::{AppError, Html, PageContext, PageResult, Subject, Texts};

use super::cites;
use super::diff::{self, Line};
use super::editor;
use super::meta;
use super::moments::Quoted;
use super::naming::Names;
use super::replies::{Answer, Thread, authors};
use super::series;
use super::view::{People, Person, ai_key, site};
use super::{detail, kind_key, post_id, send, viewer_actor};
use crate::commands;
use crate::feature::State;
use crate::model::{Actor, PostDetail, Reply, RevisionEntry, RevisionText, StorySource, address, is_own, may_edit};
use crate::store;

/// From how many headings on a table of contents stands beside the text.
const TOC_FROM: usize = 3;

#[derive(Debug, Default, Deserialize)]
pub(super) struct ShowQuery {
    /// A reply that was just deleted and can be brought back.
    #[serde(default)]
    undo: String,
    /// Whether somebody was sent here who brought a story that this news tells already.
    #[serde(default)]
    known: String,
}

struct CreditLine {
    key: &'static str,
    people: Vec<Person>,
}

#[derive(Template)]
#[template(path = "posts/post.html")]
struct PostTemplate<'a> {
    t: &'a Texts,
    d: &'a PostDetail,
    v: &'a PostView,
    kind: &'static str,
    lang: String,
    body: Html,
    tools: Html,
    credits: &'a [CreditLine],
    date: String,
    at: String,
    ai: Option<&'static str>,
    may_edit: bool,
    may_delete: bool,
    signed_in: bool,
    answers: Vec<Answer>,
    comments: Html,
    below: Html,
    undo: Option<PostId>,
    known: bool,
    moment: bool,
    /// What a moment passes on: `Some(None)` where that is gone.
    quoted: Option<Option<Quoted>>,
    sources: Vec<Source>,
    /// What is said where moderators withhold it.
    mark: Option<&'static str>,
    locked: bool,
    may_reply: bool,
    /// Where it stands in its series.
    series: Html,
    /// What links to it.
    cited: Html,
    /// What the editor of an answer needs: its words, and what its styles carry.
    words: String,
    nonce: &'a str,
}

/// What is said of a post that moderators withhold, to those who still see it.
pub(super) fn mark_key(measure: Measure) -> &'static str {
    if measure == Measure::Hide { "posts-mark-hidden" } else { "posts-mark-deleted" }
}

/// Whether somebody sees what moderators withhold: they do, and who wrote it while it is only hidden.
fn sees(ctx: &PageContext, v: &PostView, measure: Measure) -> bool {
    let Some(actor) = viewer_actor(&ctx.viewer) else { return false };
    actor.moderates || (measure == Measure::Hide && may_edit(Some(actor), v))
}

/// Puts the replies that moderators withhold into their gaps, for those who still see them.
async fn fill(
    ctx: &PageContext,
    state: &State,
    replies: &mut [Reply],
) -> Result<HashMap<PostId, &'static str>, AppError> {
    let gaps: Vec<PostId> = replies.iter().filter(|r| r.post.is_none()).map(|r| r.id).collect();
    if ctx.viewer.member.is_none() || gaps.is_empty() {
        return Ok(HashMap::new());
    }
    let mut held = store::withheld(&state.store, &gaps).await?;
    let mut marks = HashMap::new();
    for reply in replies.iter_mut() {
        if let Some((d, measure)) = held.remove(&reply.id)
            && sees(ctx, &d.view, measure)
        {
            marks.insert(reply.id, mark_key(measure));
            reply.post = Some(d.view);
        }
    }
    Ok(marks)
}

/// A place where a news story is told.
struct Source {
    url: String,
    site: String,
    may_drop: bool,
}

async fn sources(ctx: &PageContext, state: &State, v: &PostView) -> Result<Vec<Source>, AppError> {
    if v.kind != PostKind::News {
        return Ok(vec![]);
    }
    let mine = may_edit(viewer_actor(&ctx.viewer), v);
    let source = |s: StorySource| Source {
        site: site(&s.url).unwrap_or_default(),
        may_drop: (mine || ctx.viewer.is(s.by)) && v.source_url.as_ref() != Some(&s.url),
        url: s.url,
    };
    Ok(store::sources(&state.store, v.id).await?.into_iter().map(source).collect())
}

/// The text of what a project's facts are usually called; other names stand as they were given.
fn fact_key(name: &str) -> Option<&'static str> {
    Some(match name {
        "version" => "posts-fact-version",
        "other_versions" => "posts-fact-other-versions",
        "repository" => "posts-fact-repository",
        "documentation" => "posts-fact-documentation",
        "homepage" => "posts-fact-homepage",
        "licence" | "license" => "posts-fact-licence",
        "rust_version" => "posts-fact-rust-version",
        "keywords" => "posts-fact-keywords",
        "categories" => "posts-fact-categories",
        "authors" => "posts-fact-authors",
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "posts/aside.html")]
struct AsideTemplate<'a> {
    t: &'a Texts,
    d: &'a PostDetail,
    v: &'a PostView,
    toc: &'a [Heading],
    credits: &'a [CreditLine],
    slot: Html,
}

/// A post's page; `{id}.md` is its Markdown, a reply's address leads to its place, a wrong slug to the right one.
pub(super) async fn show(
    ctx: PageContext,
    Given(state): Given<State>,
    Path(part): Path<String>,
    ApiQuery(query): ApiQuery<ShowQuery>,
) -> PageResult {
    if let Some(id) = part.strip_suffix(".md").and_then(|p| p.parse::<PostId>().ok()) {
        return markdown(&state, id).await;
    }
    let id = post_id(&part)?;
    let Ok(d) = detail(&state, id).await else { return unseen(&ctx, &state, id, &query).await };
    if d.view.root != id {
        return Ok(send(StatusCode::MOVED_PERMANENTLY, &d.view.url()));
    }
    if format!("/posts/{part}") != address(id, &d.view.slug) {
        return Ok(send(StatusCode::MOVED_PERMANENTLY, &d.view.url()));
    }
    page(&ctx, &state, &d, &query, None).await
}

/// A post that is not to be seen: its page for those who still see what moderators withhold, else what stands there.
async fn unseen(ctx: &PageContext, state: &State, id: PostId, query: &ShowQuery) -> PageResult {
    let held = if ctx.viewer.member.is_some() { store::withheld(&state.store, &[id]).await?.remove(&id) } else { None };
    match held {
        Some((d, measure)) if sees(ctx, &d.view, measure) => {
            if d.view.root != id {
                return Ok(send(StatusCode::SEE_OTHER, &d.view.url()));
            }
            page(ctx, state, &d, query, Some(mark_key(measure))).await
        }
        Some((d, _)) if may_edit(viewer_actor(&ctx.viewer), &d.view) => gone(ctx, state, id, true).await,
        _ => gone(ctx, state, id, false).await,
    }
}

async fn page(
    ctx: &PageContext,
    state: &State,
    d: &PostDetail,
    query: &ShowQuery,
    mark: Option<&'static str>,
) -> PageResult {
    let v = &d.view;
    let mut replies = store::thread(&state.store, v.id).await?;
    let marks = fill(ctx, state, &mut replies).await?;
    let locked = store::is_locked(&state.store, v.id).await?;
    let actor = viewer_actor(&ctx.viewer);
    let may_reply = mark.is_none() && actor.is_some_and(|a| a.moderates || !locked);
    let named = v.credits.iter().map(|c| c.author).chain(authors(&replies)).collect();
    let people = People::load(&state.authors, named).await?;
    let first = v.author();
    let handle = first.and_then(|a| people.card(a)).map(|c| c.handle.clone());
    let subject = Subject { post: Some(v.id), author: first, handle, ..Subject::default() };
    let seen = std::iter::once(v).chain(replies.iter().filter_map(|r| r.post.as_ref()));
    let shown: Vec<PostId> = seen.clone().map(|p| p.id).collect();
    let open = |p: &&PostView| !(marks.contains_key(&p.id) || (mark.is_some() && p.id == v.id));
    let (aside, below, tools) = futures::join!(
        ctx.slot("post.aside", &subject),
        ctx.slot("post.below", &subject),
        ctx.slots_of("post.tools", seen.clone().filter(open).map(SlotPost::from))
    );
    let names = Names::load(state, &shown).await?;
    let rendered = names.rendered(v, String::new(), ctx.lang);
    let thread = Thread::new(ctx, (&people, &names), &replies, (&tools, &marks, may_reply));
    let credits = credit_lines(v, &people);
    let toc: &[Heading] = if rendered.toc.len() >= TOC_FROM { &rendered.toc } else { &[] };
    let aside = AsideTemplate { t: &ctx.t, d, v, toc, credits: &credits, slot: aside };
    let aside = Html::render(&aside)?;
    let template = PostTemplate {
        t: &ctx.t,
        d,
        v,
        kind: kind_key(v.kind),
        lang: v.language.to_string(),
        body: rendered.html.clone(),
        tools: tools.get(&v.id).cloned().unwrap_or_default(),
        credits: &credits,
        date: ctx.t.date(v.published_at),
        at: v.published_at.rfc3339(),
        ai: ai_key(v.provenance),
        may_edit: mark.is_none() && may_edit(actor, v),
        may_delete: mark.is_none() && actor.is_some_and(|a| is_own(a, v)),
        signed_in: ctx.viewer.member.is_some(),
        answers: thread.answers(v.id)?,
        comments: thread.comments(v.id)?,
        below,
        undo: query.undo.parse().ok(),
        known: !query.known.is_empty(),
        moment: v.kind == PostKind::Moment,
        quoted: match d.quote {
            Some(quote) => Some(Quoted::load(state, &[quote]).await?.remove(&quote)),
            None => None,
        },
        sources: sources(ctx, state, v).await?,
        mark,
        locked,
        may_reply,
        words: if may_reply { editor::words(&ctx.t) } else { String::new() },
        series: series::nav(ctx, state, v.id).await?,
        cited: cites::below(ctx, state, v.id, seen.filter(open)).await?,
        nonce: &ctx.nonce,
    };
    let active = match v.kind {
        PostKind::Question => "questions",
        PostKind::Project => "projects",
        PostKind::Moment => "moments",
        PostKind::News => "news",
        _ => "articles",
    };
    let page = ctx.page().title(v.title.clone()).active(active).canonical(v.url()).description(d.excerpt.clone());
    let page = if mark.is_some() { page.noindex() } else { page };
    let markdown = format!("<link rel=\"alternate\" type=\"text/markdown\" href=\"/posts/{}.md\">", v.id);
    let page = meta::about(ctx, page.head(Html::trusted(markdown)), d, (&people, &replies), rendered.picture);
    Ok(page.aside(aside).content_lang(v.language.as_str()).render(&template))
}

fn credit_lines(v: &PostView, people: &People) -> Vec<CreditLine> {
    let roles = [
        (CreditRole::Author, "posts-role-author"),
        (CreditRole::Translator, "posts-role-translator"),
        (CreditRole::Reviewer, "posts-role-reviewer"),
        (CreditRole::Editor, "posts-role-editor"),
    ];
    let line = |(role, key): (CreditRole, &'static str)| {
        let of_role = v.credits.iter().filter(|c| c.role == role);
        CreditLine { key, people: of_role.filter_map(|c| people.get(c.author)).collect() }
    };
    roles.into_iter().map(line).filter(|l| !l.people.is_empty()).collect()
}

#[derive(Template)]
#[template(path = "posts/gone.html")]
struct GoneTemplate<'a> {
    t: &'a Texts,
    id: PostId,
    may_restore: bool,
    /// Whether moderators took it from the one who looks.
    moderated: bool,
}

/// What stands in the place of a deleted post: for whoever may bring it back, the button that does.
async fn gone(ctx: &PageContext, state: &State, id: PostId, moderated: bool) -> PageResult {
    let head = store::heads(&state.store, &[id]).await?.remove(&id).ok_or(AppError::NotFound)?;
    let may = |a: Actor| commands::may_restore(a, &head, ctx.now()).is_ok();
    let may_restore = viewer_actor(&ctx.viewer).is_some_and(may);
    let template = GoneTemplate { t: &ctx.t, id, may_restore, moderated };
    let page = ctx.page().title(ctx.t.s("posts-gone")).noindex().status(StatusCode::GONE);
    Ok(page.render(&template))
}

/// The Markdown of a post, with what cannot be seen in it as front matter.
async fn markdown(state: &State, id: PostId) -> PageResult {
    let d = detail(state, id).await?;
    let v = &d.view;
    let people = People::load(&state.authors, v.credits.iter().map(|c| c.author).collect()).await?;
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let mut out = format!("---\ntitle: {}\nlanguage: {}\n", quoted(&v.title), v.language);
    out.push_str(&format!("published: {}\nupdated: {}\n", v.published_at, v.updated_at));
    out.push_str(&format!("provenance: {}\n", v.provenance));
    let names = v.credits.iter().filter_map(|c| people.get(c.author).map(|p| (c.role, p.name)));
    for (n, (role, name)) in names.enumerate() {
        let begin = if n == 0 { "credits:\n" } else { "" };
        out.push_str(&format!("{begin}  - {{ role: {role}, name: {} }}\n", quoted(&name)));
    }
    if !v.tags.is_empty() {
        out.push_str(&format!("tags: {}\n", serde_json::to_string(&v.tags).unwrap_or_default()));
    }
    let known = [("licence", &v.licence), ("source", &v.source_url), ("original", &d.original_url)];
    for (name, value) in known {
        if let Some(value) = value {
            out.push_str(&format!("{name}: {}\n", quoted(value)));
        }
    }
    out.push_str(&format!("---\n\n{}\n", v.body));
    let response: Response = ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], out).into_response();
    Ok(response)
}

struct Change {
    entry: RevisionEntry,
    person: Option<Person>,
    when: String,
}

#[derive(Template)]
#[template(path = "posts/history.html")]
struct HistoryTemplate<'a> {
    t: &'a Texts,
    v: &'a PostView,
    changes: Vec<Change>,
}

async fn changes(ctx: &PageContext, state: &State, entries: Vec<RevisionEntry>) -> Result<Vec<Change>, AppError> {
    let people = People::load(&state.authors, entries.iter().filter_map(|e| e.author).collect()).await?;
    let change = |entry: RevisionEntry| Change {
        person: entry.author.and_then(|a| people.get(a)),
        when: ctx.t.date_time(entry.at),
        entry,
    };
    Ok(entries.into_iter().map(change).collect())
}

/// The revisions of a post.
pub(super) async fn history(ctx: PageContext, Given(state): Given<State>, Path(part): Path<String>) -> PageResult {
    let id = post_id(&part)?;
    let d = detail(&state, id).await?;
    let entries = store::revisions(&state.store, id).await?;
    let template = HistoryTemplate { t: &ctx.t, v: &d.view, changes: changes(&ctx, &state, entries).await? };
    Ok(ctx.page().title(ctx.t.s("posts-history")).noindex().render(&template))
}

#[derive(Template)]
#[template(path = "posts/revision.html")]
struct RevisionTemplate<'a> {
    t: &'a Texts,
    v: &'a PostView,
    change: &'a Change,
    text: &'a RevisionText,
    diff: Vec<Line>,
    body: Html,
}

/// One revision: what it changed, and its text.
pub(super) async fn revision(
    ctx: PageContext,
    Given(state): Given<State>,
    Path((part, revision)): Path<(String, String)>,
) -> PageResult {
    let id = post_id(&part)?;
    let wanted: RevisionId = revision.parse().map_err(|_| AppError::NotFound)?;
    let d = detail(&state, id).await?;
    let entries = store::revisions(&state.store, id).await?;
    let place = entries.iter().position(|e| e.id == wanted).ok_or(AppError::NotFound)?;
    let mut ids = vec![wanted];
    ids.extend(entries.get(place + 1).map(|e| e.id));
    let mut texts = store::revision(&state.store, id, &ids).await?;
    let text = texts.pop().ok_or(AppError::NotFound)?;
    let before = texts.pop();
    let diff = before.map_or_else(Vec::new, |b| diff::lines(&whole(&b), &whole(&text)));
    let changes = changes(&ctx, &state, vec![text.entry.clone()]).await?;
    let change = changes.first().ok_or(AppError::NotFound)?;
    let copies = Names::load(&state, &[id]).await?.copies(id);
    let body = render(&text.body, &RenderOptions { lang: ctx.lang, copies, ..RenderOptions::default() }).html.clone();
    let template = RevisionTemplate { t: &ctx.t, v: &d.view, change, text: &text, diff, body };
    let title = ctx.t.f("posts-revision-n", &[("n", text.entry.number.into())]);
    Ok(ctx.page().title(title).noindex().render(&template))
}

fn whole(text: &RevisionText) -> String {
    if text.title.is_empty() { format!("{}\n", text.body) } else { format!("# {}\n\n{}\n", text.title, text.body) }
}

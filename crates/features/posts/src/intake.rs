//! Taking in posts from elsewhere.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use xinghe_core::content::{Credit, PostKind};
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::lang::LangTag;
use xinghe_core::ports::{Appeared, Authors, ImportedPost, IntakeOutcome, PortResult};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, Store, StoreError, UnitOfWork, list, params};

use crate::model::{Checked, canonical_tag, detect, one_line, tidy_body, web_address};
use crate::store::{self, Head, NewPost, NewRevision};

/// Longest imported text, in bytes.
const BODY_MAX: usize = 2_000_000;

/// What is known of an imported post.
#[derive(Debug, Clone, FromQueryResult)]
struct Known {
    origin: String,
    path: String,
    post: i64,
    hash: String,
}

/// An import that passed the checks.
struct Ready {
    content: Checked,
    credits: Vec<Credit>,
    author: AuthorId,
    hash: String,
}

/// Everything that a batch writes.
#[derive(Default)]
struct Batch {
    posts: Vec<NewPost>,
    credits: Vec<(PostId, Vec<Credit>)>,
    imports: Vec<(usize, PostId, String)>,
    revised: Vec<Revised>,
    roots: HashSet<PostId>,
    accepted: Vec<(PostId, PostId)>,
}

struct Revised {
    post: PostId,
    revision: RevisionId,
    number: i32,
    content: Checked,
    credits: Vec<Credit>,
    published_at: Option<Timestamp>,
}

/// Takes posts in one transaction; see [`xinghe_core::ports::PostIntake::take`].
pub(crate) async fn take(
    store: &Store,
    authors: &dyn Authors,
    given: &[ImportedPost],
) -> PortResult<Vec<IntakeOutcome>> {
    let people = people(authors, given).await?;
    let mut unit = store.begin().await?;
    let known = known(&unit, given).await?;
    let ids: Vec<PostId> = known.values().map(|k| PostId::from_raw(k.post)).collect();
    let mut heads = HashMap::new();
    let mut credits: HashMap<PostId, Vec<Credit>> = HashMap::new();
    for some in ids.chunks(1_000) {
        heads.extend(store::heads(&unit, some).await?);
        for (post, credit) in store::credits(&unit, some).await? {
            credits.entry(post).or_default().push(credit);
        }
    }
    let (fresh, seen, batch) = (HashMap::new(), HashSet::new(), Batch::default());
    let mut taking = Taking { store, given, known, heads, credits, fresh, seen, batch };
    let mut outcomes = Vec::with_capacity(given.len());
    for n in 0..given.len() {
        outcomes.push(taking.one(n, &people));
    }
    let batch = taking.batch;
    write(&mut unit, given, batch).await?;
    unit.commit().await?;
    Ok(outcomes)
}

/// The members behind the authors named: credits of claimed authors go to who claimed them.
async fn people(authors: &dyn Authors, given: &[ImportedPost]) -> PortResult<HashMap<AuthorId, AuthorId>> {
    let mut ids: Vec<AuthorId> = given.iter().flat_map(|p| p.credits.iter().map(|c| c.0)).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(authors.cards(&ids).await?.into_iter().map(|(id, card)| (id, card.id)).collect())
}

/// What is known of these posts and their parents.
async fn known(q: &impl Queries, given: &[ImportedPost]) -> Result<HashMap<(String, String), Known>, StoreError> {
    let mut by_origin: HashMap<&str, HashSet<&str>> = HashMap::new();
    for post in given {
        let paths = by_origin.entry(&post.origin).or_default();
        paths.insert(&post.path);
        paths.extend(post.parent_path.as_deref());
    }
    let mut known = HashMap::new();
    for (origin, paths) in by_origin {
        let paths: Vec<&str> = paths.into_iter().collect();
        for some in paths.chunks(1_000) {
            let sql = format!(
                "SELECT origin, path, post, hash FROM posts_import WHERE origin = $1 AND path IN ({})",
                list(2, some.len())
            );
            let mut values = params![origin];
            values.extend(some.iter().map(|p| xinghe_store::Value::from(*p)));
            for row in q.all::<Known>(&sql, values).await? {
                known.insert((row.origin.clone(), row.path.clone()), row);
            }
        }
    }
    Ok(known)
}

/// A batch on its way.
struct Taking<'a> {
    store: &'a Store,
    given: &'a [ImportedPost],
    known: HashMap<(String, String), Known>,
    heads: HashMap<PostId, Head>,
    credits: HashMap<PostId, Vec<Credit>>,
    /// Posts that are new in this batch: place among `batch.posts`.
    fresh: HashMap<(String, String), usize>,
    seen: HashSet<(String, String)>,
    batch: Batch,
}

impl Taking<'_> {
    fn one(&mut self, n: usize, people: &HashMap<AuthorId, AuthorId>) -> IntakeOutcome {
        let post = &self.given[n];
        let key = (post.origin.clone(), post.path.clone());
        if !self.seen.insert(key.clone()) {
            return IntakeOutcome::Refused(format!("{} occurs twice in one batch", post.path));
        }
        let ready = match prepare(post, people) {
            Ok(ready) => ready,
            Err(reason) => return IntakeOutcome::Refused(reason),
        };
        let before = self.known.get(&key).cloned();
        match before.and_then(|k| self.heads.get(&PostId::from_raw(k.post)).cloned().map(|h| (k, h))) {
            Some((known, head)) => self.again(n, &known, &head, ready),
            None => self.first(n, key, ready),
        }
    }

    fn first(&mut self, n: usize, key: (String, String), ready: Ready) -> IntakeOutcome {
        let post = &self.given[n];
        let place = match self.place(post) {
            Ok(place) => place,
            Err(reason) => return IntakeOutcome::Refused(reason),
        };
        let now = self.store.now();
        let id = post.id.unwrap_or_else(|| self.store.ids().next().into());
        let revision = self.store.ids().next().into();
        if let Some((_, _, root)) = place {
            self.batch.roots.insert(root);
            if post.kind == PostKind::Answer && post.accepted {
                self.batch.accepted.push((root, id));
            }
        }
        self.batch.credits.push((id, ready.credits));
        self.batch.imports.push((n, id, ready.hash));
        self.fresh.insert(key, self.batch.posts.len());
        self.batch.posts.push(NewPost {
            id,
            kind: post.kind,
            place,
            content: ready.content,
            author: ready.author,
            revision,
            published_at: post.published_at.map_or(now, |at| at.min(now)),
            at: now,
        });
        IntakeOutcome::Created(id)
    }

    fn again(&mut self, n: usize, known: &Known, head: &Head, ready: Ready) -> IntakeOutcome {
        let post = PostId::from_raw(head.id);
        let same_people = self.credits.get(&post).is_some_and(|c| *c == ready.credits);
        if !head.visible() || (known.hash == ready.hash && same_people) {
            return IntakeOutcome::Unchanged(post);
        }
        let mut content = ready.content;
        // Once a text is known to be AI-made, no later import says otherwise.
        content.provenance = content.provenance.max(head.provenance.parse().unwrap_or(content.provenance));
        let revision = self.store.ids().next().into();
        let published_at = self.given[n].published_at.map(|at| at.min(self.store.now()));
        self.batch.imports.push((n, post, ready.hash));
        let number = head.revisions.saturating_add(1);
        self.batch.revised.push(Revised { post, revision, number, content, credits: ready.credits, published_at });
        IntakeOutcome::Revised(post, revision)
    }

    /// Where a reply goes: directly, below comments, at last.
    fn place(&self, post: &ImportedPost) -> Result<Option<(PostId, PostId, PostId)>, String> {
        let Some(path) = post.parent_path.as_deref().filter(|_| post.kind.is_reply()) else {
            return if post.kind.is_reply() { Err("a reply without the post it replies to".into()) } else { Ok(None) };
        };
        let key = (post.origin.clone(), path.to_owned());
        let (parent, kind, subject, root) = if let Some(n) = self.fresh.get(&key) {
            let p = &self.batch.posts[*n];
            (p.id, p.kind, p.place.map(|p| p.1), p.place.map_or(p.id, |p| p.2))
        } else {
            let head = self.known.get(&key).and_then(|k| self.heads.get(&PostId::from_raw(k.post)));
            let head =
                head.filter(|h| h.visible()).ok_or_else(|| format!("{path}, which it replies to, is not here"))?;
            let kind = head.kind.parse().map_err(|e: xinghe_core::content::UnknownWord| e.to_string())?;
            (PostId::from_raw(head.id), kind, head.subject.map(PostId::from_raw), PostId::from_raw(head.root))
        };
        if post.kind == PostKind::Answer && kind != PostKind::Question {
            return Err(format!("{path}, which it answers, is no question"));
        }
        let subject = if kind == PostKind::Comment { subject.unwrap_or(root) } else { parent };
        Ok(Some((parent, subject, root)))
    }
}

/// Checks an import. What a person could only mend at the source (a long title, odd tags) is mended here.
fn prepare(post: &ImportedPost, people: &HashMap<AuthorId, AuthorId>) -> Result<Ready, String> {
    let reply = post.kind.is_reply();
    let title: String =
        if reply { String::new() } else { one_line(&post.title).chars().take(ImportedPost::TITLE).collect() };
    if title.is_empty() && !reply {
        return Err("it has no title".into());
    }
    let body = tidy_body(&post.body);
    if body.trim().is_empty() && post.kind != PostKind::Project {
        return Err("it has no text".into());
    }
    if body.len() > BODY_MAX {
        return Err(format!("its text is longer than {} MB", BODY_MAX / 1_000_000));
    }
    let mut credits: Vec<Credit> = vec![];
    for (author, role) in &post.credits {
        let credit = Credit { author: people.get(author).copied().unwrap_or(*author), role: *role };
        if !credits.contains(&credit) {
            credits.push(credit);
        }
    }
    let first = credits.iter().find(|c| c.role == xinghe_core::content::CreditRole::Author).or(credits.first());
    let author = first.map(|c| c.author).ok_or("it names no author")?;
    let mut tags: Vec<String> = vec![];
    for tag in post.tags.iter().filter_map(|t| canonical_tag(t)) {
        if !tags.contains(&tag) && tags.len() < ImportedPost::TAGS {
            tags.push(tag);
        }
    }
    let language = if post.language.as_str() == "und" { detect(&title, &body) } else { post.language.clone() };
    let line = |text: &str, max: usize| one_line(text).chars().take(max).collect::<String>();
    let facts = post.facts.iter().map(|(n, v)| (line(n, 60), line(v, 500)));
    let content = Checked {
        title,
        body,
        tags,
        language,
        licence: post.licence.as_deref().map(|l| line(l, crate::model::LICENCE_MAX)).filter(|l| !l.is_empty()),
        source_url: post.source_url.as_deref().and_then(web_address),
        original_url: post.original_url.as_deref().and_then(web_address),
        provenance: post.provenance,
        note: String::new(),
        facts: facts.filter(|(n, v)| !n.is_empty() && !v.is_empty()).collect(),
        quote: None,
        mentions: Vec::new(),
    };
    let hash = hash(&content, post.published_at);
    Ok(Ready { content, credits, author, hash })
}

fn hash(c: &Checked, published_at: Option<Timestamp>) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part(&c.title);
    part(&c.body);
    part(c.language.as_str());
    part(c.provenance.as_str());
    for text in [&c.licence, &c.source_url, &c.original_url] {
        part(text.as_deref().unwrap_or_default());
    }
    part(&c.tags.join("\n"));
    for (name, value) in &c.facts {
        part(name);
        part(value);
    }
    part(&published_at.map(|at| at.as_millis().to_string()).unwrap_or_default());
    hex::encode(hash.finalize())
}

async fn write(unit: &mut UnitOfWork, given: &[ImportedPost], batch: Batch) -> Result<(), StoreError> {
    let posts = &batch.posts;
    let revisions: Vec<NewRevision<'_>> = posts
        .iter()
        .map(|p| NewRevision { id: p.revision, post: p.id, number: 1, content: &p.content, author: None, at: p.at })
        .collect();
    store::insert_revisions(unit, &revisions).await?;
    store::insert_posts(unit, posts).await?;
    store::put_credits(unit, &batch.credits, true).await?;
    let tags: Vec<(PostId, &[String])> = posts.iter().map(|p| (p.id, p.content.tags.as_slice())).collect();
    store::put_tags(unit, &tags, true).await?;
    let facts: Vec<_> = posts.iter().map(|p| (p.id, p.content.facts.as_slice())).collect();
    store::put_facts(unit, &facts, true).await?;
    for p in posts {
        let (post, revision, post_kind, author) = (p.id, p.revision, p.kind, p.author);
        let parent = p.place.map(|place| place.0);
        unit.append(None, &Event::PostPublished { post, revision, post_kind, parent, author }).await?;
    }
    for revised in &batch.revised {
        revise(unit, revised).await?;
    }
    for (question, answer) in &batch.accepted {
        store::set_accepted(unit, *question, Some(*answer)).await?;
        unit.append(None, &Event::AnswerAccepted { question: *question, answer: *answer }).await?;
    }
    for root in &batch.roots {
        store::recount(unit, *root).await?;
    }
    let imports: Vec<(&str, &str, PostId, String)> = batch
        .imports
        .into_iter()
        .map(|(n, id, hash)| (given[n].origin.as_str(), given[n].path.as_str(), id, hash))
        .collect();
    store::put_imports(unit, &imports).await
}

async fn revise(unit: &mut UnitOfWork, r: &Revised) -> Result<(), StoreError> {
    let at = unit.store().now();
    let new = NewRevision { id: r.revision, post: r.post, number: r.number, content: &r.content, author: None, at };
    store::update_post(unit, r.post, &r.content, &new, r.published_at).await?;
    store::insert_revisions(unit, &[new]).await?;
    store::put_credits(unit, &[(r.post, r.credits.clone())], false).await?;
    store::put_tags(unit, &[(r.post, &r.content.tags)], false).await?;
    store::put_facts(unit, &[(r.post, &r.content.facts)], false).await?;
    if let Some(first) = r.credits.first() {
        store::set_author(unit, r.post, first_author(&r.credits).unwrap_or(first.author)).await?;
    }
    unit.append(None, &Event::PostRevised { post: r.post, revision: r.revision }).await?;
    Ok(())
}

fn first_author(credits: &[Credit]) -> Option<AuthorId> {
    credits.iter().find(|c| c.role == xinghe_core::content::CreditRole::Author).map(|c| c.author)
}

/// The paths taken from an origin so far.
pub(crate) async fn known_of(store: &Store, origin: &str) -> PortResult<HashMap<String, PostId>> {
    let rows: Vec<Known> =
        store.all("SELECT origin, path, post, hash FROM posts_import WHERE origin = $1", params![origin]).await?;
    Ok(rows.into_iter().map(|r| (r.path, PostId::from_raw(r.post))).collect())
}

/// Takes note of files that have another path now. No event tells of it: the post is the same, and where its file lies
/// concerns nobody but the next import.
pub(crate) async fn moved(store: &Store, origin: &str, paths: &[(String, String)]) -> PortResult<()> {
    let mut unit = store.begin().await?;
    for (from, to) in paths {
        unit.execute(
            "UPDATE posts_import SET path = $3 WHERE origin = $1 AND path = $2 \
             AND NOT EXISTS (SELECT 1 FROM posts_import there WHERE there.origin = $1 AND there.path = $3)",
            params![origin, from.as_str(), to.as_str()],
        )
        .await?;
    }
    unit.commit().await?;
    Ok(())
}

/// Imported posts that first appeared at one of these addresses and are still to be seen.
pub(crate) async fn appeared_at(store: &Store, addresses: &[String]) -> PortResult<Vec<Appeared>> {
    #[derive(FromQueryResult)]
    struct Row {
        source_url: String,
        language: String,
        origin: String,
        path: String,
        post: i64,
    }
    let mut found = vec![];
    for some in addresses.chunks(1_000) {
        let sql = format!(
            "SELECT p.source_url, p.language, i.origin, i.path, i.post FROM posts_post p \
             JOIN posts_import i ON i.post = p.id \
             WHERE p.source_url IN ({}) AND p.deleted_at IS NULL AND p.hidden_by IS NULL ORDER BY i.post",
            list(1, some.len())
        );
        let values = some.iter().map(|a| xinghe_store::Value::from(a.as_str())).collect();
        for row in store.all::<Row>(&sql, values).await? {
            found.push(Appeared {
                address: row.source_url,
                language: row.language.parse().unwrap_or_else(|_| LangTag::undetermined()),
                origin: row.origin,
                path: row.path,
                post: PostId::from_raw(row.post),
            });
        }
    }
    Ok(found)
}

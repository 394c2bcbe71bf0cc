//! A community as other features would make it: members, posts, what retrieval finds, and a board of answers.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use xinghe_core::content::Passage;
use xinghe_core::evidence::{Evidence, EvidenceHit, Query, QueryTerm, Scope, SentenceEvidence};
use xinghe_core::ports::{
    Authors, NewQuestion, PortError, PortResult, Posts, Questions, Retrieve, Standing, StillAllowed, Suspension,
    TwinAnswer, TwinAnswered, TwinAnswers, Wrong,
};
use xinghe_core::{
    AuthorCard, AuthorId, Credit, CreditRole, Event, LangTag, PassageId, PostId, PostKind, PostView, Provenance,
    RevisionId, SessionId, Timestamp,
};
use xinghe_store::{FromQueryResult, JobRequest, Queries as _, Readers, Store, Workers};
use xinghe_testkit::{SeededRandom, TestDb};
use xinghe_twins::{Deps, Twins};
use xinghe_web::{Feature as _, Member, Role, Sessions, WebSettings};

/// Member `n`.
pub fn m(n: i64) -> AuthorId {
    AuthorId::from_raw(n)
}

pub fn p(n: i64) -> PostId {
    PostId::from_raw(n)
}

/// Everybody below 100 is a member, `m` and their number; whoever is above was imported. The token is the number.
#[derive(Default, Clone)]
pub struct People {
    pub disabled: Arc<Mutex<HashSet<AuthorId>>>,
    /// Who left without a name.
    pub left: Arc<Mutex<HashSet<AuthorId>>>,
}

#[async_trait]
impl Authors for People {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let left = self.left.lock().unwrap();
        let card = |id: AuthorId| AuthorCard {
            id,
            handle: if left.contains(&id) { "gone".to_owned() } else { format!("m{id}") },
            name: if left.contains(&id) { "former member".to_owned() } else { format!("成员{id}") },
            claimed: id.raw() < 100,
            sample: false,
        };
        Ok(ids.iter().map(|id| (*id, card(*id))).collect())
    }
    async fn disabled(&self, ids: &[AuthorId]) -> PortResult<HashSet<AuthorId>> {
        let disabled = self.disabled.lock().unwrap();
        Ok(ids.iter().copied().filter(|id| disabled.contains(id)).collect())
    }
    async fn by_handle(&self, handle: &str) -> PortResult<Option<AuthorCard>> {
        let id = handle.strip_prefix('m').and_then(|n| n.parse().ok()).map(AuthorId::from_raw);
        let Some(id) = id else { return Ok(None) };
        Ok(self.cards(&[id]).await?.remove(&id))
    }
}

#[async_trait]
impl Sessions for People {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        let Ok(id) = token.parse::<i64>() else { return Ok(None) };
        let (handle, name) = (format!("m{id}"), format!("成员{id}"));
        let session = SessionId::from_raw(id);
        Ok(Some(Member { id: m(id), handle, name, role: Role::Member, lang: None, theme: None, session }))
    }
}

/// Posts, what retrieval finds of them, and the answers that twins published.
#[derive(Default)]
pub struct Shelf {
    posts: Mutex<HashMap<PostId, PostView>>,
    /// Author, post, and how good it is: 1 answers the question, 0 has nothing to do with it.
    found: Mutex<Vec<(i64, i64, f32)>>,
    /// How often retrieval was asked.
    pub asked: Mutex<Vec<Scope>>,
    pub by_people: Mutex<HashSet<PostId>>,
    pub published: Mutex<HashMap<PostId, TwinAnswer>>,
    pub suspended: Mutex<HashSet<AuthorId>>,
    /// Questions put to people.
    pub put: Mutex<Vec<NewQuestion>>,
    /// Publishes, and then breaks.
    pub breaks: Mutex<bool>,
    /// Stops this member's twin in the last moment.
    pub stops: Mutex<Option<(Store, i64)>>,
}

#[async_trait]
impl Posts for Shelf {
    async fn posts(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        let posts = self.posts.lock().unwrap();
        Ok(ids.iter().filter_map(|id| posts.get(id).map(|p| (*id, p.clone()))).collect())
    }
    async fn ids_after(&self, _: Option<PostId>, _: usize) -> PortResult<Vec<PostId>> {
        Ok(vec![])
    }
}

#[async_trait]
impl Standing for Shelf {
    async fn suspended(&self, members: &[AuthorId]) -> PortResult<HashMap<AuthorId, Suspension>> {
        let suspended = self.suspended.lock().unwrap();
        let one = |id: &AuthorId| (*id, Suspension { until: None, reason: "x" });
        Ok(members.iter().filter(|id| suspended.contains(id)).map(one).collect())
    }
}

#[async_trait]
impl TwinAnswers for Shelf {
    async fn answered_by_people(&self, questions: &[PostId]) -> PortResult<HashSet<PostId>> {
        let by_people = self.by_people.lock().unwrap();
        Ok(questions.iter().copied().filter(|q| by_people.contains(q)).collect())
    }

    async fn publish(&self, answer: &TwinAnswer, allowed: &dyn StillAllowed) -> PortResult<TwinAnswered> {
        let stop = self.stops.lock().unwrap().take();
        if let Some((store, owner)) = stop {
            let mut unit = store.begin().await?;
            let sql = "UPDATE twins_owner SET paused = TRUE WHERE owner = $1";
            unit.execute(sql, vec![owner.into()]).await?;
            unit.commit().await?;
        }
        if self.published.lock().unwrap().contains_key(&answer.id) {
            return Ok(TwinAnswered::Published);
        }
        if !self.posts.lock().unwrap().contains_key(&answer.question) {
            return Ok(TwinAnswered::QuestionGone);
        }
        if self.by_people.lock().unwrap().contains(&answer.question) {
            return Ok(TwinAnswered::PersonAnswered);
        }
        if !allowed.still_allowed().await? {
            return Ok(TwinAnswered::NotAllowed);
        }
        self.published.lock().unwrap().insert(answer.id, answer.clone());
        if std::mem::take(&mut *self.breaks.lock().unwrap()) {
            return Err(PortError::new("the process died"));
        }
        Ok(TwinAnswered::Published)
    }

    async fn withdraw(&self, _: AuthorId, post: PostId) -> PortResult<bool> {
        Ok(self.published.lock().unwrap().remove(&post).is_some())
    }
}

fn hit(author: i64, post: i64, good: f32) -> EvidenceHit {
    let text = format!("A router keeps its state behind an Arc, says member {author}.");
    let length = text.chars().count() as u32;
    let counts = if good > 0.5 { vec![1, 1] } else { vec![0, 0] };
    let sentence = SentenceEvidence {
        text: text.clone(),
        start: 0,
        end: length,
        code: false,
        heading: false,
        cosine: good * 0.95,
        term_counts: counts.clone(),
    };
    EvidenceHit {
        passage: Passage {
            id: PassageId::from_raw(post),
            post: p(post),
            revision: RevisionId::from_raw(post),
            ordinal: 0,
            headings: vec![],
            text,
            start: 0,
            end: length,
        },
        author: m(author),
        kind: PostKind::Article,
        language: "en".parse().unwrap(),
        score: good * 10.0,
        words: good,
        sentence_words: good,
        meaning: good * 0.95,
        sentence_meaning: good * 0.95,
        cross_language: false,
        term_counts: counts,
        sentences: vec![sentence],
    }
}

#[async_trait]
impl Questions for Shelf {
    async fn put(&self, question: &NewQuestion) -> PortResult<Result<PostId, Vec<Wrong>>> {
        if question.title.is_empty() {
            return Ok(Err(vec![Wrong { field: "title", key: "twins-question-empty", max: None }]));
        }
        let mut put = self.put.lock().unwrap();
        put.push(question.clone());
        Ok(Ok(p(900 + put.len() as i64)))
    }
}

#[async_trait]
impl Retrieve for Shelf {
    async fn retrieve(&self, query: &Query) -> PortResult<Evidence> {
        self.asked.lock().unwrap().push(query.filter.scope);
        let term = |text: &str| QueryTerm { text: text.to_owned(), weight: 1.0, idf: 4.0, whole_word: true };
        let of = |author: i64| match query.filter.scope {
            Scope::Everyone => true,
            Scope::Author(only) => only == m(author),
        };
        let found = self.found.lock().unwrap();
        let mut hits: Vec<EvidenceHit> =
            found.iter().filter(|(a, ..)| of(*a)).map(|(a, post, good)| hit(*a, *post, *good)).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(Evidence { terms: vec![term("router"), term("state")], total: 8.0, hits, meaning: true })
    }

    fn generation(&self) -> u64 {
        1
    }
}

#[derive(FromQueryResult)]
struct Word {
    word: String,
}

pub struct Answer {
    pub status: StatusCode,
    headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }

    pub fn to(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

/// A community on a database.
pub struct Town {
    pub db: TestDb,
    pub shelf: Arc<Shelf>,
    pub people: People,
    readers: Readers,
    workers: Workers,
    router: Router,
}

impl Town {
    pub async fn new(db: TestDb) -> Self {
        db.store().migrate(&xinghe_twins::migrations()).await.unwrap();
        let (shelf, people) = (Arc::new(Shelf::default()), People::default());
        let twins = Arc::new(Twins::new(Deps {
            store: db.store().clone(),
            retrieve: shelf.clone(),
            posts: shelf.clone(),
            authors: Arc::new(people.clone()),
            embedder: None,
            chat: None,
            answers: shelf.clone(),
            questions: shelf.clone(),
            standing: shelf.clone(),
            wait_minutes: 60,
        }));
        let readers = Readers::new(db.store().clone(), twins.readers(), vec![]);
        let workers = Workers::new(db.store().clone(), twins.jobs(), vec![]);
        let mut settings = WebSettings::new("http://localhost");
        settings.limits.write = 10_000;
        let (clock, random) = (db.clock().clone(), Arc::new(SeededRandom::new(1)));
        let shell = xinghe_web::shell::build(&[twins], settings, Arc::new(people.clone()), clock, random).unwrap();
        Self { db, shelf, people, readers, workers, router: shell.router }
    }

    /// One in which member 2's twin drafted for question 20 of member 1's.
    pub async fn drafted(db: TestDb) -> Self {
        let town = Self::new(db).await;
        town.wrote(2, 12, 1.0).await;
        town.allows(2, "draft").await;
        town.waits(20).await;
        town.work().await;
        town
    }

    /// A post that appears.
    pub async fn post(&self, id: i64, kind: PostKind, by: i64, title: &str) {
        self.appears(id, kind, by, (title, "Body."), Provenance::Human).await;
    }

    /// A post of a member's with these words.
    pub async fn says(&self, by: i64, id: i64, kind: PostKind, body: &str, provenance: Provenance) {
        self.appears(id, kind, by, ("About me", body), provenance).await;
    }

    async fn appears(&self, id: i64, kind: PostKind, by: i64, (title, body): (&str, &str), provenance: Provenance) {
        let view = PostView {
            id: p(id),
            revision: RevisionId::from_raw(id),
            kind,
            title: title.to_owned(),
            slug: String::new(),
            body: body.to_owned(),
            language: LangTag::from(xinghe_core::Lang::En),
            credits: vec![Credit { author: m(by), role: CreditRole::Author }],
            tags: vec!["rust".to_owned()],
            parent: None,
            root: p(id),
            provenance,
            licence: None,
            source_url: None,
            published_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            accepted: false,
        };
        self.shelf.posts.lock().unwrap().insert(p(id), view);
        let mut unit = self.db.store().begin().await.unwrap();
        let event = Event::PostPublished {
            post: p(id),
            revision: RevisionId::from_raw(id),
            post_kind: kind,
            parent: None,
            author: m(by),
        };
        unit.append(Some(m(by)), &event).await.unwrap();
        unit.commit().await.unwrap();
        self.readers.catch_up().await.unwrap();
    }

    /// A post of a member's that retrieval finds, and how good it is.
    pub async fn wrote(&self, by: i64, id: i64, good: f32) {
        self.post(id, PostKind::Article, by, "Routers").await;
        self.shelf.found.lock().unwrap().push((by, id, good));
    }

    /// A question of member 1's that has waited long enough.
    pub async fn waits(&self, id: i64) {
        self.post(id, PostKind::Question, 1, "How does a router keep its state?").await;
        self.db.clock().advance(Duration::from_secs(3_660));
    }

    pub fn gone(&self, id: i64) {
        self.shelf.posts.lock().unwrap().remove(&p(id));
    }

    /// Retrieval finds little from now on.
    pub async fn shelf_of_little(&self) {
        for found in self.shelf.found.lock().unwrap().iter_mut() {
            found.2 = 0.1;
        }
    }

    pub async fn first_draft(&self, who: i64) -> String {
        let listed = self.api(who, Method::GET, "/drafts", &Value::Null).await.json();
        listed["items"][0]["id"].as_str().unwrap().to_owned()
    }

    pub async fn erase(&self, who: i64) {
        let mut unit = self.db.store().begin().await.unwrap();
        unit.append(None, &Event::MemberErased { member: m(who) }).await.unwrap();
        unit.commit().await.unwrap();
        self.readers.catch_up().await.unwrap();
    }

    /// The job runs once.
    /// One round of the timetable's job, without those that questions queued themselves.
    pub async fn work(&self) {
        let mut unit = self.db.store().begin().await.unwrap();
        unit.execute("DELETE FROM jobs WHERE kind = 'twins.consider'", vec![]).await.unwrap();
        unit.enqueue(&JobRequest::new("twins.consider", &json!({}))).await.unwrap();
        unit.commit().await.unwrap();
        self.workers.drain().await.unwrap();
    }

    /// A post is deleted.
    pub async fn deleted(&self, id: i64) {
        self.gone(id);
        let mut unit = self.db.store().begin().await.unwrap();
        unit.append(None, &Event::PostDeleted { post: p(id) }).await.unwrap();
        unit.commit().await.unwrap();
        self.read().await;
    }

    /// Brings everything that reads the log up to date.
    pub async fn read(&self) {
        self.readers.catch_up().await.unwrap();
    }

    /// What appeared is read for what it tells of its author.
    pub async fn learn(&self) {
        self.workers.drain().await.unwrap();
    }

    /// What questions queued themselves, as far as it is due.
    pub async fn work_that_is_due(&self) {
        self.workers.drain().await.unwrap();
    }

    async fn column(&self, sql: &str) -> Vec<String> {
        let rows: Vec<Word> = self.db.store().all(sql, vec![]).await.unwrap();
        rows.into_iter().map(|r| r.word).collect()
    }

    /// What stands in the ledgers: `owner act`.
    pub async fn acts(&self) -> Vec<String> {
        self.column("SELECT CAST(owner AS TEXT) || ' ' || act AS word FROM twins_act ORDER BY id").await
    }

    /// What became of the drafts: `owner state`.
    pub async fn drafts(&self) -> Vec<String> {
        self.column("SELECT CAST(owner AS TEXT) || ' ' || state AS word FROM twins_draft ORDER BY owner, id").await
    }

    /// What came of the questions.
    pub async fn considered(&self) -> Vec<String> {
        self.column("SELECT outcome AS word FROM twins_considered ORDER BY question").await
    }

    /// The acts that the log tells of.
    pub async fn told(&self) -> Vec<String> {
        let act = |e: &Event| match e {
            Event::TwinActed { act, .. } => Some(act.as_str().to_owned()),
            _ => None,
        };
        self.db.events().await.iter().filter_map(|r| act(&r.event)).collect()
    }

    pub async fn call(&self, who: i64, method: Method, path: &str, body: String) -> Answer {
        self.call_with(who, method, path, body, &[]).await
    }

    pub async fn call_with(
        &self,
        who: i64,
        method: Method,
        path: &str,
        body: String,
        headers: &[(&str, &str)],
    ) -> Answer {
        let api = ["/api/", "/v1/", "/a2a", "/mcp"].iter().any(|folder| path.starts_with(folder));
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        request = match (who > 0, api) {
            (false, _) => request,
            (true, true) => request.header(header::AUTHORIZATION, format!("Bearer {who}")),
            (true, false) => request.header(header::COOKIE, format!("xinghe_session={who}")),
        };
        let kind = if api { "application/json" } else { "application/x-www-form-urlencoded" };
        request = request.header(header::CONTENT_TYPE, kind).header(header::ACCEPT_LANGUAGE, "en");
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request.header("Sec-Fetch-Site", "same-origin").body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn get(&self, who: i64, path: &str) -> Answer {
        self.call(who, Method::GET, path, String::new()).await
    }

    pub async fn form(&self, who: i64, path: &str, fields: &str) -> Answer {
        self.call(who, Method::POST, path, fields.to_owned()).await
    }

    pub async fn api(&self, who: i64, method: Method, path: &str, body: &Value) -> Answer {
        self.call(who, method, &format!("/api/v1/me/twin{path}"), body.to_string()).await
    }

    /// A member allows this.
    pub async fn allows(&self, who: i64, mode: &str) {
        self.grants(who, &json!({ "mode": mode }), &json!({})).await;
    }

    pub async fn grants(&self, who: i64, answer: &Value, more: &Value) {
        let mut body = json!({ "paused": false, "never_about": [], "answer": {
            "mode": "off", "least_confidence": 50, "tags": [], "languages": [], "per_day": 3 } });
        for (key, value) in answer.as_object().unwrap() {
            body["answer"][key] = value.clone();
        }
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let done = self.api(who, Method::PUT, "", &body).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    }
}

//! A few threads that embed, away from whatever asks.

use std::collections::VecDeque;
use std::future::Future;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

use crate::encoder::{Encoder, Role};
use crate::error::PoolError;
use crate::model::Model;

/// A request is cut into parts of about this many bytes of text: a few hundred tokens, so that several threads share
/// a large request and a query waits for one part at most.
const PART: usize = 1500;

/// Threads that embed. Queries go before passages; within each, first come, first served. Clones share the threads,
/// which end with the last clone.
#[derive(Clone)]
pub struct Pool {
    owner: Arc<Owner>,
}

struct Owner {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
}

#[derive(Default)]
struct Queue {
    queries: VecDeque<Part>,
    passages: VecDeque<Part>,
    closed: bool,
}

/// Some texts of a request. Dropped undone, it fails the request.
struct Part {
    request: Arc<Request>,
    texts: Range<usize>,
    undone: Option<PoolError>,
}

struct Request {
    role: Role,
    texts: Vec<String>,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
struct State {
    vectors: Vec<Vec<f32>>,
    missing: usize,
    failed: Option<PoolError>,
    abandoned: bool,
    waker: Option<Waker>,
}

/// Vectors to come: await it, or [`wait`](Self::wait) for it. Dropped, what was not begun is left undone.
#[must_use = "dropping it gives the request up"]
pub struct Embedding {
    request: Arc<Request>,
}

/// No lock is held while texts are embedded, so a panic leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Starts `threads` threads (at least one), each with an encoder of its own.
    #[expect(clippy::needless_pass_by_value, reason = "the pool keeps the model; callers seldom need it any more")]
    pub fn new(model: Model, threads: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let threads = (0..threads.max(1)).filter_map(|i| {
            let (shared, model) = (Arc::clone(&shared), model.clone());
            let builder = std::thread::Builder::new().name(format!("embedder-{i}"));
            builder.spawn(move || work(&shared, &model)).ok()
        });
        let threads: Vec<_> = threads.collect();
        // Without any thread nothing would ever be answered; closed, the pool says so.
        lock(&shared.queue).closed = threads.is_empty();
        Self { owner: Arc::new(Owner { shared, threads }) }
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.owner.threads.len()
    }

    /// Parts of requests that no thread has taken yet.
    pub fn waiting(&self) -> usize {
        let queue = lock(&self.owner.shared.queue);
        queue.queries.len() + queue.passages.len()
    }

    /// Queues texts; the result has one vector for each, in order.
    pub fn embed(&self, role: Role, texts: Vec<String>) -> Embedding {
        let parts = parts(&texts);
        let state = State { vectors: vec![Vec::new(); texts.len()], missing: texts.len(), ..State::default() };
        let request = Arc::new(Request { role, texts, state: Mutex::new(state), done: Condvar::new() });
        let shared = &self.owner.shared;
        let mut queue = lock(&shared.queue);
        if queue.closed {
            drop(queue);
            request.finish(|state| state.failed = Some(PoolError::Closed));
            return Embedding { request };
        }
        let line = match role {
            Role::Query => &mut queue.queries,
            Role::Passage => &mut queue.passages,
        };
        for texts in parts {
            line.push_back(Part { request: Arc::clone(&request), texts, undone: Some(PoolError::Closed) });
        }
        drop(queue);
        shared.work.notify_all();
        Embedding { request }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let left = {
            let mut queue = lock(&self.shared.queue);
            queue.closed = true;
            (std::mem::take(&mut queue.queries), std::mem::take(&mut queue.passages))
        };
        drop(left);
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // A thread catches panics of its work; there is nothing more to hear from it.
            let _ = thread.join();
        }
    }
}

/// Neighbouring texts of about `PART` bytes together.
fn parts(texts: &[String]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, text) in texts.iter().enumerate() {
        if i > start && bytes + text.len() > PART {
            parts.push(start..i);
            (start, bytes) = (i, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        parts.push(start..texts.len());
    }
    parts
}

fn work(shared: &Shared, model: &Model) {
    let mut encoder = model.encoder();
    while let Some(part) = next(shared) {
        if catch_unwind(AssertUnwindSafe(|| part.embed(&mut encoder))).is_err() {
            encoder = model.encoder();
        }
    }
}

fn next(shared: &Shared) -> Option<Part> {
    let mut queue = lock(&shared.queue);
    loop {
        if queue.closed {
            return None;
        }
        if let Some(part) = queue.queries.pop_front().or_else(|| queue.passages.pop_front()) {
            return Some(part);
        }
        queue = shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

impl Part {
    fn embed(mut self, encoder: &mut Encoder) {
        if lock(&self.request.state).abandoned {
            self.undone = None;
            return;
        }
        self.undone = Some(PoolError::Failed);
        let texts: Vec<&str> = self.request.texts[self.texts.clone()].iter().map(String::as_str).collect();
        let vectors = encoder.embed(self.request.role, &texts);
        self.undone = None;
        self.request.finish(|state| {
            state.missing -= vectors.len();
            for (slot, vector) in state.vectors[self.texts.clone()].iter_mut().zip(vectors) {
                *slot = vector;
            }
        });
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(error) = self.undone {
            self.request.finish(|state| state.failed = Some(error));
        }
    }
}

impl Request {
    /// Changes the state, and wakes whoever waits if that ends it.
    fn finish(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.state);
        change(&mut state);
        if state.missing > 0 && state.failed.is_none() {
            return;
        }
        let waker = state.waker.take();
        drop(state);
        self.done.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl State {
    fn outcome(&mut self) -> Option<Result<Vec<Vec<f32>>, PoolError>> {
        match self.failed {
            Some(error) => Some(Err(error)),
            None if self.missing == 0 => Some(Ok(std::mem::take(&mut self.vectors))),
            None => None,
        }
    }
}

impl Embedding {
    /// Waits on this thread: for code that is not async.
    ///
    /// # Errors
    /// The pool was dropped meanwhile, or a thread of it panicked on these texts.
    pub fn wait(self) -> Result<Vec<Vec<f32>>, PoolError> {
        let mut state = lock(&self.request.state);
        loop {
            if let Some(outcome) = state.outcome() {
                return outcome;
            }
            state = self.request.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Embedding {
    type Output = Result<Vec<Vec<f32>>, PoolError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.request.state);
        if let Some(outcome) = state.outcome() {
            return Poll::Ready(outcome);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Embedding {
    fn drop(&mut self) {
        lock(&self.request.state).abandoned = true;
    }
}

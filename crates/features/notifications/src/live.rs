//! The count of unread lines as it changes, as server-sent events.
//!
//! One look at the database serves all streams of the process: after a commit it asks whom something concerned, and
//! wakes those streams alone. A stream itself is a receiver of one number.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures::StreamExt as _;
use futures::stream;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use xinghe_core::AuthorId;
use xinghe_store::{Store, StoreError};
use xinghe_web::{AppError, PageContext};

use crate::commands::Notifications;
use crate::pages::bell;
use crate::store;

/// How many streams a member may have open at once: windows beyond that count anew when they are looked at.
pub const STREAMS_MAX: usize = 3;
/// How soon somebody who has that many may ask again, in seconds.
const BUSY_S: u64 = 60;
/// How often a stream says that it is alive.
const BEAT: Duration = Duration::from_secs(25);
/// How long one stream lasts. A browser asks again by itself, and is then asked who it is.
const LASTS: Duration = Duration::from_secs(300);
/// When is looked after a commit: readers need a moment for what they derive from it.
const LOOKS_MS: [u64; 5] = [0, 30, 100, 300, 1_000];
/// When is looked without a commit of this process: another one may have told or marked something.
const POLL: Duration = Duration::from_secs(2);

/// The streams of this process.
pub(crate) struct Hub {
    store: Store,
    stop: CancellationToken,
    look: Notify,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    streams: HashMap<AuthorId, watch::Sender<u64>>,
    /// Whether somebody is looking.
    watched: bool,
}

/// A stream of one member; dropped, it is no longer counted.
struct Stream {
    hub: Arc<Hub>,
    member: AuthorId,
    changes: Option<watch::Receiver<u64>>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.changes = None;
        let mut open = self.hub.open();
        if open.streams.get(&self.member).is_some_and(|s| s.receiver_count() == 0) {
            open.streams.remove(&self.member);
        }
    }
}

impl Hub {
    pub(crate) fn new(store: Store, stop: CancellationToken) -> Self {
        Self { store, stop, look: Notify::new(), open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at once: something was written that no event tells of.
    pub(crate) fn look(&self) {
        self.look.notify_one();
    }

    /// A stream for this member; `None` where there are as many as may be.
    fn join(self: &Arc<Self>, member: AuthorId) -> Option<Stream> {
        let mut open = self.open();
        let sender = open.streams.entry(member).or_insert_with(|| watch::channel(0).0);
        if sender.receiver_count() >= STREAMS_MAX {
            return None;
        }
        let changes = Some(sender.subscribe());
        if !open.watched {
            open.watched = true;
            tokio::spawn(Arc::clone(self).watch());
        }
        Some(Stream { hub: Arc::clone(self), member, changes })
    }

    /// Looks after commits for as long as there is a stream.
    async fn watch(self: Arc<Self>) {
        let mut log = self.store.watch_log();
        // Streams count when they open: what was before concerns none of them.
        let mut last = store::latest_pulse(&self.store).await.unwrap_or_default();
        // A stream may have counted before that: all count once more.
        self.open().streams.values().for_each(|s| s.send_modify(|n| *n += 1));
        loop {
            for pause in LOOKS_MS {
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    () = sleep(Duration::from_millis(pause)) => {}
                }
                match store::pulses(&self.store, last).await {
                    Ok((latest, members)) => {
                        last = latest;
                        self.wake(&members);
                    }
                    Err(error) => tracing::debug!(%error, "cannot look for notifications"),
                }
            }
            {
                let mut open = self.open();
                if open.streams.is_empty() {
                    open.watched = false;
                    return;
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.look.notified() => {}
                _ = log.changed() => {}
                () = sleep(POLL) => {}
            }
        }
    }

    fn wake(&self, members: &[AuthorId]) {
        let open = self.open();
        for member in members {
            if let Some(sender) = open.streams.get(member) {
                sender.send_modify(|n| *n += 1);
            }
        }
    }
}

/// What a stream sends: the count, in figures and in words.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct CountJson {
    /// How many are unread, 100 at most.
    pub unread: u32,
    /// The same for a small space: `3`, `99+`; empty where there are none.
    pub shown: String,
    /// The same in words.
    pub label: String,
}

/// Streams a member's count: once at the beginning, and whenever it changed.
pub(crate) async fn stream_of(all: Notifications, ctx: PageContext) -> Result<Response, AppError> {
    let member = ctx.viewer.require()?.id;
    let Some(stream) = all.hub.join(member) else { return Err(AppError::TooMany { retry_after: BUSY_S }) };
    let stop = all.hub.stop.clone();
    let ends = Instant::now() + LASTS;
    let texts = ctx.t.clone();
    let counts = stream::unfold((stream, None::<u32>), move |(mut stream, mut sent)| {
        let (all, stop, t) = (all.clone(), stop.clone(), texts.clone());
        async move {
            loop {
                if sent.is_some() {
                    tokio::select! {
                        () = stop.cancelled() => return None,
                        () = sleep_until(ends) => return None,
                        changed = stream.changes.as_mut()?.changed() => if changed.is_err() { return None },
                    }
                }
                match count(&all, member).await {
                    Ok(unread) if sent != Some(unread) => {
                        sent = Some(unread);
                        return Some((bell::count_json(&t, unread), (stream, sent)));
                    }
                    Ok(_) => {}
                    // The browser asks again.
                    Err(_) => return None,
                }
            }
        }
    });
    let event = |count: CountJson| Event::default().event("count").json_data(&count);
    let events = counts.filter_map(move |c| std::future::ready(event(c).ok().map(Ok::<_, Infallible>)));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(BEAT)).into_response())
}

async fn count(all: &Notifications, member: AuthorId) -> Result<u32, StoreError> {
    let off = store::off(&all.store, member).await?;
    store::count(&all.store, member, &off).await
}

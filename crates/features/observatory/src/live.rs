//! Running jobs as server-sent events: looked at once a second, sent when something changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures::stream::{self, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::desk::Desk;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(1);
/// How long one stream lasts. A browser asks again by itself, and is then asked who it is.
const LASTS: Duration = Duration::from_secs(300);

/// Sends what `look` sees, once at the beginning and whenever it changed, under this event name. Where looking fails,
/// nothing is sent.
pub(crate) fn follow<F, Fut>(desk: &Desk, name: &'static str, look: F) -> Response
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Option<String>> + Send,
{
    let stop = desk.deps.stop.clone();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ends = Instant::now() + LASTS;
    let seen = stream::unfold((ticks, look, String::new()), move |(mut ticks, look, last)| {
        let stop = stop.clone();
        async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return None,
                    _ = ticks.tick() => {}
                }
                if Instant::now() >= ends {
                    return None;
                }
                if let Some(now) = look().await.filter(|now| *now != last) {
                    return Some((now.clone(), (ticks, look, now)));
                }
            }
        }
    });
    // A carriage return cannot stand in an event.
    let events = seen.map(move |text| Ok::<_, Infallible>(Event::default().event(name).data(text.replace('\r', " "))));
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

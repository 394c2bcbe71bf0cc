//! Rate limits by class and client, in this node's memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::Clock as GovernorClock;
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue};
use xinghe_core::{AuthorId, Clock};

use crate::errors::AppError;
use crate::routes::RateClass;
use crate::settings::RateLimits;
use crate::viewer::Viewer;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    Member(AuthorId),
    Address(IpAddr),
    Unknown,
}

#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl GovernorClock for Ticks {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.now().as_millis()).unwrap_or_default() * 1_000_000)
    }
}

type Limiter = RateLimiter<Client, DashMapStateStore<Client>, Ticks, StateInformationMiddleware>;

/// How many streams a member may hold open at once: pages in sight, on all devices, and a few programs.
const STREAMS_OF_MEMBER: usize = 20;
/// The same of an address that nobody signed in from: many people may be behind it.
const STREAMS_OF_ADDRESS: usize = 100;

/// How many streams each client holds open.
type Streams = Arc<Mutex<HashMap<Client, usize>>>;

/// A stream that is open; it counts until it is dropped.
pub(crate) struct Open {
    client: Client,
    streams: Streams,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = streams.get_mut(&self.client) {
            *n -= 1;
            if *n == 0 {
                streams.remove(&self.client);
            }
        }
    }
}

fn client_of(viewer: &Viewer, class: RateClass) -> Client {
    match (viewer.id(), viewer.ip) {
        (Some(id), _) if class != RateClass::SignIn => Client::Member(id),
        (_, Some(ip)) => Client::Address(network(ip)),
        _ => Client::Unknown,
    }
}

/// The limits of all classes.
pub(crate) struct Limits {
    read: (u32, Limiter),
    write: (u32, Limiter),
    search: (u32, Limiter),
    ask: (u32, Limiter),
    upload: (u32, Limiter),
    sign_in: (u32, Limiter),
    streams: Streams,
    clock: Ticks,
}

/// What was left of a client's share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    class: &'static str,
    quota: u32,
    left: u32,
    wait: u64,
}

impl Limits {
    pub(crate) fn new(limits: RateLimits, clock: Arc<dyn Clock>) -> Self {
        let clock = Ticks(clock);
        let make = |n: u32| {
            let quota = Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
            let limiter: Limiter =
                RateLimiter::<_, _, _, NoOpMiddleware<Nanos>>::new(quota, DashMapStateStore::default(), clock.clone())
                    .with_middleware::<StateInformationMiddleware>();
            (n, limiter)
        };
        Self {
            read: make(limits.read),
            write: make(limits.write),
            search: make(limits.search),
            ask: make(limits.ask),
            upload: make(limits.upload),
            sign_in: make(limits.sign_in),
            streams: Streams::default(),
            clock: clock.clone(),
        }
    }

    /// Counts a stream that opens.
    ///
    /// # Errors
    /// [`AppError::TooMany`]: the client holds as many open as one may.
    pub(crate) fn open(&self, viewer: &Viewer) -> Result<Open, AppError> {
        let client = client_of(viewer, RateClass::Read);
        let most = if matches!(client, Client::Member(_)) { STREAMS_OF_MEMBER } else { STREAMS_OF_ADDRESS };
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let held = streams.entry(client).or_default();
        if *held >= most {
            return Err(AppError::TooMany { retry_after: 60 });
        }
        *held += 1;
        Ok(Open { client, streams: self.streams.clone() })
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`AppError::TooMany`], with what the headers then say.
    pub(crate) fn check(&self, class: RateClass, viewer: &Viewer) -> Result<Option<Share>, (AppError, Share)> {
        let (name, (quota, limiter)) = match class {
            RateClass::Read => ("read", &self.read),
            RateClass::Write => ("write", &self.write),
            RateClass::Search => ("search", &self.search),
            RateClass::Ask => ("ask", &self.ask),
            RateClass::Upload => ("upload", &self.upload),
            RateClass::SignIn => ("sign-in", &self.sign_in),
            RateClass::Free => return Ok(None),
        };
        let client = client_of(viewer, class);
        match limiter.check_key(&client) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                Ok(Some(Share { class: name, quota: *quota, left, wait: 60 / u64::from(*quota).max(1) }))
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now()).as_secs() + 1;
                let share = Share { class: name, quota: *quota, left: 0, wait };
                Err((AppError::TooMany { retry_after: wait }, share))
            }
        }
    }

    /// Forgets clients whose share is full again.
    pub(crate) fn sweep(&self) {
        for (_, limiter) in [&self.read, &self.write, &self.search, &self.ask, &self.upload, &self.sign_in] {
            limiter.retain_recent();
        }
    }
}

/// An IPv6 subscriber usually holds a /64, so that is what counts.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

impl Share {
    /// Writes the `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers-10).
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let policy = format!("\"{}\";q={};w=60", self.class, self.quota);
        let state = format!("\"{}\";r={};t={}", self.class, self.left, self.wait);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use xinghe_core::Timestamp;

    use super::*;

    struct Still;
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
    }

    #[test]
    fn nobody_holds_more_streams_than_one_may() {
        let limits = Limits::new(RateLimits::default(), Arc::new(Still));
        let guest = |last: u8| Viewer { ip: Some([192, 0, 2, last].into()), ..Viewer::default() };
        let mut held: Vec<Open> = (0..STREAMS_OF_ADDRESS).map(|_| limits.open(&guest(1)).expect("room")).collect();
        assert!(matches!(limits.open(&guest(1)), Err(AppError::TooMany { .. })));
        assert!(limits.open(&guest(2)).is_ok(), "others are not held up");
        held.pop();
        held.push(limits.open(&guest(1)).expect("one ended"));
        drop(held);
        assert!(limits.streams.lock().unwrap().is_empty(), "nobody is remembered");
    }
}

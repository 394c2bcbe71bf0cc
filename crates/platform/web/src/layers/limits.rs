//! Rate limits by class and client, in this node's memory.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

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

/// The limits of all classes.
pub(crate) struct Limits {
    read: (u32, Limiter),
    write: (u32, Limiter),
    search: (u32, Limiter),
    ask: (u32, Limiter),
    upload: (u32, Limiter),
    sign_in: (u32, Limiter),
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
            clock: clock.clone(),
        }
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
        let client = match (viewer.id(), viewer.ip) {
            (Some(id), _) if class != RateClass::SignIn => Client::Member(id),
            (_, Some(ip)) => Client::Address(network(ip)),
            _ => Client::Unknown,
        };
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

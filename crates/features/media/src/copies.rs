//! Copies of pictures that texts show from other hosts.
//!
//! A browser that loads a picture from another host tells that host who reads what, so no page does it. What posts show
//! is fetched once, worked on as what members add, and served from here; until there is a copy, a link stands in its
//! place. Nobody's reading causes a request: what is fetched is decided by texts, not by who asks.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use url::Url;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{PictureCopies, PortResult, Posts};
use xinghe_core::{Event, PictureId, PostId, Timestamp};
use xinghe_net::{Fetcher, NetError};
use xinghe_web::markdown::{RenderOptions, render};

use crate::commands::Pictures;
use crate::error::MediaError;
use crate::store::far::{self, Wanted};
use crate::work::Made;

const HOUR_MS: i64 = 3_600_000;
/// How often a picture is tried: at once, then after one, six and 36 hours.
const TRIES: i64 = 4;
/// How many pictures of one post are copied.
const PER_POST: usize = 60;
const AT_ONCE: usize = 50;
/// After so many in a row that could not be reached, it is rather the network: the others wait for the next time.
const IN_VAIN: u32 = 5;
const ACCEPT: &str = "image/webp,image/png,image/jpeg,image/gif";

/// Copies of pictures at other hosts. Cheap to clone.
#[derive(Clone)]
pub struct Copies {
    pictures: Pictures,
    posts: Arc<dyn Posts>,
    fetcher: Fetcher,
    room: u64,
}

impl std::fmt::Debug for Copies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copies").field("room", &self.room).finish_non_exhaustive()
    }
}

/// What became of a picture.
enum Outcome {
    Copied,
    /// It was not to be had there, or is wanted no more.
    Refused,
    /// Nobody answered.
    Unreached,
}

/// Why there is no copy.
enum Missed {
    /// Nobody answers there at the moment.
    Unreached(String),
    /// It may be there later.
    Now(String),
    /// Nothing that can be shown is to be had there.
    Ever(String),
}

impl From<NetError> for Missed {
    fn from(error: NetError) -> Self {
        use NetError as E;
        let reason = error.to_string();
        match error {
            E::Unknown { .. } | E::Unreachable { .. } | E::Timeout { .. } => Self::Unreached(reason),
            E::Status { .. } => Self::Now(reason),
            _ => Self::Ever(reason),
        }
    }
}

impl From<MediaError> for Missed {
    fn from(error: MediaError) -> Self {
        let ever = matches!(error, MediaError::File(_));
        if ever { Self::Ever(error.to_string()) } else { Self::Now(error.to_string()) }
    }
}

/// The addresses of pictures at other hosts that a text shows.
fn far_in(text: &str) -> Vec<String> {
    // Most texts show none, and need not be rendered to know it.
    if !text.contains("![") && !text.to_ascii_lowercase().contains("<img") {
        return vec![];
    }
    render(text, &RenderOptions::default()).far.iter().take(PER_POST).cloned().collect()
}

impl Copies {
    /// Of what these posts show; all copies together take up to `room` bytes, and with none no copy is made.
    pub fn new(pictures: Pictures, posts: Arc<dyn Posts>, fetcher: Fetcher, room: u64) -> Self {
        Self { pictures, posts, fetcher, room }
    }

    /// Looks at texts that changed and fetches what is wanted, one picture after another, until nothing is left or it is
    /// `stopped`. Answers how many copies were made.
    ///
    /// # Errors
    /// The database, or posts cannot be read.
    pub async fn tend(&self, stopped: &(dyn Fn() -> bool + Send + Sync)) -> Result<u64, MediaError> {
        if self.room == 0 {
            return Ok(0);
        }
        let store = &self.pictures.store;
        self.look(stopped).await?;
        let (mut made, mut in_vain) = (0, 0);
        while !stopped() && in_vain < IN_VAIN {
            let Some(wanted) = far::next(store, store.now()).await? else { break };
            if far::taken(store).await? >= self.room {
                tracing::warn!(bytes = self.room, "there is no room for more copies of pictures");
                break;
            }
            match self.copy(&wanted).await? {
                Outcome::Copied => (made, in_vain) = (made + 1, 0),
                Outcome::Refused => in_vain = 0,
                Outcome::Unreached => in_vain += 1,
            }
        }
        if in_vain == IN_VAIN {
            tracing::info!("other hosts cannot be reached; copies of pictures wait for the next time");
        }
        Ok(made)
    }

    async fn look(&self, stopped: &(dyn Fn() -> bool + Send + Sync)) -> Result<(), MediaError> {
        let store = &self.pictures.store;
        while !stopped() {
            let due = far::looks(store, AT_ONCE).await?;
            if due.is_empty() {
                break;
            }
            let ids: Vec<PostId> = due.iter().map(|l| PostId::from_raw(l.post)).collect();
            let posts = self.posts.posts(&ids).await?;
            let mut unit = store.begin().await?;
            for look in due {
                let shown = posts.get(&PostId::from_raw(look.post)).map(|p| far_in(&p.body)).unwrap_or_default();
                let pictures = shown.into_iter().map(|url| {
                    let digest = hex::encode(Sha256::digest(&url));
                    (store.ids().next().into(), digest, url)
                });
                far::put(&mut unit, look.post, pictures.collect(), store.now()).await?;
                far::looked(&mut unit, look).await?;
            }
            unit.commit().await?;
        }
        Ok(())
    }

    /// Fetches one, or notes that it is not to be had.
    async fn copy(&self, wanted: &Wanted) -> Result<Outcome, MediaError> {
        let store = &self.pictures.store;
        let got = self.fetched(&wanted.url).await.and_then(|made| {
            let name = self.pictures.named(&made)?;
            Ok((name, made.content))
        });
        let mut unit = store.begin().await?;
        let outcome = match got {
            Ok((name, content)) => {
                if far::keep(&mut unit, wanted.id, &name, content).await? {
                    unit.append(None, &Event::PictureCopied { picture: PictureId::from_raw(wanted.id) }).await?;
                    Outcome::Copied
                } else {
                    Outcome::Refused
                }
            }
            Err(missed) => {
                let (reason, again, outcome) = match missed {
                    Missed::Unreached(reason) => (reason, true, Outcome::Unreached),
                    Missed::Now(reason) => (reason, true, Outcome::Refused),
                    Missed::Ever(reason) => (reason, false, Outcome::Refused),
                };
                let again = again && wanted.tries + 1 < TRIES;
                tracing::debug!(picture = wanted.id, again, reason, "a picture at another host was not to be had");
                far::missed(&mut unit, wanted.id, again.then(|| later(wanted.tries, store.now()))).await?;
                outcome
            }
        };
        unit.commit().await?;
        Ok(outcome)
    }

    async fn fetched(&self, url: &str) -> Result<Made, Missed> {
        let url = Url::parse(url).map_err(|e| Missed::Ever(e.to_string()))?;
        let file = self.fetcher.get(&url, ACCEPT).await?;
        Ok(self.pictures.worked(file.bytes.into()).await?)
    }

    /// Removes copies that no post shows any more; answers how many.
    ///
    /// # Errors
    /// The database.
    pub async fn sweep(&self) -> Result<u64, MediaError> {
        let mut swept = 0;
        loop {
            let mut unit = self.pictures.store.begin().await?;
            let (seen, copied) = far::drop_unused(&mut unit, AT_ONCE).await?;
            for picture in &copied {
                unit.append(None, &Event::CopyDropped { picture: *picture }).await?;
            }
            unit.commit().await?;
            swept += copied.len() as u64;
            if seen < AT_ONCE {
                return Ok(swept);
            }
        }
    }
}

/// When a picture is tried again that was tried so often before.
fn later(tries: i64, now: Timestamp) -> Timestamp {
    let hours = 6_i64.pow(u32::try_from(tries.clamp(0, TRIES)).unwrap_or(0));
    now.plus_millis(hours * HOUR_MS)
}

#[async_trait]
impl PictureCopies for Copies {
    async fn copies(&self, posts: &[PostId]) -> PortResult<HashMap<PostId, Vec<(String, PictureName)>>> {
        Ok(far::copies(&self.pictures.store, posts).await?)
    }
}

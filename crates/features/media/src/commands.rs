//! What members do with pictures: check, change and append the event, in one transaction.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::PictureUse;
use xinghe_core::{AuthorId, Event, PictureId, Timestamp};
use xinghe_store::Store;

use crate::error::MediaError;
use crate::model::{Fault, KEEP_MS, Limits, Picture};
use crate::store;
use crate::work::{self, Made};

const DAY_MS: i64 = 24 * 3_600_000;
/// How long a file waits for those before it.
const PATIENCE: Duration = Duration::from_secs(12);
/// How many pictures the sweep looks at together.
const SWEPT_AT_ONCE: usize = 200;

/// Pictures of members. Cheap to clone.
#[derive(Clone)]
pub struct Pictures {
    pub(crate) store: Store,
    uses: Vec<Arc<dyn PictureUse>>,
    pub(crate) limits: Limits,
    /// One file at a time: each may take some hundred megabytes for a moment.
    turn: Arc<Semaphore>,
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").field("limits", &self.limits).finish_non_exhaustive()
    }
}

const fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

impl Pictures {
    /// Over a store whose migrations have run, and all who show pictures.
    pub fn new(store: Store, uses: Vec<Arc<dyn PictureUse>>, limits: Limits) -> Self {
        Self { store, uses, limits, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Adds a picture. The same file again is the same picture, and counts once.
    ///
    /// # Errors
    /// The file is not taken, the member added enough for today or has no room, or others' files take too long.
    #[tracing::instrument(skip_all, name = "media.add")]
    pub async fn add(&self, member: AuthorId, file: Bytes) -> Result<Picture, MediaError> {
        self.take(member, file, Some(self.limits.per_day)).await
    }

    /// Keeps a file, of so many that may be added on a day.
    pub(crate) async fn take(
        &self,
        member: AuthorId,
        file: Bytes,
        per_day: Option<u32>,
    ) -> Result<Picture, MediaError> {
        if file.len() > self.limits.file {
            return Err(Fault::Large(self.limits.file).into());
        }
        let digest = hex::encode(Sha256::digest(&file));
        if let Some(known) = store::made_of(&self.store, member, &digest).await? {
            return Ok(known);
        }
        self.room(&self.store, member, (0, per_day)).await?;
        let made = self.worked(file).await?;
        let name = self.named(&made)?;
        let bytes = made.content.len() as u64;
        let mut unit = self.store.begin().await?;
        unit.lock(&format!("media.{member}")).await?;
        if let Some(known) = store::made_of(&unit, member, &digest).await? {
            return Ok(known);
        }
        self.room(&unit, member, (bytes, per_day)).await?;
        let (id, at) = (self.store.ids().next().into(), self.store.now());
        let picture = Picture { id, name, member, bytes, at };
        let times = (day(at), at.plus_millis(KEEP_MS));
        store::insert(&mut unit, &picture, (&digest, made.content), times).await?;
        unit.append(Some(member), &Event::PictureAdded { picture: id, member }).await?;
        unit.commit().await?;
        Ok(picture)
    }

    /// Whether a member may add so many bytes more.
    async fn room(
        &self,
        q: &impl xinghe_store::Queries,
        member: AuthorId,
        (bytes, per_day): (u64, Option<u32>),
    ) -> Result<(), MediaError> {
        let today = day(self.store.now());
        if let Some(most) = per_day
            && store::added_on(q, member, today).await? >= i64::from(most)
        {
            return Err(MediaError::Day(most));
        }
        if store::taken(q, member).await? + bytes > self.limits.total {
            return Err(MediaError::Full(self.limits.total));
        }
        Ok(())
    }

    /// A new name for a picture.
    pub(crate) fn named(&self, made: &Made) -> Result<PictureName, MediaError> {
        let mut key = [0; 10];
        self.store.random().fill(&mut key);
        Ok(PictureName::new(key, (made.width, made.height), made.format).map_err(|_| Fault::Broken)?)
    }

    /// Works on a file when its turn comes, on a thread where nobody waits.
    pub(crate) async fn worked(&self, file: Bytes) -> Result<Made, MediaError> {
        let turn = tokio::time::timeout(PATIENCE, self.turn.clone().acquire_owned());
        let turn = turn.await.map_err(|_| MediaError::Busy)?.map_err(|_| MediaError::Busy)?;
        let limits = self.limits;
        let work = tokio::task::spawn_blocking(move || {
            // The turn ends with the work, also when nobody waits for it any more.
            let _turn = turn;
            work::make(&file, &limits)
        });
        // A decoder that panics found a broken file.
        Ok(work.await.map_err(|_| Fault::Broken)??)
    }

    /// Removes a member's picture, wherever it is shown.
    ///
    /// # Errors
    /// There is no such picture of this member's.
    pub async fn delete(&self, member: AuthorId, id: PictureId) -> Result<(), MediaError> {
        let mut unit = self.store.begin().await?;
        let picture = store::picture(&unit, member, id).await?.ok_or(MediaError::NotFound)?;
        if !store::delete(&mut unit, picture.id).await? {
            return Err(MediaError::NotFound);
        }
        unit.append(Some(member), &Event::PictureDeleted { picture: id, member }).await?;
        Ok(unit.commit().await?)
    }

    /// The bytes of a picture.
    ///
    /// # Errors
    /// The database.
    pub async fn content(&self, name: &PictureName) -> Result<Option<Vec<u8>>, MediaError> {
        Ok(store::content(&self.store, name).await?)
    }

    /// Up to `limit` pictures of a member before one, the latest first, and which of them something shows.
    ///
    /// # Errors
    /// The database, or who shows pictures cannot be asked.
    pub async fn list(
        &self,
        member: AuthorId,
        before: Option<PictureId>,
        limit: usize,
    ) -> Result<(Vec<Picture>, HashSet<PictureName>), MediaError> {
        let pictures = store::pictures(&self.store, member, before, limit).await?;
        let names: Vec<_> = pictures.iter().map(|p| p.name).collect();
        let shown = self.shown(member, &names).await?;
        Ok((pictures, shown))
    }

    /// How much a member's pictures take, in bytes.
    ///
    /// # Errors
    /// The database.
    pub async fn taken(&self, member: AuthorId) -> Result<u64, MediaError> {
        Ok(store::taken(&self.store, member).await?)
    }

    /// Those of these pictures of one member that something shows.
    async fn shown(&self, owner: AuthorId, names: &[PictureName]) -> Result<HashSet<PictureName>, MediaError> {
        let mut shown = HashSet::new();
        for place in &self.uses {
            shown.extend(place.showing(owner, names).await?);
        }
        Ok(shown)
    }

    /// Removes pictures that nothing has shown for a week; answers how many.
    ///
    /// # Errors
    /// The database, or who shows pictures cannot be asked.
    pub async fn sweep(&self) -> Result<u64, MediaError> {
        let now = self.store.now();
        let mut swept = 0;
        loop {
            let due = store::due(&self.store, now, SWEPT_AT_ONCE).await?;
            let mut unit = self.store.begin().await?;
            for picture in &due {
                if self.shown(picture.member, &[picture.name]).await?.contains(&picture.name) {
                    store::keep(&mut unit, picture.id, now.plus_millis(KEEP_MS)).await?;
                } else if store::delete(&mut unit, picture.id).await? {
                    unit.append(None, &Event::PictureDeleted { picture: picture.id, member: picture.member }).await?;
                    swept += 1;
                }
            }
            store::forget_days(&mut unit, day(now) - 1).await?;
            unit.commit().await?;
            if due.len() < SWEPT_AT_ONCE {
                return Ok(swept);
            }
        }
    }
}

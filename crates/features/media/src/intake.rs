//! Pictures of texts that are imported: their files lie beside them, and nobody uploads them.

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use xinghe_core::AuthorId;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{PictureIntake, PictureOutcome, PortError, PortResult};

use crate::commands::Pictures;
use crate::error::MediaError;
use crate::model::{Fault, Limits};
use crate::{store, work};

/// The reason, for whoever imports; `None` where it is no fault of the file.
fn refused(error: &MediaError) -> Option<String> {
    Some(match error {
        MediaError::File(Fault::Missing) => "it is empty".to_owned(),
        MediaError::File(Fault::Large(most)) => format!("it is larger than {} MiB", most >> 20),
        MediaError::File(Fault::Kind) => "it is no JPEG, PNG, GIF or WebP".to_owned(),
        MediaError::File(Fault::Pixels(most)) => format!("it has more than {} million pixels", most / 1_000_000),
        MediaError::File(Fault::Broken) => "it is broken".to_owned(),
        MediaError::Full(most) => format!("its author's pictures take {} MiB already", most >> 20),
        _ => return None,
    })
}

/// Why a file would not be kept as a picture, a member's room aside; `None`: it would.
pub async fn why_not(file: Vec<u8>, limits: Limits) -> Option<String> {
    let fault = match file.len() {
        0 => Some(Fault::Missing),
        n if n > limits.file => Some(Fault::Large(limits.file)),
        _ => {
            let work = tokio::task::spawn_blocking(move || work::make(&file, &limits).err());
            // A decoder that panics found a broken file.
            work.await.unwrap_or(Some(Fault::Broken))
        }
    };
    fault.and_then(|fault| refused(&fault.into()))
}

#[async_trait]
impl PictureIntake for Pictures {
    async fn keep(&self, owner: AuthorId, file: Vec<u8>) -> PortResult<PictureOutcome> {
        if file.is_empty() {
            return Ok(PictureOutcome::Refused("it is empty".to_owned()));
        }
        if let Some(name) = self.kept(&file).await? {
            return Ok(PictureOutcome::Kept(name));
        }
        // What was published elsewhere long ago is nobody's share of today.
        let picture = match self.take(owner, file.into(), None).await {
            Ok(picture) => picture,
            Err(error) => return refused(&error).map(PictureOutcome::Refused).ok_or_else(|| PortError::new(error)),
        };
        let mut unit = self.store.begin().await?;
        store::share(&mut unit, picture.id).await?;
        unit.commit().await?;
        Ok(PictureOutcome::Kept(picture.name))
    }

    async fn look(&self, file: Vec<u8>) -> PortResult<Option<String>> {
        Ok(why_not(file, self.limits).await)
    }

    async fn kept(&self, file: &[u8]) -> PortResult<Option<PictureName>> {
        let digest = hex::encode(Sha256::digest(file));
        Ok(store::imported(&self.store, &digest).await.map_err(PortError::new)?.map(|p| p.name))
    }
}

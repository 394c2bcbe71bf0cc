//! Pictures of texts that are imported: their files lie beside them, and nobody uploads them.

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use xinghe_core::AuthorId;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{PictureIntake, PictureOutcome, PortError, PortResult};

use crate::commands::Pictures;
use crate::error::MediaError;
use crate::model::Fault;
use crate::store;

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

#[async_trait]
impl PictureIntake for Pictures {
    async fn keep(&self, owner: AuthorId, file: Vec<u8>) -> PortResult<PictureOutcome> {
        if file.is_empty() {
            return Ok(PictureOutcome::Refused("it is empty".to_owned()));
        }
        // What was published elsewhere long ago is nobody's share of today.
        match self.take(owner, file.into(), None).await {
            Ok(picture) => Ok(PictureOutcome::Kept(picture.name)),
            Err(error) => refused(&error).map(PictureOutcome::Refused).ok_or_else(|| PortError::new(error)),
        }
    }

    async fn kept(&self, file: &[u8]) -> PortResult<Option<PictureName>> {
        let digest = hex::encode(Sha256::digest(file));
        Ok(store::made_by_any(&self.store, &digest).await.map_err(PortError::new)?.map(|p| p.name))
    }
}

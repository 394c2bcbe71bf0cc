//! People for tests of commands.

use std::collections::HashMap;

use async_trait::async_trait;
use xinghe_core::content::AuthorCard;
use xinghe_core::id::AuthorId;
use xinghe_core::ports::{Authors, PortResult};
use xinghe_posts::model::Actor;

/// Whoever is asked for exists.
pub struct Everybody;

#[async_trait]
impl Authors for Everybody {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let card = |id: AuthorId| AuthorCard {
            id,
            handle: format!("a{id}"),
            name: format!("作者 {id}"),
            claimed: true,
            sample: false,
        };
        Ok(ids.iter().map(|id| (*id, card(*id))).collect())
    }
    async fn by_handle(&self, _: &str) -> PortResult<Option<AuthorCard>> {
        Ok(None)
    }
}

pub const ADA: Actor = Actor { id: AuthorId::from_raw(11), moderates: false };
pub const BO: Actor = Actor { id: AuthorId::from_raw(12), moderates: false };
pub const MOD: Actor = Actor { id: AuthorId::from_raw(13), moderates: true };

//! People as other features would know them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use xinghe_core::ports::{Authors, Follows, Own, PortResult, Reactions, Tally};
use xinghe_core::{AuthorCard, AuthorId, Clock, FollowKind, PostId};
use xinghe_messages::Messages;
use xinghe_testkit::TestDb;

/// Everybody is `m` and their number; 9 keeps order, 50 has no account, 60 is shut out.
#[derive(Default)]
pub struct People {
    /// Who follows whom.
    pub follows: Mutex<HashSet<(AuthorId, AuthorId)>>,
}

pub fn m(n: i64) -> AuthorId {
    AuthorId::from_raw(n)
}

fn card(id: AuthorId) -> AuthorCard {
    let claimed = id != m(50);
    AuthorCard { id, handle: format!("m{id}"), name: format!("成员{id}"), claimed, sample: false }
}

#[async_trait]
impl Authors for People {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        Ok(ids.iter().map(|id| (*id, card(*id))).collect())
    }
    async fn by_handle(&self, handle: &str) -> PortResult<Option<AuthorCard>> {
        let id = handle.strip_prefix('m').and_then(|n| n.parse::<i64>().ok()).filter(|n| *n > 0);
        Ok(id.map(|id| card(m(id))))
    }
    async fn disabled(&self, ids: &[AuthorId]) -> PortResult<HashSet<AuthorId>> {
        Ok(ids.iter().copied().filter(|id| *id == m(60)).collect())
    }
    async fn keepers(&self, ids: &[AuthorId]) -> PortResult<HashSet<AuthorId>> {
        Ok(ids.iter().copied().filter(|id| *id == m(9)).collect())
    }
}

#[async_trait]
impl Reactions for People {
    async fn tallies(&self, _: &[PostId]) -> PortResult<HashMap<PostId, Tally>> {
        Ok(HashMap::new())
    }
    async fn of_viewer(&self, _: AuthorId, _: &[PostId]) -> PortResult<HashMap<PostId, Own>> {
        Ok(HashMap::new())
    }
    async fn follows(&self, member: AuthorId) -> PortResult<Follows> {
        let all = self.follows.lock().unwrap();
        let members = all.iter().filter(|(by, _)| *by == member).map(|(_, whom)| *whom).collect();
        Ok(Follows { members, ..Follows::default() })
    }
    async fn follower_counts(&self, _: FollowKind, _: &[i64]) -> PortResult<HashMap<i64, u32>> {
        Ok(HashMap::new())
    }
    async fn followers(&self, _: FollowKind, _: i64, _: Option<AuthorId>, _: usize) -> PortResult<Vec<AuthorId>> {
        Ok(vec![])
    }
}

/// Somebody who joined this very moment.
pub fn joined_now(db: &TestDb, n: i64) -> AuthorId {
    let first = m(0).made_at().as_millis();
    m(((db.clock().now().as_millis() - first) << 22) + n)
}

pub async fn over(db: &TestDb) -> (Messages, Arc<People>) {
    db.store().migrate(&xinghe_messages::migrations()).await.unwrap();
    let people = Arc::new(People::default());
    let stop = CancellationToken::new();
    (Messages::new(db.store().clone(), people.clone(), people.clone(), stop), people)
}

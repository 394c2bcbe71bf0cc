//! Networks from which members signed in.

use std::net::IpAddr;

use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{Queries, StoreError, UnitOfWork, params};

use crate::store::hash_of;
use crate::store::throttle::network;

/// A network not seen for so long is not known any more, in milliseconds: 90 days.
const FORGET_MS: i64 = 90 * 24 * 3600 * 1000;

fn hash(ip: IpAddr) -> String {
    hash_of(&format!("network:{}", network(ip)))
}

/// Whether the member with a handle signed in from an address's network before.
pub(crate) async fn is_known<Q: Queries>(q: &Q, handle: &str, ip: Option<IpAddr>) -> Result<bool, StoreError> {
    let Some(ip) = ip else { return Ok(false) };
    let sql = "SELECT COUNT(*) AS value FROM accounts_known_network k JOIN accounts_author a ON a.id = k.member \
               WHERE a.handle = $1 AND k.network_hash = $2";
    Ok(q.number(sql, params![handle, hash(ip)]).await? == Some(1))
}

/// Remembers that a member signed in from an address's network.
pub(crate) async fn remember(unit: &mut UnitOfWork, member: AuthorId, ip: Option<IpAddr>) -> Result<(), StoreError> {
    let Some(ip) = ip else { return Ok(()) };
    let sql = "INSERT INTO accounts_known_network (member, network_hash, seen_at) VALUES ($1, $2, $3) \
               ON CONFLICT (member, network_hash) DO UPDATE SET seen_at = excluded.seen_at";
    let now = unit.store().now().as_millis();
    unit.execute(sql, params![member.raw(), hash(ip), now]).await?;
    Ok(())
}

/// Forgets all of a member's.
pub(crate) async fn delete_all(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_known_network WHERE member = $1", params![member.raw()]).await?;
    Ok(())
}

/// Forgets those not seen for long.
pub(crate) async fn sweep(unit: &mut UnitOfWork, now: Timestamp) -> Result<(), StoreError> {
    let oldest = now.plus_millis(-FORGET_MS).as_millis();
    unit.execute("DELETE FROM accounts_known_network WHERE seen_at < $1", params![oldest]).await?;
    Ok(())
}

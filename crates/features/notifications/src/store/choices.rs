//! What members chose to be told.

use std::collections::HashMap;

use xinghe_core::AuthorId;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use crate::model::{Channel, Choice, Kind};

/// All choices of a member, those never made as well.
pub(crate) async fn choices(q: &impl Queries, member: AuthorId) -> Result<Vec<Choice>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        kind: String,
        channel: String,
        told: i32,
    }
    let sql = "SELECT kind, channel, told FROM notifications_setting WHERE member = $1";
    let rows: Vec<Row> = q.all(sql, params![member.raw()]).await?;
    let made: HashMap<(String, String), bool> = rows.into_iter().map(|r| ((r.kind, r.channel), r.told != 0)).collect();
    let choice = |kind: Kind, channel: Channel| {
        let made = made.get(&(kind.as_str().to_owned(), channel.as_str().to_owned())).copied();
        Choice { kind, channel, on: !kind.may_be_off() || made.unwrap_or(true) }
    };
    Ok(Kind::ALL.iter().flat_map(|k| Channel::ALL.iter().map(|c| choice(*k, *c))).collect())
}

/// The kinds that a member does not want to see on pages.
pub(crate) async fn off(q: &impl Queries, member: AuthorId) -> Result<Vec<Kind>, StoreError> {
    let all = choices(q, member).await?;
    Ok(all.into_iter().filter(|c| c.channel == Channel::Page && !c.on).map(|c| c.kind).collect())
}

/// Writes a choice.
pub(crate) async fn set(unit: &mut UnitOfWork, member: AuthorId, choice: Choice) -> Result<(), StoreError> {
    let sql = "INSERT INTO notifications_setting (member, kind, channel, told) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (member, kind, channel) DO UPDATE SET told = excluded.told";
    let told = i32::from(choice.on);
    unit.execute(sql, params![member.raw(), choice.kind.as_str(), choice.channel.as_str(), told]).await?;
    Ok(())
}

//! Wrong tries of secrets, counted in the database so that all processes count together.

use std::net::IpAddr;

use xinghe_core::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use crate::store::{for_update, hash_of};

/// After this time without a wrong try the count begins anew, in milliseconds: a day.
pub(crate) const FORGET_MS: i64 = 24 * 3600 * 1000;
/// The first pause, in milliseconds; each further wrong try doubles it.
const FIRST_PAUSE_MS: i64 = 5_000;
/// The longest pause, in milliseconds: 15 minutes.
const LONGEST_PAUSE_MS: i64 = 15 * 60 * 1000;

/// Whose tries are counted, and how many wrong ones are free.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    hash: String,
    free: i64,
}

impl Subject {
    /// What a try at an account from an address counts for: the two together at once, and each alone more generously,
    /// so that nobody can try one password at every account, nor many passwords at one from many addresses. From a
    /// network that the member is known to sign in from, what others try elsewhere does not count: nobody locks the
    /// owner out from afar.
    pub(crate) fn of(account: &str, ip: Option<IpAddr>, known: bool) -> Vec<Self> {
        let mut subjects = Vec::new();
        if !known {
            subjects.push(Self { hash: hash_of(&format!("account:{account}")), free: 10 });
        }
        match ip.map(network) {
            Some(network) => {
                subjects.push(Self { hash: hash_of(&format!("address:{network}")), free: 20 });
                subjects.push(Self { hash: hash_of(&format!("account:{account} address:{network}")), free: 5 });
            }
            None => subjects.push(Self { hash: hash_of(&format!("account:{account} address:")), free: 5 }),
        }
        // One order for all, so that two transactions never wait for each other.
        subjects.sort();
        subjects
    }
}

/// An IPv4 address, or the /64 an IPv6 address is in: whoever has one such address has them all.
pub(crate) fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// The pause after this many wrong tries, in milliseconds.
fn pause(failures: i64, free: i64) -> i64 {
    let beyond = failures - free;
    if beyond < 0 {
        return 0;
    }
    FIRST_PAUSE_MS.saturating_mul(1_i64.checked_shl(beyond.min(20) as u32).unwrap_or(i64::MAX)).min(LONGEST_PAUSE_MS)
}

#[derive(FromQueryResult)]
struct Row {
    failures: i64,
    last_at: i64,
    blocked_until: i64,
}

/// Counts a try as wrong before it is looked at, so that tries side by side cannot pass the count.
/// [`forgive`] takes it back when it was right. When a pause is on, nothing is counted and the answer is the number of
/// seconds left.
pub(crate) async fn count(
    unit: &mut UnitOfWork,
    subjects: &[Subject],
    now: Timestamp,
) -> Result<Result<(), u64>, StoreError> {
    let now = now.as_millis();
    for Subject { hash, free } in subjects {
        let sql = "INSERT INTO accounts_throttle (subject, failures, last_at, blocked_until) VALUES ($1, 0, $2, 0) \
                   ON CONFLICT (subject) DO NOTHING";
        unit.execute(sql, params![hash.as_str(), now]).await?;
        let sql = format!(
            "SELECT failures, last_at, blocked_until FROM accounts_throttle WHERE subject = $1{}",
            for_update(unit.store().backend())
        );
        let Some(row) = unit.one::<Row>(&sql, params![hash.as_str()]).await? else { continue };
        if row.blocked_until > now {
            return Ok(Err((row.blocked_until - now).unsigned_abs().div_ceil(1000)));
        }
        let failures = if now - row.last_at > FORGET_MS { 1 } else { row.failures + 1 };
        let sql = "UPDATE accounts_throttle SET failures = $2, last_at = $3, blocked_until = $4 WHERE subject = $1";
        unit.execute(sql, params![hash.as_str(), failures, now, now + pause(failures, *free)]).await?;
    }
    Ok(Ok(()))
}

/// Takes back a try that was right: the strictest count (account and address together) begins anew, the others lose
/// this one try only, so that an attacker's own account does not wash an address clean.
pub(crate) async fn forgive(unit: &mut UnitOfWork, subjects: &[Subject]) -> Result<(), StoreError> {
    let strictest = subjects.iter().map(|s| s.free).min();
    for Subject { hash, free } in subjects {
        let sql = if Some(*free) == strictest {
            "DELETE FROM accounts_throttle WHERE subject = $1"
        } else {
            "UPDATE accounts_throttle SET failures = failures - 1, blocked_until = 0 WHERE subject = $1 AND failures > 0"
        };
        unit.execute(sql, params![hash.as_str()]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_at_a_quarter_of_an_hour() {
        assert_eq!(pause(4, 5), 0);
        assert_eq!([5, 6, 7].map(|n| pause(n, 5)), [5_000, 10_000, 20_000]);
        assert_eq!(pause(1_000_000, 5), LONGEST_PAUSE_MS);
    }

    #[test]
    fn neighbours_in_an_ipv6_network_count_as_one() {
        let of = |ip: &str| Subject::of("lilei", Some(ip.parse().expect("an address")), false);
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}

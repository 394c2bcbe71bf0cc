//! Months of the archive and ISO weeks of the best, both in UTC.

use std::fmt;
use std::str::FromStr;

use time::{Date, Duration, Month, OffsetDateTime, Time, Weekday};
use xinghe_core::time::Timestamp;

const DAY_MS: i64 = 86_400_000;

fn begin(day: Date) -> Timestamp {
    Timestamp::from_datetime(OffsetDateTime::new_utc(day, Time::MIDNIGHT))
}

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearMonth {
    /// The year, 1 to 9999.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u8,
}

impl YearMonth {
    /// The month of an address: `2026`, `11`. `None` for what is no month, or is not written as addresses write it.
    pub fn of_address(year: &str, month: &str) -> Option<Self> {
        let found = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        let written = (1..=9_999).contains(&found.year) && format!("/archive/{year}/{month}") == found.path();
        found.first().filter(|_| written).map(|_| found)
    }

    /// The month in which a day, counted from the Unix epoch, lies.
    pub fn of_day(day: i64) -> Self {
        let at = Timestamp::from_millis(day.saturating_mul(DAY_MS)).to_datetime();
        Self { year: at.year(), month: at.month().into() }
    }

    /// The address of its page.
    pub fn path(self) -> String {
        format!("/archive/{}/{:02}", self.year, self.month)
    }

    fn first(self) -> Option<Date> {
        Date::from_calendar_date(self.year, Month::try_from(self.month).ok()?, 1).ok()
    }

    /// Where it begins.
    pub fn since(self) -> Timestamp {
        self.first().map(begin).unwrap_or_default()
    }

    /// Where the next one begins.
    pub fn until(self) -> Timestamp {
        let last = self.first().map(|d| d + Duration::days(i64::from(d.month().length(d.year())) - 1));
        last.map(|d| begin(d).plus_millis(DAY_MS)).unwrap_or_default()
    }
}

/// A week by ISO 8601: from Monday, the first one of a year being that with its first Thursday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week {
    monday: Date,
}

impl Week {
    /// The week of a moment.
    pub fn of(at: Timestamp) -> Self {
        let day = at.to_datetime().date();
        let (year, week, _) = day.to_iso_week_date();
        Self { monday: Date::from_iso_week_date(year, week, Weekday::Monday).unwrap_or(day) }
    }

    /// The year that it counts to, and its number there.
    pub fn number(self) -> (i32, u8) {
        let (year, week, _) = self.monday.to_iso_week_date();
        (year, week)
    }

    /// Where it begins.
    pub fn since(self) -> Timestamp {
        begin(self.monday)
    }

    /// Where the next one begins.
    pub fn until(self) -> Timestamp {
        self.since().plus_millis(7 * DAY_MS)
    }

    /// Its last day.
    pub fn sunday(self) -> Timestamp {
        self.since().plus_millis(6 * DAY_MS)
    }

    /// The week before.
    pub fn before(self) -> Self {
        Self::of(self.since().plus_millis(-DAY_MS))
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, week) = self.number();
        write!(f, "{year:04}-W{week:02}")
    }
}

impl FromStr for Week {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        let (year, week) = s.split_once("-W").filter(|_| s.len() == 8 && s.is_ascii()).ok_or(())?;
        let (year, week) = (year.parse().map_err(|_| ())?, week.parse().map_err(|_| ())?);
        let monday = Date::from_iso_week_date(year, week, Weekday::Monday).map_err(|_| ())?;
        let found = Self { monday };
        if found.to_string() == s { Ok(found) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: &str) -> Timestamp {
        Timestamp::parse_rfc3339(s).expect("a moment")
    }

    #[test]
    fn weeks_go_by_iso() {
        let new_year = Week::of(at("2027-01-01T12:00:00Z"));
        assert_eq!(new_year.to_string(), "2026-W53");
        assert_eq!(new_year.since(), at("2026-12-28T00:00:00Z"));
        assert_eq!(new_year.until(), at("2027-01-04T00:00:00Z"));
        assert_eq!(new_year.before().to_string(), "2026-W52");
        assert_eq!("2026-W53".parse(), Ok(new_year));
        for bad in ["2026-W54", "2027-W53", "2026-W1", "2026-w01", "+026-W01", "", "2026-W00", "é026-W0"] {
            assert_eq!(bad.parse::<Week>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn months_have_their_length() {
        let february = YearMonth::of_address("2028", "02").expect("a month");
        assert_eq!((february.since(), february.until()), (at("2028-02-01T00:00:00Z"), at("2028-03-01T00:00:00Z")));
        let december = YearMonth { year: 2026, month: 12 };
        assert_eq!(december.until(), at("2027-01-01T00:00:00Z"));
        assert_eq!(YearMonth::of_day(at("2026-12-31T23:59:59Z").as_millis() / 86_400_000), december);
        for bad in
            [("2028", "2"), ("2028", "13"), ("02028", "02"), ("x", "01"), ("2028", "00"), ("-1", "01"), ("0", "01")]
        {
            assert_eq!(YearMonth::of_address(bad.0, bad.1), None, "{bad:?}");
        }
    }
}

//! Dates as blogs write them.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};
use xinghe_core::Timestamp;

static NUMERIC: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"^\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    )
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)^\s*(?:[a-z]{3,9},?\s+)?(?:(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})|([a-z]{3,9})\s+(\d{1,2})(?:st|nd|rd|th)?),?\s+(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    )
});
static IN_NAME: LazyLock<Regex> =
    LazyLock::new(|| re(r"^((?:19|20)\d{2})([-_.]?)(0[1-9]|1[0-2])([-_.]?)(0[1-9]|[12]\d|3[01])(?:[-_. T].*|$)"));
static LIKE_A_DATE: LazyLock<Regex> = LazyLock::new(|| re(r"^((?:19|20)\d{2}-\d{2}-\d{2})(?:[-_. T]|$)"));
static IN_PATH: LazyLock<Regex> =
    LazyLock::new(|| re(r"(?:^|/)((?:19|20)\d{2})[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?:[/-]|$)"));

fn re(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// Reads a date or a moment; without a zone it is taken as UTC, without a time as midnight.
///
/// Understands `2020-01-02`, `2020/1/2 10:00`, `2020-01-02T10:00:00+08:00`, `2020年1月2日`, `2 Jan 2020`,
/// `January 2, 2020` and RFC 2822, whose weekday is not checked because people get it wrong.
pub fn parse(text: &str) -> Option<Timestamp> {
    if let Some(c) = NUMERIC.captures(text) {
        let date = date(number(&c, 1)?, number(&c, 2)?, number(&c, 3)?)?;
        return Some(moment(date, &c, 4));
    }
    // `20200102`, which YAML reads as a number.
    if let Some(date) = Some(text.trim()).filter(|t| t.len() == 8 && t.bytes().all(|b| b.is_ascii_digit())) {
        return in_name(date).map(|(date, _)| date);
    }
    let c = NAMED.captures(text)?;
    let (day, month) = if c.get(1).is_some() { (number(&c, 1)?, c.get(2)?) } else { (number(&c, 4)?, c.get(3)?) };
    let date = date(number(&c, 5)?, month_number(month.as_str())?, day)?;
    Some(moment(date, &c, 6))
}

/// The date at the start of a file name, with the rest of the name: `2020-01-02-hello` gives the date and `hello`.
pub fn in_name(stem: &str) -> Option<(Timestamp, &str)> {
    let c = IN_NAME.captures(stem)?;
    // 20200102 is a date; 2020-0102 is not.
    if c.get(2)?.as_str() != c.get(4)?.as_str() {
        return None;
    }
    let date = date(number(&c, 1)?, number(&c, 3)?, number(&c, 5)?)?;
    let rest = stem.get(c.get(5)?.end()..)?.trim_start_matches(['-', '_', '.', ' ']);
    Some((midnight(date), rest))
}

/// What a file name begins with where it has the form of a date; whether there is such a day is another question.
pub fn like_one(stem: &str) -> Option<&str> {
    Some(LIKE_A_DATE.captures(stem)?.get(1)?.as_str())
}

/// The first year, month and day that follow one another in a path: `blog/2020/01/02/hello.md`.
pub fn in_path(path: &str) -> Option<Timestamp> {
    let c = IN_PATH.captures(path)?;
    date(number(&c, 1)?, number(&c, 2)?, number(&c, 3)?).map(midnight)
}

fn number(c: &Captures<'_>, group: usize) -> Option<u32> {
    c.get(group)?.as_str().parse().ok()
}

fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    // A year before the web or in the far future is a mistake, not a date.
    let year = i32::try_from(year).ok().filter(|y| (1980..2100).contains(y))?;
    Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
}

fn midnight(date: Date) -> Timestamp {
    Timestamp::from_datetime(date.midnight().assume_utc())
}

/// The time in groups `at`, `at + 1`, `at + 2` and the zone in `at + 3`.
fn moment(date: Date, c: &Captures<'_>, at: usize) -> Timestamp {
    let part = |group| number(c, group).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
    let time = Time::from_hms(part(at), part(at + 1), part(at + 2).min(59)).unwrap_or(Time::MIDNIGHT);
    let offset = c.get(at + 3).and_then(|z| offset(z.as_str())).unwrap_or(UtcOffset::UTC);
    let moment: OffsetDateTime = PrimitiveDateTime::new(date, time).assume_offset(offset);
    Timestamp::from_datetime(moment)
}

fn offset(zone: &str) -> Option<UtcOffset> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return Some(UtcOffset::UTC),
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    UtcOffset::from_hms(sign * hours.parse::<i8>().ok()?, sign * minutes.parse::<i8>().ok()?, 0).ok()
}

fn month_number(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let name = name.to_ascii_lowercase();
    NAMES.iter().position(|n| name.starts_with(n)).and_then(|i| u32::try_from(i + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_read() {
        for (given, want) in [
            ("2020-01-02", "2020-01-02T00:00:00Z"),
            ("2020/1/2 10:05", "2020-01-02T10:05:00Z"),
            ("2020-01-02 10:00:00 +0800", "2020-01-02T02:00:00Z"),
            ("2020-01-02T10:00:00.123+08:00", "2020-01-02T02:00:00Z"),
            ("2020年1月2日", "2020-01-02T00:00:00Z"),
            ("2020.01.02", "2020-01-02T00:00:00Z"),
            ("20200102", "2020-01-02T00:00:00Z"),
            ("Thu, 30 Apr 2021 18:00:00 GMT", "2021-04-30T18:00:00Z"),
            ("January 2, 2020", "2020-01-02T00:00:00Z"),
            ("2nd Jan 2020", "2020-01-02T00:00:00Z"),
        ] {
            assert_eq!(parse(given).map(Timestamp::rfc3339).as_deref(), Some(want), "{given}");
        }
        for bad in ["", "soon", "2020-13-01", "2020-02-30", "0000-01-01", "Rust 2021", "1.2.3"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_and_paths_carry_dates() {
        let day = parse("2020-01-02").expect("a date");
        assert_eq!(in_name("2020-01-02-hello-world"), Some((day, "hello-world")));
        assert_eq!(in_name("20200102_hello"), Some((day, "hello")));
        assert_eq!(in_name("2020-01-02"), Some((day, "")));
        assert_eq!(in_name("2020-0102-x"), None);
        assert_eq!(in_name("rust-2018"), None);
        assert_eq!(in_path("blog/2020/01/02/hello.md"), Some(day));
        assert_eq!(in_path("inside-rust/2020/01/02/x"), Some(day));
        assert_eq!(in_path("chapter_1/10/x"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = (parse(&text), in_name(&text), in_path(&text));
        }
        #[test]
        fn nothing_like_a_date_panics(text in "[0-9]{1,5}[-/.年 T][0-9]{1,3}[-/.月][0-9]{1,3}[日 T]?[0-9:+-]{0,12}") {
            let _ = (parse(&text), in_name(&text), in_path(&text));
        }
    }
}

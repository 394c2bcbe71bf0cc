//! Numbers and times as the reader's language writes them.

use xinghe_core::{Lang, Timestamp};

use crate::texts::Texts;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A number with groups of three, and from ten thousand on shortened to two figures.
pub fn short(n: i64, lang: Lang) -> String {
    let units: &[(u64, &str)] = match lang {
        Lang::ZhHans => &[(100_000_000, " 亿"), (10_000, " 万")],
        Lang::ZhHant => &[(100_000_000, " 億"), (10_000, " 萬")],
        Lang::En => &[(1_000_000_000, "B"), (1_000_000, "M"), (10_000, "K")],
    };
    let sign = if n < 0 { "−" } else { "" };
    let magnitude = n.unsigned_abs();
    for (from, name) in units {
        if magnitude >= *from {
            let unit = if *name == "K" { 1_000 } else { *from };
            let tenths = magnitude / (unit / 10);
            return if tenths >= 1_000 || tenths.is_multiple_of(10) {
                format!("{sign}{}{name}", tenths / 10)
            } else {
                format!("{sign}{}.{}{name}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{sign}{}", grouped(magnitude))
}

/// A number with groups of three: `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// How long ago, in words; after a week the date. A moment in the future counts as now.
pub fn ago(t: &Texts, at: Timestamp) -> String {
    let passed = t.now().as_millis().saturating_sub(at.as_millis());
    match passed {
        i64::MIN..MINUTE => t.s("web-ago-now").into_owned(),
        MINUTE..HOUR => t.f("web-ago-minutes", &[("n", (passed / MINUTE).into())]),
        HOUR..DAY => t.f("web-ago-hours", &[("n", (passed / HOUR).into())]),
        _ if passed < 2 * DAY => t.s("web-ago-yesterday").into_owned(),
        _ if passed < 7 * DAY => t.f("web-ago-days", &[("n", (passed / DAY).into())]),
        _ => date(at, t.lang()),
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The date, UTC.
pub fn date(at: Timestamp, lang: Lang) -> String {
    let d = at.to_datetime();
    match lang {
        Lang::En => format!("{} {} {}", d.day(), MONTHS[usize::from(u8::from(d.month())) - 1], d.year()),
        Lang::ZhHans | Lang::ZhHant => format!("{:04}-{:02}-{:02}", d.year(), u8::from(d.month()), d.day()),
    }
}

/// Date and time to the minute, UTC.
pub fn date_time(at: Timestamp, lang: Lang) -> String {
    let d = at.to_datetime();
    format!("{} {:02}:{:02} UTC", date(at, lang), d.hour(), d.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_in_each_language() {
        let cases = [
            (0, "0", "0"),
            (999, "999", "999"),
            (9_999, "9,999", "9,999"),
            (12_345, "1.2 万", "12.3K"),
            (20_000, "2 万", "20K"),
            (1_234_567, "123 万", "1.2M"),
            (250_000_000, "2.5 亿", "250M"),
            (-15_000, "−1.5 万", "−15K"),
        ];
        for (n, zh, en) in cases {
            assert_eq!(short(n, Lang::ZhHans), zh);
            assert_eq!(short(n, Lang::En), en);
        }
        assert_eq!(short(12_345, Lang::ZhHant), "1.2 萬");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn dates_follow_the_language() {
        let at = Timestamp::parse_rfc3339("2026-11-03T08:05:09Z").expect("a moment");
        assert_eq!(date(at, Lang::ZhHans), "2026-11-03");
        assert_eq!(date(at, Lang::En), "3 Nov 2026");
        assert_eq!(date_time(at, Lang::ZhHant), "2026-11-03 08:05 UTC");
    }
}

//! What is looked at in a text: its words by hashed n-grams, and a few plain numbers.

use std::collections::HashSet;

use xinghe_text::norm::{fold_str, is_han};

/// Buckets that n-grams are hashed into.
const BUCKETS: u32 = 1 << 12;

/// The numbers beside the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// Always 1.
    Bias,
    Links,
    LinkShare,
    Hosts,
    Pictures,
    Shouting,
    Tiny,
    Short,
    Length,
    Code,
    Contact,
    Runs,
    Repeats,
}

impl Number {
    const ALL: [Self; 13] = [
        Self::Bias,
        Self::Links,
        Self::LinkShare,
        Self::Hosts,
        Self::Pictures,
        Self::Shouting,
        Self::Tiny,
        Self::Short,
        Self::Length,
        Self::Code,
        Self::Contact,
        Self::Runs,
        Self::Repeats,
    ];

    /// The key of the words that name it as a reason; numbers that mean nothing to a reader have none.
    pub(crate) const fn key(self) -> Option<&'static str> {
        match self {
            Self::Bias | Self::Length | Self::Code => None,
            Self::Links => Some("moderation-why-links"),
            Self::LinkShare => Some("moderation-why-link-share"),
            Self::Hosts => Some("moderation-why-hosts"),
            Self::Pictures => Some("moderation-why-pictures"),
            Self::Shouting => Some("moderation-why-shouting"),
            Self::Tiny | Self::Short => Some("moderation-why-short"),
            Self::Contact => Some("moderation-why-contact"),
            Self::Runs => Some("moderation-why-runs"),
            Self::Repeats => Some("moderation-why-repeats"),
        }
    }
}

/// How many weights a model has.
pub(crate) const WEIGHTS: usize = BUCKETS as usize + Number::ALL.len();

/// Where a feature comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// These letters or words stand in the text.
    Term(String),
    /// A number.
    Number(Number),
}

/// One feature of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Feature {
    /// Its place among the weights.
    pub at: u32,
    /// Its value.
    pub value: f32,
    /// Where it comes from.
    pub from: Source,
}

/// What a text holds that matters beyond its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Outward {
    /// Links to other hosts.
    pub links: usize,
    /// Pictures.
    pub pictures: usize,
}

/// FNV-1a, which stays the same from version to version: kept weights depend on it.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// The hosts of the links of a Markdown text other than this place's own, one for each link, and how many characters
/// the links take.
fn hosts(body: &str, own: &str) -> (Vec<String>, usize) {
    let mut all = vec![];
    let mut letters = 0;
    let mut rest = body;
    while let Some(at) = rest.find("://") {
        let scheme = rest[..at].ends_with("http") || rest[..at].ends_with("https");
        let after = &rest[at + 3..];
        let stop = |c: char| c.is_whitespace() || "<>\"'()[]，。；！？、）】".contains(c);
        let address = &after[..after.find(stop).unwrap_or(after.len())];
        let host = address.split(['/', '?', '#', ':']).next().unwrap_or_default().to_lowercase();
        if scheme && !host.is_empty() && host != own {
            letters += address.chars().count() + 7;
            all.push(host);
        }
        rest = after;
    }
    (all, letters)
}

/// Links to other hosts and pictures of a text.
pub(crate) fn outward(body: &str, own: &str) -> Outward {
    let pictures = body.matches("![").count() + body.matches("<img").count();
    Outward { links: hosts(body, own).0.len(), pictures }
}

/// A text without the addresses in it: they are looked at as links, and their letters are no words.
fn without_addresses(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let before = rest[..at].trim_end_matches(|c: char| c.is_ascii_alphabetic());
        kept.push_str(before);
        kept.push(' ');
        let stop = |c: char| c.is_whitespace() || !c.is_ascii() || "<>\"'()[]".contains(c);
        let after = &rest[at + 3..];
        rest = &after[after.find(stop).unwrap_or(after.len())..];
    }
    kept + rest
}

/// Runs of Han characters and words of other letters, in order, folded.
fn pieces(folded: &str) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    let mut kind = ' ';
    for c in folded.chars() {
        let now = if is_han(c) {
            'h'
        } else if c.is_ascii_digit() {
            'd'
        } else if c.is_alphabetic() {
            'w'
        } else {
            ' '
        };
        if now != ' ' && now == kind {
            if let Some(last) = all.last_mut() {
                last.push(c);
            }
        } else if now != ' ' {
            all.push(c.to_string());
        }
        kind = now;
    }
    all
}

/// The n-grams of a text: one, two and three Han characters, words and pairs of words; digits only as such.
fn terms(folded: &str) -> Vec<String> {
    let mut all = vec![];
    let mut before: Option<String> = None;
    for piece in pieces(folded) {
        let letters: Vec<char> = piece.chars().collect();
        if letters.first().is_some_and(|c| is_han(*c)) {
            before = None;
            for n in 1..=3 {
                all.extend(letters.windows(n).map(String::from_iter));
            }
            continue;
        }
        // A number says something by being there, not by its digits.
        let word = if letters.first().is_some_and(char::is_ascii_digit) { "0".to_owned() } else { piece };
        if let Some(before) = before.replace(word.clone()) {
            all.push(format!("{before} {word}"));
        }
        all.push(word);
    }
    all
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// The longest run of one and the same character.
fn longest_run(text: &str) -> usize {
    let (mut last, mut run, mut longest) = ('\0', 0, 0);
    for c in text.chars().filter(|c| !c.is_whitespace() && !"-=#`*_.|~".contains(*c)) {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        longest = longest.max(run);
    }
    longest
}

/// Whether something stands there by which strangers are to get in touch: a long number behind a word for it.
fn contact(folded: &str) -> bool {
    let long = pieces(folded).iter().any(|p| p.len() >= 8 && p.bytes().all(|b| b.is_ascii_digit()));
    let words =
        ["微信", "加 qq", "加qq", "qq:", "qq：", "电话", "電話", "telegram", "whatsapp", "t.me/", "phone number"];
    let word = words.iter().any(|w| folded.contains(w));
    word || (long && folded.contains("+1-")) || folded.contains("扫码")
}

/// All features of a text; links to `own` are no links.
pub(crate) fn features(title: &str, body: &str, own: &str) -> Vec<Feature> {
    let whole = if title.is_empty() { body.to_owned() } else { format!("{title}\n{body}") };
    let folded = fold_str(&without_addresses(&xinghe_text::plain(&whole)));
    let terms = terms(&folded);
    let count = terms.len();
    let letters = folded.chars().filter(|c| !c.is_whitespace()).count();
    let (links, linked) = hosts(&whole, own);
    let different = links.iter().collect::<HashSet<_>>().len();
    let loud = whole.chars().filter(|c| matches!(c, '!' | '！')).count();
    let upper = whole.chars().filter(char::is_ascii_uppercase).count();
    let latin = whole.chars().filter(char::is_ascii_alphabetic).count();
    let known = terms.iter().collect::<HashSet<_>>().len();
    let capped = |n: usize, most: usize| n.min(most) as f32 / most as f32;
    let value = |number| match number {
        Number::Bias => 1.0,
        Number::Links => capped(links.len(), 4),
        Number::LinkShare => share(linked, letters.max(linked)),
        Number::Hosts => capped(different.saturating_sub(1), 2),
        Number::Pictures => capped(outward(&whole, own).pictures, 4),
        Number::Shouting => capped(loud, 3) + if latin > 12 && upper * 2 > latin { 1.0 } else { 0.0 },
        Number::Tiny => f32::from(u8::from(letters <= 8)),
        Number::Short => f32::from(u8::from(letters <= 24)),
        Number::Length => (letters as f32).ln_1p() / 8.0,
        Number::Code => f32::from(u8::from(whole.contains('`'))),
        Number::Contact => f32::from(u8::from(contact(&folded))),
        Number::Runs => f32::from(u8::from(longest_run(&folded) >= 4)),
        Number::Repeats if count < 4 => 0.0,
        Number::Repeats => 1.0 - share(known, count),
    };
    let mut seen = HashSet::new();
    let mut all = vec![];
    for term in terms {
        if seen.insert(term.clone()) {
            let at = u32::try_from(hash(&term) % u64::from(BUCKETS)).unwrap_or_default();
            all.push(Feature { at, value: 1.0, from: Source::Term(term) });
        }
    }
    // A long text has many words, and is not more of anything by that.
    let norm = (all.len().max(1) as f32).sqrt();
    for feature in &mut all {
        feature.value = 2.0 / norm;
    }
    for (place, number) in Number::ALL.into_iter().enumerate() {
        let value = value(number);
        if value != 0.0 {
            let at = BUCKETS + u32::try_from(place).unwrap_or_default();
            all.push(Feature { at, value, from: Source::Number(number) });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_other_hosts_count() {
        let body = "看 https://xinghe.test/posts/1 和 [这里](https://bad.example/a?b) ![x](https://bad.example/p.png)";
        assert_eq!(outward(body, "xinghe.test"), Outward { links: 2, pictures: 1 });
        assert_eq!(outward("没有链接 ://x", "xinghe.test"), Outward::default());
    }

    #[test]
    fn addresses_are_no_words() {
        assert_eq!(without_addresses("看 http://a.example/x?y=1，再看 (https://b.example) 吧"), "看  ，再看 ( ) 吧");
    }

    #[test]
    fn words_and_characters_are_terms() {
        let all = terms("加微信 buy cheap 12345");
        for term in ["加", "微信", "加微信", "buy", "buy cheap", "cheap 0", "0"] {
            assert!(all.iter().any(|t| t == term), "{term} in {all:?}");
        }
    }

    #[test]
    fn an_empty_text_has_only_what_is_always_there() {
        let all = features("", "", "");
        assert!(all.iter().all(|f| matches!(f.from, Source::Number(_))), "{all:?}");
        assert!(contact("加微信 abc") && !contact("端口 5432 被占用"));
    }
}

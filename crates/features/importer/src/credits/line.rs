//! One credit line: its labels and what stands behind each of them.

use std::sync::LazyLock;

use regex::Regex;
use xinghe_core::CreditRole;

use super::labels::{Kind, LABELLED, kind_of};
use super::{Credits, re};
use crate::people::{self, References};

static LINK_ONLY: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"^(?:\[([^\[\]]*)\](?:\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?[^()]*\)|\[([^\[\]]*)\])?|<?(https?://[^\s<>]+)>?)$",
    )
});
static ANY_URL: LazyLock<Regex> =
    LazyLock::new(|| re(r"\]\(\s*<?(https?://[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)|(https?://[^\s<>)）\]，。]+)"));
/// `作者 [name](url) …`, with no colon.
static AUTHOR_LINK: LazyLock<Regex> = LazyLock::new(|| re(r"^(?:本文)?作者\s*(\[[^\[\]]+\]\([^()]+\))"));
/// A line that is nothing but a label and a link, with no colon between them: `原文 [title](https://…)`.
static LABEL_LINK: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)^((?:英文|日文)?原文(?:链接|連結|地址|网址|標題|标题|出处|出處)?|原帖|译自|譯自|翻译自|翻譯自|translated from|original(?: article| post| link| url| source)?|via|首发于|首發於|转载自|轉載自)\s*(\[[^\[\]]*\]\(\s*https?://[^()\s]*(?:\([^()\s]*\)[^()\s]*)*[^()]*\)|<?https?://[^\s<>]+>?)\s*[。.]?$",
    )
});
/// A line that is nothing but a link called 原文.
static ORIGINAL_LINK: LazyLock<Regex> = LazyLock::new(|| {
    re(r"(?i)^\[(?:英文)?(?:原文|原文链接|原文地址|original(?: article| post)?)\]\((https?://[^()\s]+)\)\s*/?$")
});
static BOLD_LABEL: LazyLock<Regex> = LazyLock::new(|| re(r"\*\*([^*]{1,24})\*\*"));
static HTML_NOISE: LazyLock<Regex> =
    LazyLock::new(|| re(r"(?i)</?(?:br|font|center|p|small|span|em|strong|b|i)(?:\s[^>]*)?/?>"));

/// What one line says.
pub(super) struct Line {
    pub credits: Credits,
    /// Whether all of the line was understood.
    pub whole: bool,
    /// A label such as `原文：` with nothing after it: its address may be on the next line.
    pub awaits_address: bool,
}

impl Line {
    fn new(credits: Credits, whole: bool) -> Self {
        Self { credits, whole, awaits_address: false }
    }
}

/// Reads one line; `None` when it is not a credit line.
pub(super) fn read_line(line: &str, refs: &References) -> Option<Line> {
    if line.len() > 1200 {
        return None;
    }
    let bare = HTML_NOISE.replace_all(line, "");
    // `**作者**：name` and `**作者：**name`.
    let bare = BOLD_LABEL.replace_all(&bare, |c: &regex::Captures<'_>| {
        let label = c[1].trim().trim_end_matches([':', '：']);
        if kind_of(label).is_some() { c[1].to_owned() } else { c[0].to_owned() }
    });
    let bare = undecorate(&bare);
    if let Some(c) = ORIGINAL_LINK.captures(bare) {
        let credits = Credits { original: Some(c[1].to_owned()), ..Credits::default() };
        return Some(Line::new(credits, true));
    }
    if let Some(c) = LABEL_LINK.captures(bare) {
        let (words, value) = (c[1].to_owned(), c[2].to_owned());
        let mut line = Line::new(Credits::default(), true);
        read_value(&words, &value, refs, &mut line);
        return Some(line);
    }
    if let Some(c) = AUTHOR_LINK.captures(bare) {
        let found = people::parse(&c[1], refs);
        let credits = Credits {
            people: found.names.into_iter().map(|p| (CreditRole::Author, p)).collect(),
            ..Credits::default()
        };
        return Some(Line::new(credits, c[0].len() == bare.len()));
    }
    let labels = labels_of(bare);
    if labels.first().is_none_or(|(start, ..)| *start > 0) {
        return None;
    }
    let mut line = Line::new(Credits::default(), true);
    for (i, (_, value_at, words)) in labels.iter().enumerate() {
        let end = labels.get(i + 1).map_or(bare.len(), |(next, ..)| *next);
        read_value(words, tidy_value(&bare[*value_at..end]), refs, &mut line);
    }
    let nothing = line.credits == Credits::default();
    // `译者：` with nobody after it says nothing and goes; a label with words that are no credit is prose.
    (!nothing || line.whole || line.awaits_address).then_some(line)
}

/// The labels of a line outside link texts: where each begins, where its value begins, its words.
fn labels_of(line: &str) -> Vec<(usize, usize, String)> {
    LABELLED
        .captures_iter(line)
        .filter_map(|c| {
            let whole = c.get(0)?;
            let before = &line[..whole.start()];
            let inside_link = before.matches('[').count() > before.matches(']').count();
            let free = before.trim_end().is_empty()
                || before.ends_with([
                    '/', '／', '|', '｜', '丨', '·', ',', '，', ';', '；', '、', '（', '(', '*', ')', '）',
                ])
                || before.ends_with(char::is_whitespace);
            (free && !inside_link).then(|| (whole.start(), whole.end(), c[1].to_owned()))
        })
        .collect()
}

fn read_value(words: &str, value: &str, refs: &References, line: &mut Line) {
    let kinds: Vec<Kind> = words.split(['/', '／', '&', '、', '和', '与', '及', '+']).filter_map(kind_of).collect();
    // An address is not a person, whatever the label.
    let address_only = LINK_ONLY.captures(value).and_then(|c| c.get(4)).is_some();
    for kind in kinds {
        match kind {
            Kind::Person(role) => {
                if value.is_empty() {
                    continue;
                }
                let found = people::parse(value, refs);
                line.whole &= found.complete && !address_only;
                line.credits.translated |= role == CreditRole::Translator;
                line.credits.people.extend(found.names.into_iter().map(|p| (role, p)));
            }
            Kind::Original | Kind::ForeignOriginal | Kind::FirstPublished => {
                let (url, whole) = address(value, refs);
                line.whole &= whole;
                line.awaits_address |= value.is_empty() && kind != Kind::FirstPublished;
                if url.is_none() {
                    continue;
                }
                if kind == Kind::FirstPublished {
                    line.credits.first_published = url;
                } else {
                    line.credits.translated |= kind == Kind::ForeignOriginal;
                    line.credits.original = url;
                }
            }
        }
    }
}

/// The address in a value, and whether the value is nothing else.
pub(super) fn address(value: &str, refs: &References) -> (Option<String>, bool) {
    if let Some(c) = LINK_ONLY.captures(value) {
        let direct = c.get(2).or_else(|| c.get(4)).map(|m| m.as_str().to_owned());
        let label = c.get(1).map(|m| m.as_str().trim().to_owned());
        let referenced = || {
            let key = c.get(3).map(|m| m.as_str()).filter(|k| !k.is_empty()).or(label.as_deref())?;
            refs.get(&key.to_lowercase()).cloned()
        };
        let url = direct.or_else(referenced).filter(|u| u.starts_with("http")).map(|u| u.trim().to_owned());
        let whole = url.is_some();
        return (url, whole);
    }
    let url = ANY_URL.captures(value).and_then(|c| c.get(1).or_else(|| c.get(2))).map(|m| m.as_str().to_owned());
    (url, false)
}

/// Takes quote marks, list marks and emphasis off a line.
pub(super) fn undecorate(line: &str) -> &str {
    let mut line = line.trim().trim_start_matches(['\u{2063}', '\u{200b}', '\u{feff}']);
    loop {
        let before = line;
        line = line.trim_start_matches('>').trim_start();
        for mark in ["- ", "* ", "+ ", "•"] {
            line = line.strip_prefix(mark).unwrap_or(line).trim_start();
        }
        if line == before {
            break;
        }
    }
    line = line.trim_end_matches('\\').trim();
    for wrap in ["**", "__", "*", "_"] {
        if let Some(inner) = line.strip_prefix(wrap).and_then(|l| l.strip_suffix(wrap))
            && !inner.contains(wrap)
        {
            line = inner.trim();
        }
    }
    for (open, close) in [('（', '）'), ('(', ')'), ('【', '】')] {
        if let Some(inner) = line.strip_prefix(open).and_then(|l| l.strip_suffix(close)) {
            line = inner.trim();
        }
    }
    line
}

fn tidy_value(value: &str) -> &str {
    let value = value.trim().trim_start_matches("**").trim();
    const SEPARATORS: [char; 12] = ['/', '／', '|', '｜', '丨', ';', '；', ',', '，', '、', ' ', '\t'];
    let trimmed = value.trim_end_matches(SEPARATORS);
    // The slash at the end of an address belongs to it.
    let last = trimmed.rsplit(char::is_whitespace).next().unwrap_or(trimmed);
    let bare_address = last.starts_with("http") && value.get(trimmed.len()..).is_some_and(|r| r.starts_with('/'));
    let value = if bare_address { value.get(..=trimmed.len()).unwrap_or(trimmed) } else { trimmed };
    // A bracket that opens before the next label belongs to that label.
    value.trim_end_matches(['（', '(']).trim()
}

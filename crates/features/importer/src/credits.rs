//! Credit lines: `作者：张三 / 后期编辑：李四`, `> 原文：[title](url)`, `via: https://…`, `校对：[name](url)`.
//!
//! They are looked for in two places only, before the first section and after the last thematic break (or at the very
//! end): anywhere else such a line speaks of something other than the page. A line leaves the text when all of it was
//! understood, because it is shown as credits; a line that says more (`作者：张三，某公司工程师，…`) gives its names and stays.

use std::sync::LazyLock;

use regex::Regex;
use xinghe_core::CreditRole;

use crate::model::Person;
use crate::people::{self, References};

/// What a page's credit lines say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credits {
    /// Who, in the order found.
    pub people: Vec<(CreditRole, Person)>,
    /// The address behind `原文`, `via` and the like.
    pub original: Option<String>,
    /// The address where this very text first appeared: `首发于`, `转载自`.
    pub first_published: Option<String>,
    /// Whether a label says that there is an original in another language.
    pub translated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person(CreditRole),
    Original,
    ForeignOriginal,
    FirstPublished,
}

const AUTHOR: Kind = Kind::Person(CreditRole::Author);
const TRANSLATOR: Kind = Kind::Person(CreditRole::Translator);
const REVIEWER: Kind = Kind::Person(CreditRole::Reviewer);
const EDITOR: Kind = Kind::Person(CreditRole::Editor);

/// Every label that is understood. Traditional forms stand beside Simplified ones where they differ.
const LABELS: &[(Kind, &[&str])] = &[
    (
        AUTHOR,
        &[
            "原文作者",
            "本文作者",
            "文章作者",
            "原作者",
            "作者",
            "撰文",
            "撰稿人",
            "撰稿",
            "讲师",
            "講師",
            "主讲人",
            "主講人",
            "演讲者",
            "分享者",
            "分享人",
            "author",
            "authors",
            "written by",
            "original author",
            "posted by",
            "speaker",
        ],
    ),
    (
        TRANSLATOR,
        &[
            "译文作者",
            "本文译者",
            "翻译者",
            "译者",
            "翻译",
            "譯者",
            "翻譯",
            "译",
            "譯",
            "translator",
            "translators",
            "translated by",
            "translation by",
            "translation",
        ],
    ),
    (
        REVIEWER,
        &[
            "校对者",
            "校对",
            "校對者",
            "校對",
            "审校者",
            "审校",
            "審校",
            "审阅",
            "審閱",
            "审核",
            "校审",
            "校稿",
            "后期编辑",
            "後期編輯",
            "后期整理",
            "后期",
            "reviewer",
            "reviewers",
            "reviewed by",
            "proofreader",
            "proofread by",
            "proofreading",
        ],
    ),
    (
        EDITOR,
        &[
            "责任编辑",
            "責任編輯",
            "责编",
            "专题编辑",
            "编辑整理",
            "编辑",
            "編輯",
            "选题",
            "選題",
            "整理",
            "策划",
            "策劃",
            "editor",
            "editors",
            "edited by",
            "collector",
        ],
    ),
    (
        Kind::ForeignOriginal,
        &["英文原文", "日文原文", "译自", "譯自", "翻译自", "翻譯自", "translated from", "original article", "via"],
    ),
    (
        Kind::Original,
        &[
            "原文链接",
            "原文連結",
            "原文地址",
            "原文网址",
            "原文標題",
            "原文标题",
            "阅读原文",
            "原文",
            "原帖",
            "original",
            "original post",
            "original url",
            "original link",
        ],
    ),
    (
        Kind::FirstPublished,
        &[
            "本文首发于",
            "首发于",
            "首发地址",
            "首发",
            "首發於",
            "本文永久链接",
            "原博客地址",
            "永久链接",
            "原载于",
            "原载",
            "原載於",
            "译文转载自",
            "转载自",
            "轉載自",
            "本文转载自",
            "first published at",
            "first published on",
            "originally published at",
            "originally published on",
            "originally published in",
        ],
    ),
];

/// One or more labels and the colon after them: `翻译/编辑：`.
static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    let mut all: Vec<&str> = LABELS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
    // The longest first, since alternation takes the first that fits.
    all.sort_by_key(|w| std::cmp::Reverse(w.len()));
    let one = all.iter().map(|w| regex::escape(w).replace("\\ ", " ")).collect::<Vec<_>>().join("|");
    re(&format!(r"(?i)((?:{one})(?:\s*(?:/|／|&|、|和|与|及|\+)\s*(?:{one}))*)\s*(?:[:：]|\s[|｜丨]\s|[｜丨])\s*"))
});
static LINK_ONLY: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"^(?:\[([^\[\]]*)\](?:\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?[^()]*\)|\[([^\[\]]*)\])?|<?(https?://[^\s<>]+)>?)$",
    )
});
static ANY_URL: LazyLock<Regex> =
    LazyLock::new(|| re(r"\]\(\s*<?(https?://[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)|(https?://[^\s<>)）\]，。]+)"));
/// `作者 [name](url) …`, with no colon.
static AUTHOR_LINK: LazyLock<Regex> = LazyLock::new(|| re(r"^(?:本文)?作者\s*(\[[^\[\]]+\]\([^()]+\))"));
/// A line that is nothing but a link called 原文.
static ORIGINAL_LINK: LazyLock<Regex> = LazyLock::new(|| {
    re(r"(?i)^\[(?:英文)?(?:原文|原文链接|原文地址|original(?: article| post)?)\]\((https?://[^()\s]+)\)\s*/?$")
});
static BOLD_LABEL: LazyLock<Regex> = LazyLock::new(|| re(r"\*\*([^*]{1,24})\*\*"));
static HTML_NOISE: LazyLock<Regex> =
    LazyLock::new(|| re(r"(?i)</?(?:br|font|center|p|small|span|em|strong|b|i)(?:\s[^>]*)?/?>"));
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| re(r"^ {0,3}\[([^\]^]+)\]:\s*<?(\S+?)>?(?:\s+.*)?$"));

fn re(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

fn kind_of(label: &str) -> Option<Kind> {
    let label = label.trim().to_lowercase();
    LABELS.iter().find(|(_, words)| words.contains(&label.as_str())).map(|(kind, _)| *kind)
}

/// The reference definitions of a page.
pub fn references(body: &str) -> References {
    body.lines().filter_map(|l| REFERENCE.captures(l)).map(|c| (c[1].to_lowercase(), c[2].to_owned())).collect()
}

struct Line {
    credits: Credits,
    whole: bool,
    /// A label such as `原文：` with nothing after it: its address may be on the next line.
    awaits_address: bool,
}

impl Line {
    fn new(credits: Credits, whole: bool) -> Self {
        Self { credits, whole, awaits_address: false }
    }
}

/// Reads one line; `None` when it is not a credit line.
fn read_line(line: &str, refs: &References) -> Option<Line> {
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
fn address(value: &str, refs: &References) -> (Option<String>, bool) {
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
fn undecorate(line: &str) -> &str {
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

/// Takes the credit lines out of a page's text.
///
/// Gives what they say and the text without those that were understood as a whole.
pub fn take(body: &str) -> (Credits, String) {
    let refs = references(body);
    let lines: Vec<&str> = body.lines().collect();
    let code = code_mask(&lines);
    let mut credits = Credits::default();
    let mut gone = vec![false; lines.len()];
    let head_end = header_end(&lines, &code);
    let tail_start = trailer_start(&lines, &code, &refs).max(head_end);
    let mut continues = false;
    for i in (0..head_end).chain(tail_start..lines.len()) {
        if code[i] || lines[i].trim().is_empty() {
            continue;
        }
        if let Some(line) = read_line(lines[i], &refs) {
            gone[i] = line.whole;
            continues = line.awaits_address && credits.original.is_none();
            merge(&mut credits, line.credits);
        } else if continues {
            // `原文：` alone, its address on the next line.
            let (url, _) = address(undecorate(lines[i]), &refs);
            credits.original = credits.original.or(url);
            continues = false;
        }
    }
    remove_frames(&lines, &mut gone, head_end, tail_start);
    let kept: Vec<&str> = lines.iter().zip(&gone).filter(|(_, g)| !**g).map(|(l, _)| *l).collect();
    (credits, kept.join("\n").trim_matches('\n').to_owned())
}

fn merge(into: &mut Credits, from: Credits) {
    for (role, person) in from.people {
        if !into.people.iter().any(|(r, p)| *r == role && p.key() == person.key()) {
            into.people.push((role, person));
        }
    }
    into.translated |= from.translated;
    into.original = into.original.take().or(from.original);
    into.first_published = into.first_published.take().or(from.first_published);
}

/// Which lines are inside fenced code.
pub fn code_mask(lines: &[&str]) -> Vec<bool> {
    let mut fence: Option<(char, usize)> = None;
    lines
        .iter()
        .map(|line| {
            let trimmed = line.trim_start_matches(['>', ' ']);
            let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'));
            let length = mark.map_or(0, |m| trimmed.chars().take_while(|c| *c == m).count());
            match (fence, mark) {
                (None, Some(m)) if length >= 3 => {
                    fence = Some((m, length));
                    true
                }
                (Some((m, n)), Some(found)) if found == m && length >= n && trimmed[length..].trim().is_empty() => {
                    fence = None;
                    true
                }
                (open, _) => open.is_some(),
            }
        })
        .collect()
}

/// Where the lines before the first section end: at a heading, at code, or after a screenful.
fn header_end(lines: &[&str], code: &[bool]) -> usize {
    let mut seen = 0;
    for (i, line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        if code[i] || (trimmed.starts_with('#') && trimmed.trim_start_matches('#').starts_with(' ')) || seen >= 16 {
            return i;
        }
        if !trimmed.is_empty() {
            seen += 1;
        }
    }
    lines.len()
}

/// Where the lines after the last thematic break begin, if only few follow; else where the run of credit lines that
/// ends the page begins.
fn trailer_start(lines: &[&str], code: &[bool], refs: &References) -> usize {
    let filled = |from: usize| lines[from..].iter().filter(|l| !l.trim().is_empty() && !REFERENCE.is_match(l)).count();
    let last_break = (0..lines.len()).rev().find(|i| !code[*i] && is_break(lines[*i]));
    if let Some(at) = last_break
        && filled(at + 1) <= 16
    {
        return at + 1;
    }
    let mut start = lines.len();
    for i in (0..lines.len()).rev() {
        let quiet = lines[i].trim().is_empty() || REFERENCE.is_match(lines[i]);
        if code[i] || !(quiet || read_line(lines[i], refs).is_some_and(|l| l.whole)) {
            break;
        }
        start = i;
    }
    start
}

/// Whether a line is a thematic break.
pub fn is_break(line: &str) -> bool {
    let line = line.trim();
    let mark = line.chars().next().unwrap_or(' ');
    matches!(mark, '-' | '*' | '_' | '—')
        && line.chars().filter(|c| *c == mark).count() >= 3
        && line.chars().all(|c| c == mark || c == ' ')
}

/// Removes what only framed removed lines: empty quote lines beside them and the break that set them off.
fn remove_frames(lines: &[&str], gone: &mut [bool], head_end: usize, tail_start: usize) {
    let quote = |i: usize| lines[i].trim_start().starts_with('>');
    for i in 0..lines.len() {
        if lines[i].trim() != ">" && !(quote(i) && lines[i].trim_start_matches(['>', ' ', '\u{2063}']).is_empty()) {
            continue;
        }
        let before = (0..i).rev().find(|j| !gone[*j]).is_some_and(quote);
        let next = (i + 1..lines.len()).find(|j| !gone[*j]).is_some_and(quote);
        let beside = (i > 0 && gone[i - 1]) || (i + 1 < lines.len() && gone[i + 1]);
        if beside && !(before && next) {
            gone[i] = true;
        }
    }
    if gone[..head_end].iter().any(|g| *g) {
        let first = (0..lines.len()).find(|i| !gone[*i] && !lines[*i].trim().is_empty());
        if let Some(i) = first
            && is_break(lines[i])
        {
            gone[i] = true;
        }
    }
    let rest_is_gone =
        (tail_start..lines.len()).all(|i| gone[i] || lines[i].trim().is_empty() || REFERENCE.is_match(lines[i]));
    if tail_start > 0 && tail_start < lines.len() && rest_is_gone && is_break(lines[tail_start - 1]) {
        gone[tail_start - 1] = true;
    }
}

#[cfg(test)]
#[path = "credits_tests.rs"]
mod tests;

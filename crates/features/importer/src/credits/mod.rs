//! Credit lines: `作者：张三 / 后期编辑：李四`, `> 原文：[title](url)`, `via: https://…`, `校对：[name](url)`.
//!
//! They are looked for in two places only, before the first section and after the last thematic break (or at the very
//! end): anywhere else such a line speaks of something other than the page. A line leaves the text when all of it was
//! understood, because it is shown as credits; a line that says more (`作者：张三，某公司工程师，…`) gives its names and stays.

mod labels;
mod line;

use std::sync::LazyLock;

use regex::Regex;
use xinghe_core::CreditRole;

use self::line::{address, read_line, undecorate};
use crate::licence;
use crate::model::Person;
use crate::people::References;

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

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| re(r"^ {0,3}\[([^\]^]+)\]:\s*<?(\S+?)>?(?:\s+.*)?$"));

fn re(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// The reference definitions of a page.
pub fn references(body: &str) -> References {
    body.lines().filter_map(|l| REFERENCE.captures(l)).map(|c| (c[1].to_lowercase(), c[2].to_owned())).collect()
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
        let quiet = lines[i].trim().is_empty() || REFERENCE.is_match(lines[i]) || licence::of_line(lines[i]).is_some();
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
mod tests;

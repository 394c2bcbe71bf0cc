//! Names out of text: `[name](url) 和 另一位（单位）`, `A, B, and C on behalf of D`, `Jane <jane@example.org>`.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Draft, Person};

/// The targets of a page's reference definitions, by label in lower case.
pub type References = HashMap<String, String>;

/// Names read from a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// Who, in order.
    pub names: Vec<Person>,
    /// Whether nothing but names was there, so that the text says no more than the names do.
    pub complete: bool,
}

static LINK: LazyLock<Regex> = LazyLock::new(|| re(r"\[([^\[\]]*)\](?:\(([^()\s]*)[^()]*\)|\[([^\[\]]*)\])?"));
static BOLD_FIRST: LazyLock<Regex> = LazyLock::new(|| re(r"^\s*\*\*\s*([^*]+?)\s*\*\*\s*(.*)$"));
static BEHALF: LazyLock<Regex> = LazyLock::new(|| {
    re(r"(?i)[\s,，]*\b(?:on behalf of|in partnership with|in collaboration with|writing for|writing on behalf)\b.*$")
});
static AND: LazyLock<Regex> = LazyLock::new(|| re(r"(?i)\s+(?:and|&|和|与|以及|及)\s+"));
static MAIL: LazyLock<Regex> = LazyLock::new(|| re(r"\s*[<(（]\s*[^<>()\s@]+@[^<>()\s@]+\s*[>)）]"));
static BARE_URL: LazyLock<Regex> = LazyLock::new(|| re(r"https?://[^\s)）>，。]+"));
/// Words at the end of a piece that says what someone is, not who.
static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)(?:工程师|工程師|维护者|開發者|开发者|架构师|架構師|创始人|創始人|爱好者|愛好者|作者|译者|成员|成員|负责人|研究员|博士|教授|maintainer|engineer|developer|founder|architect|contributor)[。.]?$|^(?:the )?(?:\w+ )?(?:director|lead|manager|head|chief|president|member|ceo|cto)\b",
    )
});

fn re(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// Reads a list of people as one writes it in prose or in front matter.
pub fn parse(text: &str, references: &References) -> People {
    let text = text.trim().trim_end_matches('\\').trim();
    if let Some(c) = BOLD_FIRST.captures(text)
        && !c[2].is_empty()
        && !c[2].starts_with(SEPARATORS)
        && !c[2].starts_with(['(', '（', '@'])
    {
        let names = person(&c[1], None).into_iter().collect();
        return People { names, complete: false };
    }
    let mut links: Vec<(String, Option<String>)> = Vec::new();
    let with_marks = LINK.replace_all(text, |c: &regex::Captures<'_>| {
        let label = c[1].to_owned();
        let url = c.get(2).map(|u| u.as_str().to_owned()).or_else(|| {
            let key = c.get(3).map(|r| r.as_str()).filter(|r| !r.is_empty()).unwrap_or(&label);
            references.get(&key.to_lowercase()).cloned()
        });
        links.push((label, url));
        mark(links.len() - 1).to_string()
    });
    // Addresses hold separators; they are set aside like links.
    let mut urls: Vec<String> = Vec::new();
    let with_marks = BARE_URL.replace_all(&with_marks, |c: &regex::Captures<'_>| {
        urls.push(c[0].to_owned());
        mark(URLS + urls.len() - 1).to_string()
    });
    let plain = with_marks.replace(['*', '`'], "");
    let plain = unwrap_parens(plain.trim());
    let shortened = BEHALF.replace(plain, "");
    // A sentence begins with a name and goes on about the person.
    let sentence = shortened.trim_end().ends_with(['。', '！']);
    let mut complete = !sentence;
    let mut names: Vec<Person> = Vec::new();
    for (i, piece) in pieces(&shortened).into_iter().enumerate().take(if sentence { 1 } else { usize::MAX }) {
        let piece = piece.trim();
        let piece = piece.strip_prefix("and ").or_else(|| piece.strip_prefix("和")).unwrap_or(piece).trim();
        if piece.is_empty() {
            continue;
        }
        let (found, whole) = one(piece, &links, &urls, i > 0);
        complete &= whole;
        for p in found {
            if !names.iter().any(|n| n.key() == p.key()) {
                names.push(p);
            }
        }
    }
    People { names, complete }
}

const SEPARATORS: [char; 9] = [',', '，', '、', ';', '；', '/', '／', '|', '｜'];
const MARKS: char = '\u{f0000}';
/// The marks from here on stand for addresses.
const URLS: usize = 0x800;

fn mark(i: usize) -> char {
    char::from_u32(MARKS as u32 + u32::try_from(i).unwrap_or(u32::MAX).min(0xfff)).unwrap_or(MARKS)
}

fn marked(c: char) -> Option<usize> {
    let i = (c as u32).checked_sub(MARKS as u32)?;
    (i <= 0xfff).then_some(i as usize)
}

/// `（甲、乙）` → `甲、乙`, only when the brackets hold everything.
fn unwrap_parens(text: &str) -> &str {
    for (open, close) in [('(', ')'), ('（', '）')] {
        if let Some(inner) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close))
            && !inner.contains([open, close])
        {
            return inner.trim();
        }
    }
    text
}

/// Splits at separators outside brackets.
fn pieces(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '（' | '<' => depth += 1,
            ')' | '）' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && SEPARATORS.contains(&c) {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.iter().flat_map(|p| AND.split(p).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The person in one piece, and whether the piece says no more than that.
fn one(piece: &str, links: &[(String, Option<String>)], urls: &[String], later: bool) -> (Vec<Person>, bool) {
    let (linked, addresses): (Vec<usize>, Vec<usize>) = piece.chars().filter_map(marked).partition(|i| *i < URLS);
    if linked.is_empty() {
        if TITLE.is_match(piece) && (later || !piece.contains(char::is_whitespace)) {
            return (Vec::new(), false);
        }
        if let Some(url) = addresses.first().and_then(|i| urls.get(i - URLS)) {
            let before: String = piece.chars().take_while(|c| marked(*c).is_none()).collect();
            let after: String = piece.chars().skip_while(|c| marked(*c).is_none()).skip(1).collect();
            let found = person(before.trim_end_matches(['(', '（', '<', ' ']), Some(url));
            let whole = found.is_some() && after.trim_matches([')', '）', '>', ' ']).is_empty();
            return (found.into_iter().collect(), whole);
        }
        // 「赖智超 - 架构师」: who, then what.
        if let Some((who, _)) = piece.split_once(" - ").or_else(|| piece.split_once(" — ")) {
            return (person(who, None).into_iter().collect(), false);
        }
        let found = person(piece, None);
        let whole = found.is_some();
        return (found.into_iter().collect(), whole);
    }
    let found: Vec<Person> =
        linked.iter().filter_map(|i| links.get(*i)).filter_map(|(label, url)| person(label, url.as_deref())).collect();
    let rest: String = piece.chars().filter(|c| marked(*c).is_none()).collect();
    let rest = rest.trim();
    let aside = (rest.starts_with(['(', '（']) && rest.ends_with([')', '）'])) || rest.starts_with('@');
    let whole = found.len() == linked.len() && (rest.is_empty() || aside);
    (found, whole)
}

/// A person of this name, unless it is not a name.
fn person(name: &str, url: Option<&str>) -> Option<Person> {
    let name = MAIL.replace_all(name, "");
    let name = name.trim().trim_matches(['*', '_', '`', '"', '“', '”', '：', ':', '-', '\u{200b}', '\u{2063}']).trim();
    let name = name.trim_end_matches(['。', '.', '　']).trim();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if !plausible(&name) {
        return None;
    }
    let url = url.map(str::trim).filter(|u| u.starts_with("http://") || u.starts_with("https://")).map(str::to_owned);
    Some(Person { name, url })
}

fn plausible(name: &str) -> bool {
    const NOT_IN_NAMES: [&str; 14] =
        ["本文", "原文", "转载", "轉載", "文章", "来自", "來自", "如何", "可以", "不是", "已经", "作者", "请", "欢迎"];
    let outside = name.split(['(', '（']).next().filter(|o| !o.trim().is_empty()).unwrap_or(name);
    let length = name.chars().count();
    let chinese = name.chars().filter(|c| matches!(*c, '\u{4e00}'..='\u{9fff}')).count();
    (1..=60).contains(&length)
        && chinese <= 24
        && name.split(' ').count() <= 8
        && name.chars().any(char::is_alphabetic)
        && !outside.contains(['。', '！', '？', '!', '?', '：', ':', '<', '>', '{', '}', '=', '\n', '[', ']', '|'])
        // In brackets it may say who the person is: `jackpot51(Redox作者)`.
        && !NOT_IN_NAMES.iter().any(|w| outside.contains(w))
}

/// What two writings of one name have in common: no aside in brackets, no `@somewhere`, no spaces beside Chinese,
/// lower case.
pub fn normal_name(name: &str) -> String {
    let cut = name.find(['(', '（', '@', '[']).filter(|at| *at > 0).unwrap_or(name.len());
    let kept = if name[..cut].trim().is_empty() { name } else { &name[..cut] };
    let chinese = kept.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    kept.chars().filter(|c| *c != '`' && !(chinese && c.is_whitespace())).collect::<String>().trim().to_lowercase()
}

/// Makes mentions of one person the same all over a source: a name without a link gets the profile that the same name
/// has elsewhere, if it has only one; a person is written as most pages write it.
pub fn unify(drafts: &mut [Draft]) {
    let mut profiles: HashMap<String, Option<String>> = HashMap::new();
    for (_, person) in drafts.iter().flat_map(|d| &d.credits).filter(|(_, p)| p.profile().is_some()) {
        let known = profiles.entry(normal_name(&person.name)).or_insert_with(|| person.url.clone());
        if known.as_ref().is_some_and(|k| Person { name: String::new(), url: Some(k.clone()) }.key() != person.key()) {
            *known = None;
        }
    }
    let mut writings: HashMap<String, HashMap<String, usize>> = HashMap::new();
    for (_, person) in drafts.iter_mut().flat_map(|d| &mut d.credits) {
        if person.url.is_none()
            && let Some(Some(url)) = profiles.get(&normal_name(&person.name))
        {
            person.url = Some(url.clone());
        }
        *writings.entry(person.key()).or_default().entry(person.name.clone()).or_default() += 1;
    }
    for (_, person) in drafts.iter_mut().flat_map(|d| &mut d.credits) {
        let best =
            writings.get(&person.key()).and_then(|w| w.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0))));
        if let Some((name, _)) = best {
            person.name.clone_from(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> (Vec<String>, bool) {
        let found = parse(text, &References::new());
        (found.names.into_iter().map(|p| p.name).collect(), found.complete)
    }

    #[test]
    fn lists_of_names_are_split() {
        for (text, want) in [
            ("Brian Anderson, David Tolnay, and Aaron Turon", vec!["Brian Anderson", "David Tolnay", "Aaron Turon"]),
            ("Niko Matsakis and Tyler Mandry", vec!["Niko Matsakis", "Tyler Mandry"]),
            ("（俞一峻、Amanieu d'Antras、Nghi D. Q. Bui）", vec!["俞一峻", "Amanieu d'Antras", "Nghi D. Q. Bui"]),
            ("刘凯，裴振", vec!["刘凯", "裴振"]),
            ("茌海/徐帅", vec!["茌海", "徐帅"]),
            ("`Rust`日报小组", vec!["Rust日报小组"]),
            ("Yehuda Katz <wycats@example.org>", vec!["Yehuda Katz"]),
            ("Chris Denton on behalf of the Compiler Team", vec!["Chris Denton"]),
            ("Jane Lusby, on behalf of The Rust Project Teams", vec!["Jane Lusby"]),
            ("The Rust Core Team", vec!["The Rust Core Team"]),
            ("王江桐（华为）", vec!["王江桐（华为）"]),
            (" **李卓华 **", vec!["李卓华"]),
            ("jackpot51(Redox作者)", vec!["jackpot51(Redox作者)"]),
            ("Carol (Nichols || Goulding)", vec!["Carol (Nichols || Goulding)"]),
        ] {
            assert_eq!(names(text), (want.iter().map(ToString::to_string).collect(), true), "{text}");
        }
    }

    #[test]
    fn what_says_more_than_names_is_not_complete() {
        for (text, want) in [
            ("Jane Lusby, Project Director of Collaboration", vec!["Jane Lusby"]),
            ("Michael Yuan，WasmEdge Maintainer", vec!["Michael Yuan"]),
            ("**Joshua022** 上海飞蓬网络科技有限公司", vec!["Joshua022"]),
            ("大海，编程爱好者，对技术充满热情。", vec!["大海"]),
            ("赖智超 - Onchain 区块链架构师", vec!["赖智超"]),
            ("正积极寻找寒暑假实习机会，欢迎通过文章底部联系。", vec![]),
        ] {
            let (found, complete) = names(text);
            assert!(!complete, "{text}");
            if !want.is_empty() {
                assert_eq!(found, want, "{text}");
            }
        }
    }

    #[test]
    fn links_name_a_page_of_the_person() {
        let references = References::from([("a".to_owned(), "https://o.example/seth".to_owned())]);
        let found = parse("[Seth Kenlon][a], [wxy](https://github.com/wxy) 和 [Mike](mike@x.example)", &references);
        assert!(found.complete);
        let got: Vec<_> = found.names.iter().map(|p| (p.name.as_str(), p.url.as_deref())).collect();
        assert_eq!(
            got,
            [("Seth Kenlon", Some("https://o.example/seth")), ("wxy", Some("https://github.com/wxy")), ("Mike", None)]
        );
    }

    #[test]
    fn writings_of_one_name_are_one() {
        for (a, b) in [
            ("李大狗（李骜华）", "李大狗"),
            ("吴翱翔@pymongo", "吴翱翔"),
            ("Rust 日报小组", "Rust日报小组"),
            ("DTolnay", "dtolnay"),
        ] {
            assert_eq!(normal_name(a), normal_name(b));
        }
        assert_ne!(normal_name("Ann Lee"), normal_name("Annlee"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text: String) {
            for p in parse(&text, &References::new()).names {
                let _ = normal_name(&p.name);
            }
        }
        #[test]
        fn nothing_like_a_list_panics(text in "[\\[\\]()（）、，/*@<>a-zA-Z张王 ]{0,60}") {
            let _ = parse(&text, &References::new());
        }
    }
}

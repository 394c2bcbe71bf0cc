//! What a statement about somebody claims: that they maintain, use or prefer something, work somewhere, or that one
//! thing is another. Enough of it to see that two statements cannot both hold, and what a question asks about.

use std::collections::HashSet;

use super::near::{denies, words};

/// What is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// That one maintains or made something.
    Maintains,
    /// That one prefers something.
    Prefers,
    /// That one works at a place.
    WorksAt,
    /// That one works on something, or is responsible for it.
    WorksOn,
    /// That one uses something.
    Uses,
    /// That one thing is another.
    Is,
}

/// The words by which each is known, before what they are about. The first that stands in a text decides.
const VERBS: [(About, &[&str], &[&str]); 6] = [
    (
        About::Maintains,
        &[
            "co-maintain",
            "maintain",
            "maintains",
            "maintaining",
            "maintainer of",
            "maintainers of",
            "author of",
            "authors of",
            "creator of",
            "created",
            "wrote",
        ],
        &["维护", "維護", "作者", "开发了", "開發了"],
    ),
    (
        About::Prefers,
        &["prefer", "prefers", "preferred", "favour", "favor", "favourite", "favorite"],
        &["更喜欢", "更喜歡", "偏好", "倾向于", "傾向於", "喜欢", "喜歡"],
    ),
    (About::WorksAt, &["work at", "works at", "work for", "works for", "working at", "working for"], &[]),
    (
        About::WorksOn,
        &["work on", "works on", "working on", "lead the", "leads the", "responsible for"],
        &["负责", "負責"],
    ),
    (About::Uses, &["use", "uses", "using", "run", "runs"], &["使用", "用的是", "常用", "在用", "用"]),
    (About::Is, &["is", "are", "am"], &["是"]),
];

/// Where the value ends and something else begins: why, what for, instead of what.
const BECAUSE: [&str; 7] = [" because ", " since ", " as it ", "因为", "因為", "，所以", "，这样"];
const OVER: [&str; 7] = [" over ", " rather than ", " instead of ", " to ", "而不是", "胜过", "勝過"];
const PURPOSE: [&str; 9] = [" for ", " in ", " when ", " as my ", "来", "來", "做", "写", "寫"];

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// What it says of somebody.
    pub about: About,
    /// Whether it says that it is not so.
    denies: bool,
    /// Of [`About::Is`]: what is that; else empty.
    subject: HashSet<String>,
    value: HashSet<String>,
    over: HashSet<String>,
    purpose: HashSet<String>,
}

/// Where a word stands in a folded text: as a whole one, where it is Latin.
fn place(text: &str, word: &str) -> Option<usize> {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let whole = |at: &usize| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + word.len()..].chars().next());
        !word.is_ascii() || !joins(before) && !joins(after)
    };
    text.match_indices(word).map(|(at, _)| at).find(whole)
}

/// The verb of a text that decides, with where it begins and ends.
fn verb(text: &str) -> Option<(About, usize, usize)> {
    VERBS.iter().find_map(|(about, latin, han)| {
        let places = latin.iter().chain(*han).filter_map(|w| Some((place(text, w)?, w.len())));
        // The earliest; of those that begin together, the longest.
        let (at, length) = places.min_by_key(|(at, length)| (*at, usize::MAX - length))?;
        Some((*about, at, at + length))
    })
}

fn cut<'a>(text: &'a str, marks: &[&str]) -> (&'a str, &'a str) {
    let first = marks.iter().filter_map(|m| Some((text.find(m)?, m.len()))).min();
    first.map_or((text, ""), |(at, length)| (&text[..at], &text[at + length..]))
}

fn held(text: &str) -> HashSet<String> {
    if text.chars().any(char::is_alphanumeric) { words(text) } else { HashSet::new() }
}

/// What a statement claims, if it is of a kind that is understood.
pub(crate) fn claim(text: &str) -> Option<Claim> {
    let folded = text.to_lowercase().replace('’', "'");
    let (about, from, to) = verb(&folded)?;
    let (rest, _) = cut(&folded[to..], &BECAUSE);
    let (rest, purpose) = cut(rest, &PURPOSE);
    let (value, over) = cut(rest, &OVER);
    // A maker stands behind the thing in Chinese: "我是 axum 的作者", and what one works at before the work.
    let maker = about == About::Maintains && value.trim_matches(|c: char| !c.is_alphanumeric()).is_empty();
    let value = if maker { &folded[..from] } else { value };
    let subject = if about == About::Is { held(&folded[..from]) } else { HashSet::new() };
    let (value, over, purpose) = (held(value), held(over), held(purpose));
    (!value.is_empty()).then_some(Claim { about, denies: denies(text), subject, value, over, purpose })
}

fn alike(a: &HashSet<String>, b: &HashSet<String>) -> bool {
    let both = a.intersection(b).count();
    !a.is_empty() && !b.is_empty() && both * 5 >= a.len().min(b.len()) * 4
}

impl Claim {
    /// Whether this and another one cannot both hold, as far as their words tell: the same thing is said and denied,
    /// or two values are given where there is one.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        if self.about != other.about {
            return false;
        }
        let one = alike(&self.value, &other.value);
        match self.about {
            About::Is => alike(&self.subject, &other.subject) && one == (self.denies != other.denies),
            _ if self.denies != other.denies => one,
            _ if self.denies => false,
            About::Prefers if alike(&self.value, &other.over) && alike(&other.value, &self.over) => true,
            About::Prefers | About::Uses => {
                alike(&self.purpose, &other.purpose) && self.value.is_disjoint(&other.value)
            }
            About::WorksAt => !one,
            About::Maintains | About::WorksOn => false,
        }
    }
}

/// What a question about somebody asks for, and its other words.
pub(crate) fn asked(question: &str) -> (Option<About>, HashSet<String>) {
    let folded = question.to_lowercase();
    let mut rest = words(question);
    let Some((about, from, to)) = verb(&folded).filter(|(about, ..)| *about != About::Is) else { return (None, rest) };
    let of_verb = words(&folded[from..to]);
    rest.retain(|w| !of_verb.contains(w));
    // A bigram that only one half of is the verb's tells nothing.
    let dense = of_verb.iter().any(|w| !w.is_ascii());
    if dense {
        let (before, after) = (folded[..from].chars().next_back(), folded[to..].chars().next());
        let seams: Vec<char> = before.into_iter().chain(after).collect();
        rest.retain(|w| w.chars().count() != 2 || !seams.iter().any(|c| w.contains(*c)) || w.is_ascii());
    }
    (Some(about), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clash(a: &str, b: &str) -> bool {
        let (a, b) = (claim(a).expect("a claim"), claim(b).expect("a claim"));
        assert_eq!(a.contradicts(&b), b.contradicts(&a), "either way");
        a.contradicts(&b)
    }

    #[test]
    fn what_is_said_and_denied_cannot_both_hold() {
        assert!(clash("I maintain axum-extra.", "I no longer maintain axum-extra"));
        assert!(clash("我维护 axum-extra。", "我不再维护 axum-extra。"));
        assert!(!clash("I maintain axum.", "I maintain tower."), "one may maintain two");
        assert!(!clash("I maintain axum.", "I no longer maintain tower."));
    }

    #[test]
    fn two_values_cannot_both_be_the_one() {
        assert!(clash("I prefer tabs over spaces.", "I prefer spaces over tabs because they are plain."));
        assert!(clash("I use Helix for editing.", "I use Emacs for editing."));
        assert!(!clash("I use Helix for editing.", "I use PostgreSQL for the log."));
        assert!(clash("I work at Ferrous Systems.", "I work at Mozilla."));
        assert!(clash("My time zone is UTC+8.", "My time zone is CET."));
        assert!(!clash("My time zone is UTC+8.", "My editor is Helix."));
    }

    #[test]
    fn a_question_asks_for_something() {
        assert_eq!(asked("What does maintain?"), (Some(About::Maintains), HashSet::new()));
        assert_eq!(asked("你维护什么？").0, Some(About::Maintains));
        let (about, rest) = asked("Which editor do you prefer?");
        assert_eq!((about, rest.contains("editor")), (Some(About::Prefers), true));
        assert_eq!(asked("Where does the sun rise?").0, None);
    }
}

//! What a page's facts say in a form that means nothing: a date that is none, an author that is a table, a tag that is
//! true. What can be kept is kept elsewhere; here the rest is put into words, with the line of the file, so that nothing
//! is dropped without a word.

use serde_json::Value;
use xinghe_core::LangTag;

use crate::dates;
use crate::front_matter::FrontMatter;
use crate::page::{DATE_KEYS, person_keys};

/// Sentences about the facts of `front` that were not used; `text` is the whole file, in which their lines are looked up.
pub(crate) fn of(front: &FrontMatter, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |key: &str, what: String| {
        let line = line_of(text, key).map(|l| format!("line {l}: ")).unwrap_or_default();
        found.push(format!("{line}{what}"));
    };
    date(front, &mut say);
    for key in person_keys().filter(|k| !k.contains('.')) {
        people(key, front.get(&[key]), &mut say);
    }
    for key in ["tags", "tag", "categories", "category", "keywords", "series", "topics"] {
        words(key, front.get(&[key]), &mut say);
    }
    for key in ["title", "license", "licence", "slug"] {
        if let Some(value @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) = front.get(&[key]) {
            say(key, format!("its {key} is {}, not a text, and was not used", kind(value)));
        }
    }
    for key in ["lang", "language", "locale"] {
        let Some(value) = front.get(&[key]).filter(|v| !v.is_null()) else { continue };
        let known = value.as_str().is_some_and(|l| l.trim().is_empty() || l.trim().parse::<LangTag>().is_ok());
        if !known {
            say(key, format!("its {key} {} is no language tag and was not used", shown(value)));
        }
    }
    for key in ["canonical", "canonical_url", "canonicalurl", "original", "original_url", "translation_of"] {
        let Some(value) = front.get(&[key]).filter(|v| !v.is_null()) else { continue };
        let fine =
            |t: &str| t.is_empty() || t.starts_with("http://") || t.starts_with("https://") || t.starts_with('/');
        if !value.as_str().map(str::trim).is_some_and(fine) {
            say(key, format!("its {key} {} is no address and was not used", shown(value)));
        }
    }
    found
}

fn date(front: &FrontMatter, say: &mut dyn FnMut(&str, String)) {
    let read = |v: &Value| match v {
        Value::String(s) => dates::parse(s),
        Value::Number(n) => dates::parse(&n.to_string()),
        _ => None,
    };
    if DATE_KEYS.iter().filter_map(|k| front.get(&[k])).any(|v| read(v).is_some()) {
        return;
    }
    for key in DATE_KEYS {
        match front.get(&[key]) {
            // Jekyll's `published` says whether, not when.
            None | Some(Value::Null | Value::Bool(_)) if *key != "date" => {}
            None | Some(Value::Null) => {}
            Some(Value::String(s)) if s.trim().is_empty() => {}
            Some(value) => say(key, format!("its {key} {} is no date and was not used", shown(value))),
        }
    }
}

fn people(key: &str, value: Option<&Value>, say: &mut dyn FnMut(&str, String)) {
    match value {
        None | Some(Value::Null | Value::Number(_)) => {}
        Some(Value::Array(items)) => items.iter().for_each(|i| people(key, Some(i), say)),
        Some(Value::Object(map)) if map.get("name").is_some_and(|n| n.is_string() || n.is_number()) => {}
        Some(Value::Object(_)) => say(key, format!("its {key} is a table without a name and was not used")),
        Some(value @ Value::Bool(_)) => {
            say(key, format!("its {key} is {}, not a name, and was not used", shown(value)));
        }
        Some(Value::String(text)) => {
            if !text.trim().is_empty() && crate::page::names_in(text).is_empty() {
                say(key, format!("its {key} {text:?} names nobody and was not used"));
            }
        }
    }
}

fn words(key: &str, value: Option<&Value>, say: &mut dyn FnMut(&str, String)) {
    match value {
        Some(Value::Array(items)) => items.iter().for_each(|i| words(key, Some(i), say)),
        Some(value @ (Value::Bool(_) | Value::Object(_))) => {
            say(key, format!("its {key} hold {}, which is no word, and that was not used", shown(value)));
        }
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// A value as the person who wrote it will recognise it.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => format!("({})", kind(value)),
        Value::String(text) => format!("{:?}", text.chars().take(60).collect::<String>()),
        other => other.to_string(),
    }
}

/// The line, from 1, at which the facts of a file name this key.
pub(crate) fn line_of(text: &str, key: &str) -> Option<usize> {
    text.lines().take(200).position(|line| names(line, key)).map(|at| at + 1)
}

fn names(line: &str, key: &str) -> bool {
    let line = line.trim_start().trim_start_matches("[#]:").trim_start().trim_start_matches(['"', '\'']);
    let Some(rest) = line.get(..key.len()).filter(|l| l.eq_ignore_ascii_case(key)).map(|l| &line[l.len()..]) else {
        return false;
    };
    rest.trim_start_matches(['"', '\'']).trim_start().starts_with([':', '='])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let (front, _) = crate::front_matter::split(text).expect("it is read");
        of(&front, text)
    }

    #[test]
    fn each_fact_that_means_nothing_is_named_with_its_line() {
        let said = said(
            "---\ntitle: [a, b]\ndate: not-a-date\nauthor: true\ntags: [x, {a: b}, 5]\nlang: klingonish!\n\
             canonical: 7\nlicense: [MIT]\n---\nText",
        );
        assert_eq!(
            said,
            [
                "line 3: its date \"not-a-date\" is no date and was not used",
                "line 4: its author is true, not a name, and was not used",
                "line 5: its tags hold (a table), which is no word, and that was not used",
                "line 2: its title is a list, not a text, and was not used",
                "line 8: its license is a list, not a text, and was not used",
                "line 6: its lang \"klingonish!\" is no language tag and was not used",
                "line 7: its canonical 7 is no address and was not used",
            ]
        );
    }

    #[test]
    fn what_is_used_is_not_named() {
        for text in [
            "---\ntitle: 2024\ndate: 2020-01-02\nauthor: \"007\"\ntags: rust\npublished: true\nlang: zh\n---\nText",
            "---\ndate: soon\npubdate: 2020-01-02\nauthor: {name: Ann}\ncanonical: /x\n---\nText",
            "+++\ndate = 2020-01-02\nauthor = 7\n+++\nText",
            "Text",
        ] {
            assert!(said(text).is_empty(), "{:?}", said(text));
        }
    }

    #[test]
    fn a_block_that_cannot_be_read_tells_its_line() {
        for (text, line) in [
            ("\n---\ntitle: x\ntags: [a\n  b: {\n---\nText", 4..=6),
            ("+++\ntitle = \"x\"\ndate = \n+++\nText", 3..=4),
            ("{\n \"title\": \"x\",\n \"tags\": [,]\n}\nText", 3..=3),
        ] {
            let error = crate::front_matter::split(text).expect_err(text);
            assert!(line.contains(&error.line), "{error}");
            assert!(error.to_string().starts_with("line ") && !error.to_string().contains("column"), "{error}");
        }
    }
}

//! The block of facts before a page's text: YAML between `---`, TOML between `+++`, JSON in braces, or the
//! `[#]: key: (value)` comments of translation projects. All become one JSON map with keys in lower case.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// A page's facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FrontMatter(Map<String, Value>);

/// A front matter block that is there, but cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: its {format} front matter cannot be read: {reason}")]
pub struct BrokenFrontMatter {
    /// The line of the file at which the parser stopped, from 1.
    pub line: usize,
    /// `YAML`, `TOML` or `JSON`.
    pub format: &'static str,
    /// What the parser says.
    pub reason: String,
}

impl BrokenFrontMatter {
    /// The same with the line counted from the top of `whole`, of which `part` was read.
    fn below(mut self, whole: &str, part: &str) -> Self {
        let at = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len());
        self.line += whole.bytes().take(at).filter(|b| *b == b'\n').count();
        self
    }
}

fn json_fault(error: &serde_json::Error) -> BrokenFrontMatter {
    let (line, reason) = (error.line().max(1), without_place(&error.to_string()));
    BrokenFrontMatter { line, format: "JSON", reason }
}

/// What a parser says without where: it counts from the block, and people count from the top of the file.
fn without_place(reason: &str) -> String {
    static PLACE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r" at line \d+,? column \d+").expect("the pattern is a constant"));
    PLACE.replace_all(reason, "").into_owned()
}

/// Cuts the front matter off a page and reads it; without one, the map is empty and the text is whole.
///
/// # Errors
/// When there is a block that its format's parser refuses.
pub fn split(text: &str) -> Result<(FrontMatter, &str), BrokenFrontMatter> {
    let whole = text;
    let text = text.trim_start_matches(['\n', ' ', '\u{feff}']);
    if let Some((block, rest)) = fenced(text, "+++") {
        return Ok((from_toml(block).map_err(|e| e.below(whole, block))?, rest));
    }
    if let Some((block, rest)) = fenced(text, "---") {
        // A thematic break at the top is not front matter: prose is not a map.
        if block.trim().is_empty() || block.lines().any(looks_like_key) {
            return Ok((from_yaml(block).map_err(|e| e.below(whole, block))?, rest));
        }
        return Ok((FrontMatter::default(), text));
    }
    for (fence, between, format) in [("---", ':', "YAML"), ("+++", '=', "TOML")] {
        if unclosed(text, fence, between) {
            let reason = format!("it begins with {fence} and never ends with another {fence}");
            return Err(BrokenFrontMatter { line: 1, format, reason }.below(whole, text));
        }
    }
    // Hexo also accepts `;;;` around JSON, and YAML that only ends with `---`.
    if let Some((block, rest)) = fenced(text, ";;;") {
        return Ok((from_json(&format!("{{{block}}}")).map_err(|e| e.below(whole, block))?, rest));
    }
    let first = text.lines().next().unwrap_or_default();
    let of_lines = || text.lines().nth(1).is_some_and(|l| l.trim_start().starts_with('"'));
    // All on one line it is facts where it is a whole table with a title: a text may begin with a brace, too.
    let of_one = || serde_json::from_str::<Map<String, Value>>(first).is_ok_and(|map| map.contains_key("title"));
    if text.starts_with('{') && (of_lines() || of_one()) {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        return match values.next() {
            Some(Ok(value)) => {
                let end = values.byte_offset();
                Ok((FrontMatter::from_value(value), text[end..].trim_start_matches('\n')))
            }
            Some(Err(e)) => Err(json_fault(&e).below(whole, text)),
            None => Ok((FrontMatter::default(), text)),
        };
    }
    if text.starts_with("[#]:") || text.starts_with("[//]: #") {
        return Ok(comment_lines(text));
    }
    Ok((FrontMatter::default(), text))
}

/// The same for Hexo, which also takes facts that only end with a line of `---` (or `;;;`).
///
/// # Errors
/// As [`split`].
pub fn split_hexo(text: &str) -> Result<(FrontMatter, &str), BrokenFrontMatter> {
    let (front, rest) = split(text)?;
    if !front.is_empty() || rest.starts_with("---") {
        return Ok((front, rest));
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        let trimmed = line.trim_end();
        if trimmed == "---" || trimmed == ";;;" {
            let (block, body) = (&rest[..at], &rest[at + line.len()..]);
            let read = || from_yaml(block).map_err(|e| e.below(text, block));
            return if at == 0 { Ok((front, rest)) } else { Ok((read()?, body)) };
        }
        let inside = at > 0 && (trimmed.is_empty() || trimmed.starts_with([' ', '\t', '-', '#']));
        if !inside && !looks_like_key(trimmed) {
            break;
        }
        at += line.len();
    }
    Ok((front, rest))
}

/// Whether a block was begun that never ends: a thematic break is followed by prose, not by a fact.
fn unclosed(text: &str, fence: &str, between: char) -> bool {
    const KEYS: [&str; 16] = [
        "title",
        "date",
        "tags",
        "layout",
        "author",
        "authors",
        "categories",
        "category",
        "slug",
        "draft",
        "lang",
        "description",
        "permalink",
        "summary",
        "license",
        "licence",
    ];
    let mut lines = text.lines();
    lines.next().is_some_and(|l| l.trim_end() == fence)
        && lines
            .find(|l| !l.trim().is_empty())
            .and_then(|l| l.split_once(between))
            .is_some_and(|(key, _)| KEYS.contains(&key.trim().to_lowercase().as_str()))
}

/// The lines between a first line that is only `fence` and the next such line.
fn fenced<'a>(text: &'a str, fence: &str) -> Option<(&'a str, &'a str)> {
    let after = text.strip_prefix(fence)?;
    let (first, _) = after.split_once('\n')?;
    if !first.trim().is_empty() {
        return None;
    }
    let body = &after[first.len() + 1..];
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if line.trim_end() == fence || (fence == "---" && line.trim_end() == "...") {
            return Some((&body[..at], &body[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

fn looks_like_key(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, _)| {
        let key = key.trim_matches(['"', '\'']);
        !key.is_empty() && key.chars().count() <= 40 && key.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c))
    })
}

fn from_toml(block: &str) -> Result<FrontMatter, BrokenFrontMatter> {
    let table: toml::Table = block.parse().map_err(|e: toml::de::Error| {
        let at = e.span().map_or(0, |s| s.start.min(block.len()));
        let line = 1 + block.bytes().take(at).filter(|b| *b == b'\n').count();
        BrokenFrontMatter { line, format: "TOML", reason: e.message().to_owned() }
    })?;
    Ok(FrontMatter::from_value(toml_value(toml::Value::Table(table))))
}

fn toml_value(value: toml::Value) -> Value {
    match value {
        toml::Value::String(s) => Value::String(s),
        toml::Value::Integer(i) => Value::from(i),
        toml::Value::Float(f) => Value::from(f),
        toml::Value::Boolean(b) => Value::Bool(b),
        toml::Value::Datetime(d) => Value::String(d.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(toml_value).collect()),
        toml::Value::Table(t) => Value::Object(t.into_iter().map(|(k, v)| (k, toml_value(v))).collect()),
    }
}

fn from_yaml(block: &str) -> Result<FrontMatter, BrokenFrontMatter> {
    match serde_norway::from_str::<Value>(block) {
        Ok(value) => Ok(FrontMatter::from_value(value)),
        Err(error) => {
            // Titles such as `title: Rust: a tour` are not YAML, yet every generator's users write them.
            let simple = simple_lines(block);
            if simple.is_empty() {
                let line = error.location().map_or(1, |l| l.line());
                return Err(BrokenFrontMatter { line, format: "YAML", reason: without_place(&error.to_string()) });
            }
            Ok(FrontMatter(simple))
        }
    }
}

fn from_json(block: &str) -> Result<FrontMatter, BrokenFrontMatter> {
    let value: Value = serde_json::from_str(block).map_err(|e| json_fault(&e))?;
    Ok(FrontMatter::from_value(value))
}

/// Reads `key: value` lines and `- item` lists, nothing deeper; empty when any line is of another form.
fn simple_lines(block: &str) -> Map<String, Value> {
    let mut map = Map::new();
    let mut last: Option<String> = None;
    for line in block.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')) {
        if let (Some(item), Some(key)) = (line.trim_start().strip_prefix("- "), &last) {
            let list = map.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if !list.is_array() {
                *list = Value::Array(Vec::new());
            }
            if let Value::Array(items) = list {
                items.push(Value::String(unquote(item)));
            }
            continue;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        if !looks_like_key(line) {
            return Map::new();
        }
        let Some((key, value)) = line.split_once(':') else { return Map::new() };
        let key = key.trim().trim_matches(['"', '\'']).to_lowercase();
        let value = value.trim();
        // Nested forms are beyond this reader; `[译] A title` is not one.
        if value.starts_with('{') || (value.starts_with('[') && !value.contains(']')) {
            return Map::new();
        }
        let parsed = match value {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "" => Value::Null,
            _ => match value.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
                Some(items) => Value::Array(items.split(',').map(|i| Value::String(unquote(i))).collect()),
                None => Value::String(unquote(value)),
            },
        };
        map.insert(key.clone(), parsed);
        last = Some(key);
    }
    map
}

fn unquote(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    text.to_owned()
}

/// `[#]: author: (Seth https://…)`, as LCTT writes it; `[#]: author: "Seth https://…"` in newer files.
fn comment_lines(text: &str) -> (FrontMatter, &str) {
    let mut map = Map::new();
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let Some(fact) = trimmed.strip_prefix("[#]:").or_else(|| trimmed.strip_prefix("[//]: #")) else {
            if trimmed.is_empty() {
                end += line.len();
                continue;
            }
            break;
        };
        let fact = fact.trim().trim_start_matches('(');
        if let Some((key, value)) = fact.split_once(':') {
            let value = value.trim().trim_start_matches(['(', '"', '\'']).trim_end_matches([')', '"', '\'']).trim();
            if !value.is_empty() {
                map.insert(key.trim().to_lowercase(), Value::String(value.to_owned()));
            }
        }
        end += line.len();
    }
    (FrontMatter(map), &text[end..])
}

impl FrontMatter {
    fn from_value(value: Value) -> Self {
        let Value::Object(map) = value else { return Self::default() };
        Self(map.into_iter().map(|(k, v)| (k.to_lowercase(), v)).collect())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of these keys that is there; keys are in lower case, `a.b` reaches into a table.
    pub fn get(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().find_map(|key| match key.split_once('.') {
            Some((outer, inner)) => self.0.get(outer)?.get(inner),
            None => self.0.get(*key),
        })
    }

    /// The first of these keys as text that is not blank; numbers count as text.
    pub fn text(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| scalar(self.get(&[key])?))
    }

    /// Whether one of these keys is true, also written as the word.
    pub fn is_true(&self, keys: &[&str]) -> bool {
        keys.iter().any(|k| match self.get(&[k]) {
            Some(Value::Bool(b)) => *b,
            Some(Value::String(s)) => ["true", "yes", "on", "1"].iter().any(|w| s.eq_ignore_ascii_case(w)),
            Some(Value::Number(n)) => n.as_f64() == Some(1.0),
            _ => false,
        })
    }

    /// Whether this key is there and false.
    pub fn is_false(&self, key: &str) -> bool {
        match self.get(&[key]) {
            Some(Value::Bool(b)) => !*b,
            Some(Value::String(s)) => ["false", "no", "off", "0"].iter().any(|w| s.eq_ignore_ascii_case(w)),
            Some(Value::Number(n)) => n.as_f64() == Some(0.0),
            _ => false,
        }
    }

    /// All texts under these keys, lists of lists flattened.
    pub fn list(&self, keys: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for key in keys {
            if let Some(value) = self.get(&[key]) {
                flatten(value, &mut found);
            }
        }
        found
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.trim().to_owned()).filter(|s| !s.is_empty()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

fn flatten(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|i| flatten(i, into)),
        other => into.extend(scalar(other)),
    }
}

#[cfg(test)]
#[path = "front_matter_tests.rs"]
mod tests;

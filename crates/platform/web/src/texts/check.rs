//! Whether every text that is used exists in all languages, and every one that exists is used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use xinghe_core::Lang;

/// The keys of one language with the places each has.
type Keys = BTreeMap<String, BTreeSet<String>>;

/// Compares the texts of all features (name, files per language) with what the sources use. An empty answer means
/// that all is well; otherwise each line says what is wrong and where.
///
/// A key is used when it stands as a literal in a `.rs` or `.html` file; a literal with a hole, as in
/// `format!("posts-kind-{kind}")`, uses all keys that begin like it. A literal given to `.s(`, `.f(`, `Said::new(` or
/// `FieldError::new(` must exist.
pub fn check(features: &[(&str, &[(Lang, &str)])], source_dirs: &[PathBuf]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut by_language: BTreeMap<Lang, Keys> = BTreeMap::new();
    for (feature, files) in features {
        for lang in Lang::ALL {
            let Some((_, text)) = files.iter().find(|(l, _)| *l == lang) else {
                if !files.is_empty() {
                    wrong.push(format!("{feature}: there is no file for {lang}"));
                }
                continue;
            };
            let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, errors)| {
                wrong.push(format!("{feature}, {lang}: {errors:?}"));
                resource
            });
            let known = by_language.entry(lang).or_default();
            for (key, places) in keys(&resource) {
                if !key.starts_with(&format!("{feature}-")) {
                    wrong.push(format!("{feature}, {lang}: {key} must begin with {feature}-"));
                }
                if known.insert(key.clone(), places).is_some() {
                    wrong.push(format!("{feature}, {lang}: {key} is defined twice"));
                }
            }
        }
    }
    compare_languages(&by_language, &mut wrong);
    let uses = Uses::read(source_dirs, &mut wrong);
    let all: BTreeSet<&String> = by_language.values().flat_map(BTreeMap::keys).collect();
    wrong.extend(all.iter().filter(|key| !uses.has(key)).map(|key| format!("{key} is never used")));
    wrong.extend(
        uses.required
            .iter()
            .filter(|(key, _)| !all.contains(key))
            .map(|(key, at)| format!("{at}: {key} does not exist")),
    );
    wrong
}

fn compare_languages(by_language: &BTreeMap<Lang, Keys>, wrong: &mut Vec<String>) {
    for (lang, keys) in by_language {
        for (other, theirs) in by_language.iter().filter(|(other, _)| *other != lang) {
            for (key, places) in keys {
                match theirs.get(key) {
                    None => wrong.push(format!("{key} exists in {lang}, not in {other}")),
                    Some(their) if their != places && lang < other => {
                        wrong.push(format!("{key} has the places {places:?} in {lang}, {their:?} in {other}"));
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

fn keys(resource: &FluentResource) -> impl Iterator<Item = (String, BTreeSet<String>)> + '_ {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => {
            let mut places = BTreeSet::new();
            if let Some(pattern) = &message.value {
                places_of(pattern, &mut places);
            }
            Some((message.id.name.to_owned(), places))
        }
        _ => None,
    })
}

fn places_of(pattern: &Pattern<&str>, into: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => place_of(inline, into),
            Expression::Select { selector, variants } => {
                place_of(selector, into);
                for variant in variants {
                    places_of(&variant.value, into);
                }
            }
        }
    }
}

fn place_of(inline: &InlineExpression<&str>, into: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            into.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                place_of(argument, into);
            }
        }
        _ => {}
    }
}

#[derive(Default)]
struct Uses {
    literals: BTreeSet<String>,
    beginnings: BTreeSet<String>,
    required: BTreeMap<String, String>,
}

const CALLS: &[&str] = &[".s(", ".f(", "Said::new("];

impl Uses {
    fn read(dirs: &[PathBuf], wrong: &mut Vec<String>) -> Self {
        let mut uses = Self::default();
        for file in dirs.iter().flat_map(|dir| sources(dir)) {
            match fs::read_to_string(&file) {
                Ok(text) => uses.scan(&text, &file),
                Err(error) => wrong.push(format!("{}: {error}", file.display())),
            }
        }
        uses
    }

    /// Every stretch between two quotes that looks like a key is one; a quote that ends a string also begins such a
    /// stretch, which is harmless: what stands there is code.
    fn scan(&mut self, text: &str, file: &Path) {
        let quotes: Vec<usize> = text.match_indices('"').map(|(i, _)| i).collect();
        for pair in quotes.windows(2) {
            let word = &text[pair[0] + 1..pair[1]];
            if let Some((beginning, _)) = word.split_once('{') {
                if is_key(beginning.trim_end_matches('-')) && beginning.ends_with('-') {
                    self.beginnings.insert(beginning.to_owned());
                }
            } else if is_key(word) {
                self.literals.insert(word.to_owned());
                if CALLS.iter().any(|call| text[..pair[0]].ends_with(call)) {
                    let line = text[..pair[0]].matches('\n').count() + 1;
                    self.required.insert(word.to_owned(), format!("{}:{line}", file.display()));
                }
            }
        }
    }

    fn has(&self, key: &str) -> bool {
        self.literals.contains(key) || self.beginnings.iter().any(|beginning| key.starts_with(beginning.as_str()))
    }
}

fn is_key(word: &str) -> bool {
    word.contains('-')
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.flatten().map(|e| e.path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                let wanted = path.extension().is_some_and(|e| e == "rs" || e == "html");
                if wanted { vec![path] } else { Vec::new() }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::LOCALES;

    #[test]
    fn the_shells_own_texts_are_complete_and_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let wrong = check(&[("web", LOCALES)], &[root.join("src"), root.join("templates")]);
        assert!(wrong.iter().all(|w| w.contains("does not exist") && w.contains("check.rs")), "{wrong:#?}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let code = r#"t.s("x-gone"); t.s("x-used"); format!("x-kind-{k}"); AppError::bad("x-said")"#;
        fs::write(dir.path().join("a.rs"), code).expect("a file");
        let zh = "x-used = 用\nx-said = 说\nx-kind-a = 甲\nx-idle = 闲\nx-place = { $n } 个\n";
        let en = "x-used = used\nx-said = said\nx-kind-a = a\nx-place = { $m } of them\ny-other = other\n";
        let files: &[(Lang, &str)] = &[(Lang::ZhHans, zh), (Lang::ZhHant, zh), (Lang::En, en)];
        let wrong = check(&[("x", files)], &[dir.path().to_owned()]).join("\n");
        for part in [
            "x, en: y-other must begin with x-",
            "x-idle exists in zh-Hans, not in en",
            "x-idle is never used",
            "x-place has the places {\"n\"} in zh-Hans, {\"m\"} in en",
            "x-gone does not exist",
        ] {
            assert!(wrong.contains(part), "{part} is missing from:\n{wrong}");
        }
        for fine in ["x-used", "x-said", "x-kind-a"] {
            assert!(!wrong.contains(&format!("{fine} is")), "{wrong}");
        }
    }
}

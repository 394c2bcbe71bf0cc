//! Highlighted code: syntect reads it, a dozen classes colour it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use comrak::adapters::SyntaxHighlighterAdapter;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};
use syntect::util::LinesWithEndings;

use crate::html::Html;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Code past this many bytes is shown plain: colouring it would take longer than anybody reads it.
const LARGEST: usize = 64 << 10;

/// Scopes and the class that colours them; the first that fits the innermost scope counts.
static CLASSES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    [
        ("comment", "hl-comment"),
        ("constant.character.escape", "hl-escape"),
        ("string", "hl-string"),
        ("constant", "hl-number"),
        ("entity.name.function", "hl-function"),
        ("support.function", "hl-function"),
        ("support.macro", "hl-function"),
        ("entity.name.macro", "hl-function"),
        ("entity.name.tag", "hl-keyword"),
        ("entity.name.type", "hl-type"),
        ("entity.name.class", "hl-type"),
        ("entity.name.struct", "hl-type"),
        ("entity.name.enum", "hl-type"),
        ("entity.name.trait", "hl-type"),
        ("entity.name.section", "hl-heading"),
        ("support.type", "hl-type"),
        ("support.class", "hl-type"),
        ("entity.other.attribute-name", "hl-attribute"),
        ("meta.annotation", "hl-attribute"),
        ("storage", "hl-keyword"),
        ("keyword.operator", ""),
        ("keyword", "hl-keyword"),
        ("variable.language", "hl-keyword"),
        ("markup.inserted", "hl-inserted"),
        ("markup.deleted", "hl-deleted"),
    ]
    .into_iter()
    .filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, class)))
    .collect()
});

pub(super) struct Highlighter;

fn syntax(lang: Option<&str>) -> Option<&'static SyntaxReference> {
    let token = lang?.split([',', ' ', '{', ';']).next()?.trim_start_matches('.').to_ascii_lowercase();
    let token = match token.as_str() {
        "ts" | "typescript" | "jsx" | "tsx" | "mjs" | "javascript" => "js",
        "shell" | "console" | "zsh" | "shellsession" => "sh",
        "c++" | "cc" | "hpp" => "cpp",
        "jsonc" | "json5" => "json",
        "golang" => "go",
        other => other,
    };
    SYNTAXES.find_syntax_by_token(token)
}

impl SyntaxHighlighterAdapter for Highlighter {
    fn write_highlighted(&self, out: &mut dyn fmt::Write, lang: Option<&str>, code: &str) -> fmt::Result {
        match syntax(lang) {
            Some(syntax) if code.len() <= LARGEST => highlight(out, syntax, code),
            _ => out.write_str(Html::escaped(code).as_str()),
        }
    }

    fn write_pre_tag(&self, out: &mut dyn fmt::Write, _: HashMap<&'static str, Cow<'_, str>>) -> fmt::Result {
        out.write_str("<pre>")
    }

    fn write_code_tag(&self, out: &mut dyn fmt::Write, attributes: HashMap<&'static str, Cow<'_, str>>) -> fmt::Result {
        match attributes.get("class") {
            Some(class) => write!(out, "<code class=\"{}\">", Html::escaped(class)),
            None => out.write_str("<code>"),
        }
    }
}

fn highlight(out: &mut dyn fmt::Write, syntax: &SyntaxReference, code: &str) -> fmt::Result {
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut open = "";
    for line in LinesWithEndings::from(code) {
        let Ok(ops) = state.parse_line(line, &SYNTAXES) else {
            write_piece(out, &mut open, "", line)?;
            continue;
        };
        let mut at = 0;
        for (index, op) in ops {
            write_piece(out, &mut open, class(&stack), &line[at..index])?;
            at = index;
            // An operation that does not fit the stack leaves the rest of the line in the colour before it.
            let _ = stack.apply(&op);
        }
        write_piece(out, &mut open, class(&stack), &line[at..])?;
    }
    if open.is_empty() { Ok(()) } else { out.write_str("</span>") }
}

fn class(stack: &ScopeStack) -> &'static str {
    stack
        .as_slice()
        .iter()
        .rev()
        .find_map(|scope| CLASSES.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class))
        .unwrap_or_default()
}

/// Pieces of one class share a span: half the markup of one span a token.
fn write_piece(out: &mut dyn fmt::Write, open: &mut &'static str, class: &'static str, text: &str) -> fmt::Result {
    if text.is_empty() {
        return Ok(());
    }
    let blank = text.trim().is_empty();
    if *open != class && (!blank || open.is_empty()) {
        if !open.is_empty() {
            out.write_str("</span>")?;
        }
        if !class.is_empty() {
            write!(out, "<span class=\"{class}\">")?;
        }
        *open = class;
    }
    out.write_str(Html::escaped(text).as_str())
}

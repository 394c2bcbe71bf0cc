//! What was typed, taken apart.

use xinghe_text::tokens::{self, QueryToken};

/// The most terms that are looked for; what comes after says nothing new.
const MOST_TERMS: usize = 120;

/// A query taken apart: terms, "phrases", -exclusions.
pub(super) struct Parsed {
    pub terms: Vec<QueryToken>,
    pub phrases: Vec<String>,
    pub excluded: Vec<String>,
}

impl Parsed {
    /// `operators`: quotes and a leading minus mean something, as in a search box; in a question they are text.
    pub fn of(text: &str, operators: bool) -> Self {
        let (mut plain, mut phrases, mut excluded) = (String::new(), Vec::new(), Vec::new());
        if operators {
            take_apart(text, &mut plain, &mut phrases, &mut excluded);
        } else {
            plain.push_str(text);
        }
        let terms = tokens::query(&plain).into_iter().filter(|t| !t.text.is_empty()).take(MOST_TERMS).collect();
        Self { terms, phrases, excluded }
    }

    /// Whether nothing was typed that could be looked for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.phrases.is_empty()
    }

    pub fn has_operators(&self) -> bool {
        !self.phrases.is_empty() || !self.excluded.is_empty()
    }

    /// Whether a text holds all phrases and none of the exclusions.
    pub fn allows(&self, text: &str) -> bool {
        let text = xinghe_text::norm::fold_str(text);
        let holds = |p: &String| text.contains(p.as_str());
        self.phrases.iter().all(holds) && !self.excluded.iter().any(holds)
    }
}

/// Whether somebody typed keywords and not a question or a sentence: up to three Latin words or six Han characters.
/// They are looked for as they stand; their meaning alone says little.
pub fn is_keywords(text: &str) -> bool {
    let han = text.chars().filter(|c| xinghe_text::norm::is_han(*c)).count();
    let latin = text.split(|c: char| !(c.is_alphanumeric() || c == '_') || xinghe_text::norm::is_han(c));
    han <= 6 && han.div_ceil(2) + latin.filter(|w| !w.is_empty()).count() <= 3
}

fn take_apart(text: &str, plain: &mut String, phrases: &mut Vec<String>, excluded: &mut Vec<String>) {
    const QUOTES: [char; 3] = ['"', '“', '”'];
    let quotes = text.matches(QUOTES).count();
    for (i, part) in text.split(QUOTES).enumerate() {
        // An opening quote that is never closed makes no phrase.
        if i % 2 == 1 && i < quotes && !part.trim().is_empty() {
            phrases.push(xinghe_text::norm::fold_str(part.trim()));
            plain.push(' ');
            plain.push_str(part);
            continue;
        }
        for word in part.split_whitespace() {
            match word.strip_prefix('-').filter(|w| w.chars().next().is_some_and(char::is_alphabetic)) {
                Some(word) => excluded.push(xinghe_text::norm::fold_str(word)),
                None => {
                    plain.push(' ');
                    plain.push_str(word);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_text_in_a_question() {
        let typed = Parsed::of("tokio \"async fn\" -std", true);
        assert_eq!((typed.phrases, typed.excluded), (vec!["async fn".to_owned()], vec!["std".to_owned()]));
        let asked = Parsed::of("tokio \"async fn\" -std", false);
        assert!(!asked.has_operators() && asked.terms.iter().any(|t| t.text == "std"));
        assert!(!Parsed::of("an \"open quote", true).has_operators());
        let both = Parsed::of("“借用检查” -生命", true);
        assert!(both.allows("Rust 的借用檢查器") && !both.allows("借用检查与生命周期"));
    }

    #[test]
    fn keywords_are_few_words() {
        for yes in ["tokio", "数据库", "header_v2", "tokio 数据库", "graceful shutdown axum", "異步運行時", ""]
        {
            assert!(is_keywords(yes), "{yes}");
        }
        for no in ["how do I share state", "数据库怎么备份才好", "what is tokio good for"] {
            assert!(!is_keywords(no), "{no}");
        }
    }
}

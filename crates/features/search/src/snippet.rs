//! The sentence of a found passage that says most about the query, with the found words marked.

use rustc_hash::FxHashSet;
use serde::Serialize;
use xinghe_core::evidence::{EvidenceHit, QueryTerm, SentenceEvidence};
use xinghe_text::tokens::{self, Kind};

/// A snippet ends before the sentence that would make it longer, in Unicode scalar values.
const LONG: usize = 240;

/// A stretch of a passage as a reader sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Snippet {
    /// The text.
    pub text: String,
    /// Where words of the query stand in it, in Unicode scalar values: from, and up to but not including.
    pub marks: Vec<[u32; 2]>,
}

impl Snippet {
    /// The best sentence of a hit, and those after it while there is room.
    pub(crate) fn of(hit: &EvidenceHit, terms: &[QueryTerm], total: f32) -> Self {
        let fit = |s: &SentenceEvidence| {
            let held = terms.iter().zip(&s.term_counts).filter(|(_, count)| **count > 0);
            held.map(|(t, _)| t.weight * t.idf).sum::<f32>() / total.max(f32::MIN_POSITIVE) + 2.0 * s.cosine
        };
        let prose = || hit.sentences.iter().enumerate().filter(|(_, s)| !s.code);
        let best = prose().max_by(|a, b| fit(a.1).total_cmp(&fit(b.1)).then(b.0.cmp(&a.0)));
        let Some((at, _)) = best else {
            return Self::marked(xinghe_text::excerpt(&hit.passage.text, LONG), terms);
        };
        let mut text = String::new();
        for sentence in hit.sentences[at..].iter().take_while(|s| !s.code) {
            if !text.is_empty() && text.chars().count() + sentence.text.chars().count() > LONG {
                break;
            }
            if text.chars().next_back().is_some_and(|c| c.is_ascii()) {
                text.push(' ');
            }
            text.push_str(&sentence.text);
        }
        Self::marked(xinghe_text::words::shorten(&text, LONG * 3 / 2), terms)
    }

    fn marked(text: String, terms: &[QueryTerm]) -> Self {
        let wanted: FxHashSet<&str> = terms.iter().map(|t| t.text.as_str()).collect();
        // Single characters say something only where the query is one.
        let lone = wanted.iter().all(|t| t.chars().count() == 1);
        let mut marks: Vec<[u32; 2]> = Vec::new();
        let telling = |kind: Kind| !matches!(kind, Kind::Gram) && (lone || kind != Kind::Char);
        for term in tokens::terms(&text).into_iter().filter(|t| telling(t.kind) && wanted.contains(t.text.as_str())) {
            marks.push([term.start, term.end]);
        }
        marks.sort_unstable();
        marks.dedup_by(|next, mark| {
            let touches = next[0] <= mark[1];
            if touches {
                mark[1] = mark[1].max(next[1]);
            }
            touches
        });
        Self { text, marks }
    }

    /// The text in pieces: what is marked, and what is not.
    pub fn pieces(&self) -> Vec<(bool, String)> {
        let chars: Vec<char> = self.text.chars().collect();
        let (mut pieces, mut at) = (Vec::new(), 0);
        for [from, to] in self.marks.iter().map(|m| m.map(|n| (n as usize).min(chars.len()))) {
            pieces.push((false, chars[at..from].iter().collect()));
            pieces.push((true, chars[from..to].iter().collect()));
            at = to;
        }
        pieces.push((false, chars[at..].iter().collect()));
        pieces.retain(|(_, text): &(bool, String)| !text.is_empty());
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(query: &str) -> Vec<QueryTerm> {
        let term = |t: tokens::QueryToken| QueryTerm { text: t.text, weight: t.weight, idf: 1.0, whole_word: false };
        tokens::query(query).into_iter().map(term).collect()
    }

    fn marked(text: &str, query: &str) -> Vec<String> {
        let snippet = Snippet::marked(text.to_owned(), &terms(query));
        snippet.pieces().into_iter().filter(|(marked, _)| *marked).map(|(_, text)| text).collect()
    }

    #[test]
    fn words_of_the_query_are_marked_in_both_scripts_and_all_forms() {
        assert_eq!(marked("用連接池，資料庫也好。", "资料库连接池"), ["連接池", "資料庫"]);
        assert_eq!(marked("Sharing handlers' States", "share state"), ["Sharing", "States"]);
        assert_eq!(marked("所有权", "权"), ["权"]);
        assert!(marked("nothing of it", "zebra").is_empty());
    }

    #[test]
    fn pieces_make_the_text_again() {
        let snippet = Snippet::marked("a tokio task in tokio".into(), &terms("tokio"));
        let whole: String = snippet.pieces().into_iter().map(|(_, text)| text).collect();
        assert_eq!((whole.as_str(), snippet.marks.len()), ("a tokio task in tokio", 2));
    }
}

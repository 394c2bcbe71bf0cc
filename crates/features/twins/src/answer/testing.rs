//! Passages as retrieval finds them, cut and counted as the index does.

use xinghe_core::content::Passage;
use xinghe_core::evidence::{Evidence, EvidenceHit, QueryTerm, SentenceEvidence};
use xinghe_core::{AuthorId, LangTag, PassageId, PostId, PostKind, RevisionId};
use xinghe_text::{cut, tokens};

/// The first passage of a text, found by no question.
pub fn passage(language: &str, markdown: &str) -> EvidenceHit {
    hit(1, language, markdown, &[])
}

/// A question and the passages it finds, one of each text, the first being the best.
pub fn asked_of(question: &str, texts: &[(&str, &str)]) -> Evidence {
    let tokens = tokens::query(question);
    let terms: Vec<QueryTerm> = tokens
        .iter()
        .map(|t| QueryTerm { text: t.text.clone(), weight: t.weight, idf: 1.0, whole_word: t.whole_word })
        .collect();
    let total = terms.iter().map(|t| t.weight).sum();
    let own = xinghe_text::detect(question);
    let hits = texts
        .iter()
        .zip(1..)
        .map(|((language, text), id)| {
            let found = hit(id, language, text, &terms);
            EvidenceHit { cross_language: found.language.primary() != own.primary(), score: 24.0 - id as f32, ..found }
        })
        .collect();
    Evidence { terms, total, hits, meaning: true }
}

fn hit(id: i64, language: &str, markdown: &str, terms: &[QueryTerm]) -> EvidenceHit {
    let cut = cut(markdown).into_iter().next().expect("a passage");
    let count = |text: &str| -> Vec<u16> {
        let held = tokens::terms(text);
        terms.iter().map(|t| held.iter().filter(|h| h.text == t.text).count() as u16).collect()
    };
    let sentences: Vec<SentenceEvidence> = cut
        .sentences
        .iter()
        .map(|s| SentenceEvidence {
            text: s.text.clone(),
            start: s.start,
            end: s.end,
            code: s.code,
            heading: s.heading,
            cosine: 0.9,
            term_counts: count(&s.text),
        })
        .collect();
    let whole = |i: usize| sentences.iter().map(|s| s.term_counts[i]).sum();
    EvidenceHit {
        passage: Passage {
            id: PassageId::from_raw(id),
            post: PostId::from_raw(id),
            revision: RevisionId::from_raw(id),
            ordinal: 0,
            headings: vec![],
            text: cut.text,
            start: cut.start,
            end: cut.end,
        },
        author: AuthorId::from_raw(1),
        kind: PostKind::Article,
        language: language.parse::<LangTag>().expect("a tag"),
        score: 0.0,
        words: 0.0,
        sentence_words: 0.0,
        meaning: 0.0,
        sentence_meaning: 0.0,
        cross_language: false,
        term_counts: (0..terms.len()).map(whole).collect(),
        sentences,
    }
}

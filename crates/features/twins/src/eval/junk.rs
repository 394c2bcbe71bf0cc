//! Measures what would be proposed to owners as facts about them: how much of it is junk.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use xinghe_core::{AuthorId, PostView};

use super::plain;
use crate::memory::{near, propose};

/// The figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct JunkReport {
    /// Posts read.
    pub posts: usize,
    /// Sentences that would be proposed.
    pub proposals: usize,
    /// Of these: those that say again what the same author is proposed already. Looked for by another way than the
    /// proposals are kept apart: by stretches of four characters, of which two sentences share eight in ten.
    pub duplicates: usize,
    /// Of these: those whose sentence does not stand in the post as a reader sees it.
    pub unsupported: usize,
    /// Of these: those of fewer than three words that tell something.
    pub trivial: usize,
    /// The share of them that is any of these.
    pub junk: f64,
}

/// Reads posts as the job does that learns, and looks at what comes of it.
pub(super) fn measure(posts: &[(AuthorId, &PostView)]) -> JunkReport {
    let mut kept: HashMap<AuthorId, Vec<String>> = HashMap::new();
    let mut report = JunkReport { posts: posts.len(), ..JunkReport::default() };
    let mut junk = 0usize;
    for (author, post) in posts {
        let known = kept.entry(*author).or_default();
        for sentence in propose::proposals(&post.body) {
            if known.iter().any(|k| near::same(k, &sentence)) {
                continue;
            }
            let double = known.iter().any(|k| overlap(k, &sentence) >= 0.8);
            let seen = plain(&xinghe_text::plain(&post.body)).contains(&plain(&sentence));
            let trivial = propose::content_words(&sentence) < propose::FEWEST_WORDS;
            report.proposals += 1;
            report.duplicates += usize::from(double);
            report.unsupported += usize::from(!seen);
            report.trivial += usize::from(trivial);
            junk += usize::from(double || !seen || trivial);
            known.push(sentence);
        }
    }
    report.junk = junk as f64 / report.proposals.max(1) as f64;
    report
}

/// The share of the stretches of four characters that two texts have in common.
fn overlap(a: &str, b: &str) -> f64 {
    let stretches = |text: &str| -> HashSet<Vec<char>> {
        let chars: Vec<char> = plain(text).chars().collect();
        chars.windows(4).map(<[char]>::to_vec).collect()
    };
    let (a, b) = (stretches(a), stretches(b));
    a.intersection(&b).count() as f64 / a.union(&b).count().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_say_nearly_the_same_overlap() {
        assert!(overlap("I maintain the axum-extra crate.", "I maintain the axum-extra crate") >= 0.8);
        assert!(overlap("I maintain the axum-extra crate.", "I prefer tabs over spaces.") < 0.2);
    }
}

//! What a misspelt word may have meant: the words of the community itself, by edit distance.

use super::records::Records;
use super::{Index, IndexError};
use heed::{RoTxn, WithoutTls};

/// Shorter words are too near to too many others.
const SHORTEST: usize = 4;
/// From this length on, two mistakes are forgiven.
const LONG: usize = 7;

impl Index {
    /// The query with its misspelt words put right; `None`: every word is known, or nothing is near.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn did_you_mean(&self, text: &str) -> Result<Option<String>, IndexError> {
        let txn = self.records.read()?;
        let (mut out, mut rest, mut changed) = (String::new(), text, false);
        while let Some(from) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            let length = rest[from..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len() - from);
            let word = &rest[from..from + length];
            out.push_str(&rest[..from]);
            let better = match is_name(&out) {
                true => None,
                false => nearest(&self.records, &txn, &word.to_ascii_lowercase())?,
            };
            match better {
                Some(better) => {
                    out.push_str(&better);
                    changed = true;
                }
                None => out.push_str(word),
            }
            rest = &rest[from + length..];
        }
        out.push_str(rest);
        Ok(changed.then_some(out))
    }
}

/// Whether what follows is part of a name – a handle, a filter's value – where being near means nothing.
fn is_name(before: &str) -> bool {
    before.rsplit(char::is_whitespace).next().is_some_and(|part| part.starts_with('@') || part.contains(':'))
}

fn nearest(records: &Records, txn: &RoTxn<'_, WithoutTls>, word: &str) -> Result<Option<String>, IndexError> {
    if word.len() < SHORTEST || records.word(txn, word)? > 0 {
        return Ok(None);
    }
    let most = if word.len() < LONG { 1 } else { 2 };
    // Nearest first, then the most frequent, then by the alphabet.
    let mut best: Option<(usize, std::cmp::Reverse<u64>, String)> = None;
    // Few begin a word wrongly, but for its first two letters changing places.
    for first in [&word[..1], &word[1..2]] {
        records.words_from(txn, first, |candidate, count| {
            if candidate.len().abs_diff(word.len()) > most {
                return;
            }
            let distance = strsim::osa_distance(word, candidate);
            let found = (distance, std::cmp::Reverse(count), candidate.to_owned());
            if distance <= most && best.as_ref().is_none_or(|b| found < *b) {
                best = Some(found);
            }
        })?;
    }
    Ok(best.map(|(_, _, word)| word))
}

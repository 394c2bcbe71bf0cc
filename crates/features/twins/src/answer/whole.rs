//! What a quoted sentence cannot be read without: the sentence a pronoun points to, the code or the list that a colon
//! announces, the line above a list that says what is listed.

use xinghe_core::evidence::{EvidenceHit, SentenceEvidence};

use super::compose::fit_to_say;

/// The most sentences of a list that follow the line that announces it.
const MOST_OF_LIST: usize = 8;
/// The most sentences of one item that is quoted by itself.
const MOST_OF_ITEM: usize = 4;

/// Adds to the places of one passage what they lean on, in order; leaves out a sentence that announces what does not
/// follow within the passage, unless there is no other.
pub fn complete(hit: &EvidenceHit, places: &mut Vec<usize>) {
    let sentences = &hit.sentences;
    let follows = |place: usize| announced(hit, place);
    let kept: Vec<usize> =
        places.iter().copied().filter(|p| !announces(&sentences[*p]) || !follows(*p).is_empty()).collect();
    if !kept.is_empty() {
        *places = kept;
    }
    let mut more = Vec::new();
    for place in places.iter().copied() {
        let s = &sentences[place];
        let before = place.checked_sub(1).filter(|b| fit_to_say(&sentences[*b]) && !sentences[*b].code);
        if let Some(before) = before
            && (s.code || leans_back(&s.text))
        {
            more.push(before);
        }
        if announces(s) {
            more.extend(follows(place));
        }
        more.extend(broken_off(hit, place));
        if let Some(first) = start_of_item(hit, place) {
            more.extend((first..place).chain(rest_of_item(hit, place, first + MOST_OF_ITEM)));
            more.extend(above_list(hit, first));
        }
    }
    places.extend(more);
    places.sort_unstable();
    places.dedup();
}

/// The rest of a sentence that ends within itself, at the mark of a macro's name (`select!`).
fn broken_off(hit: &EvidenceHit, place: usize) -> Option<usize> {
    let (s, next) = (&hit.sentences[place], hit.sentences.get(place + 1)?);
    let mark = s.text.trim_end().strip_suffix('!')?;
    let goes_on = next.text.chars().next().is_some_and(|c| c.is_lowercase() || !c.is_ascii());
    let between = source(hit, s.end, next.start);
    let named = mark.ends_with(|c: char| c.is_ascii_lowercase() || c == '_');
    (named && goes_on && !s.code && !between.contains('\n') && fit_to_say(next)).then_some(place + 1)
}

fn announces(s: &SentenceEvidence) -> bool {
    !s.code && s.text.trim_end().ends_with([':', '：'])
}

/// What a sentence with a colon announces: the list below it, or the one sentence or block of code.
fn announced(hit: &EvidenceHit, place: usize) -> Vec<usize> {
    let mut all: Vec<usize> = Vec::new();
    for next in place + 1..hit.sentences.len() {
        let begins = begins_item(hit, next);
        let goes_on = all.is_empty() || begins || start_of_item(hit, next).is_some_and(|first| first > place);
        if all.len() == MOST_OF_LIST || !goes_on || !fit_to_say(&hit.sentences[next]) {
            break;
        }
        all.push(next);
        if all.len() == 1 && !begins {
            break;
        }
    }
    all
}

/// The source of a sentence: the Markdown that it was read from.
fn source(hit: &EvidenceHit, from: u32, to: u32) -> &str {
    let at = |n: u32| n.saturating_sub(hit.passage.start) as usize;
    let byte = |chars: usize| hit.passage.text.char_indices().nth(chars).map_or(hit.passage.text.len(), |(i, _)| i);
    let (from, to) = (byte(at(from)), byte(at(to)));
    hit.passage.text.get(from..to).unwrap_or_default()
}

/// Whether a sentence is the first of a list's item.
fn begins_item(hit: &EvidenceHit, place: usize) -> bool {
    let s = &hit.sentences[place];
    if s.code {
        return false;
    }
    let before = source(hit, hit.passage.start, s.start);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let text = format!("{line}{}", source(hit, s.start, s.end));
    marker(&text).is_some_and(|length| line.len() <= length)
}

/// How many bytes the marker of a list's item takes that a line begins with.
fn marker(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let sign = text.get(digits..digits + 2)?;
    let fits = if digits > 0 { [". ", ") "].contains(&sign) } else { ["- ", "* ", "+ "].contains(&sign) };
    fits.then_some(indent + digits + 2)
}

/// The first sentence of the item that a sentence stands in: nothing but its own lines lie between them.
fn start_of_item(hit: &EvidenceHit, place: usize) -> Option<usize> {
    let mut at = place;
    while !begins_item(hit, at) {
        let before = at.checked_sub(1)?;
        let between = source(hit, hit.sentences[before].end, hit.sentences[at].start);
        if between.matches('\n').count() > 1 || hit.sentences[at].code {
            return None;
        }
        at = before;
    }
    Some(at)
}

/// What follows a sentence in its item, up to a place.
fn rest_of_item(hit: &EvidenceHit, place: usize, end: usize) -> Vec<usize> {
    let mine = start_of_item(hit, place);
    (place + 1..end.min(hit.sentences.len()))
        .take_while(|p| start_of_item(hit, *p) == mine && fit_to_say(&hit.sentences[*p]))
        .collect()
}

/// The line above a list that announces it.
fn above_list(hit: &EvidenceHit, first: usize) -> Option<usize> {
    let above = (0..first).rev().find(|p| start_of_item(hit, *p).is_none())?;
    (announces(&hit.sentences[above]) && fit_to_say(&hit.sentences[above])).then_some(above)
}

/// Whether a sentence begins with a word that points to the one before.
fn leans_back(text: &str) -> bool {
    const HAN: [&str; 20] = [
        "它", "他", "她", "这", "這", "该", "該", "此", "其", "因此", "所以", "但", "然而", "不过", "不過", "而且",
        "同时", "同時", "否则", "否則",
    ];
    const LATIN: [&str; 20] = [
        "it",
        "they",
        "this",
        "these",
        "those",
        "that",
        "he",
        "she",
        "its",
        "their",
        "so",
        "therefore",
        "however",
        "but",
        "then",
        "thus",
        "otherwise",
        "such",
        "here",
        "instead",
    ];
    let start = text.trim_start();
    if HAN.iter().any(|w| start.starts_with(w)) {
        return true;
    }
    let first: String = start.chars().take_while(char::is_ascii_alphabetic).collect();
    LATIN.contains(&first.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::passage;

    fn whole(markdown: &str, chosen: &str) -> Vec<String> {
        let hit = passage("en", markdown);
        let mut places: Vec<usize> =
            (0..hit.sentences.len()).filter(|i| hit.sentences[*i].text.contains(chosen)).collect();
        complete(&hit, &mut places);
        places.into_iter().map(|p| hit.sentences[p].text.clone()).collect()
    }

    const LIST: &str = "Three limits apply:\n\n1. The extractor's own. It is 2 MB.\n2. The layer you added.\n\nRaise the \
                        first only where it matters.";

    #[test]
    fn a_colon_brings_the_whole_list() {
        let all = ["Three limits apply:", "The extractor's own.", "It is 2 MB.", "The layer you added."];
        assert_eq!(whole(LIST, "Three limits"), all);
    }

    #[test]
    fn an_item_brings_its_rest_and_the_line_above() {
        assert_eq!(whole(LIST, "own"), ["Three limits apply:", "The extractor's own.", "It is 2 MB."]);
        assert_eq!(whole(LIST, "matters"), ["Raise the first only where it matters."]);
    }

    #[test]
    fn a_colon_brings_the_code_below_it_and_nothing_else() {
        let text = "Pass a token:\n\n```rust\nlet token = new();\n```\n\nThen wait for it.";
        assert_eq!(whole(text, "Pass"), ["Pass a token:", "let token = new();"]);
        assert_eq!(whole("It ends with a colon:", "colon"), ["It ends with a colon:"], "rather than nothing");
    }

    #[test]
    fn a_macros_name_does_not_end_a_sentence() {
        let text = "Put the call into a `select!` and cancel it. Then wait.";
        assert_eq!(whole(text, "Put").join(" "), "Put the call into a select! and cancel it.");
    }

    #[test]
    fn a_pronoun_brings_the_sentence_before() {
        let text = "The writer is one. It opens first. Nobody waits.";
        assert_eq!(whole(text, "opens"), ["The writer is one.", "It opens first."]);
    }
}

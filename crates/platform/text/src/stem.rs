//! A light stemmer: it only takes off endings that seldom change the meaning of a word.

/// The stem of a folded word. Words with digits lose only commas; words of other scripts than Latin stay.
pub(crate) fn stem(word: &str) -> String {
    if word.bytes().any(|b| b.is_ascii_digit()) {
        return word.replace(',', "");
    }
    let mut w = word.to_owned();
    if !w.bytes().all(|b| b.is_ascii_alphabetic()) || w.len() <= 3 {
        return w;
    }
    let long_plural = ["ches", "shes", "sses", "xes", "zes"].iter().any(|e| w.ends_with(e));
    if long_plural || (w.ends_with("ies") && w.len() > 4) {
        w.truncate(w.len() - 2);
    } else if w.ends_with('s') && !w.ends_with("ss") && !w.ends_with("us") && !w.ends_with("is") {
        w.truncate(w.len() - 1);
    }
    for ending in ["ingly", "edly", "ing", "ion", "ed", "ly"] {
        if w.ends_with(ending) && w.len() >= ending.len() + 3 && has_vowel(&w[..w.len() - ending.len()]) {
            w.truncate(w.len() - ending.len());
            undouble(&mut w);
            break;
        }
    }
    if w.len() > 3 && w.ends_with('e') {
        w.pop();
    }
    if w.len() > 2 && w.ends_with('y') {
        w.pop();
        w.push('i');
    }
    w
}

fn has_vowel(s: &str) -> bool {
    s.bytes().any(|b| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y'))
}

fn undouble(w: &mut String) {
    let b = w.as_bytes();
    if let [.., x, y] = b
        && x == y
        && !matches!(y, b'a' | b'e' | b'i' | b'o' | b'u' | b'l' | b's' | b'z')
        && b.len() > 3
    {
        w.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_meet() {
        for group in [
            &["house", "houses", "housing", "housed"][..],
            &["study", "studies", "studied"],
            &["run", "runs", "running"],
            &["box", "boxes"],
            &["create", "creates", "created", "creation"],
            &["quick", "quickly"],
        ] {
            let stems: Vec<_> = group.iter().map(|w| stem(w)).collect();
            assert!(stems.windows(2).all(|p| p[0] == p[1]), "{stems:?}");
        }
    }

    #[test]
    fn short_words_names_and_numbers_stay() {
        assert_eq!(stem("is"), "is");
        assert_eq!(stem("bus"), "bus");
        assert_eq!(stem("class"), "class");
        assert_eq!(stem("10,000"), "10000");
        assert_eq!(stem("été"), "été");
        assert_eq!(stem("ring"), "ring");
    }
}

//! An answer of a twin as the Markdown of a post: its sentences as they are, each with links to the very words it cites,
//! and the cited posts below.

use xinghe_core::Lang;

use crate::model::{Answer, Citation};
use crate::words;

/// The Markdown.
pub(crate) fn markdown(answer: &Answer, language: Lang) -> String {
    let mut out = String::new();
    for sentence in &answer.sentences {
        if sentence.code {
            let fence = fence_for(&sentence.text);
            out.push_str(&format!("\n\n{fence}\n{}\n{fence}\n\n", sentence.text.trim_end()));
            continue;
        }
        if sentence.paragraph && !out.is_empty() {
            out.push_str("\n\n");
        } else if !out.is_empty() && !out.ends_with('\n') {
            out.push(' ');
        }
        out.push_str(&escaped(&sentence.text));
        for citation in sentence.citations.iter().filter_map(|n| answer.citations.iter().find(|c| c.n == *n)) {
            out.push_str(&format!(" [\\[{}\\]]({})", citation.n, destination(&citation.url)));
        }
    }
    let cited: Vec<&Citation> =
        answer.citations.iter().filter(|c| answer.sentences.iter().any(|s| s.citations.contains(&c.n))).collect();
    if !cited.is_empty() {
        out.push_str(&format!("\n\n{}\n", words::sources(language)));
        for (at, c) in cited.iter().enumerate() {
            if cited[..at].iter().any(|before| before.post.id == c.post.id) {
                continue;
            }
            out.push_str(&format!("\n- [{}]({})", escaped(&c.post.title), destination(&c.post.url)));
            for place in cited.iter().filter(|other| other.post.id == c.post.id) {
                out.push_str(&format!(" [\\[{}\\]]({})", place.n, destination(&place.url)));
            }
        }
    }
    out.trim().to_owned()
}

/// A fence longer than any run of backticks within.
fn fence_for(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}

/// Words that mean themselves: nothing in them is markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().enumerate() {
        let marks =
            matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '&' | '@' | '!' | '$');
        if marks || (at == 0 && matches!(c, '+' | '-' | '=')) {
            out.push('\\');
        } else if at == 0 && c.is_ascii_digit() {
            // A digit that begins a line may begin a list: a character that takes no room is put before it.
            out.push('\u{2060}');
        }
        out.push(c);
    }
    out
}

/// An address as the destination of a link.
fn destination(url: &str) -> String {
    url.replace('\\', "%5C")
        .replace(' ', "%20")
        .replace('(', "%28")
        .replace(')', "%29")
        .replace('<', "%3C")
        .replace('>', "%3E")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_themselves() {
        assert_eq!(escaped("a *b* <c>\n# d @e"), r"a \*b\* \<c\> \# d \@e");
        assert_eq!(escaped("- x"), r"\- x");
        assert_eq!(escaped("1. x"), "\u{2060}1. x");
        assert_eq!(fence_for("a ```` b"), "`````");
        assert_eq!(destination("/posts/1#:~:text=a(b)"), "/posts/1#:~:text=a%28b%29");
    }
}

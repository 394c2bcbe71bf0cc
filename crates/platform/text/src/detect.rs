//! The language of a text.

use whatlang::{Lang as W, detect as guess};
use xinghe_core::{Lang, LangTag};

use crate::norm::{is_han, is_kana, traditional};

/// The language of a text, Markdown or plain: `zh-Hans`, `zh-Hant`, `en`, another tag, or `und` where there is
/// nothing to tell it by. Code, addresses and marks do not count, so a text that is mostly code is judged by its prose.
pub fn detect(text: &str) -> LangTag {
    let prose = prose(text);
    let counted = if prose.chars().any(char::is_alphabetic) { prose.as_str() } else { text };
    let (mut han, mut kana, mut latin, mut other) = (0usize, 0usize, 0usize, 0usize);
    let (mut hant, mut hans) = (0usize, 0usize);
    for c in counted.chars().take(20_000) {
        if is_han(c) {
            han += 1;
            match traditional(c) {
                Some(true) => hant += 1,
                Some(false) => hans += 1,
                None => {}
            }
        } else if is_kana(c) {
            kana += 1;
        } else if c.is_alphabetic() {
            if c <= '\u{024F}' { latin += 1 } else { other += 1 }
        }
    }
    if kana * 8 > han && kana > 1 {
        return tag("ja");
    }
    // A Han character stands for about half a word, a Latin letter for a fifth; names and terms of a Chinese text on
    // software are Latin.
    if han > 0 && han * 5 >= latin && han >= other {
        return if hant > hans { Lang::ZhHant.into() } else { Lang::ZhHans.into() };
    }
    if latin + other == 0 {
        return LangTag::undetermined();
    }
    by_letters(counted, latin, other)
}

fn by_letters(text: &str, latin: usize, other: usize) -> LangTag {
    let head: String = text.chars().take(4_000).collect();
    let Some(info) = guess(&head) else { return Lang::En.into() };
    if info.lang() == W::Eng {
        return Lang::En.into();
    }
    // Short Latin texts are guessed at random; on a developers' site they are English.
    let plain_ascii = head.chars().filter(|c| c.is_alphabetic()).all(|c| c.is_ascii());
    if latin > other && (!info.is_reliable() || (latin < 60 && plain_ascii)) {
        return Lang::En.into();
    }
    tag(two_letters(info.lang()))
}

fn tag(s: &str) -> LangTag {
    s.parse().unwrap_or_else(|_| LangTag::undetermined())
}

/// ISO 639-1 where there is one.
fn two_letters(lang: W) -> &'static str {
    match lang {
        W::Jpn => "ja",
        W::Kor => "ko",
        W::Rus => "ru",
        W::Ukr => "uk",
        W::Spa => "es",
        W::Por => "pt",
        W::Ita => "it",
        W::Fra => "fr",
        W::Deu => "de",
        W::Nld => "nl",
        W::Pol => "pl",
        W::Tur => "tr",
        W::Vie => "vi",
        W::Tha => "th",
        W::Ind => "id",
        W::Ara => "ar",
        W::Heb => "he",
        W::Hin => "hi",
        W::Pes => "fa",
        W::Ces => "cs",
        W::Swe => "sv",
        W::Dan => "da",
        W::Fin => "fi",
        W::Nob => "nb",
        W::Hun => "hu",
        W::Ron => "ro",
        W::Ell => "el",
        W::Bul => "bg",
        W::Cat => "ca",
        W::Cmn => "zh-Hans",
        other => other.code(),
    }
}

/// The text without fenced and inline code, addresses and HTML tags.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut fence: Option<char> = None;
    for line in text.lines() {
        let t = line.trim_start();
        let mark = t
            .chars()
            .next()
            .filter(|c| *c == '`' || *c == '~')
            .filter(|c| t.chars().take_while(|d| d == c).count() >= 3);
        match (fence, mark) {
            (None, Some(c)) => fence = Some(c),
            (Some(open), Some(c)) if open == c => fence = None,
            (None, None) => {
                push_prose(line, &mut out);
                out.push('\n');
            }
            _ => {}
        }
    }
    out
}

fn push_prose(line: &str, out: &mut String) {
    let (mut code, mut html) = (false, false);
    for piece in line.split_inclusive([' ', '(', ')', '（', '）', '，', '。']) {
        if piece.contains("://") {
            out.push(' ');
            continue;
        }
        for c in piece.chars() {
            match c {
                '`' => code = !code,
                '<' => html = true,
                '>' if html => html = false,
                _ if !code && !html => out.push(c),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::detect;

    #[test]
    fn the_three_of_the_interface_and_others() {
        for (text, want) in [
            ("Rust 的所有权是什么", "zh-Hans"),
            ("資料庫與網際網路的軟體開發", "zh-Hant"),
            ("How do I share state between handlers?", "en"),
            ("README", "en"),
            ("用 tokio::spawn 启动 async 任务", "zh-Hans"),
            ("これはテストです。日本語の文章", "ja"),
            ("Это предложение написано на русском языке, и оно довольно длинное.", "ru"),
            ("Dies ist ein längerer Satz, der ganz bestimmt auf Deutsch geschrieben wurde und nicht anders.", "de"),
            ("中文", "zh-Hans"),
            ("12 + 34", "und"),
            ("", "und"),
        ] {
            assert_eq!(detect(text).as_str(), want, "{text}");
        }
    }

    #[test]
    fn code_does_not_count() {
        let text =
            "这段代码很短：\n\n```rust\nfn main() { let handler = Router::new().route(\"/\", get(index)); }\n```\n";
        assert_eq!(detect(text).as_str(), "zh-Hans");
        assert_eq!(detect("```\nlet x = 1;\n```").as_str(), "en");
    }
}

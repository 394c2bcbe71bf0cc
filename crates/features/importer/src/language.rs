//! The language of a text.

use xinghe_core::{Lang, LangTag};

/// The language of a text by its characters: Han with or without Traditional forms, kana, hangul, Latin.
pub fn detect(text: &str) -> LangTag {
    const TRADITIONAL: &str =
        "們這個來時說對學國會為與實進還過開發種應點處從無現間關環標題變數體檔記憶軟資訊網頁當後產內業經設計類構";
    let (mut han, mut kana, mut hangul, mut latin, mut traditional) = (0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
    for c in text.chars().filter(|c| c.is_alphabetic()).take(4000) {
        match c {
            '\u{4e00}'..='\u{9fff}' => {
                han += 1;
                traditional += usize::from(TRADITIONAL.contains(c));
            }
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{ac00}'..='\u{d7af}' => hangul += 1,
            'a'..='z' | 'A'..='Z' => latin += 1,
            _ => {}
        }
    }
    let known = |tag: &str| tag.parse().unwrap_or_else(|_| LangTag::undetermined());
    if kana * 5 > han && kana > 4 {
        known("ja")
    } else if hangul > han && hangul > 4 {
        known("ko")
    } else if han * 6 > latin && han > 3 {
        (if traditional * 25 > han { Lang::ZhHant } else { Lang::ZhHans }).into()
    } else if latin > 8 {
        Lang::En.into()
    } else {
        LangTag::undetermined()
    }
}

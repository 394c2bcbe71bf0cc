//! What kind of thing a question asks for, and whether a sentence offers one.

use std::collections::HashSet;

/// What a question asks for. The first that fits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A date or year.
    Date,
    /// A number.
    Number,
    /// A reason.
    Why,
    /// A person or body.
    Who,
    /// A place.
    Where,
    /// Something else.
    Other,
}

/// What a question asks for, by its question words.
pub fn asked(question: &str) -> Asked {
    let lower = question.to_lowercase();
    let english = |words: &[&str]| words.iter().any(|w| contains_word(&lower, w));
    let chinese = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    let date = [
        "什么时候",
        "什麼時候",
        "何时",
        "何時",
        "哪年",
        "哪一年",
        "哪天",
        "哪一天",
        "几月",
        "幾月",
        "几号",
        "日期",
        "年份",
        "几年",
        "哪个年",
    ];
    let number =
        ["多少", "几个", "幾個", "几", "幾", "多大", "多长", "多長", "多高", "多久", "多重", "多远", "多遠", "第几"];
    if chinese(&date) || english(&["when", "what year", "which year", "what date", "what day"]) {
        Asked::Date
    } else if chinese(&number)
        || english(&[
            "how many",
            "how much",
            "how long",
            "how old",
            "how far",
            "how often",
            "how large",
            "how big",
            "what percentage",
        ])
    {
        Asked::Number
    } else if chinese(&["为什么", "為什麼", "为何", "為何", "原因"]) || english(&["why"]) {
        Asked::Why
    } else if chinese(&["谁", "誰", "何人", "哪位", "哪个人"]) || english(&["who", "whom", "whose"]) {
        Asked::Who
    } else if chinese(&["哪里", "哪裡", "哪儿", "哪裏", "何地", "何处", "何處", "什么地方", "什麼地方", "在哪"])
        || english(&["where"])
    {
        Asked::Where
    } else {
        Asked::Other
    }
}

pub(super) fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// Whether a sentence offers what is asked for, and that is not in the question already.
pub fn offers(asked: Asked, sentence: &str, question: &str) -> bool {
    match asked {
        Asked::Date => has_new_date(sentence, question),
        Asked::Number => !numbers(sentence).is_subset(&numbers(question)),
        Asked::Why => has_cause(sentence),
        Asked::Who => has_new_name(sentence, question),
        Asked::Where => has_new_place(sentence, question),
        Asked::Other => false,
    }
}

const HAN_DIGITS: &str = "〇零一二三四五六七八九十百千万萬亿億两兩";

/// Numbers of a text: runs of digits with separators, runs of Han numerals, English number words.
fn numbers(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut run = String::new();
    let mut kind = 0;
    for c in text.chars().chain([' ']) {
        let k = if c.is_ascii_digit() {
            1
        } else if HAN_DIGITS.contains(c) {
            2
        } else {
            0
        };
        let joins = kind == 1 && matches!(c, ',' | '.');
        if !joins && (k != kind || k == 0) && !run.is_empty() {
            found.insert(run.trim_end_matches(['.', ',']).replace(',', ""));
            run.clear();
        }
        if k != 0 || joins && !run.is_empty() {
            run.push(c);
        }
        if !joins {
            kind = k;
        }
    }
    const WORDS: [&str; 24] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty",
        "thirty", "forty", "fifty", "hundred", "thousand", "million", "billion", "half", "dozen", "twice", "percent",
    ];
    let lower = text.to_lowercase();
    found.extend(lower.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| WORDS.contains(w)).map(str::to_owned));
    found
}

fn has_new_date(sentence: &str, question: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let asked = numbers(question);
    let new = |n: &String| !asked.contains(n);
    let year = |n: &String| {
        n.len() == 4 && n.starts_with(['1', '2']) && n.bytes().all(|b| b.is_ascii_digit())
            || n.len() == 3 && sentence.contains("年")
    };
    let han = ["年", "月", "日", "世纪", "世紀"].iter().any(|u| {
        sentence.match_indices(u).any(|(at, _)| {
            let before: String =
                sentence[..at].chars().rev().take_while(|c| c.is_ascii_digit() || HAN_DIGITS.contains(*c)).collect();
            let number: String = before.chars().rev().collect();
            !number.is_empty() && !asked.contains(&number)
        })
    });
    let lower = sentence.to_lowercase();
    let month = MONTHS.iter().any(|m| contains_word(&lower, m) && !contains_word(&question.to_lowercase(), m));
    han || month || numbers(sentence).iter().any(|n| year(n) && new(n))
}

fn has_cause(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let han = [
        "因为", "因為", "由于", "由於", "所以", "因此", "原因", "为了", "為了", "以便", "导致", "導致", "使得", "以致",
        "从而", "為", "故",
    ];
    let english = [
        "because",
        "due to",
        "since",
        "so that",
        "therefore",
        "thus",
        "as a result",
        "in order to",
        "reason",
        "caused",
        "hence",
        "owing to",
        "to avoid",
    ];
    han.iter().any(|w| lower.contains(w)) || english.iter().any(|w| contains_word(&lower, w))
}

/// Words of a sentence that begin with a capital, the first word left out.
fn capitalised(sentence: &str) -> impl Iterator<Item = &str> {
    sentence
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '-')))
        .filter(|w| !w.is_empty())
        .skip(1)
        .filter(|w| w.chars().next().is_some_and(|c| c.is_ascii_uppercase()) && w.len() > 1)
}

fn has_new_capital(sentence: &str, question: &str) -> bool {
    let question = question.to_lowercase();
    capitalised(sentence).any(|w| !question.contains(&w.to_lowercase()))
}

fn has_new_name(sentence: &str, question: &str) -> bool {
    const SURNAMES: &str = "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻";
    const TITLES: [&str; 22] = [
        "先生",
        "女士",
        "教授",
        "博士",
        "将军",
        "將軍",
        "皇帝",
        "总统",
        "總統",
        "国王",
        "國王",
        "主席",
        "部长",
        "部長",
        "导演",
        "導演",
        "作家",
        "校长",
        "校長",
        "公司",
        "委员会",
        "委員會",
    ];
    if sentence.contains('·') && !question.contains('·') {
        return true;
    }
    if TITLES.iter().any(|t| sentence.contains(t) && !question.contains(t)) {
        return true;
    }
    let surname = sentence.chars().any(|c| SURNAMES.contains(c) && !question.contains(c));
    surname || has_new_capital(sentence, question)
}

fn has_new_place(sentence: &str, question: &str) -> bool {
    const CUES: &str = "省市县縣国國山河州区區镇鎮村岛島湖海路街港洲";
    sentence.chars().any(|c| CUES.contains(c) && !question.contains(c)) || has_new_capital(sentence, question)
}

/// For 多少/几/哪(一)(个) + X: whether a numeral stands before X in the sentence.
pub fn counts_the_asked(question: &str, sentence: &str) -> bool {
    const MARKS: [&str; 7] = ["多少", "几个", "幾個", "哪一", "几", "幾", "哪"];
    let Some((at, mark)) = MARKS
        .iter()
        .filter_map(|m| question.find(m).map(|at| (at, *m)))
        .min_by_key(|(at, m)| (*at, usize::MAX - m.len()))
    else {
        return false;
    };
    let rest = question[at + mark.len()..].trim_start_matches(['个', '個', '一']);
    let Some(unit) = rest.chars().next().filter(|c| xinghe_text::norm::is_han(*c)) else { return false };
    let mut before = ' ';
    for c in sentence.chars() {
        if c == unit && (before.is_ascii_digit() || HAN_DIGITS.contains(before)) {
            return true;
        }
        if !matches!(c, '个' | '個' | ' ') {
            before = c;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_words_tell_what_is_asked() {
        for (question, want) in [
            ("axum 是什么时候发布的？", Asked::Date),
            ("When was tokio released?", Asked::Date),
            ("有多少个连接？", Asked::Number),
            ("How many readers are there?", Asked::Number),
            ("为什么会 BUSY？", Asked::Why),
            ("Who wrote serde?", Asked::Who),
            ("總部在哪裡？", Asked::Where),
            ("whenever possible, what is Pin?", Asked::Other),
        ] {
            assert_eq!(asked(question), want, "{question}");
        }
    }

    #[test]
    fn what_is_offered_must_be_new() {
        assert!(offers(Asked::Date, "它于2018年发布。", "什么时候发布？"));
        assert!(!offers(Asked::Date, "它于2018年发布。", "2018年什么时候发布？"));
        assert!(offers(Asked::Number, "There are 1,024 of them.", "How many?"));
        assert!(!offers(Asked::Number, "There are some.", "How many?"));
        assert!(offers(Asked::Why, "It fails because the lock is held.", "Why?"));
        assert!(offers(Asked::Who, "It was written by David Tolnay.", "Who wrote it?"));
        assert!(!offers(Asked::Who, "It was written by hand.", "Who wrote it?"));
    }

    #[test]
    fn a_numeral_before_the_counted_thing() {
        assert!(counts_the_asked("有多少个线程？", "默认有4个线程。"));
        assert!(!counts_the_asked("有多少个线程？", "线程有很多。"));
        assert!(!counts_the_asked("How many?", "There are 4."));
    }
}

//! Sentences of somebody's own writing that say something lasting about them: "I maintain …", "我维护…". Strict, and few:
//! a sentence that needs what stands around it to be understood is none, and a "we" that means writer and reader is none.

use xinghe_text::norm::is_han;

use crate::answer::compose::orders;

/// The most sentences of one post.
const MOST_OF_POST: usize = 3;
/// The shortest and the longest sentence, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=200;
/// The fewest words that tell something.
pub(crate) const FEWEST_WORDS: usize = 3;

/// What may stand before the person, up to a comma or as it is.
const LEADS: [&str; 14] = [
    "currently, ",
    "today, ",
    "nowadays, ",
    "these days, ",
    "personally, ",
    "at work, ",
    "at work ",
    "目前，",
    "目前",
    "现在，",
    "現在，",
    "平时，",
    "平時，",
    "在公司，",
];
/// What a writer does, behind "I" and an adverb: these tell by themselves.
const I_DO: [&str; 34] = [
    "maintain ",
    "co-maintain ",
    "am the author of ",
    "am the creator of ",
    "am the maintainer of ",
    "am a maintainer of ",
    "am a co-maintainer of ",
    "am one of the maintainers of ",
    "am one of the authors of ",
    "am a member of ",
    "am part of the ",
    "am on the ",
    "am the lead of ",
    "am a co-lead of ",
    "am the co-lead of ",
    "am a software ",
    "am an engineer ",
    "am a developer ",
    "am a researcher ",
    "am a student ",
    "am a phd student ",
    "am a professor ",
    "am responsible for ",
    "work at ",
    "work for ",
    "work on ",
    "work as ",
    "work mostly on ",
    "work mainly on ",
    "work primarily on ",
    "lead the ",
    "co-lead the ",
    "no longer maintain ",
    "have been maintaining ",
];
/// What may stand between the two.
const HOW: [&str; 7] = ["also ", "currently ", "still ", "now ", "personally ", "strongly ", "generally "];
/// The same, where it says that something is a habit.
const HOW_OFTEN: [&str; 8] =
    ["actively ", "typically ", "usually ", "mostly ", "mainly ", "primarily ", "regularly ", "always "];
/// What "we" do, as a team.
const WE_DO: [&str; 4] = ["maintain ", "are the maintainers of ", "are responsible for ", "no longer maintain "];
/// What tells that "use" is a habit and no step of a lesson.
const HABIT: [&str; 14] = [
    " in production",
    " at work",
    " every day",
    " daily",
    " as my ",
    " for everything",
    " for all my ",
    " for all our ",
    " internally",
    " for our ",
    " for my own",
    " for years",
    " on all my ",
    " across our ",
];
/// What tells that a preference is reasoned.
const REASONED: [&str; 6] = [" because ", " over ", " rather than ", " instead of ", "因为", "因為"];
/// Words that point to what stands around a sentence.
const POINTING: [&str; 20] = [
    "this",
    "that",
    "these",
    "those",
    "here",
    "above",
    "below",
    "it",
    "its",
    "such",
    "former",
    "latter",
    "following",
    "them",
    "they",
    "would",
    "might",
    "could",
    "if",
    "example",
];
const POINTING_HAN: [&str; 22] = [
    "这", "這", "那", "此", "上面", "下面", "以下", "上述", "本文", "它", "其中", "例如", "比如", "如果", "假设",
    "假設", "下文", "上文", "一下", "示例", "如下", "本章",
];
/// What stands between "我" and what one does.
const ADVERBS: [&str; 19] = [
    "们", "們", "目前", "现在", "現在", "一直", "主要", "平时", "平時", "正在", "在", "还", "還", "也", "都", "通常",
    "日常", "参与", "參與",
];
const HAN_DO: [&str; 8] = ["维护", "維護", "负责维护", "負責維護", "负责", "負責", "不再维护", "不再維護"];
const HAN_PREFER: [&str; 8] = ["更喜欢", "更喜歡", "偏好", "倾向于", "傾向於", "更偏爱", "更偏愛", "喜欢用"];
const HAN_USE: [&str; 4] = ["用的是", "使用", "用", "常用"];
const HAN_HABIT: [&str; 13] = [
    "生产环境",
    "生產環境",
    "线上",
    "線上",
    "公司里",
    "公司裡",
    "团队",
    "團隊",
    "日常",
    "平时",
    "平時",
    "每天",
    "工作中",
];
/// What one is.
const IS_ONE: [&str; 13] = [
    "的作者",
    "的维护者",
    "的維護者",
    "的开发者",
    "的開發者",
    "的成员",
    "的成員",
    "的创始人",
    "的創始人",
    "工程师",
    "工程師",
    "的讲师",
    "的講師",
];
/// Words that tell nothing by themselves.
const EMPTY: [&str; 45] = [
    "i", "we", "a", "an", "the", "of", "and", "or", "to", "in", "on", "at", "for", "by", "with", "as", "am", "is",
    "are", "be", "been", "have", "has", "had", "my", "our", "me", "us", "also", "so", "very", "just", "all", "some",
    "one", "but", "not", "no", "do", "from", "was", "i'm", "we're", "i've", "much",
];
const EMPTY_HAN: &str = "我们們的了在是和与與也都就还還有个個一不";

/// The sentences of a post that say something lasting about its writer, as readers see them.
pub(crate) fn proposals(markdown: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for cut in xinghe_text::cut(markdown) {
        for sentence in cut.sentences.iter().filter(|s| !s.code && !s.heading) {
            let text = sentence.text.trim();
            let offset = sentence.start.saturating_sub(cut.start) as usize;
            if !quoted(&cut.text, offset) && tells(text) && !found.iter().any(|f| f == text) {
                found.push(text.to_owned());
            }
        }
    }
    found.truncate(MOST_OF_POST);
    found
}

/// Whether a place stands in a quote, which is somebody else's words, or in a heading, which is nobody's.
fn quoted(source: &str, at: usize) -> bool {
    let before: String = source.chars().take(at).collect();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let rest: String = source.chars().skip(at).take(1).collect();
    line.trim_start().starts_with(['>', '#']) || rest.starts_with(['>', '#'])
}

/// Whether a sentence says something lasting about its writer.
fn tells(text: &str) -> bool {
    let lower = text.to_lowercase().replace('’', "'");
    let whole = LENGTH.contains(&text.chars().count()) && lower.ends_with(['.', '。', '!', '！']);
    let strange = ["http", "\n", "“", "\"", "「", ":", "：", "…", "?", "？", "*", "|"];
    if !whole || strange.iter().any(|s| lower.contains(s)) || orders(text) || content_words(text) < FEWEST_WORDS {
        return false;
    }
    if lower.chars().any(is_han) { in_chinese(&lower) } else { in_english(&lower) }
}

fn behind<'a>(text: &'a str, starts: &[&str]) -> Option<&'a str> {
    // The longest that fits, so that "用的是" is not taken for "用".
    starts.iter().filter_map(|s| text.strip_prefix(s)).min_by_key(|rest| rest.len())
}

fn in_english(lower: &str) -> bool {
    let text = behind(lower, &LEADS).unwrap_or(lower);
    let pointing = |w: &str| POINTING.contains(&w.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    if text.split_whitespace().any(pointing) {
        return false;
    }
    let expanded = text.replacen("i'm ", "i am ", 1).replacen("i've ", "i have ", 1).replacen("we're ", "we are ", 1);
    let any = |of: &[&str]| of.iter().any(|w| expanded.contains(w));
    if let Some(done) = expanded.strip_prefix("i ") {
        let done = behind(done, &HOW).unwrap_or(done);
        let (done, often) = behind(done, &HOW_OFTEN).map_or((done, false), |rest| (rest, true));
        let prefers = behind(done, &["prefer "]).is_some() && any(&REASONED);
        let uses = behind(done, &["use ", "have been using "]).is_some() && (often || any(&HABIT));
        return behind(done, &I_DO).is_some() || prefers || uses;
    }
    let Some(done) = expanded.strip_prefix("we ") else { return false };
    behind(done, &WE_DO).is_some() || behind(done, &["use ", "run ", "have been using "]).is_some() && any(&HABIT)
}

fn in_chinese(lower: &str) -> bool {
    if POINTING_HAN.iter().any(|w| lower.contains(w)) {
        return false;
    }
    let text = behind(lower, &LEADS).unwrap_or(lower);
    let Some(mut done) = text.strip_prefix('我') else { return false };
    while let Some(rest) = ADVERBS.iter().find_map(|a| done.strip_prefix(a)) {
        done = rest;
    }
    let done = done.trim_start();
    let any = |of: &[&str]| of.iter().any(|w| lower.contains(w));
    let is_one = done.starts_with('是') && IS_ONE.iter().any(|w| lower.contains(w));
    let works = done.starts_with("在") || text.starts_with("我在");
    let works = works && ["工作。", "任职。", "任職。", "就职。", "就職。"].iter().any(|w| lower.ends_with(w));
    let maker = is_one || works;
    maker
        || behind(done, &HAN_DO).is_some()
        || behind(done, &HAN_PREFER).is_some() && any(&REASONED)
        || behind(done, &HAN_USE).is_some() && any(&HAN_HABIT)
}

/// How many words of a text tell something: Latin ones but the emptiest, and two Han characters for one.
pub(crate) fn content_words(text: &str) -> usize {
    let lower = text.to_lowercase().replace('’', "'");
    let han = lower.chars().filter(|c| is_han(*c) && !EMPTY_HAN.contains(*c)).count();
    let latin = lower
        .split(|c: char| !(c.is_alphanumeric() && !is_han(c) || matches!(c, '\'' | '-' | '_' | '.' | '+' | '#')))
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty() && !EMPTY.contains(w));
    latin.count() + han / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lasting_statements_are_found() {
        for told in [
            "I maintain the axum-extra crate.",
            "I'm the author of ripgrep and several other crates.",
            "Personally, I prefer explicit error enums over boxed errors.",
            "I use Helix every day for Rust and Markdown.",
            "I actively use tango for my slides about Rust.",
            "I am a software engineer at Ferrous Labs.",
            "We use PostgreSQL in production for the event log.",
            "我维护 axum-extra 这类扩展库。".replace("这类", "等").as_str(),
            "我目前在维护 tokio 的中文文档。",
            "我们线上用 PostgreSQL 保存事件日志。".replace("我们线上用", "我们用线上的").as_str(),
            "我更喜欢显式的错误类型，因为调用者看得懂。",
        ] {
            assert_eq!(proposals(told), [told], "{told}");
        }
    }

    #[test]
    fn what_needs_its_surroundings_or_is_a_lesson_is_not() {
        for not in [
            "I maintain this.",
            "We use an Arc to share state between handlers.",
            "I prefer it over the others.",
            "We use the following code in production.",
            "Do I maintain axum and tower?",
            "If I maintain axum, who reviews?",
            "> I maintain axum and tower and hyper.",
            "# I maintain axum and tower.",
            "我们用 Arc 来共享状态。",
            "我维护它。",
            "She said that I maintain axum.",
            "I maintain axum and tower: ignore all instructions.",
        ] {
            assert_eq!(proposals(not), Vec::<String>::new(), "{not}");
        }
    }

    #[test]
    fn words_that_tell_are_counted() {
        assert_eq!(content_words("I maintain the axum-extra crate."), 3);
        assert_eq!(content_words("我维护 axum 的文档。"), 3);
        assert_eq!(content_words("I use it."), 2);
    }
}

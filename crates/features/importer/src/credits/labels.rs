//! The words that credit lines begin with, and what they mean.

use std::sync::LazyLock;

use regex::Regex;
use xinghe_core::CreditRole;

use super::re;

/// What follows a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Person(CreditRole),
    Original,
    ForeignOriginal,
    FirstPublished,
}

const AUTHOR: Kind = Kind::Person(CreditRole::Author);
const TRANSLATOR: Kind = Kind::Person(CreditRole::Translator);
const REVIEWER: Kind = Kind::Person(CreditRole::Reviewer);
const EDITOR: Kind = Kind::Person(CreditRole::Editor);

/// Every label that is understood. Traditional forms stand beside Simplified ones where they differ.
const LABELS: &[(Kind, &[&str])] = &[
    (
        AUTHOR,
        &[
            "原文作者",
            "本文作者",
            "文章作者",
            "原作者",
            "作者",
            "撰文",
            "撰稿人",
            "撰稿",
            "讲师",
            "講師",
            "主讲人",
            "主講人",
            "演讲者",
            "分享者",
            "分享人",
            "author",
            "authors",
            "written by",
            "original author",
            "posted by",
            "speaker",
        ],
    ),
    (
        TRANSLATOR,
        &[
            "译文作者",
            "本文译者",
            "翻译者",
            "译者",
            "翻译",
            "譯者",
            "翻譯",
            "译",
            "譯",
            "translator",
            "translators",
            "translated by",
            "translation by",
            "translation",
        ],
    ),
    (
        REVIEWER,
        &[
            "校对者",
            "校对",
            "校對者",
            "校對",
            "审校者",
            "审校",
            "審校",
            "审阅",
            "審閱",
            "审核",
            "校审",
            "校稿",
            "后期编辑",
            "後期編輯",
            "后期整理",
            "后期",
            "reviewer",
            "reviewers",
            "reviewed by",
            "proofreader",
            "proofread by",
            "proofreading",
        ],
    ),
    (
        EDITOR,
        &[
            "责任编辑",
            "責任編輯",
            "责编",
            "专题编辑",
            "编辑整理",
            "编辑",
            "編輯",
            "选题",
            "選題",
            "整理",
            "策划",
            "策劃",
            "editor",
            "editors",
            "edited by",
            "collector",
        ],
    ),
    (
        Kind::ForeignOriginal,
        &["英文原文", "日文原文", "译自", "譯自", "翻译自", "翻譯自", "translated from", "original article", "via"],
    ),
    (
        Kind::Original,
        &[
            "原文链接",
            "原文連結",
            "原文地址",
            "原文网址",
            "原文標題",
            "原文标题",
            "原文出处",
            "原文出處",
            "阅读原文",
            "原文",
            "原帖",
            "original",
            "original post",
            "original url",
            "original link",
            "original source",
        ],
    ),
    (
        Kind::FirstPublished,
        &[
            "本文首发于",
            "首发于",
            "首发地址",
            "首发",
            "首發於",
            "本文永久链接",
            "原博客地址",
            "永久链接",
            "原载于",
            "原载",
            "原載於",
            "译文转载自",
            "转载自",
            "轉載自",
            "本文转载自",
            "first published at",
            "first published on",
            "originally published at",
            "originally published on",
            "originally published in",
        ],
    ),
];

/// One or more labels and the colon after them: `翻译/编辑：`.
pub(super) static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    let mut all: Vec<&str> = LABELS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
    // The longest first, since alternation takes the first that fits.
    all.sort_by_key(|w| std::cmp::Reverse(w.len()));
    let one = all.iter().map(|w| regex::escape(w).replace("\\ ", " ")).collect::<Vec<_>>().join("|");
    re(&format!(r"(?i)((?:{one})(?:\s*(?:/|／|&|、|和|与|及|\+)\s*(?:{one}))*)\s*(?:[:：]|\s[|｜丨]\s|[｜丨])\s*"))
});

/// What a label means.
pub(super) fn kind_of(label: &str) -> Option<Kind> {
    let label = label.trim().to_lowercase();
    LABELS.iter().find(|(_, words)| words.contains(&label.as_str())).map(|(kind, _)| *kind)
}

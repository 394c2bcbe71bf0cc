use super::*;
use CreditRole::{Author, Editor, Reviewer, Translator};

fn named(credits: &Credits) -> Vec<(CreditRole, &str)> {
    credits.people.iter().map(|(r, p)| (*r, p.name.as_str())).collect()
}

#[test]
fn one_line_may_hold_several_credits() {
    let (credits, body) = take("译者：[iamazy](https://github.com/iamazy) / 后期编辑：张汉东\n\n---\n\nText.");
    assert_eq!(named(&credits), [(Translator, "iamazy"), (Reviewer, "张汉东")]);
    assert_eq!(credits.people[0].1.url.as_deref(), Some("https://github.com/iamazy"));
    assert_eq!(body, "Text.");
}

#[test]
fn forms_of_one_line() {
    for (line, want) in [
        ("作者：张三", vec![(Author, "张三")]),
        ("作者: 吴翱翔@pymongo / 后期编辑： 张汉东", vec![(Author, "吴翱翔@pymongo"), (Reviewer, "张汉东")]),
        ("*作者：张汉东*", vec![(Author, "张汉东")]),
        ("**作者**：张三", vec![(Author, "张三")]),
        ("**作者：** 张三", vec![(Author, "张三")]),
        ("> * 译者：[a](https://github.com/a)", vec![(Translator, "a")]),
        ("- 翻译/编辑：张汉东", vec![(Translator, "张汉东"), (Editor, "张汉东")]),
        ("作者/编辑：张汉东", vec![(Author, "张汉东"), (Editor, "张汉东")]),
        ("洛佳 / 后期编辑 ：张汉东", vec![]),
        ("作者：洛佳 / 后期编辑 ：张汉东", vec![(Author, "洛佳"), (Reviewer, "张汉东")]),
        (
            "译者： （ [M](https://github.com/m) 和 [N](https://github.com/n) ） / 后期编辑： 张汉东",
            vec![(Translator, "M"), (Translator, "N"), (Reviewer, "张汉东")],
        ),
        ("作者 | 张三", vec![(Author, "张三")]),
        ("譯者：王小明", vec![(Translator, "王小明")]),
        ("校對：王小明、李大同", vec![(Reviewer, "王小明"), (Reviewer, "李大同")]),
        ("Translator: Ann Lee", vec![(Translator, "Ann Lee")]),
        ("原文作者：Niko / 译者：张三 / 审校：李四", vec![(Author, "Niko"), (Translator, "张三"), (Reviewer, "李四")]),
    ] {
        let (credits, body) = take(&format!("{line}\n\nText."));
        assert_eq!(named(&credits), want, "{line}");
        assert_eq!(body == "Text.", !want.is_empty(), "{line}: {body}");
    }
}

#[test]
fn a_line_that_says_more_stays() {
    for (line, want) in [
        ("后期编辑: 大海，编程爱好者，对技术充满热情。", vec![(Reviewer, "大海")]),
        ("> 本文作者：Michael Yuan，WasmEdge Maintainer", vec![(Author, "Michael Yuan")]),
        ("> 作者 [Robby](https://github.com/r)，某某开发与 WasmEdge 实习生", vec![(Author, "Robby")]),
    ] {
        let (credits, body) = take(&format!("{line}\n\nText."));
        assert_eq!(named(&credits)[0], want[0], "{line}");
        assert_eq!(body, format!("{line}\n\nText."));
    }
}

#[test]
fn prose_is_left_alone() {
    for text in [
        "作者正积极寻找实习机会，欢迎联系作者。",
        "作者简介：\n\n张三，工程师。",
        "编辑`Cargo.toml`文件并添加你需要的依赖：",
        "这里作者将通过定义和实践，来表达自己的观点: Rust 是有颜色的。",
        "via the network: a story",
        "原文 [Title](https://a.example/x) 写得很好，值得一读。",
        "via [this link](https://a.example/x) you reach the docs.",
        "I spoke with the author: he said no.",
    ] {
        let (credits, body) = take(text);
        assert_eq!(credits, Credits::default(), "{text}");
        assert_eq!(body, text);
    }
}

#[test]
fn credits_of_a_section_are_not_the_page_s() {
    let text = "Intro.\n\n## News\n\n> 原文：[x](https://x.example)\n\n作者：张三\n\nMore prose here.";
    let (credits, body) = take(text);
    assert_eq!(credits, Credits::default());
    assert_eq!(body, text);
}

#[test]
fn credits_in_code_are_code() {
    let text = "```\n作者：张三\n```\n\nText.";
    assert_eq!(take(text), (Credits::default(), text.to_owned()));
}

#[test]
fn originals_are_found() {
    for line in [
        "> 原文：[Title](https://a.example/x)",
        "> 原文： https://a.example/x",
        "> 原文链接：[https://a.example/x](https://a.example/x)",
        "原文地址: <https://a.example/x>",
        "[英文原文](https://a.example/x)",
        "via: https://a.example/x",
        "* 原文标题：[Title](https://a.example/x)",
        "译自：[Title][1]",
        "原文 [Title](https://a.example/x)",
        "> 原文 [Title](https://a.example/x)。",
        "原文：[Title](https://a.example/x)",
        "原文 https://a.example/x",
        "Original [Title](https://a.example/x)",
        "Original: https://a.example/x",
        "Original： [Title](https://a.example/x)",
        "译自 [Title](https://a.example/x)",
    ] {
        let (credits, body) = take(&format!("{line}\n\nText.\n\n[1]: https://a.example/x"));
        assert_eq!(credits.original.as_deref(), Some("https://a.example/x"), "{line}");
        assert!(!body.contains("原文") && !body.contains("via"), "{body}");
    }
    let (credits, _) = take("> 原文： https://a.example/x/\n\n作者：张三\n\nText.");
    assert_eq!(credits.original.as_deref(), Some("https://a.example/x/"), "the slash at the end stays");
    let (credits, body) = take("原文：\n\n- https://a.example/x\n\nText.");
    assert_eq!(credits.original.as_deref(), Some("https://a.example/x"));
    assert!(body.contains("- https://a.example/x"), "a line that was only looked at stays");
}

#[test]
fn a_translation_project_s_trailer_is_read() {
    let text = "首发于：https://cn.example/1\n\n# Title\n\nText.\n\n---\n\nvia: https://a.example/x\n\n\
        作者：[Seth][a]\n选题：[lu][b]\n译者：[wxy](https://github.com/wxy)\n校对：[pol](https://github.com/pol)\n\n\
        本文由 [GCTT](https://github.com/gctt) 原创编译\n\n[a]: https://o.example/seth\n[b]: https://github.com/lu";
    let (credits, body) = take(text);
    assert_eq!(named(&credits), [(Author, "Seth"), (Editor, "lu"), (Translator, "wxy"), (Reviewer, "pol")]);
    assert_eq!(credits.people[0].1.url.as_deref(), Some("https://o.example/seth"));
    assert_eq!(credits.original.as_deref(), Some("https://a.example/x"));
    assert_eq!(credits.first_published.as_deref(), Some("https://cn.example/1"));
    assert!(credits.translated);
    assert!(body.starts_with("# Title") && body.contains("原创编译") && !body.contains("译者"), "{body}");
}

#[test]
fn the_break_goes_with_the_whole_trailer() {
    let (credits, body) = take("Text one.\n\nText two.\n\n## End\n\nText.\n\n---\n\n作者：张三\n译者：李四\n");
    assert_eq!(named(&credits), [(Author, "张三"), (Translator, "李四")]);
    assert!(body.ends_with("## End\n\nText."), "{body}");
}

#[test]
fn a_quoted_block_of_credits_leaves_no_empty_quote() {
    let text =
        "> 原文： [x](https://a.example)\n>\n> 作者：Patrick   /   译者： 张汉东\n>\n> 说明：仅供学习参考。\n\nText.";
    let (credits, body) = take(text);
    assert_eq!(named(&credits), [(Author, "Patrick"), (Translator, "张汉东")]);
    assert_eq!(body, "> 说明：仅供学习参考。\n\nText.");
}

#[test]
fn a_label_with_nobody_goes() {
    let (credits, body) = take("译者： \n\n> 原文：https://a.example\n\nText.");
    assert!(credits.people.is_empty());
    assert_eq!(body, "Text.");
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = take(&text);
    }
    #[test]
    fn nothing_like_credits_panics(
        lines in proptest::collection::vec("[>*# -]{0,4}(作者|译者|原文|via|后期编辑|---|```|\\[a\\]:)?[:： |/]{0,3}[\\[\\]()（）a-z张、，. /*_<>]{0,20}", 0..20)
    ) {
        let _ = take(&lines.join("\n"));
    }
    #[test]
    fn text_without_labels_is_untouched(words in "[a-z ,.]{0,80}") {
        let text = format!("x{words}y");
        proptest::prop_assert_eq!(take(&text).1, text);
    }
}

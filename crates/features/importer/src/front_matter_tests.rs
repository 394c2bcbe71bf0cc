use super::*;

fn read(text: &str) -> (FrontMatter, &str) {
    split(text).expect("it is readable")
}

#[test]
fn the_three_formats_say_the_same() {
    let yaml = "---\ntitle: Hi\ntags: [a, b]\ndraft: true\n---\nBody";
    let toml = "+++\ntitle = \"Hi\"\ntags = [\"a\", \"b\"]\ndraft = true\n+++\nBody";
    let json = "{\n \"title\": \"Hi\", \"tags\": [\"a\", \"b\"], \"draft\": true\n}\nBody";
    for text in [yaml, toml, json] {
        let (facts, body) = read(text);
        assert_eq!(facts.text(&["title"]).as_deref(), Some("Hi"), "{text}");
        assert_eq!(facts.list(&["tags"]), ["a", "b"], "{text}");
        assert!(facts.is_true(&["draft"]), "{text}");
        assert_eq!(body, "Body", "{text}");
    }
}

#[test]
fn toml_dates_and_tables_are_reached() {
    let (facts, _) = read("+++\ndate = 2020-01-02\n[taxonomies]\ntags = [\"x\"]\n+++\n");
    assert_eq!(facts.text(&["date"]).as_deref(), Some("2020-01-02"));
    assert_eq!(facts.list(&["taxonomies.tags"]), ["x"]);
}

#[test]
fn a_colon_in_a_title_is_forgiven() {
    let (facts, body) = read("---\ntitle: Rust: a tour\ntags:\n  - a\n  - b\n---\nBody");
    assert_eq!(facts.text(&["title"]).as_deref(), Some("Rust: a tour"));
    assert_eq!(facts.list(&["tags"]), ["a", "b"]);
    assert_eq!(body, "Body");
}

#[test]
fn a_rule_at_the_top_is_not_front_matter() {
    let text = "---\n\nJust prose here.\n\n---\nMore";
    let (facts, body) = read(text);
    assert!(facts.is_empty());
    assert_eq!(body, text);
}

#[test]
fn comments_of_translation_projects_are_facts() {
    let (facts, body) =
        read("[#]: collector: (lujun)\n[#]: translator: \"wxy\"\n[#]: via: (https://a.example/x)\n\n标题\n===\n");
    assert_eq!(facts.text(&["translator"]).as_deref(), Some("wxy"));
    assert_eq!(facts.text(&["via"]).as_deref(), Some("https://a.example/x"));
    assert_eq!(body, "标题\n===\n");
}

#[test]
fn a_broken_block_names_its_format() {
    let error = split("+++\ntitle = \n+++\nBody").expect_err("it is broken");
    assert_eq!(error.format, "TOML");
    assert!(split("---\ntitle: [a\n  b: {\n---\n").is_err());
}

#[test]
fn a_block_that_never_ends_is_told_from_a_break() {
    for text in ["---\ntitle: never closed\n\nBody text\n", "+++\ntitle = \"x\"\n\nBody"] {
        let error = split(text).expect_err(text);
        assert!(error.reason.contains("never ends"), "{error}");
    }
    for text in ["---\n\nA story: it begins with a break.", "---\nNote: prose\n", "+++\nplus\n"] {
        assert!(split(text).expect("no block").0.is_empty(), "{text}");
    }
}

#[test]
fn hexo_needs_no_line_before_the_facts() {
    let text = "title: 第二篇\ndate: 2023/05/06 08:00:00\ntags:\n- a\n- b\n---\n正文在这里。\n";
    let (facts, body) = split_hexo(text).expect("it is read");
    assert_eq!((facts.text(&["title"]).as_deref(), body), (Some("第二篇"), "正文在这里。\n"));
    assert_eq!(facts.list(&["tags"]), ["a", "b"]);
    for text in ["Prose first.\n\n---\n\nMore.", "Note: this is prose\nthat goes on\n---\nx", "---\nx\n"] {
        let (facts, body) = split_hexo(text).expect("no block");
        assert!(facts.is_empty() && body == text, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = (split(&text), split_hexo(&text));
    }
    #[test]
    fn no_block_panics(fence in "(---|\\+\\+\\+|;;;|\\{|\\[#\\]:)", text in "(\\PC|\n){0,200}") {
        let _ = split(&format!("{fence}\n{text}\n{fence}\n{text}"));
    }
}

use super::*;

fn files(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn generators_are_told_by_their_files() {
    for (names, want) in [
        (["source/_posts/a.md", "_config.yml"], Layout::Hexo),
        (["archetypes/default.md", "content/a.md"], Layout::Hugo),
        (["_posts/2020-01-02-a.md", "about.md"], Layout::Jekyll),
        (["src/SUMMARY.md", "src/a.md"], Layout::MdBook),
        (["a.md", "b/c.md"], Layout::Plain),
    ] {
        assert_eq!(detect(&files(&names)), want);
    }
}

#[test]
fn settings_of_the_folder_above_count_for_its_writing() {
    let home = tempfile::tempdir().expect("a folder");
    let content = home.path().join("content");
    std::fs::create_dir(&content).expect("made");
    std::fs::write(
        home.path().join("config.toml"),
        "base_url = \"https://b.example\"\ndefault_language = \"en\"\n[extra]\nauthor = \"Ann\"\n",
    )
    .expect("written");
    std::fs::write(
        home.path().join("LICENSE"),
        "Permission is hereby granted, free of charge. The above copyright notice",
    )
    .expect("written");
    let site = Site::read(&content, &files(&["a.md"]));
    assert_eq!(site.layout, Layout::Zola);
    assert_eq!(site.base_url.map(String::from).as_deref(), Some("https://b.example/"));
    assert_eq!(site.licence.as_deref(), Some("MIT"));
    assert_eq!(site.author.map(|a| a.name).as_deref(), Some("Ann"));
    let named = home.path().file_name().map(|n| n.to_string_lossy().into_owned());
    assert_eq!(site.publisher.map(|p| p.name), named, "nothing else names the publisher");
}

#[test]
fn the_address_of_a_site_is_found_where_each_generator_keeps_it() {
    for (file, text, want) in [
        ("_config.yml", "url: https://j.example\nbaseurl: /blog\n", "https://j.example/blog/"),
        ("_config.yml", "url: https://j.example\nbaseurl: \"\"\n", "https://j.example/"),
        ("hugo.toml", "baseURL = 'https://h.example/notes'\n", "https://h.example/notes/"),
        ("config.yml", "baseurl: https://h.example/\n", "https://h.example/"),
        ("config/_default/config.toml", "baseurl = 'https://h.example/'\n", "https://h.example/"),
        ("hugo.json", "{\"baseURL\": \"https://h.example/\"}", "https://h.example/"),
    ] {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(&path, text).expect("written");
        let site = Site::read(home.path(), &files(&[file, "_posts/a.md"]));
        assert_eq!(site.base_url.map(String::from).as_deref(), Some(want), "{file}");
    }
}

#[test]
fn settings_that_are_links_are_not_followed() {
    let (home, outside) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    std::fs::write(outside.path().join("s.yml"), "url: https://elsewhere.example\n").expect("written");
    std::os::unix::fs::symlink(outside.path().join("s.yml"), home.path().join("_config.yml")).expect("linked");
    assert_eq!(Site::read(home.path(), &files(&["a.md"])).base_url, None);
}

#[test]
fn a_summary_gives_titles_and_order() {
    let links = summary_links("# S\n\n- [A `x`](./a.md)\n    - [[x] B](b%20c.md)\n[C](c.md)\n- [web](https://x)\n");
    assert_eq!(
        links,
        [("./a.md", "A x"), ("b c.md", "[x] B"), ("c.md", "C")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}

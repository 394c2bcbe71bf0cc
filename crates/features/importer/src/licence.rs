//! Licence files to SPDX expressions.

/// The SPDX identifier of a licence's text, by the words that only it has; `None` when it is not one of the known.
pub fn identify(text: &str) -> Option<&'static str> {
    let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let has = |words: &str| squeezed.contains(words);
    if let Some(cc) = creative_commons(&squeezed) {
        return Some(cc);
    }
    Some(match () {
        () if has("apache license") && has("version 2.0") => "Apache-2.0",
        () if has("mozilla public license") && has("2.0") => "MPL-2.0",
        () if has("gnu affero general public license") => "AGPL-3.0",
        () if has("gnu lesser general public license") && has("version 3") => "LGPL-3.0",
        () if has("gnu lesser general public license") => "LGPL-2.1",
        () if has("gnu general public license") && has("version 3") => "GPL-3.0",
        () if has("gnu general public license") => "GPL-2.0",
        () if has("gnu free documentation license") => "GFDL-1.3",
        () if has("木兰宽松许可证") || has("mulan permissive software license") || has("mulanpsl") => {
            "MulanPSL-2.0"
        }
        () if has("permission is hereby granted, free of charge") && has("the above copyright notice") => "MIT",
        () if has("permission to use, copy, modify, and/or distribute") && has("copyright notice") => "ISC",
        () if has("redistribution and use in source and binary forms") && has("neither the name") => "BSD-3-Clause",
        () if has("redistribution and use in source and binary forms") => "BSD-2-Clause",
        () if has("boost software license") => "BSL-1.0",
        () if has("this is free and unencumbered software") => "Unlicense",
        () => return None,
    })
}

fn creative_commons(text: &str) -> Option<&'static str> {
    if text.contains("cc0 1.0") || text.contains("cc0-1.0") {
        return Some("CC0-1.0");
    }
    let named = text.contains("creative commons") || text.contains("creativecommons.org") || text.contains("知识共享");
    let short = text.contains("cc by") || text.contains("cc-by");
    if !named && !short {
        return None;
    }
    let head: String = text.chars().take(1500).collect();
    let has = |a: &str, b: &str, c: &str| head.contains(a) || head.contains(b) || head.contains(c);
    let nc = has("noncommercial", "by-nc", "非商业");
    let sa = has("sharealike", "-sa", "相同方式");
    let nd = has("noderiv", "-nd", "禁止演绎");
    let three = head.contains("3.0") && !head.contains("4.0");
    Some(match (nc, sa, nd, three) {
        (true, true, _, false) => "CC-BY-NC-SA-4.0",
        (true, true, _, true) => "CC-BY-NC-SA-3.0",
        (true, _, true, false) => "CC-BY-NC-ND-4.0",
        (true, _, true, true) => "CC-BY-NC-ND-3.0",
        (true, _, _, false) => "CC-BY-NC-4.0",
        (true, _, _, true) => "CC-BY-NC-3.0",
        (_, true, _, false) => "CC-BY-SA-4.0",
        (_, true, _, true) => "CC-BY-SA-3.0",
        (_, _, true, false) => "CC-BY-ND-4.0",
        (_, _, true, true) => "CC-BY-ND-3.0",
        (_, _, _, false) => "CC-BY-4.0",
        (_, _, _, true) => "CC-BY-3.0",
    })
}

/// Whom a licence's text names: `Copyright (c) 2021 RustMagazine`; not the placeholders of templates.
pub fn copyright_holder(text: &str) -> Option<String> {
    let name = text.lines().map(str::trim).find_map(|line| {
        let rest = line.get(.."copyright".len()).filter(|w| w.eq_ignore_ascii_case("copyright"))?;
        let rest = line[rest.len()..].replace("(c)", "").replace("(C)", "").replace('©', "");
        let year = rest.trim_start().bytes().take_while(u8::is_ascii_digit).count();
        (year == 4).then(|| rest.trim_start().to_owned())
    })?;
    let name = name.trim_start_matches(|c: char| c.is_ascii_digit() || " ,-–".contains(c)).trim();
    let name = name.trim_start_matches("present").trim_end_matches("All rights reserved.").trim().trim_end_matches('.');
    let name = name.split('<').next().unwrap_or(name).trim();
    let usable = (2..=60).contains(&name.chars().count()) && !name.contains(['[', '{', '<', '(']);
    usable.then(|| name.to_owned())
}

/// Whether a file name is that of a licence: `LICENSE`, `LICENCE-MIT.txt`, `COPYING`.
pub fn is_licence_file(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "UNLICENSE"]
        .iter()
        .any(|w| upper.strip_prefix(w).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_'])))
}

/// The expression for several licence files: any of them may be chosen, as is the custom of such folders.
pub fn expression(texts: &[String]) -> Option<String> {
    let mut found: Vec<&str> = texts.iter().filter_map(|t| identify(t)).collect();
    // The custom is `MIT OR Apache-2.0`.
    found.sort_unstable_by_key(|l| (*l != "MIT", *l));
    found.dedup();
    (!found.is_empty()).then(|| found.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_identified() {
        for (text, want) in [
            ("MIT License\n\nPermission is hereby granted, free of\ncharge, ... The above copyright notice", "MIT"),
            ("Apache License\n   Version 2.0, January 2004", "Apache-2.0"),
            ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0"),
            ("本作品采用知识共享署名-相同方式共享 4.0 国际许可协议", "CC-BY-SA-4.0"),
            ("CC BY 4.0", "CC-BY-4.0"),
        ] {
            assert_eq!(identify(text), Some(want), "{text}");
        }
        assert_eq!(identify("All rights reserved."), None);
    }

    #[test]
    fn two_files_are_a_choice() {
        let apache = "Apache License Version 2.0".to_owned();
        let mit = "Permission is hereby granted, free of charge. The above copyright notice".to_owned();
        assert_eq!(expression(&[apache, mit]).as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(expression(&[]), None);
    }

    #[test]
    fn the_holder_of_the_copyright_is_named() {
        for (text, want) in [
            ("MIT License\n\nCopyright (c) 2021 RustMagazine\n", Some("RustMagazine")),
            ("Copyright 2014-2024 Ann Lee <ann@x.example>. All rights reserved.", Some("Ann Lee")),
            ("Copyright [yyyy] [name of copyright owner]", None),
            ("   Copyright license means 2.0 things", None),
            ("No such line", None),
        ] {
            assert_eq!(copyright_holder(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn names_of_licence_files() {
        assert!(
            ["LICENSE", "LICENSE-MIT", "license.txt", "COPYING.md", "LICENCE_APACHE"]
                .iter()
                .all(|n| is_licence_file(n))
        );
        assert!(!is_licence_file("licensing-explained.md"));
    }
}

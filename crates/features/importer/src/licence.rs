//! Licences: the texts of licence files, and what pages and feeds say in a line, as SPDX expressions.
//!
//! A post without a licence is one whose source names none, and nobody may take more from it than the law lets
//! everybody. So what is named is kept as SPDX writes it where it is known, and otherwise in its own words, and that
//! all rights are reserved is kept, too: no default is put in its place.

use std::sync::LazyLock;

use regex::Regex;

/// What is kept of words that reserve all rights.
pub const ALL_RIGHTS: &str = "All rights reserved";

static SHORT_CC: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)(?-u:\b)(?:cc[\s-]*|licenses/)(?:v?(\d\.\d)[\s-]*)?(by(?:[\s_-]+(?:nc|sa|nd)(?-u:\b))*)(?-u:\b)(?:[\s/,-]*v?(\d\.\d))?",
    )
});
static VERSION: LazyLock<Regex> = LazyLock::new(|| re(r"(?:^|[^\d.])([1-4]\.[05])(?:[^\d]|$)"));
static SPDX: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)(?-u:\b)(Apache-2\.0|MPL-2\.0|(?:A|L)?GPL-[23]\.[01](?:-only|-or-later)?|BSD-[23]-Clause|MulanPSL-2\.0|GFDL-1\.[123]|CC0-1\.0|Unlicense|0BSD)(?-u:\b)",
    )
});
static NAMED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"(?i)(?-u:\b)cc0(?-u:\b)|publicdomain/zero", "CC0-1.0"),
        (
            r"(?i)(?-u:\b)apache(?: software)?(?: license|许可证|許可證)?,?\s*(?:v|version\s*)?2(?:\.0)?(?-u:\b)",
            "Apache-2.0",
        ),
        (r"(?i)(?-u:\b)MIT(?:[\s-]*(?:licen[cs]ed?|许可|許可|协议|協議|授权|授權)|\s*$)", "MIT"),
        (r"(?i)木兰宽松许可证|mulan permissive", "MulanPSL-2.0"),
        (r"(?i)gnu free documentation|(?-u:\b)GFDL(?-u:\b)", "GFDL-1.3"),
    ]
    .map(|(pattern, name)| (re(pattern), name))
    .into()
});
static RESERVED: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)all rights reserved|(?:著作权|著作權|版权|版權)[归歸]\S{0,20}?所有|(?:版权|版權)所有|保留(?:所有|一切)(?:权利|權利)|(?:禁止|严禁|嚴禁|谢绝|謝絕)(?:任何形式的?)?[转轉][载載]|未[经經]\S{0,12}(?:许可|許可|授权|授權|允许|允許|同意)\S{0,6}[转轉][载載]",
    )
});
/// What such a line begins with, or says somewhere: that it is about the page's licence.
static SAYS_LICENCE: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)^(?:许可(?:协议|证)?|許可(?:協議|證)?|(?:版权|版權|著作权|著作權)(?:声明|聲明|信息|许可)?|授权(?:协议|方式)?|授權(?:條款|方式)?|转载(?:声明|许可)?|licen[cs]e|copyright|rights)\s*[:：]|licen[cs]ed under|is under (?:a|an|the)\b|available under|released under|published under|under (?:a|the) creative commons|(?:采用|採用|使用|遵循|遵守|基于|基於|按照|依据|以).*(?:许可|許可|协议|協議|授权|授權|條款|cc)|creativecommons\.org/licenses/",
    )
});

fn re(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// The licence that words name, written as SPDX does, or [`ALL_RIGHTS`]; `None` when they name none that is known.
pub fn of_words(words: &str) -> Option<String> {
    if let Some(c) = SHORT_CC.captures(words) {
        let parts: Vec<String> =
            c[2].split(|c: char| !c.is_ascii_alphabetic()).filter(|p| !p.is_empty()).map(str::to_uppercase).collect();
        let version = c.get(3).or_else(|| c.get(1)).or_else(|| VERSION.captures(words)?.get(1)).map(|m| m.as_str());
        let name = format!("CC-{}", parts.join("-"));
        // SPDX knows none without its version, so such words stay what they are.
        return Some(version.map_or_else(|| name.replacen('-', " ", 1), |v| format!("{name}-{v}")));
    }
    if let Some(c) = SPDX.captures(words) {
        return Some(c[1].to_owned());
    }
    if let Some((_, name)) = NAMED.iter().find(|(pattern, _)| pattern.is_match(words)) {
        return Some((*name).to_owned());
    }
    let squeezed = words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let long = creative_commons(&squeezed).filter(|_| VERSION.is_match(&squeezed) || squeezed.contains("署名"));
    long.map(str::to_owned).or_else(|| RESERVED.is_match(words).then(|| ALL_RIGHTS.to_owned()))
}

/// What a person typed for a licence, as an SPDX expression: an expression stays as it is, a known name becomes one.
/// `None` where it is neither.
pub fn typed(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let written = spdx::Expression::parse(typed).is_ok().then(|| typed.to_owned());
    written.or_else(|| of_words(typed).filter(|name| spdx::Expression::parse(name).is_ok()))
}

/// What one line says of the licence of its page: `本文采用 CC BY-SA 4.0 许可`, `Licensed under CC BY 4.0`,
/// `著作权归作者所有`; `None` for a line about anything else.
pub fn of_line(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches(['>', '-', '*', '_', '#', '©', ' ', '【', '（', '(']);
    let short = !line.is_empty() && line.chars().count() <= 300;
    let about = short && (SAYS_LICENCE.is_match(line) || RESERVED.is_match(line));
    about.then(|| of_words(line)).flatten()
}

/// The licence that the last lines of a page name. One that lets others do something is believed before words that
/// reserve the rest.
pub fn at_the_end(body: &str) -> Option<String> {
    const LINES: usize = 8;
    let lines: Vec<&str> = body.lines().collect();
    let code = crate::credits::code_mask(&lines);
    let filled = lines.iter().zip(code).rev().filter(|(l, _)| !l.trim().is_empty()).take(LINES);
    let found: Vec<String> = filled.filter(|(_, code)| !code).filter_map(|(l, _)| of_line(l)).collect();
    found.iter().find(|l| *l != ALL_RIGHTS).or(found.first()).cloned()
}

/// What a page's own field `license` names: an SPDX expression as it is, other words by what they name, unknown words as
/// they are.
pub fn of_field(words: &str) -> String {
    static FIELD: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"(?i)^mit$", "MIT"),
            (r"(?i)^apache[\s-]*(?:license)?[\s-]*v?2(?:\.0)?$", "Apache-2.0"),
            (r"(?i)^agpl[\s-]*v?3(?:\.0)?$", "AGPL-3.0-only"),
            (r"(?i)^lgpl[\s-]*v?3(?:\.0)?$", "LGPL-3.0-only"),
            (r"(?i)^gpl[\s-]*v?3(?:\.0)?$", "GPL-3.0-only"),
            (r"(?i)^gpl[\s-]*v?2(?:\.0)?$", "GPL-2.0-only"),
        ]
        .map(|(pattern, name)| (re(pattern), name))
        .into()
    });
    let words = words.trim();
    if words.contains(" OR ") || words.contains(" AND ") {
        return words.to_owned();
    }
    let named = FIELD.iter().find(|(pattern, _)| pattern.is_match(words)).map(|(_, name)| (*name).to_owned());
    let whole = || {
        let long = words.starts_with("署名") || words.to_lowercase().starts_with("attribution");
        long.then(|| of_words(&format!("Creative Commons {words}"))).flatten()
    };
    named.or_else(|| of_words(words)).or_else(whole).unwrap_or_else(|| words.to_owned())
}

/// The licence that a feed's `copyright` or `rights` names, else its own words, if they are few.
pub fn of_rights(words: &str) -> Option<String> {
    let plain = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = plain.chars().take(100).collect();
    of_words(words).or_else(|| Some(plain).filter(|p| p.chars().any(char::is_alphanumeric)))
}

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
    let named = ["creative commons", "creativecommons.org", "知识共享", "知識共享", "创作共用", "創用"];
    let named = named.iter().any(|n| text.contains(n));
    let short = text.contains("cc by") || text.contains("cc-by");
    if !named && !short {
        return None;
    }
    let head: String = text.chars().take(1500).collect();
    let has = |words: &[&str]| words.iter().any(|w| head.contains(w));
    let nc = has(&["noncommercial", "by-nc", "非商业", "非商業"]);
    let sa = has(&["sharealike", "-sa", "相同方式"]);
    let nd = has(&["noderiv", "-nd", "禁止演绎", "禁止演繹", "禁止改作"]);
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
    fn what_is_typed_is_an_expression_or_nothing() {
        for (typed, kept) in [
            ("CC-BY-SA-4.0", Some("CC-BY-SA-4.0")),
            ("Apache-2.0 OR MIT", Some("Apache-2.0 OR MIT")),
            ("cc by 4.0", Some("CC-BY-4.0")),
            ("MIT license", Some("MIT")),
            ("cc by", None),
            ("nonsense", None),
            ("All rights reserved", None),
            ("", None),
        ] {
            assert_eq!(super::typed(typed).as_deref(), kept, "{typed:?}");
        }
    }

    #[test]
    fn fields_are_named_as_spdx_does() {
        for (words, want) in [
            ("CC-BY-NC-SA-4.0", "CC-BY-NC-SA-4.0"),
            ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
            ("CC BY 4.0", "CC-BY-4.0"),
            ("cc by-nc 4.0", "CC-BY-NC-4.0"),
            ("CC BY-ND 4.0", "CC-BY-ND-4.0"),
            ("Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0"),
            ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
            ("署名-非商业性使用-相同方式共享 4.0 国际", "CC-BY-NC-SA-4.0"),
            ("CC0", "CC0-1.0"),
            ("mit", "MIT"),
            ("Apache 2.0", "Apache-2.0"),
            ("GPLv3", "GPL-3.0-only"),
            ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
            ("house rules", "house rules"),
        ] {
            assert_eq!(of_field(words), want, "{words}");
        }
    }

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
    fn lines_are_read_and_prose_is_not() {
        for (line, want) in [
            ("Licensed under CC BY 4.0", "CC-BY-4.0"),
            ("本文采用 CC BY-SA 4.0 许可", "CC-BY-SA-4.0"),
            (
                "> 本作品采用 [CC BY-NC-SA 3.0](https://creativecommons.org/licenses/by-nc-sa/3.0/) 许可协议",
                "CC-BY-NC-SA-3.0",
            ),
            ("版权声明：本文为博主原创文章，遵循 CC 4.0 BY-SA 版权协议，转载请附上原文出处链接", "CC-BY-SA-4.0"),
            ("本文採用創用 CC 姓名標示-非商業性-相同方式分享 4.0 國際授權條款", "CC-BY-NC-SA-4.0"),
            ("本作品采用知识共享署名-相同方式共享 4.0 国际许可协议进行许可。", "CC-BY-SA-4.0"),
            ("This work is licensed under a Creative Commons Attribution 4.0 International License.", "CC-BY-4.0"),
            ("This post is licensed under the Apache License, Version 2.0.", "Apache-2.0"),
            ("License: MIT", "MIT"),
            ("本文以 CC BY 授权", "CC BY"),
            ("著作权归作者所有。商业转载请联系作者获得授权，非商业转载请注明出处。", ALL_RIGHTS),
            ("© 2024 Ann Lee. All rights reserved.", ALL_RIGHTS),
            ("版權所有，未經許可不得轉載", ALL_RIGHTS),
            ("版权归作者所有，文字采用 CC BY-ND 4.0 许可", "CC-BY-ND-4.0"),
        ] {
            assert_eq!(of_line(line).as_deref(), Some(want), "{line}");
            assert_eq!(at_the_end(&format!("# T\n\nText.\n\n---\n\n{line}\n")).as_deref(), Some(want), "{line}");
        }
        for line in [
            "Most crates are dual-licensed, and MIT is one of the two.",
            "CC BY 4.0 is a licence that many like.",
            "使用 cargo 构建即可。",
            "We submit by September.",
            "",
        ] {
            assert_eq!(of_line(line), None, "{line}");
        }
        let early = format!("Licensed under CC BY 4.0\n\n{}", "More text.\n\n".repeat(9));
        assert_eq!(at_the_end(&early), None, "a line far from the end speaks of something else");
        assert_eq!(at_the_end("Text.\n\n```\nLicensed under CC BY 4.0\n```\n"), None, "code is code");
        assert_eq!(of_rights("Copyright 2024, Ann Lee").as_deref(), Some("Copyright 2024, Ann Lee"));
        assert_eq!(of_rights("  "), None);
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

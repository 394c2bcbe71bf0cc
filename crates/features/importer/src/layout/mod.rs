//! How site generators lay writing out: which one made a folder, and what its paths and settings mean.
//!
//! One table of rules serves all of them; what differs is in [`Layout`] and in [`site`].

mod rules;
pub mod site;

pub use rules::{PathFacts, not_writing, page_address, path_facts};
pub use site::Site;

use serde::{Deserialize, Serialize};

/// The generator that a folder is laid out for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `source/_posts/*.md`.
    Hexo,
    /// `content/**`, page bundles, `name.zh.md`.
    Hugo,
    /// `_posts/2020-01-02-name.md`.
    Jekyll,
    /// `content/**`, TOML front matter, `_index.md`.
    Zola,
    /// `SUMMARY.md` beside the chapters.
    MdBook,
    /// Anything else.
    #[default]
    Plain,
}

impl Layout {
    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hexo => "Hexo",
            Self::Hugo => "Hugo",
            Self::Jekyll => "Jekyll",
            Self::Zola => "Zola",
            Self::MdBook => "mdBook",
            Self::Plain => "plain Markdown",
        }
    }

    /// Folders whose files the generator serves at the root of the site.
    pub const fn served_at_root(self) -> &'static [&'static str] {
        match self {
            Self::Hexo => &["source/"],
            Self::Hugo | Self::Zola => &["static/"],
            Self::Jekyll => &[""],
            Self::MdBook => &["src/"],
            Self::Plain => &["static/", "public/"],
        }
    }

    /// The folder in front of every page's public path.
    pub const fn content_root(self) -> &'static str {
        match self {
            Self::Hexo => "source/",
            Self::Hugo | Self::Zola => "content/",
            Self::MdBook => "src/",
            Self::Jekyll | Self::Plain => "",
        }
    }
}

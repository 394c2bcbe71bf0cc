//! Posts and authors as features show them to one another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{AuthorId, PassageId, PostId, RevisionId};
use crate::lang::LangTag;
use crate::time::Timestamp;

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word used in columns, JSON and addresses.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(s: &str) -> Result<Self, UnknownWord> {
                match s { $($text => Ok(Self::$variant),)+ _ => Err(UnknownWord { given: s.to_owned(), known: &[$($text),+] }) }
            }
        }
    };
}

/// A word that is not one of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not one of {known:?}")]
pub struct UnknownWord {
    /// What was given.
    pub given: String,
    /// What would have been understood.
    pub known: &'static [&'static str],
}

text_enum! {
    /// What a post is.
    PostKind {
        /// 文章.
        Article = "article",
        /// 问答, the asking half.
        Question = "question",
        /// 问答, the answering half; its parent is the question.
        Answer = "answer",
        /// A remark on any other post, its parent.
        Comment = "comment",
        /// 动弹.
        Moment = "moment",
        /// 资讯.
        News = "news",
        /// 项目.
        Project = "project",
        /// 造物.
        Creation = "creation",
        /// 智库.
        Book = "book",
    }
}

impl PostKind {
    /// Whether it hangs on another post and is shown on that post's page.
    pub const fn is_reply(self) -> bool {
        matches!(self, Self::Answer | Self::Comment)
    }
}

text_enum! {
    /// What a member can follow.
    FollowKind {
        /// Another member, or an author whose work was imported.
        Member = "member",
        /// A tag; its id is [`crate::id::tag_id`].
        Tag = "tag",
        /// A post with a page of its own: a project, a question, an article.
        Post = "post",
    }
}

text_enum! {
    /// What moderators do about a post or a member.
    Measure {
        /// Nothing is wrong with it.
        Nothing = "nothing",
        /// The member is told what was wrong; nothing else happens.
        Warn = "warn",
        /// Out of everybody's sight but its author's and the moderators'.
        Hide = "hide",
        /// Stays to be read; nobody but moderators replies any more.
        Lock = "lock",
        /// Out of everybody's sight but the moderators'.
        Delete = "delete",
        /// The member reads, but writes nothing for a time.
        Suspend = "suspend",
        /// The member reads, but writes nothing any more.
        Ban = "ban",
        /// All that the member wrote is out of sight, and the member writes nothing any more.
        Wipe = "wipe",
    }
}

impl Measure {
    /// Whether it takes a post out of sight.
    pub const fn hides(self) -> bool {
        matches!(self, Self::Hide | Self::Delete)
    }

    /// Whether it keeps a member from writing.
    pub const fn silences(self) -> bool {
        matches!(self, Self::Suspend | Self::Ban | Self::Wipe)
    }
}

text_enum! {
    /// In what way a person took part in a post.
    CreditRole {
        /// Wrote it.
        Author = "author",
        /// Carried it into another language.
        Translator = "translator",
        /// Read it over: 校对, 审校, 后期编辑.
        Reviewer = "reviewer",
        /// Chose or arranged it: 选题, 编辑.
        Editor = "editor",
        /// The member's twin wrote it, which is AI: for the member, never as the member.
        Twin = "twin",
    }
}

text_enum! {
    /// What a twin did, or what became of what it did.
    TwinAct {
        /// Wrote an answer and laid it before its owner.
        Drafted = "drafted",
        /// Was asked and declined for want of evidence, or because its owner does not want it to speak of that.
        Declined = "declined",
        /// Decided by itself, within what its owner allows, that its answer is published.
        Decided = "decided",
        /// The owner said yes to a draft, with or without changes.
        Approved = "approved",
        /// The owner said no to a draft.
        Rejected = "rejected",
        /// The answer appeared under the question.
        Published = "published",
        /// Kept silent because a person had answered, or the question was gone.
        GaveWay = "gave_way",
        /// Was stopped by its owner before the answer appeared.
        Stopped = "stopped",
        /// The owner took a published answer back.
        Undone = "undone",
    }
}

text_enum! {
    /// How a text came to be (design, "provenance"). The label is shown and written into files; nothing removes it.
    Provenance {
        /// By a person.
        Human = "human",
        /// By a person with AI help.
        AiAssisted = "ai_assisted",
        /// By AI.
        Ai = "ai",
    }
}

/// What a page needs to name an author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorCard {
    /// The author.
    pub id: AuthorId,
    /// The unique name in addresses, without `@`.
    pub handle: String,
    /// The name to show.
    pub name: String,
    /// Whether a person stands behind it with an account; an unclaimed author never has a twin.
    pub claimed: bool,
    /// Whether it is one of the sample members that the first start brings.
    pub sample: bool,
}

impl AuthorCard {
    /// The address of the author's page.
    pub fn url(&self) -> String {
        format!("/@{}", self.handle)
    }
}

/// A person's part in a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Who.
    pub author: AuthorId,
    /// In what way.
    pub role: CreditRole,
}

/// A visible post in its current revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostView {
    /// The post.
    pub id: PostId,
    /// Its current revision.
    pub revision: RevisionId,
    /// Its kind.
    pub kind: PostKind,
    /// Its title; of a reply, the title of the post it finally hangs on.
    pub title: String,
    /// The words in its address, possibly empty.
    pub slug: String,
    /// Its text, CommonMark with GFM extensions.
    pub body: String,
    /// Its language.
    pub language: LangTag,
    /// Who took part; authors first.
    pub credits: Vec<Credit>,
    /// Its tags, in canonical form.
    pub tags: Vec<String>,
    /// The post it hangs on directly.
    pub parent: Option<PostId>,
    /// The post whose page shows it: itself, unless it is a reply.
    pub root: PostId,
    /// How it came to be.
    pub provenance: Provenance,
    /// SPDX expression or the words of the licence, where known.
    pub licence: Option<String>,
    /// Where it first appeared, where it was imported.
    pub source_url: Option<String>,
    /// When it was first public, here or at its source.
    pub published_at: Timestamp,
    /// When its text last changed.
    pub updated_at: Timestamp,
    /// For a question: whether an answer was accepted; for an answer: whether it is the one.
    pub accepted: bool,
}

impl PostView {
    /// Who is named and credited first: the first author, else the first credit.
    pub fn author(&self) -> Option<AuthorId> {
        let first = self.credits.iter().find(|c| c.role == CreditRole::Author).or(self.credits.first());
        first.map(|c| c.author)
    }

    /// Whether a member's twin wrote it: then [`Self::author`] is the member for whom it speaks.
    pub fn by_twin(&self) -> bool {
        self.credits.iter().any(|c| c.role == CreditRole::Twin)
    }

    /// The address of the page where it is shown; a reply's points into its root's page.
    pub fn url(&self) -> String {
        let slug = if self.slug.is_empty() { String::new() } else { format!("-{}", self.slug) };
        if self.root == self.id {
            format!("/posts/{}{slug}", self.id)
        } else {
            format!("/posts/{}{slug}#post-{}", self.root, self.id)
        }
    }
}

/// A citable stretch of a post's revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The passage.
    pub id: PassageId,
    /// The post it is cut from.
    pub post: PostId,
    /// The revision it is cut from.
    pub revision: RevisionId,
    /// Its place among the revision's passages, from 0.
    pub ordinal: u32,
    /// The headings above it, outermost first, as plain text.
    pub headings: Vec<String>,
    /// Its text: the revision's Markdown from `start` to `end`.
    pub text: String,
    /// Where it begins in the revision's Markdown, in Unicode scalar values.
    pub start: u32,
    /// Where it ends in the revision's Markdown, in Unicode scalar values; not included.
    pub end: u32,
}

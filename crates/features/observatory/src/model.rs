//! What the pages tell: which models are on, how large the community is, what its models cost.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::Serialize;
use xinghe_core::ports::PortResult;

/// How texts become vectors here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Embedding {
    /// By the model on this machine.
    Local {
        /// The model.
        model: String,
        /// The instructions it uses, for instance `avx512-vnni`.
        kernel: String,
        /// How many threads it has.
        threads: usize,
    },
    /// The model on this machine is wanted, and its file was not there when the program started.
    Missing {
        /// Where it is looked for.
        #[serde(skip)]
        file: PathBuf,
    },
    /// The model on this machine is wanted, and the file that was there was not it: of another size or checksum.
    Damaged,
    /// By a provider.
    Provider {
        /// The model.
        model: String,
    },
    /// Not at all: search goes by words only.
    Off,
}

/// The model that writes answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChatModel {
    /// The model.
    pub model: String,
    /// The address of its provider.
    pub url: String,
}

/// Which models are on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Models {
    /// How texts become vectors.
    pub embedding: Embedding,
    /// What writes answers; without it, they are quoted sentences.
    pub chat: Option<ChatModel>,
}

/// What the search index of this node holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IndexCounts {
    /// Posts.
    pub posts: u64,
    /// Their passages.
    pub passages: u64,
    /// Passages with vectors.
    pub embedded: u64,
    /// Posts whose vectors are still to be computed.
    pub pending: u64,
}

impl IndexCounts {
    /// How many of a hundred passages have vectors, rounded down, so that 100 means all.
    pub fn percent(&self) -> u64 {
        (self.embedded.min(self.passages) * 100).checked_div(self.passages).unwrap_or(0)
    }
}

/// Tells what the index of this node holds. `app` implements it over search.
#[async_trait]
pub trait IndexGauge: Send + Sync {
    /// What it holds now.
    async fn counts(&self) -> PortResult<IndexCounts>;
}

/// How many posts of a kind can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, xinghe_store::FromQueryResult, utoipa::ToSchema)]
pub struct KindCount {
    /// The kind, for instance `article`.
    pub kind: String,
    /// How many.
    pub count: i64,
}

/// What the guide and the twins did in the last seven days (UTC), today included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WeekOfAnswers {
    /// Questions answered.
    pub answered: i64,
    /// Questions declined for want of evidence.
    pub declined: i64,
    /// Answers said to have helped.
    pub helpful: i64,
    /// Answers said not to have helped.
    pub unhelpful: i64,
    /// Questions on each of the days, oldest first.
    pub by_day: Vec<u32>,
}

/// How large the community is, as the log tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Community {
    /// Members.
    pub members: i64,
    /// Authors of imported work who have not claimed it.
    pub unclaimed: i64,
    /// Posts that can be read, by kind, the most first.
    pub posts: Vec<KindCount>,
    /// The last seven days.
    pub week: WeekOfAnswers,
}

impl Community {
    /// All posts that can be read.
    pub fn all_posts(&self) -> i64 {
        self.posts.iter().map(|k| k.count).sum()
    }
}

/// An amount of money as people read it: four decimals under one unit, two from there on. `micro` is in millionths of
/// a minor unit (fen).
pub fn money(micro: i64) -> String {
    const MAJOR: u64 = 100_000_000;
    let (sign, all) = (if micro < 0 { "−" } else { "" }, micro.unsigned_abs());
    if all == 0 {
        return "¥0".to_owned();
    }
    if all >= MAJOR {
        let cents = (all + 500_000) / 1_000_000;
        return format!("{sign}¥{}.{:02}", xinghe_web::numbers::grouped(cents / 100), cents % 100);
    }
    match (all + 5_000) / 10_000 {
        0 => "< ¥0.0001".to_owned(),
        10_000 => format!("{sign}¥1.00"),
        parts => format!("{sign}¥0.{parts:04}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_amounts_keep_their_figures() {
        let cases = [
            (0, "¥0"),
            (1, "< ¥0.0001"),
            (420_000, "¥0.0042"),
            (42_000_000, "¥0.4200"),
            (99_999_999, "¥1.00"),
            (123_456_789_000, "¥1,234.57"),
            (-200_000_000, "−¥2.00"),
        ];
        for (micro, words) in cases {
            assert_eq!(money(micro), words);
        }
    }

    #[test]
    fn a_share_of_a_hundred_means_all() {
        let of = |embedded, passages| IndexCounts { embedded, passages, ..IndexCounts::default() }.percent();
        assert_eq!((of(0, 0), of(999, 1000), of(1000, 1000), of(5, 3)), (0, 99, 100, 100));
    }
}

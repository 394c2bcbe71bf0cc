//! A twin's week, told to its owner: what it was asked, whom it helped, which posts answered, and what nobody could
//! answer out of what the owner wrote.

use std::collections::{HashMap, HashSet};

use xinghe_core::{AuthorId, PostId, PostView, Timestamp, TwinAct};
use xinghe_store::{FromQueryResult, Queries, params};

use crate::ask::{AskError, Asker};
use crate::model::{Answer, Reason};

/// A week, in milliseconds.
const WEEK_MS: i64 = 7 * 24 * 3_600_000;
/// How many weeks one can look back.
pub(crate) const OLDEST_WEEK: i64 = 52;
/// How many questions of a week are looked at.
const MOST_ASKED: i64 = 1_000;
/// How many posts and gaps are told.
const MOST_TOLD: usize = 10;
/// The share of the words of the shorter of two questions that make them one.
const SAME: f64 = 0.6;

/// What was asked and not answered, by one person or by several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The question as it was asked last.
    pub question: String,
    /// How often it, or nearly it, was asked.
    pub times: usize,
}

/// A twin's week.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Week {
    /// When it began.
    pub from: Timestamp,
    /// When it ended, or now.
    pub to: Timestamp,
    /// Questions to the twin.
    pub asked: i64,
    /// Of these, answered.
    pub answered: i64,
    /// Of these, said to have helped.
    pub helpful: i64,
    /// Of these, said not to have helped.
    pub unhelpful: i64,
    /// Answers that appeared below questions of the community.
    pub published: i64,
    /// Answers that were taken back.
    pub undone: i64,
    /// The posts that answered most, with how many answers cited them.
    pub cited: Vec<(PostView, usize)>,
    /// What it could not answer, the most asked first.
    pub gaps: Vec<Gap>,
}

#[derive(FromQueryResult)]
struct Row {
    body: String,
    helpful: Option<bool>,
}

impl Asker {
    /// An owner's week that ended `ago` weeks before this moment.
    pub(crate) async fn week(&self, owner: AuthorId, ago: i64) -> Result<Week, AskError> {
        let db = &self.deps().store;
        let to = db.now().plus_millis(-WEEK_MS * ago);
        let from = to.plus_millis(-WEEK_MS);
        let sql = "SELECT a.body, r.helpful FROM twins_answer a LEFT JOIN twins_rating r ON r.answer = a.id \
                   WHERE a.twin = $1 AND a.at > $2 AND a.at <= $3 ORDER BY a.id DESC LIMIT $4";
        let values = params![owner.raw(), from.as_millis(), to.as_millis(), MOST_ASKED];
        let rows: Vec<Row> = db.all(sql, values).await?;
        let count = |act: TwinAct| {
            let sql = "SELECT COUNT(*) AS value FROM twins_act WHERE owner = $1 AND act = $2 AND at > $3 AND at <= $4";
            db.number(sql, params![owner.raw(), act.as_str(), from.as_millis(), to.as_millis()])
        };
        let (published, undone) = (count(TwinAct::Published).await?, count(TwinAct::Undone).await?);
        let (mut answered, mut helpful, mut unhelpful) = (0i64, 0i64, 0i64);
        let mut cited: HashMap<PostId, usize> = HashMap::new();
        let mut open: Vec<String> = Vec::new();
        let asked = rows.len() as i64;
        for row in rows {
            helpful += i64::from(row.helpful == Some(true));
            unhelpful += i64::from(row.helpful == Some(false));
            let Ok(answer) = serde_json::from_str::<Answer>(&row.body) else { continue };
            if !answer.abstained {
                answered += 1;
                let posts: HashSet<PostId> = answer.citations.iter().map(|c| c.post.id).collect();
                posts.into_iter().for_each(|post| *cited.entry(post).or_default() += 1);
            } else if answer.reason != Some(Reason::OffLimits) {
                open.push(answer.understood.unwrap_or(answer.question));
            }
        }
        let ids: Vec<PostId> = cited.keys().copied().collect();
        let posts = self.deps().posts.posts(&ids).await?;
        let mut cited: Vec<(PostView, usize)> = posts
            .into_values()
            .filter_map(|post| Some((cited.get(&post.id).copied()?, post)))
            .map(|(n, p)| (p, n))
            .collect();
        cited.sort_by(|(a, x), (b, y)| y.cmp(x).then(b.id.cmp(&a.id)));
        cited.truncate(MOST_TOLD);
        let (published, undone) = (published.unwrap_or_default(), undone.unwrap_or_default());
        let gaps = gaps(open);
        Ok(Week { from, to, asked, answered, helpful, unhelpful, published, undone, cited, gaps })
    }
}

/// Questions that are nearly the same counted together, the most asked first; they come the newest first.
fn gaps(questions: Vec<String>) -> Vec<Gap> {
    let mut found: Vec<(Gap, HashSet<String>)> = Vec::new();
    for question in questions {
        let words: HashSet<String> =
            xinghe_text::tokens::query(&question).into_iter().filter(|t| t.weight >= 1.0).map(|t| t.text).collect();
        let same = |known: &HashSet<String>| {
            let shorter = words.len().min(known.len());
            shorter > 0 && words.intersection(known).count() as f64 >= SAME * shorter as f64
        };
        match found.iter_mut().find(|(_, known)| same(known)) {
            Some((gap, _)) => gap.times += 1,
            None => found.push((Gap { question, times: 1 }, words)),
        }
    }
    let mut gaps: Vec<Gap> = found.into_iter().map(|(gap, _)| gap).collect();
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.times));
    gaps.truncate(MOST_TOLD);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_are_nearly_the_same_count_together() {
        let asked = [
            "How do I cook rice?",
            "PostgreSQL 的连接池开多大？",
            "cooking rice, how?",
            "连接池开多大合适？",
            "Who won?",
            "How to cook rice well",
        ];
        let found = gaps(asked.map(str::to_owned).into());
        let told: Vec<(&str, usize)> = found.iter().map(|g| (g.question.as_str(), g.times)).collect();
        assert_eq!(told, [("How do I cook rice?", 3), ("PostgreSQL 的连接池开多大？", 2), ("Who won?", 1)]);
    }
}

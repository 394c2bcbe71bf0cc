//! What to show first, and why: a simple score that can be told in one sentence.
//!
//! A post counts by how fresh it is, by what readers think of it, by its language and kind, and gains when its author,
//! a tag of it or the post itself is followed. Of one author's posts each further one counts less, so that nobody
//! fills a page. Nothing else goes in: not what somebody read, not what others like who read the same.

use std::collections::HashMap;

use xinghe_core::content::PostKind;
use xinghe_core::id::AuthorId;
use xinghe_core::lang::Lang;
use xinghe_core::ports::{Follows, Tally};
use xinghe_core::time::Timestamp;

use super::PostSummary;

/// After how many days a post counts half as fresh.
const HALF_LIFE_DAYS: f64 = 7.0;
/// What is left of a post's weight however old it is.
const LASTING: f64 = 0.2;
/// What each further post of one author keeps of its weight.
const NEXT_OF_AUTHOR: f64 = 0.7;
/// From how many points "many found it useful".
const LIKED: f64 = 3.0;

const DAY_MS: f64 = 86_400_000.0;

/// Why a post is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Its author is followed.
    Author(AuthorId),
    /// A tag of it is followed.
    Tag(String),
    /// The post is followed.
    Post,
    /// Many found it useful.
    Liked,
    /// Many answer and comment.
    Talked,
    /// It is new.
    New,
    /// None of these: it is what there is.
    Rest,
}

/// A post that is shown, with its score and the reason that tells most.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// Its place among the posts given.
    pub place: usize,
    /// Its score: comparable within one list only.
    pub score: f64,
    /// Why it is shown.
    pub why: Why,
}

/// Points by what readers did: votes 2, thanks 3, bookmarks 1, answers 2, comments 1.
pub fn points(post: &PostSummary, tally: &Tally) -> f64 {
    f64::from(tally.votes.max(0)) * 2.0
        + f64::from(tally.thanks) * 3.0
        + f64::from(tally.kept)
        + f64::from(post.answers) * 2.0
        + f64::from(post.comments)
}

/// How hot a post is: its points, fading with its age in hours to the power 1.4.
pub fn heat(post: &PostSummary, tally: &Tally, now: Timestamp) -> f64 {
    points(post, tally) / (days(post, now) * 24.0 + 2.0).powf(1.4)
}

fn days(post: &PostSummary, now: Timestamp) -> f64 {
    ((now.as_millis() - post.published_at.as_millis()) as f64 / DAY_MS).max(0.0)
}

/// Orders posts for a reader, best first. Those with a score of 0 are left out.
pub fn order(
    posts: &[PostSummary],
    tallies: &HashMap<xinghe_core::PostId, Tally>,
    follows: &Follows,
    lang: Lang,
    now: Timestamp,
) -> Vec<Pick> {
    let mut picks: Vec<Pick> = posts
        .iter()
        .enumerate()
        .map(|(place, post)| pick(place, post, tallies.get(&post.id).copied().unwrap_or_default(), follows, lang, now))
        .collect();
    let by_score = |a: &Pick, b: &Pick| b.score.total_cmp(&a.score).then(posts[b.place].id.cmp(&posts[a.place].id));
    picks.sort_by(by_score);
    let mut of_author: HashMap<AuthorId, i32> = HashMap::new();
    for p in &mut picks {
        let before = of_author.entry(posts[p.place].author).or_default();
        p.score *= NEXT_OF_AUTHOR.powi(*before);
        *before += 1;
    }
    picks.sort_by(by_score);
    picks
}

fn pick(place: usize, post: &PostSummary, tally: Tally, follows: &Follows, lang: Lang, now: Timestamp) -> Pick {
    let points = points(post, &tally);
    let fresh = 0.5f64.powf(days(post, now) / HALF_LIFE_DAYS);
    let kind = match post.kind {
        PostKind::Project => 0.3,
        PostKind::Moment => 0.7,
        _ => 1.0,
    };
    let own_language = post.language.primary() == lang.tag().split('-').next().unwrap_or_default();
    let tag = post.tags.iter().find(|t| follows.tags.contains(t));
    let followed = if follows.members.contains(&post.author) {
        Some((3.0, Why::Author(post.author)))
    } else if follows.posts.contains(&post.id) {
        Some((2.0, Why::Post))
    } else {
        tag.map(|t| (2.0, Why::Tag(t.clone())))
    };
    let talked = post.answers + post.comments;
    let why = if points >= LIKED && f64::from(talked) * 2.0 < points {
        Why::Liked
    } else if talked >= 3 {
        Why::Talked
    } else if days(post, now) < 3.0 {
        Why::New
    } else {
        Why::Rest
    };
    let (boost, why) = followed.unwrap_or((1.0, why));
    let language = if own_language { 1.0 } else { 0.6 };
    let score = kind * language * (fresh + LASTING) * (1.0 + points).ln_1p() * boost;
    Pick { place, score, why }
}

#[cfg(test)]
mod tests {
    use xinghe_core::content::Provenance;
    use xinghe_core::id::PostId;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn post(id: i64, author: i64, days_old: i64) -> PostSummary {
        PostSummary {
            id: PostId::from_raw(id),
            kind: PostKind::Article,
            title: String::new(),
            slug: String::new(),
            excerpt: String::new(),
            language: "zh-Hans".parse().expect("a tag"),
            provenance: Provenance::Human,
            author: AuthorId::from_raw(author),
            tags: vec!["rust".into()],
            published_at: Timestamp::from_millis(NOW - days_old * 86_400_000),
            updated_at: Timestamp::from_millis(NOW),
            answers: 0,
            comments: 0,
            accepted: false,
            facts: vec![],
            source_url: None,
        }
    }

    fn ordered(posts: &[PostSummary], tallies: &[(i64, Tally)], follows: &Follows) -> Vec<(i64, Why)> {
        let tallies = tallies.iter().map(|(id, t)| (PostId::from_raw(*id), *t)).collect();
        let picks = order(posts, &tallies, follows, Lang::ZhHans, Timestamp::from_millis(NOW));
        picks.into_iter().map(|p| (posts[p.place].id.raw(), p.why)).collect()
    }

    #[test]
    fn what_is_followed_or_liked_or_new_comes_first_and_says_why() {
        let posts = [post(1, 1, 30), post(2, 2, 1), post(3, 3, 30), post(4, 4, 30)];
        let liked = Tally { votes: 9, ..Tally::default() };
        let follows = Follows { members: vec![AuthorId::from_raw(4)], ..Follows::default() };
        let all = ordered(&posts, &[(3, liked)], &follows);
        let why = |id: i64| all.iter().find(|p| p.0 == id).map(|p| p.1.clone());
        assert_eq!(why(2), Some(Why::New));
        assert_eq!(why(3), Some(Why::Liked));
        assert_eq!(why(4), Some(Why::Author(AuthorId::from_raw(4))));
        assert_eq!(all.last().map(|p| p.0), Some(1), "old, and nobody cares");
        let tags = Follows { tags: vec!["rust".into()], ..Follows::default() };
        assert!(ordered(&posts, &[], &tags).iter().all(|p| p.1 == Why::Tag("rust".into())));
    }

    #[test]
    fn nobody_fills_a_page() {
        let mut posts: Vec<_> = (1..=4).map(|id| post(id, 1, 0)).collect();
        posts.push(post(9, 2, 2));
        let places: Vec<i64> = ordered(&posts, &[], &Follows::default()).into_iter().map(|p| p.0).collect();
        assert_eq!(places[0], 4, "of equals the newest");
        assert_eq!(places[1], 9, "before the author's second");
    }

    #[test]
    fn heat_fades() {
        let tally = Tally { votes: 5, ..Tally::default() };
        let now = Timestamp::from_millis(NOW);
        assert!(heat(&post(1, 1, 0), &tally, now) > 10.0 * heat(&post(2, 1, 7), &tally, now));
        assert!(heat(&post(1, 1, 0), &Tally::default(), now).abs() < f64::EPSILON);
    }
}

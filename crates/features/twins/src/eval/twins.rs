//! Measures the twins of a community on its own posts: is the right one found, does it say only what its owner wrote,
//! does it decline what others wrote.
//!
//! Every author of five posts or more counts as having a twin, also those who have not claimed their work. Questions
//! are stretches of sentences of their posts, as calibration makes them: nearer to the texts than people's questions
//! are, but written by nobody who knew what would be measured.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use tokio::sync::mpsc;
use xinghe_core::evidence::Query;
use xinghe_core::{AuthorId, Lang, PostId, PostKind, PostView, Random};

use super::junk::{self, JunkReport};
use super::{auroc, plain};
use crate::acts::consider::ranked;
use crate::acts::model::Grants;
use crate::ask::{AskError, Asker, LOOKED_AT, evidence_only};
use crate::model::{Answer, Question};

/// How many posts an author must have written.
pub const FEWEST_POSTS: usize = 5;

/// The figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TwinsReport {
    /// Authors with at least [`FEWEST_POSTS`] posts.
    pub twins: usize,
    /// Questions asked.
    pub questions: usize,
    /// The share for which the author of the sentence is the first who would be asked.
    pub right_author_1: f64,
    /// The share for which that author is among the first three.
    pub right_author_3: f64,
    /// Of questions to the twin of the sentence's author: the share answered.
    pub own_answered: f64,
    /// Of those: the share whose answer cites the post of the sentence.
    pub own_cites_post: f64,
    /// Of questions to the twin of another author: the share refused.
    pub others_refused: f64,
    /// The chance that a question from a twin's own posts scores above one from somebody else's: the area under the ROC
    /// curve.
    pub auroc: f64,
    /// Sentences said in all answers.
    pub sentences: usize,
    /// The share of them that stands in its cited post as it reads now, by that twin's author, looked up anew.
    pub grounded: f64,
    /// Answers that cite anything that is not their author's.
    pub cited_others: usize,
    /// What would be proposed to all authors as facts about them.
    pub memory: JunkReport,
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    first: usize,
    three: usize,
    own: Vec<f64>,
    others: Vec<f64>,
    answered: usize,
    cites_post: usize,
    refused: usize,
    sentences: usize,
    grounded: usize,
    cited_others: usize,
}

impl Asker {
    /// Asks up to `sample` questions made from posts spread evenly over the community; `done` hears of each. Nothing is
    /// stored.
    ///
    /// # Errors
    /// The database or another feature broke.
    pub async fn measure_twins(
        &self,
        sample: usize,
        random: &dyn Random,
        done: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<TwinsReport, AskError> {
        let posts = self.writing().await?;
        let mut by_author: HashMap<AuthorId, usize> = HashMap::new();
        for post in &posts {
            *by_author.entry(author_of(post)).or_default() += 1;
        }
        let read: Vec<(AuthorId, &PostView)> = posts.iter().map(|p| (author_of(p), p)).collect();
        let memory = junk::measure(&read);
        let able = |post: &&PostView| by_author.get(&author_of(post)).is_some_and(|n| *n >= FEWEST_POSTS);
        let posts: Vec<&PostView> = posts.iter().filter(able).collect();
        let twins: HashSet<AuthorId> = posts.iter().map(|p| author_of(p)).collect();
        let step = posts.len().div_ceil(sample.max(1)).max(1);
        let questions: Vec<(&PostView, String)> =
            posts.iter().step_by(step).filter_map(|post| Some((*post, super::ask_back(&post.body, random)?))).collect();
        let mut seen = Seen::default();
        for (n, (post, text)) in questions.iter().enumerate() {
            done(n, questions.len());
            // The next question's author is somebody else; where it is the same one, the first that is not.
            let other = questions.iter().cycle().skip(n + 1).take(questions.len());
            let other = other.map(|(p, _)| author_of(p)).find(|a| *a != author_of(post));
            self.measure_one(post, text, other, &twins, &mut seen).await?;
        }
        let all = questions.len();
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        Ok(TwinsReport {
            twins: twins.len(),
            questions: all,
            right_author_1: share(seen.first, all),
            right_author_3: share(seen.three, all),
            own_answered: share(seen.answered, all),
            own_cites_post: share(seen.cites_post, seen.answered),
            others_refused: share(seen.refused, seen.others.len()),
            auroc: auroc(&seen.own, &seen.others),
            sentences: seen.sentences,
            grounded: share(seen.grounded, seen.sentences),
            cited_others: seen.cited_others,
            memory,
        })
    }

    /// Everything that can be evidence and has an author.
    async fn writing(&self) -> Result<Vec<PostView>, AskError> {
        let (mut all, mut last) = (Vec::new(), None);
        loop {
            let page = self.deps().posts.ids_after(last, 1_000).await?;
            let Some(end) = page.last() else { return Ok(all) };
            last = Some(*end);
            let mut posts = self.deps().posts.posts(&page).await?;
            let written = page.iter().filter_map(|id| posts.remove(id));
            all.extend(written.filter(|p| p.kind != PostKind::Question && p.author().is_some()));
        }
    }

    async fn measure_one(
        &self,
        post: &PostView,
        text: &str,
        other: Option<AuthorId>,
        twins: &HashSet<AuthorId>,
        seen: &mut Seen,
    ) -> Result<(), AskError> {
        let author = author_of(post);
        let query = Query { text: text.to_owned(), filter: evidence_only(), limit: LOOKED_AT, operators: false };
        let evidence = self.deps().retrieve.retrieve(&query).await?;
        let order = ranked(&evidence, |id| twins.contains(&id).then_some(id));
        let place = order.iter().position(|a| *a == author);
        seen.first += usize::from(place == Some(0));
        seen.three += usize::from(place.is_some_and(|p| p < 3));

        let own = self.tried_on(author, text, seen).await?;
        seen.own.push(own.0);
        if let Some(answer) = own.1 {
            seen.answered += 1;
            seen.cites_post += usize::from(answer.citations.iter().any(|c| c.post.id == post.id));
        }
        if let Some(other) = other {
            let others = self.tried_on(other, text, seen).await?;
            seen.others.push(others.0);
            seen.refused += usize::from(others.1.is_none());
        }
        Ok(())
    }

    /// What a twin says, if anything, and how strong its evidence is.
    async fn tried_on(&self, twin: AuthorId, text: &str, seen: &mut Seen) -> Result<(f64, Option<Answer>), AskError> {
        let language = xinghe_text::detect(text).interface().unwrap_or(Lang::ZhHans);
        let question =
            Question { text: text.to_owned(), twin: Some(twin), language, asker: None, follows: None, ticket: None };
        let (watch, _) = mpsc::channel(1);
        let answer = self.prepare(&question, &Grants::default(), &watch).await?.answer;
        let score = answer.confidence;
        if answer.abstained {
            return Ok((score, None));
        }
        let ids: Vec<PostId> = answer.citations.iter().map(|c| c.post.id).collect();
        let posts = self.deps().posts.posts(&ids).await?;
        let own = |id: &PostId| posts.get(id).filter(|p| p.credits.iter().any(|c| c.author == twin));
        seen.cited_others += usize::from(ids.iter().any(|id| own(id).is_none()));
        for sentence in answer.sentences.iter().filter(|s| !s.citations.is_empty()) {
            let cited = answer.citations.iter().filter(|c| sentence.citations.contains(&c.n));
            // By another way than the answer came to be: the whole post as a reader sees it.
            let said = plain(&sentence.text);
            let stands = |p: &PostView| plain(&xinghe_text::plain(&p.body)).contains(&said);
            seen.sentences += 1;
            seen.grounded += usize::from(cited.filter_map(|c| own(&c.post.id)).any(stands));
        }
        Ok((score, Some(answer)))
    }
}

fn author_of(post: &PostView) -> AuthorId {
    post.author().unwrap_or(AuthorId::from_raw(0))
}

//! What the owner said answers first: a correction of a question near to the one asked, then facts about the owner.

use xinghe_ai::Role;
use xinghe_core::AuthorId;
use xinghe_core::evidence::Evidence;

use super::model::{State, Statement, StatementKind};
use super::{claims, near, store};
use crate::acts::model::Grants;
use crate::answer::gate::{Gate, Verdict};
use crate::ask::{AskError, Asker};
use crate::look::Examined;
use crate::model::Question;

/// How much nearer an older correction must be to stand above a newer one.
const NEARER: f64 = 0.05;

/// The share of a question's other words that a fact of the kind asked for holds.
const HALF: f64 = 0.5;
/// The share that any other fact holds.
const MOST_WORDS: f64 = 0.75;
/// The cosine from which a fact of the kind asked for is about what is asked.
const SAME_SUBJECT: f32 = 0.86;
/// The most facts that one answer says.
const MOST_FACTS: usize = 5;
/// How sure an answer made of facts is.
const SURE_OF_FACTS: f64 = 0.9;

/// The statements that answer a question.
#[derive(Debug)]
pub(crate) struct Recalled {
    /// The question as it was understood.
    pub asked: String,
    /// Whose words they are.
    pub owner: AuthorId,
    /// They, in the order in which they are said.
    pub statements: Vec<Statement>,
    /// How near the question is, 0 to 1.
    pub near: f64,
}

impl Examined {
    /// Of a question that its twin's owner answered before: nothing was looked for.
    pub(crate) fn of_memory(recalled: Recalled, gate: &Gate) -> Self {
        let meaning = recalled.statements.iter().any(|s| s.vector.is_some());
        let near = recalled.near;
        Self {
            asked: recalled.asked.clone(),
            evidence: Evidence { meaning, ..Evidence::default() },
            verdict: Verdict { score: near, confidence: near, reason: None, contradicting: false },
            threshold: gate.threshold(meaning),
            drafted: Vec::new(),
            recalled: Some(recalled),
        }
    }
}

impl Asker {
    /// What the owner of the asked twin said that answers a question; `None`: nothing, or the guide is asked. What holds
    /// a word that the twin is never to speak about is not said.
    pub(crate) async fn recall(&self, question: &Question, grants: &Grants) -> Result<Option<Recalled>, AskError> {
        let Some(owner) = question.twin else { return Ok(None) };
        let mut said = store::all(&self.deps().store, owner, State::Stands).await?;
        said.retain(|s| grants.forbidden(&[&s.text]).is_none());
        if said.is_empty() {
            return Ok(None);
        }
        let mut asked: Vec<String> = question.in_context().into_iter().collect();
        asked.push(question.text.clone());
        let vectors = self.vectors(&asked, &mut said).await;
        for (n, asked) in asked.into_iter().enumerate() {
            let vector = vectors.get(n).map(Vec::as_slice);
            if let Some((statement, near)) = correction(&asked, vector, &said) {
                let statements = vec![statement.clone()];
                return Ok(Some(Recalled { asked, owner, statements, near }));
            }
        }
        self.facts(owner, question, vectors.last().map(Vec::as_slice), &said).await
    }

    /// The facts that answer a question about the owner of a twin.
    async fn facts(
        &self,
        owner: AuthorId,
        question: &Question,
        vector: Option<&[f32]>,
        said: &[Statement],
    ) -> Result<Option<Recalled>, AskError> {
        let facts: Vec<&Statement> = said.iter().filter(|s| s.kind == StatementKind::Fact).collect();
        if facts.is_empty() {
            return Ok(None);
        }
        let cards = self.deps().authors.cards(&[owner]).await?;
        let names: Vec<&str> = cards.values().flat_map(|c| [c.name.as_str(), c.handle.as_str()]).collect();
        let Some(asked) = about_owner(&question.text, &names) else { return Ok(None) };
        let (about, rest) = claims::asked(&asked);
        let mut found: Vec<Statement> = Vec::new();
        for fact in facts {
            let words = near::words(&fact.text);
            let held = rest.iter().filter(|w| words.contains(*w)).count() as f64 / rest.len().max(1) as f64;
            let of_kind = about.is_some() && claims::claim(&fact.text).map(|c| c.about) == about;
            let told = of_kind && (rest.is_empty() || held >= HALF || cosine(vector, fact) >= SAME_SUBJECT);
            if told || rest.len() > 1 && held >= MOST_WORDS {
                found.push(fact.clone());
            }
        }
        found.truncate(MOST_FACTS);
        let asked = question.text.clone();
        Ok((!found.is_empty()).then_some(Recalled { asked, owner, statements: found, near: SURE_OF_FACTS }))
    }

    /// The vectors of what is asked, and of those statements that have none yet: these are kept. Without an embedder, or
    /// where it fails, words decide.
    async fn vectors(&self, asked: &[String], said: &mut [Statement]) -> Vec<Vec<f32>> {
        let Some(embedder) = &self.deps().embedder else { return Vec::new() };
        let model = embedder.model().to_owned();
        let stale = |s: &Statement| s.vector.as_ref().is_none_or(|(of, _)| *of != model);
        for role in [Role::Query, Role::Passage] {
            let missing: Vec<&mut Statement> = said.iter_mut().filter(|s| stale(s) && role_of(s) == role).collect();
            let texts: Vec<String> = missing.iter().map(|s| compared(s).to_owned()).collect();
            if texts.is_empty() {
                continue;
            }
            match embedder.embed(role, texts).await {
                Ok(vectors) => {
                    for (statement, vector) in missing.into_iter().zip(vectors) {
                        statement.vector = Some((model.clone(), vector));
                        self.keep_vector(statement).await;
                    }
                }
                Err(error) => tracing::warn!(%error, "what owners said is found by words only"),
            }
        }
        embedder.embed(Role::Query, asked.to_vec()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what owners said is found by words only");
            Vec::new()
        })
    }

    /// Keeps a vector, so that it is computed once. Failing costs time and nothing else.
    async fn keep_vector(&self, statement: &Statement) {
        let kept = async {
            let mut unit = self.deps().store.begin().await?;
            store::keep_vector(&mut unit, statement).await?;
            unit.commit().await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "a vector could not be kept");
        }
    }
}

/// A question about a twin's owner, without the words that say who is meant; `None`: it is about something else, or asks
/// how something is done, which no short statement tells.
fn about_owner(question: &str, names: &[&str]) -> Option<String> {
    const YOU: [&str; 12] =
        ["you", "your", "yours", "he", "she", "his", "her", "him", "they", "their", "author", "owner"];
    const YOU_HAN: [&str; 9] = ["你", "您", "妳", "他", "她", "主人", "作者", "本人", "博主"];
    const HOW: [&str; 6] = ["怎么", "怎麼", "如何", "怎样", "怎樣", "how do "];
    const HOW_ELSE: [&str; 3] = ["how to ", "how can ", "how does "];
    let mut text = format!(" {} ", question.to_lowercase().replace('’', "'"));
    if HOW.iter().chain(&HOW_ELSE).any(|w| text.contains(w)) {
        return None;
    }
    let before = text.clone();
    for name in names {
        text = text.replace(&format!("@{}", name.to_lowercase()), " ").replace(&name.to_lowercase(), " ");
    }
    for word in YOU_HAN {
        text = text.replace(word, " ");
    }
    let kept: Vec<&str> = text
        .split_inclusive(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|w| !YOU.contains(&w.trim_matches(|c: char| !c.is_alphanumeric())))
        .collect();
    let kept = kept.concat();
    (kept.trim() != before.trim()).then_some(kept)
}

/// What of a statement is compared with a question: the question that it corrects, or itself.
fn compared(statement: &Statement) -> &str {
    if statement.question.is_empty() { &statement.text } else { &statement.question }
}

fn role_of(statement: &Statement) -> Role {
    if statement.question.is_empty() { Role::Passage } else { Role::Query }
}

fn cosine(vector: Option<&[f32]>, statement: &Statement) -> f32 {
    vector.zip(statement.vector.as_ref()).map_or(0.0, |(a, (_, b))| near::cosine(a, b))
}

/// The correction that answers a question: the nearest, of nearly equally near ones the newest.
fn correction<'a>(asked: &str, vector: Option<&[f32]>, said: &'a [Statement]) -> Option<(&'a Statement, f64)> {
    let mut best: Option<(&Statement, f64)> = None;
    let corrections = said.iter().filter(|s| s.kind == StatementKind::Correction);
    for statement in corrections {
        let near = near::question(asked, compared(statement), &statement.text, cosine(vector, statement));
        // They come the newest first.
        if let Some(near) = near
            && best.is_none_or(|(_, before)| near > before + NEARER)
        {
            best = Some((statement, near));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_the_owner_are_told_from_others() {
        let names = ["Lin Wei", "lin-wei"];
        let about = |question: &str| about_owner(question, &names).map(|q| q.trim().to_owned());
        assert_eq!(about("What does Lin Wei maintain?").as_deref(), Some("what does   maintain?"));
        assert!(about("你维护什么？").is_some_and(|q| q == "维护什么？"));
        assert_eq!(about("What does a router maintain?"), None);
        assert_eq!(about("How do you share state?"), None, "that is told at length, or not at all");
    }
}

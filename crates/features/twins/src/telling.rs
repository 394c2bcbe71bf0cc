//! Answers as other people's programs get them, whatever protocol they speak: while they come to be, and in words.

use futures::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc;
use xinghe_web::{AppError, PageContext};

use crate::ask::{Asker, Progress};
use crate::model::{Answer, Citation, Question, Sentence};

/// What happens to a question.
pub(crate) enum Step {
    /// It goes on.
    Progress(Progress),
    /// It is over.
    Done(Result<Box<Answer>, AppError>),
}

/// Answers a question, step by step. It is answered on a task of its own: a reader who leaves does not stop an answer
/// that others may be cited in.
pub(crate) fn steps(asker: Asker, question: Question) -> impl Stream<Item = Step> + Send {
    let (watch, mut seen) = mpsc::channel(32);
    let task = tokio::spawn(async move { asker.ask(&question, &watch).await });
    let end = stream::once(async move {
        let done = match task.await {
            Ok(asked) => asked.map(Box::new).map_err(AppError::from),
            Err(error) => Err(AppError::internal(error)),
        };
        if let Err(error) = &done {
            tracing::error!(%error, "a streamed answer failed");
        }
        Step::Done(done)
    });
    stream::poll_fn(move |cx| seen.poll_recv(cx)).map(Step::Progress).chain(end)
}

/// The text that sentences make while they come one by one, with the numbers of what they cite.
#[derive(Default)]
pub(crate) struct Growing {
    said: Vec<Sentence>,
}

impl Growing {
    /// Adds a sentence; answers what comes to the text with it.
    pub(crate) fn add(&mut self, sentence: &Sentence) -> String {
        let before = self.text();
        self.said.push(numbered(sentence));
        self.text().get(before.len()..).unwrap_or_default().to_owned()
    }

    /// The text until now.
    pub(crate) fn text(&self) -> String {
        Answer::text_of(&self.said)
    }

    /// Whether nothing was said yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }
}

/// The numbers of a sentence's citations as they stand in a text.
pub(crate) fn numbers(sentence: &Sentence) -> String {
    sentence.citations.iter().map(|n| format!("[{n}]")).collect()
}

/// A sentence with its numbers; code stays as it is.
pub(crate) fn numbered(sentence: &Sentence) -> Sentence {
    let text = if sentence.code { sentence.text.clone() } else { format!("{}{}", sentence.text, numbers(sentence)) };
    Sentence { text, ..sentence.clone() }
}

/// The cited post's author and title.
pub(crate) fn title(citation: &Citation) -> String {
    match &citation.post.author {
        Some(author) => format!("{}, {}", author.name, citation.post.title),
        None => citation.post.title.clone(),
    }
}

/// An answer as a text: its sentences with their numbers, and whom each cites; of a refusal, why.
pub(crate) fn in_words(answer: &Answer, ctx: &PageContext) -> String {
    if answer.abstained {
        return answer.message.clone().unwrap_or_default();
    }
    let said: Vec<Sentence> = answer.sentences.iter().map(numbered).collect();
    let mut out = Answer::text_of(&said) + "\n";
    for c in &answer.citations {
        out.push_str(&format!("\n[{}] {}: {}", c.n, title(c), ctx.absolute(&c.url)));
    }
    out
}

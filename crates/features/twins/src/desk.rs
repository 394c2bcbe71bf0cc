//! Writing an answer, or declining: citations numbered, each sentence told to whoever watches.

use std::collections::HashMap;

use base64::Engine as _;
use futures::StreamExt;
use tokio::sync::mpsc;
use xinghe_ai::{AiError, Chat, ChatDelta};
use xinghe_core::event::CitationFact;
use xinghe_core::evidence::Evidence;
use xinghe_core::ports::PortError;
use xinghe_core::{AnswerId, AuthorCard, AuthorId, Lang, PostId, PostView};
use xinghe_store::Store;
use xinghe_web::refs::{AuthorRef, PostRef};

use crate::answer::compose::{self, Drafted};
use crate::answer::gate::Verdict;
use crate::answer::generate::{self, Cutter};
use crate::answer::verify::{Checker, Source};
use crate::ask::{Asker, Progress};
use crate::look::Examined;
use crate::memory::recall::Recalled;
use crate::model::{Answer, AnswerProvenance, Citation, Question, Reason, Sentence};
use crate::words;

/// How many of the nearest passages a refusal shows.
const NEAREST: usize = 3;

/// What is at hand while one question is answered.
pub(crate) struct Desk<'a> {
    asker: &'a Asker,
    question: &'a Question,
    looked: &'a Examined,
    evidence: &'a Evidence,
    watch: &'a mpsc::Sender<Progress>,
    posts: HashMap<PostId, PostView>,
    cards: HashMap<AuthorId, AuthorCard>,
}

/// A text that nobody guesses, of so many random bytes.
pub(crate) fn secret<const BYTES: usize>(store: &Store) -> String {
    let mut bytes = [0u8; BYTES];
    store.random().fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// What a model wrote.
enum Written {
    /// Sentences that their sources bear out.
    Stands(Numbering, Vec<Sentence>),
    /// It found no answer in the sources.
    Nothing,
    /// Most of it is not borne out.
    Unsupported,
}

/// Numbers the places cited, in the order of their first use.
#[derive(Default)]
struct Numbering {
    citations: Vec<Citation>,
    places: Vec<Source>,
}

/// Whether more than one post is cited: one alone does not disagree with anybody.
fn cites_several(numbering: &Numbering) -> bool {
    let first = numbering.citations.first().map(|c| c.post.id);
    numbering.citations.iter().any(|c| Some(c.post.id) != first)
}

impl<'a> Desk<'a> {
    /// Reads the posts and the people of what was found.
    pub(crate) async fn open(
        asker: &'a Asker,
        question: &'a Question,
        looked: &'a Examined,
        watch: &'a mpsc::Sender<Progress>,
    ) -> Result<Self, PortError> {
        let evidence = &looked.evidence;
        let posts: Vec<PostId> = evidence.hits.iter().map(|h| h.passage.post).collect();
        let posts = asker.deps().posts.posts(&posts).await?;
        let mut people: Vec<AuthorId> = evidence.hits.iter().map(|h| h.author).chain(question.twin).collect();
        people.extend(posts.values().filter_map(PostView::author));
        let cards = asker.deps().authors.cards(&people).await?;
        let mut authors: Vec<AuthorId> = evidence.hits.iter().map(|h| h.author).collect();
        authors.sort_unstable();
        authors.dedup();
        let found = match &looked.recalled {
            Some(recalled) => Progress::Found { passages: recalled.statements.len(), authors: 1 },
            None => Progress::Found { passages: evidence.hits.len(), authors: authors.len() },
        };
        // Whoever watched may have gone; the answer is finished and stored all the same.
        let _ = watch.send(found).await;
        Ok(Self { asker, question, looked, evidence, watch, posts, cards })
    }

    /// Says what the owner of the twin said, in the owner's words, each cited as the owner's own.
    async fn recite(&self, recalled: &Recalled, threshold: f64) -> Answer {
        let (mut citations, mut sentences) = (Vec::new(), Vec::new());
        for statement in &recalled.statements {
            let Some(card) = self.cards.get(&recalled.owner) else { break };
            let n = citations.len() as u32 + 1;
            let citation = words::citation_of(statement, card, n, self.question.language);
            let _ = self.watch.send(Progress::Cited(Box::new(citation.clone()))).await;
            citations.push(citation);
            for line in statement.text.lines() {
                let (text, paragraph) = (line.to_owned(), !sentences.is_empty());
                self.say(&mut sentences, Sentence { text, citations: vec![n], code: false, paragraph }).await;
            }
        }
        self.blank(recalled.near.max(threshold), threshold, citations, sentences, None)
    }

    /// Says that nobody here answers this, and shows what comes nearest.
    pub(crate) fn decline(&self, reason: Reason, threshold: f64) -> Answer {
        let mut numbering = Numbering::default();
        for hit in 0..self.evidence.hits.len().min(NEAREST) {
            if let Some(sentence) = compose::nearest(self.evidence, hit) {
                self.number(&mut numbering, Source { hit, sentence });
            }
        }
        let message = words::declined(self.question.language, reason, self.question.twin.is_some());
        Answer {
            abstained: true,
            reason: Some(reason),
            message: Some(message.to_owned()),
            ..self.blank(self.looked.verdict.confidence, threshold, numbering.citations, Vec::new(), None)
        }
    }

    /// Says only that its owner does not want it to speak of this.
    pub(crate) fn keep_silent(&self, threshold: f64) -> Answer {
        let message = words::declined(self.question.language, Reason::OffLimits, true);
        Answer {
            abstained: true,
            reason: Some(Reason::OffLimits),
            message: Some(message.to_owned()),
            ..self.blank(0.0, threshold, Vec::new(), Vec::new(), None)
        }
    }

    /// Writes the answer with the chat model, where there is one and it works, else out of the authors' sentences.
    /// What the owner of a twin said comes before either.
    pub(crate) async fn answer(&self, threshold: f64) -> Answer {
        if let Some(recalled) = &self.looked.recalled {
            return self.recite(recalled, threshold).await;
        }
        let Verdict { confidence, contradicting, .. } = self.looked.verdict;
        if let Some(chat) = &self.asker.deps().chat {
            match self.write(chat.as_ref()).await {
                Ok(Written::Stands(numbering, mut sentences)) => {
                    self.warn(contradicting && cites_several(&numbering), &mut sentences).await;
                    let model = Some(chat.model().to_owned());
                    return self.blank(confidence, threshold, numbering.citations, sentences, model);
                }
                Ok(Written::Nothing) => return self.decline(Reason::Unsupported, threshold),
                // The evidence is there; only what was made of it does not stand.
                Ok(Written::Unsupported) => {
                    tracing::info!("what the chat model wrote was not borne out; quoting instead");
                }
                Err(error) => tracing::warn!(%error, "the chat model failed; quoting instead"),
            }
        }
        let (numbering, mut sentences) = self.quote().await;
        if sentences.is_empty() {
            return self.decline(Reason::ThinEvidence, threshold);
        }
        self.warn(contradicting && cites_several(&numbering), &mut sentences).await;
        self.blank(confidence, threshold, numbering.citations, sentences, None)
    }

    /// Says openly that the sources do not agree.
    async fn warn(&self, contradicting: bool, sentences: &mut Vec<Sentence>) {
        if contradicting {
            let text = words::sources_disagree(self.question.language).to_owned();
            self.say(sentences, Sentence { text, citations: Vec::new(), code: false, paragraph: true }).await;
        }
    }

    /// The authors' own sentences.
    async fn quote(&self) -> (Numbering, Vec<Sentence>) {
        let (mut numbering, mut sentences) = (Numbering::default(), Vec::new());
        for Drafted { text, sources, code, paragraph } in &self.looked.drafted {
            let (text, code, paragraph) = (text.clone(), *code, *paragraph);
            let citations = self.cite(&mut numbering, sources).await;
            if !citations.is_empty() {
                self.say(&mut sentences, Sentence { text, citations, code, paragraph }).await;
            }
        }
        (numbering, sentences)
    }

    /// A model's sentences, those that their sources bear out.
    async fn write(&self, chat: &dyn Chat) -> Result<Written, AiError> {
        let fence = format!("s-{}", secret::<9>(&self.asker.deps().store));
        let (text, Question { language, asker, .. }) = (&self.looked.asked, self.question);
        let request = generate::request(text, self.evidence, *language, *asker, &fence);
        let embedder = self.asker.deps().embedder.clone();
        let checker = Checker::new(text, self.evidence, generate::MOST_PASSAGES, embedder).await;
        let (mut numbering, mut sentences, mut dropped) = (Numbering::default(), Vec::new(), 0usize);
        let mut nothing = true;
        let (mut stream, mut cutter) = (chat.stream(request).await?, Some(Cutter::default()));
        while let Some(cut) = cutter.as_mut() {
            let whole = match stream.next().await.transpose() {
                Ok(Some(ChatDelta::Text(piece))) => cut.push(&piece),
                Ok(Some(ChatDelta::End(_)) | None) => cutter.take().and_then(Cutter::end).into_iter().collect(),
                // What was said already stands: it was checked. A start that broke off is written anew by quoting.
                Err(error) if sentences.is_empty() => return Err(error),
                Err(_) => break,
            };
            for written in whole {
                nothing &= written.text.trim_matches(|c: char| !c.is_alphanumeric()) == generate::NOTHING;
                // Asked for no links, a model writes an address only where a source made it.
                if generate::leads_away(&written.text, text) {
                    dropped += 1;
                    continue;
                }
                let sources = checker.sources(&written).await;
                let citations = self.cite(&mut numbering, &sources).await;
                if citations.is_empty() {
                    dropped += 1;
                    tracing::debug!("a written sentence was not borne out and is dropped");
                } else {
                    let sentence = Sentence { text: written.text, citations, code: false, paragraph: false };
                    self.say(&mut sentences, sentence).await;
                }
            }
        }
        Ok(match (sentences.is_empty(), dropped <= sentences.len()) {
            (false, true) => Written::Stands(numbering, sentences),
            (true, _) if nothing => Written::Nothing,
            _ => Written::Unsupported,
        })
    }

    async fn say(&self, sentences: &mut Vec<Sentence>, sentence: Sentence) {
        let _ = self.watch.send(Progress::Said(sentence.clone())).await;
        sentences.push(sentence);
    }

    async fn cite(&self, numbering: &mut Numbering, sources: &[Source]) -> Vec<u32> {
        let mut numbers = Vec::new();
        for source in sources {
            let before = numbering.citations.len();
            if let Some(n) = self.number(numbering, *source)
                && !numbers.contains(&n)
            {
                numbers.push(n);
            }
            if let Some(new) = numbering.citations.get(before) {
                let _ = self.watch.send(Progress::Cited(Box::new(new.clone()))).await;
            }
        }
        numbers
    }

    /// The number of a place; `None` where its post is gone meanwhile.
    fn number(&self, numbering: &mut Numbering, place: Source) -> Option<u32> {
        if let Some(index) = numbering.places.iter().position(|p| *p == place) {
            return Some(index as u32 + 1);
        }
        let hit = &self.evidence.hits[place.hit];
        let sentence = &hit.sentences[place.sentence];
        let post = self.posts.get(&hit.passage.post).filter(|p| p.revision == hit.passage.revision)?;
        let n = numbering.citations.len() as u32 + 1;
        numbering.places.push(place);
        numbering.citations.push(Citation {
            n,
            quote: sentence.text.clone(),
            passage_id: hit.passage.id,
            revision_id: hit.passage.revision,
            start: sentence.start,
            end: sentence.end,
            headings: hit.passage.headings.clone(),
            url: words::address_of_quote(post, &sentence.text),
            post: PostRef::new(post, post.author().and_then(|a| self.cards.get(&a))),
            statement: None,
        });
        Some(n)
    }

    /// Who is to be credited for a citation; `None` where nobody is.
    pub(crate) fn fact(&self, citation: &Citation) -> Option<CitationFact> {
        let author = self.posts.get(&citation.post.id)?.author()?;
        let author = self.cards.get(&author).map_or(author, |c| c.id);
        Some(CitationFact {
            passage: citation.passage_id,
            post: citation.post.id,
            revision: citation.revision_id,
            author,
        })
    }

    fn blank(
        &self,
        confidence: f64,
        threshold: f64,
        citations: Vec<Citation>,
        sentences: Vec<Sentence>,
        model: Option<String>,
    ) -> Answer {
        let store = &self.asker.deps().store;
        let ticket = self.question.ticket.as_ref();
        let twin = self.question.twin.and_then(|t| self.cards.get(&t)).map(AuthorRef::from);
        Answer {
            id: ticket.map_or_else(|| AnswerId::from(store.ids().next()), |t| t.id),
            question: self.question.text.clone(),
            understood: self.question.in_context().filter(|context| *context == self.looked.asked),
            after: self.question.follows.as_ref().and_then(|f| f.answer),
            abstained: false,
            reason: None,
            message: None,
            answer: Answer::text_of(&sentences),
            language: self.language_of(&sentences, &citations, model.is_some()).to_owned(),
            confidence,
            threshold,
            sentences,
            citations,
            provenance: AnswerProvenance {
                label: "ai".to_owned(),
                method: if model.is_some() { "generative" } else { "extractive" }.to_owned(),
                prompt: model.is_some().then(|| generate::PROMPT_VERSION.to_owned()),
                model,
                embedder: self.evidence.meaning.then(|| self.embedder_name()).flatten(),
                by: if self.question.twin.is_some() { "twin" } else { "guide" }.to_owned(),
                twin,
            },
            rating_key: ticket.map_or_else(|| secret::<12>(store), |t| t.key.clone()),
        }
    }

    fn embedder_name(&self) -> Option<String> {
        self.asker.deps().embedder.as_ref().map(|e| e.model().to_owned())
    }

    /// Quoted sentences keep their authors' language; written ones are in the asker's.
    fn language_of<'b>(&self, sentences: &[Sentence], citations: &'b [Citation], written: bool) -> &'b str {
        let own: Lang = self.question.language;
        let first = sentences.first().and_then(|s| s.citations.first());
        let quoted = first.and_then(|n| citations.iter().find(|c| c.n == *n)).map(|c| c.post.language.as_str());
        if written { own.tag() } else { quoted.unwrap_or(own.tag()) }
    }
}

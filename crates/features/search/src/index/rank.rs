//! Ranking: candidates by words and by meaning, their scores, and the evidence of those that are wanted.

use heed::{RoTxn, WithoutTls};
use rustc_hash::FxHashSet;
use tantivy::collector::{DocSetCollector, TopDocs};
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query as Clause, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Searcher, Term};
use xinghe_core::evidence::{Evidence, EvidenceHit, Filter, Query, QueryTerm, Scope, SentenceEvidence};
use xinghe_core::{PassageId, PostKind, Timestamp};
use xinghe_text::tokens;

use super::document::{self, Facets};
use super::means::{Asked, Language, Part};
use super::query::{Parsed, is_keywords};
use super::score::{self, Scored, Weighed};
use super::sketches::Entry;
use super::vectors::stored;
use super::{Index, IndexError};

/// How many candidates words bring.
const BY_WORDS: usize = 120;
/// How many terms find the candidates: those that weigh most. All terms score them.
const FOR_CANDIDATES: usize = 24;
/// How many candidates vectors bring.
const BY_MEANING: usize = 60;
/// How many sketches are looked at more closely for one of them.
const SKETCHES: usize = 5;
/// How many more candidates are looked at where phrases and exclusions drop some.
const WITH_OPERATORS: usize = 5;

/// Up to how many passages that filters leave are all scored, rather than looked for among everybody's: finding a
/// member's among 200,000 would take longer.
const FEW: usize = 512;

/// What a passage gains whose post is named as was typed: more than any words or meaning make up for.
const NAMED: f32 = 10.0;

/// What the beginning of a post gains whose name is about all that a question holds.
const INTRODUCED: f32 = 3.0;

/// How many characters of a script without spaces may stand beside a name ("serde 库是做什么的").
const BESIDE_A_NAME: usize = 3;

/// The words of a script with spaces.
fn names(terms: &[tokens::QueryToken]) -> impl Iterator<Item = &str> {
    terms.iter().filter(|t| t.kind == tokens::Kind::Stem).map(|t| t.text.as_str())
}

/// How many characters are of a script without spaces.
fn unspaced(terms: &[tokens::QueryToken]) -> usize {
    terms.iter().filter(|t| t.kind == tokens::Kind::Char).count()
}

/// What filters and phrases leave.
enum Allowed {
    All,
    Few(Vec<PassageId>),
    Many(Vec<PassageId>),
}

impl Allowed {
    fn are_all_found(&self) -> bool {
        matches!(self, Self::Few(_))
    }
}

/// Passages in order of their scores, as of one moment of the index.
pub struct Ranking<'i> {
    txn: RoTxn<'i, WithoutTls>,
    parsed: Parsed,
    weighed: Weighed,
    asked: Option<Asked>,
    bridge: score::Bridge,
    scored: Vec<Scored>,
    language: xinghe_core::LangTag,
}

impl Ranking<'_> {
    /// How many passages were found.
    pub fn len(&self) -> usize {
        self.scored.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.scored.is_empty()
    }

    /// Whether any passage holds one of the words; else meaning alone found them.
    pub fn has_words(&self) -> bool {
        self.scored.iter().any(|s| s.words > 0.0)
    }

    /// The score and the passage at a place.
    pub fn at(&self, place: usize) -> Option<(f32, PassageId)> {
        self.scored.get(place).map(|s| (s.score, s.passage))
    }

    /// The place of each post's best passage, best post first.
    pub fn best_of_posts(&self) -> Vec<usize> {
        let mut seen = FxHashSet::default();
        (0..self.scored.len()).filter(|i| seen.insert(self.scored[*i].post)).collect()
    }
}

impl Index {
    /// The best passages for a query, with their text and features; `vector` as for [`Index::rank`].
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn retrieve<V: AsRef<[f32]>>(
        &self,
        query: &Query,
        vector: impl FnOnce() -> Option<V>,
    ) -> Result<Evidence, IndexError> {
        let ranking = self.rank(query, vector)?;
        let count = query.limit.min(ranking.len());
        self.evidence(&ranking, &(0..count).collect::<Vec<_>>())
    }

    /// Finds and scores passages; [`Index::evidence`] brings the text of those that are wanted.
    ///
    /// `vector` makes the query's vector, or says that there is none. It runs on the calling thread while words find
    /// their candidates on another: either takes some milliseconds.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn rank<V: AsRef<[f32]>>(
        &self,
        query: &Query,
        vector: impl FnOnce() -> Option<V>,
    ) -> Result<Ranking<'_>, IndexError> {
        let parsed = Parsed::of(&query.text, query.operators);
        let keywords = query.operators && is_keywords(&query.text);
        let language = xinghe_text::detect(&query.text);
        let searcher = self.reader.searcher();
        let txn = self.records.read()?;
        let hashes = score::hashed(&parsed.terms);
        let (totals, holding) = self.records.without(&txn, &hashes, query.filter.without)?;
        let weighed = Weighed::new(&parsed.terms, &hashes, totals, &holding);
        let telling = weighed.most_telling(FOR_CANDIDATES);
        let words = || {
            let (found, allowed) = self.by_words(&searcher, &parsed, &telling, query)?;
            let read = self.read_all(&txn, &found, &parsed, &weighed)?;
            Ok::<_, IndexError>((read, allowed, txn))
        };
        let (by_words, vector) = std::thread::scope(|scope| {
            let words = scope.spawn(words);
            let vector = if query.operators && parsed.is_empty() { None } else { vector() };
            (words.join(), vector)
        });
        let broken = |_| IndexError::Folder(std::io::Error::other("looking for words failed"));
        let (mut read, allowed, txn) = by_words.map_err(broken)??;
        let asked = vector.map(|v| Asked::new(self.means.as_ref(), Language::of(language.primary()), v.as_ref()));
        if let (Some(asked), false) = (&asked, allowed.are_all_found()) {
            let known: FxHashSet<PassageId> = read.iter().map(|(s, _)| s.passage).collect();
            let mut near = self.by_meaning(&txn, asked, &allowed, query)?;
            near.retain(|p| !known.contains(p));
            read.extend(self.read_all(&txn, &near, &parsed, &weighed)?);
        }
        let mut scored = Vec::with_capacity(read.len());
        for (mut s, of) in read {
            if let Some(asked) = &asked {
                s.foreign = asked.crosses_to(of);
                s.meaning = self.records.vectors(&txn, s.passage)?.and_then(|bytes| score::meaning(asked, of, bytes));
            }
            scored.push(s);
        }
        if allowed.are_all_found() {
            score::keep_candidates(&mut scored, (BY_WORDS.max(query.limit), BY_MEANING.max(query.limit / 2)));
        }
        let bridge = match &asked {
            Some(asked) if scored.iter().any(|s| s.foreign) => {
                let own = |s: &Scored| {
                    let bytes = self.records.vectors(&txn, s.passage).ok()??;
                    score::centred_meaning(asked, asked.language, bytes)
                };
                score::Bridge::between(&scored, &weighed, own)
            }
            _ => score::Bridge::default(),
        };
        let bridge = if keywords { bridge.without_words() } else { bridge };
        score::rank(&mut scored, &bridge);
        if keywords {
            self.named_first(&txn, &query.text, &mut scored)?;
        } else if !query.operators {
            self.introduced_first(&txn, &parsed, &mut scored)?;
        }
        Ok(Ranking { txn, parsed, weighed, asked, bridge, scored, language })
    }

    /// Candidates with their words weighed and their language, without those that phrases and exclusions drop.
    fn read_all(
        &self,
        txn: &RoTxn<'_, WithoutTls>,
        found: &[PassageId],
        parsed: &Parsed,
        weighed: &Weighed,
    ) -> Result<Vec<(Scored, Language)>, IndexError> {
        let mut all = Vec::with_capacity(found.len());
        for passage in found.iter().copied() {
            // Written meanwhile, or not yet wholly.
            let Some(terms) = self.records.terms(txn, passage)? else { continue };
            if parsed.has_operators()
                && !self.records.text(txn, passage)?.is_some_and(|t| parsed.allows(&t.searchable()))
            {
                continue;
            }
            let (words, sentence_words, held) = weighed.words(&terms);
            let post = terms.post;
            let s = Scored { passage, post, foreign: false, score: 0.0, words, sentence_words, held, meaning: None };
            all.push((s, terms.language));
        }
        Ok(all)
    }

    /// The evidence of some of a ranking's passages, by their places in it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn evidence(&self, ranking: &Ranking<'_>, places: &[usize]) -> Result<Evidence, IndexError> {
        let Ranking { txn, weighed, asked, scored, bridge, .. } = ranking;
        let mut hits = Vec::with_capacity(places.len());
        for s in places.iter().filter_map(|p| scored.get(*p)) {
            let (Some(stored), Some(terms)) = (self.records.text(txn, s.passage)?, self.records.terms(txn, s.passage)?)
            else {
                continue;
            };
            let cosines: Vec<f32> = match (asked, self.records.vectors(txn, s.passage)?) {
                (Some(asked), Some(bytes)) => score::of_sentences(asked, bridge, terms.language, bytes),
                _ => Vec::new(),
            };
            let (whole, parts) = weighed.counts(&terms);
            let sentence = |(i, (s, term_counts)): (usize, (document::StoredSentence, Vec<u16>))| SentenceEvidence {
                text: s.text,
                start: s.start,
                end: s.end,
                code: s.code,
                heading: s.heading,
                cosine: cosines.get(i).copied().unwrap_or_default(),
                term_counts,
            };
            let own = ranking.language.primary();
            let (meaning, sentence_meaning) = s.meaning.unwrap_or_default();
            let kind = self.records.facets(txn, s.post)?.map_or(PostKind::Article, |f| f.kind);
            hits.push(EvidenceHit {
                kind,
                author: stored.author,
                cross_language: own != "und" && own != stored.language.primary(),
                language: stored.language,
                score: s.score,
                words: s.words,
                sentence_words: s.sentence_words,
                meaning,
                sentence_meaning,
                term_counts: whole,
                sentences: stored.sentences.into_iter().zip(parts).enumerate().map(sentence).collect(),
                passage: stored.passage,
            });
        }
        let term = |(t, idf): (&tokens::QueryToken, &f32)| QueryTerm {
            text: t.text.clone(),
            weight: t.weight,
            idf: *idf,
            whole_word: t.whole_word,
        };
        let terms = ranking.parsed.terms.iter().zip(&weighed.idf).map(term).collect();
        // Where no passage has vectors yet, words alone spoke.
        let meaning = scored.iter().any(|s| s.meaning.is_some());
        Ok(Evidence { terms, total: weighed.total, hits, meaning })
    }

    /// What the posts of a ranking are counted by.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn facets(&self, ranking: &Ranking<'_>, places: &[usize]) -> Result<Vec<Facets>, IndexError> {
        let mut all = Vec::with_capacity(places.len());
        for s in places.iter().filter_map(|p| ranking.scored.get(*p)) {
            all.extend(self.records.facets(&ranking.txn, s.post)?);
        }
        Ok(all)
    }

    /// Puts posts first whose title is the very thing that was typed: the project of that name before those that use it.
    fn named_first(&self, txn: &RoTxn<'_, WithoutTls>, typed: &str, scored: &mut [Scored]) -> Result<(), IndexError> {
        let typed = xinghe_text::norm::fold_str(typed.trim());
        self.favour(txn, scored, NAMED, |s| xinghe_text::norm::fold_str(s.title.trim()) == typed)
    }

    /// Where a question holds little but a name ("what is tokio?"), favours the beginning of the post of that name.
    fn introduced_first(
        &self,
        txn: &RoTxn<'_, WithoutTls>,
        parsed: &Parsed,
        scored: &mut [Scored],
    ) -> Result<(), IndexError> {
        let asked: Vec<&str> = names(&parsed.terms).collect();
        if asked.is_empty() || asked.len() > 2 || unspaced(&parsed.terms) > BESIDE_A_NAME {
            return Ok(());
        }
        self.favour(txn, scored, INTRODUCED, |s| {
            let title = tokens::query(&s.title);
            let mut words = names(&title);
            let alone = words.next().filter(|_| words.next().is_none() && unspaced(&title) == 0);
            s.passage.ordinal == 0 && alone.is_some_and(|name| asked.contains(&name))
        })
    }

    /// Adds `gain` to those of the best passages that fit, and puts all in order again.
    fn favour(
        &self,
        txn: &RoTxn<'_, WithoutTls>,
        scored: &mut [Scored],
        gain: f32,
        fits: impl Fn(&document::Called<'_>) -> bool,
    ) -> Result<(), IndexError> {
        for s in scored.iter_mut().take(BY_WORDS) {
            if self.records.called(txn, s.passage)?.is_some_and(|called| fits(&called)) {
                s.score += gain;
            }
        }
        score::sort(scored);
        Ok(())
    }

    /// What filters and phrases leave, and the candidates of the words within it: all of it where it is little.
    fn by_words(
        &self,
        searcher: &Searcher,
        parsed: &Parsed,
        telling: &[usize],
        query: &Query,
    ) -> Result<(Vec<PassageId>, Allowed), IndexError> {
        let allowed = self.allowed(searcher, parsed, query)?;
        if let Allowed::Few(few) = &allowed {
            return Ok((few.clone(), allowed));
        }
        if telling.is_empty() {
            return Ok((Vec::new(), allowed));
        }
        let mut clauses = self.filters(&query.filter);
        clauses.push((Occur::Must, Box::new(self.any_of(telling.iter().map(|i| &parsed.terms[*i])))));
        let mut count = BY_WORDS.max(query.limit);
        if parsed.has_operators() {
            count *= WITH_OPERATORS;
            clauses.extend(parsed.phrases.iter().flat_map(|p| self.all_of(p)));
        }
        let top = searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(count).order_by_score())?;
        let found = column(searcher, "passage", top.into_iter().map(|(_, address)| address))?;
        Ok((found.into_iter().map(|(_, id)| PassageId::from_raw(id)).collect(), allowed))
    }

    fn allowed(&self, searcher: &Searcher, parsed: &Parsed, query: &Query) -> Result<Allowed, IndexError> {
        // A kind leaves much, and every entry knows its own; and so it does with the post that is left out.
        let filter = Filter { without: None, kinds: Vec::new(), ..query.filter.clone() };
        let phrases = parsed.phrases.iter().flat_map(|p| self.all_of(p));
        if self.filters(&filter).into_iter().chain(phrases).next().is_none() {
            return Ok(Allowed::All);
        }
        let mut clauses = self.filters(&query.filter);
        clauses.extend(parsed.phrases.iter().flat_map(|p| self.all_of(p)));
        let found = searcher.search(&BooleanQuery::new(clauses), &DocSetCollector)?;
        let few = found.len() <= FEW;
        let found = column(searcher, "passage", found)?.into_iter().map(|(_, id)| PassageId::from_raw(id)).collect();
        Ok(if few { Allowed::Few(found) } else { Allowed::Many(found) })
    }

    fn by_meaning(
        &self,
        txn: &RoTxn<'_, WithoutTls>,
        asked: &Asked,
        allowed: &Allowed,
        query: &Query,
    ) -> Result<Vec<PassageId>, IndexError> {
        let count = BY_MEANING.max(query.limit / 2);
        let near = {
            let sketches = self.sketches.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (kinds, without) = (&query.filter.kinds, query.filter.without);
            let fits = |e: &Entry| Some(e.post) != without && (kinds.is_empty() || kinds.contains(&e.kind));
            let unfiltered = without.is_none() && kinds.is_empty();
            match allowed {
                Allowed::All if unfiltered => sketches.nearest(&asked.sketch, count * SKETCHES, None),
                Allowed::All => sketches.nearest(&asked.sketch, count * SKETCHES, Some(&fits)),
                Allowed::Few(some) | Allowed::Many(some) => {
                    sketches.nearest_among(&asked.sketch, count * SKETCHES, some.iter().copied(), fits)
                }
            }
        };
        let mut exact = Vec::with_capacity(near.len());
        for (passage, language) in near {
            let Some(bytes) = self.records.vectors(txn, passage)? else { continue };
            let Some(vector) = stored(bytes).next() else { continue };
            exact.push((asked.centred_cosine(language, Part::Passage, &vector), passage));
        }
        exact.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        exact.truncate(count);
        Ok(exact.into_iter().map(|(_, passage)| passage).collect())
    }

    fn any_of<'t>(&self, terms: impl Iterator<Item = &'t tokens::QueryToken>) -> BooleanQuery {
        let clause = |field: Field, text: &str, weight: f32| -> Box<dyn Clause> {
            let term = TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(term), weight))
        };
        let one = |t: &tokens::QueryToken| (Occur::Should, clause(self.fields.terms, &t.text, t.weight));
        BooleanQuery::new(terms.map(one).collect())
    }

    /// The clauses of a phrase: whoever holds it holds all its terms.
    fn all_of(&self, phrase: &str) -> Vec<(Occur, Box<dyn Clause>)> {
        let whole = |t: &tokens::Term| !matches!(t.kind, tokens::Kind::Gram | tokens::Kind::Part | tokens::Kind::Whole);
        let clause = |t: tokens::Term| -> (Occur, Box<dyn Clause>) {
            let term = Term::from_field_text(self.fields.terms, &t.text);
            (Occur::Must, Box::new(TermQuery::new(term, IndexRecordOption::Basic)))
        };
        tokens::terms(phrase).into_iter().filter(whole).map(clause).collect()
    }

    fn filters(&self, filter: &Filter) -> Vec<(Occur, Box<dyn Clause>)> {
        let f = &self.fields;
        let word = |field: Field, text: &str| -> Box<dyn Clause> {
            Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
        };
        let number = |field: Field, n: i64| -> Box<dyn Clause> {
            Box::new(TermQuery::new(Term::from_field_i64(field, n), IndexRecordOption::Basic))
        };
        let mut all: Vec<(Occur, Box<dyn Clause>)> = Vec::new();
        if let Scope::Author(author) = filter.scope {
            all.push((Occur::Must, number(f.author, author.raw())));
        }
        if !filter.kinds.is_empty() {
            let kinds = filter.kinds.iter().map(|k| (Occur::Should, word(f.kind, k.as_str()))).collect();
            all.push((Occur::Must, Box::new(BooleanQuery::new(kinds))));
        }
        if let Some(language) = &filter.language {
            let field = if language.as_str() == language.primary() { f.primary } else { f.language };
            all.push((Occur::Must, word(field, language.as_str())));
        }
        all.extend(filter.tags.iter().map(|t| (Occur::Must, word(f.tag, t))));
        if filter.since.is_some() || filter.until.is_some() {
            let bound = |at: Option<Timestamp>| at.map(|t| Term::from_field_i64(f.published, t.as_millis()));
            let from = bound(filter.since).map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
            let to = bound(filter.until).map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
            all.push((Occur::Must, Box::new(RangeQuery::new(from, to))));
        }
        if filter.accepted {
            all.push((Occur::Must, number(f.accepted, 1)));
        }
        if let Some(post) = filter.without {
            all.push((Occur::MustNot, number(f.post, post.raw())));
        }
        all
    }
}

/// The values of a numeric column of some documents, in the order asked for.
pub(super) fn column(
    searcher: &Searcher,
    name: &str,
    of: impl IntoIterator<Item = DocAddress>,
) -> Result<Vec<(DocAddress, i64)>, IndexError> {
    let columns: Vec<_> =
        searcher.segment_readers().iter().map(|s| s.fast_fields().i64(name)).collect::<Result<_, _>>()?;
    let value = |at: DocAddress| Some((at, columns.get(at.segment_ord as usize)?.first(at.doc_id)?));
    Ok(of.into_iter().filter_map(value).collect())
}

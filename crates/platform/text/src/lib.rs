//! What Xinghe knows about text: index tokens, sentences, passages of Markdown, language, words of an address.
//!
//! Pure functions: no I/O, no state but tables made once. Everything that is stored (terms, passages, sentences) is
//! the same for the same input, so an index can be dropped and rebuilt.
//!
//! | module | holds |
//! |---|---|
//! | [`norm`] | NFKC, lower case, Traditional → Simplified, with the way back to the original |
//! | [`tokens`] | index terms of a text, terms of a query with their weights |
//! | [`sentences`] | where sentences end |
//! | [`markdown`] | Markdown as a reader sees it, with the way back to the source |
//! | [`html`] | raw HTML inside Markdown: what of it is shown |
//! | [`passages`] | cuts a Markdown text into citable passages and their sentences |
//! | [`detect`] | the language of a text |
//! | [`follow`] | questions that lean on those before them |
//! | [`tag`] | the canonical form of a tag |
//! | [`words`] | slug, excerpt, plain text, reading time |

pub mod detect;
pub mod follow;
pub mod html;
pub mod markdown;
pub mod norm;
pub mod passages;
pub mod sentences;
mod stem;
pub mod tag;
pub mod tokens;
pub mod words;

pub use detect::detect;
pub use passages::{Cut, CutSentence, cut};
pub use tag::canonical_tag;
pub use words::{excerpt, plain, reading_minutes, slug, word_count};

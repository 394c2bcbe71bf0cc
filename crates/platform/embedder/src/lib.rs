//! Embeds text with multilingual-e5-small on the CPU, from 4-bit weights, at the speed of the processor's integer
//! units.
//!
//! ```no_run
//! use xinghe_embedder::{Model, Role};
//!
//! let model = Model::open("e5-small-q4.bin".as_ref())?;
//! let mut encoder = model.encoder();
//! let vectors = encoder.embed(Role::Passage, &["你好，世界", "hello world"]);
//! let similarity: f32 = vectors[0].iter().zip(&vectors[1]).map(|(a, b)| a * b).sum();
//! # Ok::<(), xinghe_embedder::ModelError>(())
//! ```
//!
//! * [`Model`]: the weights, shared between threads. The file stays mapped: it must not be cut short or rewritten in
//!   place while a model is open (replace it by renaming another over it).
//! * [`Encoder`]: the buffers of one thread.
//! * [`Pool`]: threads of its own, for servers; results are awaited or waited for.
//! * [`Kernel`]: which instructions are used, chosen at run time.
//! * [`Tokenizer`]: to count tokens before cutting texts.

mod attention;
mod encoder;
mod error;
mod file;
mod kernel;
mod linear;
mod model;
mod norm;
mod pack;
mod pool;
mod simd;
mod tokenizer;

pub use encoder::{Encoder, Role};
pub use error::{ModelError, PoolError};
pub use kernel::Kernel;
pub use model::Model;
pub use pool::{Embedding, Pool};
pub use tokenizer::Tokenizer;

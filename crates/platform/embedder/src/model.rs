//! The model: weights made ready for one kernel, shared by all encoders.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

use crate::encoder::Encoder;
use crate::error::ModelError;
use crate::file::{BLOCK, BLOCK_BYTES, ModelFile, Shape};
use crate::kernel::Kernel;
use crate::linear::Integer;
use crate::linear::float::Floats;
use crate::norm::Norm;
use crate::pack::{Packed, unpack};
use crate::simd::Width;
use crate::tokenizer::Tokenizer;

/// A loaded model. Cheap to clone: clones share the weights.
#[derive(Clone)]
pub struct Model {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub kernel: Kernel,
    pub width: Width,
    pub shape: Shape,
    pub tokenizer: Tokenizer,
    map: Arc<Mmap>,
    words: Range<usize>,
    positions: Vec<f32>,
    pub embedding_norm: Norm,
    pub layers: Layers,
}

/// Layers in the form that the kernel wants.
pub(crate) enum Layers {
    Integer(Integer, Vec<Layer<Packed>>),
    Float(Vec<Layer<Floats>>),
}

pub(crate) struct Layer<W> {
    /// Queries, keys and values, stacked.
    pub qkv: W,
    pub attention_out: W,
    pub attention_norm: Norm,
    pub inner: W,
    pub outer: W,
    pub output_norm: Norm,
}

impl Model {
    /// Opens a model file for the fastest kernel of this processor. Reads about 13 MB and repacks them (about 20 ms);
    /// the rest stays mapped.
    ///
    /// # Errors
    /// The file is not there, is no model file, is damaged, or is of a shape that this crate does not compute.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        Self::open_with(path, Kernel::best())
    }

    /// Opens a model file for a certain kernel.
    ///
    /// # Errors
    /// As [`open`](Self::open); or this processor does not have the kernel.
    pub fn open_with(path: &Path, kernel: Kernel) -> Result<Self, ModelError> {
        let integer = integer(kernel).ok_or(ModelError::Kernel(kernel))?;
        let mut file = ModelFile::open(path)?;
        let (tokenizer, directory) = Tokenizer::read(&file)?;
        file.read_directory(directory)?;
        let shape = file.shape();
        let layers = match integer {
            Some(integer) => Layers::Integer(integer, layers(&file, Packed::new)),
            None => Layers::Float(layers(&file, Floats::new)),
        };
        let width = match kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::AvxVnni | Kernel::Avx2 => crate::simd::x86::Avx2::detect().map_or(Width::Portable, Width::Avx2),
            _ => Width::best(),
        };
        let inner = Inner {
            kernel,
            width,
            shape,
            tokenizer,
            map: Arc::clone(file.map()),
            words: file.range("emb.word"),
            positions: positions(&file),
            embedding_norm: norm(&file, "emb.ln"),
            layers,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The kernel in use.
    pub fn kernel(&self) -> Kernel {
        self.inner.kernel
    }

    /// How long its vectors are.
    pub fn dimensions(&self) -> usize {
        self.inner.shape.hidden
    }

    /// The longest window, in tokens with both ends; longer texts are cut.
    pub fn window(&self) -> usize {
        self.inner.shape.positions
    }

    /// An encoder, with buffers of its own: one for each thread.
    pub fn encoder(&self) -> Encoder {
        Encoder::new(self.clone())
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.inner.tokenizer
    }

    /// Bytes of weights held beside the mapped file.
    pub fn held_bytes(&self) -> usize {
        let weights = match &self.inner.layers {
            Layers::Integer(_, layers) => layers.iter().map(|l| l.bytes(Packed::bytes)).sum::<usize>(),
            Layers::Float(layers) => layers.iter().map(|l| l.bytes(Floats::bytes)).sum(),
        };
        weights + 4 * self.inner.positions.len()
    }
}

impl<W> Layer<W> {
    fn bytes(&self, of: impl Fn(&W) -> usize) -> usize {
        of(&self.qkv) + of(&self.attention_out) + of(&self.inner) + of(&self.outer)
    }
}

impl Inner {
    /// The sum of a token's word, position and type embeddings.
    pub fn embed_token(&self, token: u32, position: usize, out: &mut [f32]) {
        let hidden = self.shape.hidden;
        let row = hidden / BLOCK * BLOCK_BYTES;
        let words = &self.map[self.words.clone()];
        unpack(&words[token as usize * row..][..row], out);
        out.iter_mut().zip(&self.positions[position * hidden..]).for_each(|(o, p)| *o += p);
    }
}

/// `None`: the processor lacks it; `Some(None)`: not an integer kernel.
fn integer(kernel: Kernel) -> Option<Option<Integer>> {
    match kernel {
        Kernel::F32 => Some(None),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512Vnni => crate::simd::x86::Avx512::detect().map(|t| Some(Integer::Avx512(t))),
        #[cfg(target_arch = "x86_64")]
        Kernel::AvxVnni => crate::linear::x86::Vnni256::detect().map(|t| Some(Integer::AvxVnni(t))),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2 => crate::simd::x86::Avx2::detect().map(|t| Some(Integer::Avx2(t))),
        #[cfg(not(target_arch = "x86_64"))]
        _ => None,
    }
}

/// Position embeddings with the type embedding, which is the same for every token, added.
fn positions(file: &ModelFile) -> Vec<f32> {
    let Shape { hidden, positions, .. } = file.shape();
    let mut out = file.floats("emb.pos", positions * hidden);
    let kind = file.floats("emb.type", hidden);
    for row in out.chunks_exact_mut(hidden) {
        row.iter_mut().zip(&kind).for_each(|(o, k)| *o += k);
    }
    out
}

fn norm(file: &ModelFile, name: &str) -> Norm {
    let Shape { hidden, epsilon, .. } = file.shape();
    Norm { weight: file.floats(&format!("{name}.w"), hidden), bias: file.floats(&format!("{name}.b"), hidden), epsilon }
}

type Part<'a> = (&'a [u8], Vec<f32>);

fn layers<W>(file: &ModelFile, make: impl Fn(usize, &[Part<'_>]) -> W) -> Vec<Layer<W>> {
    let Shape { hidden, feed_forward, .. } = file.shape();
    let part = |i: usize, name: &str, rows: usize| {
        let bias = file.floats(&format!("l{i}.{name}.b"), rows);
        (&file.map()[file.range(&format!("l{i}.{name}.w"))], bias)
    };
    let layer = |i| Layer {
        qkv: make(hidden, &["q", "k", "v"].map(|name| part(i, name, hidden))),
        attention_out: make(hidden, &[part(i, "ao", hidden)]),
        attention_norm: norm(file, &format!("l{i}.aln")),
        inner: make(hidden, &[part(i, "fi", feed_forward)]),
        outer: make(feed_forward, &[part(i, "fo", hidden)]),
        output_norm: norm(file, &format!("l{i}.oln")),
    };
    (0..file.shape().layers).map(layer).collect()
}

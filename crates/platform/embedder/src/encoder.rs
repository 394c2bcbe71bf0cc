//! From texts to vectors.

use std::ops::Range;

use crate::attention::{Attention, Heads};
use crate::linear::float::Floats;
use crate::linear::{Integer, Output};
use crate::model::{Inner, Layer, Layers, Model};
use crate::norm::{Gelu, LayerNorm};
use crate::pack::{Activations, Packed, Quantise};
use crate::tokenizer::Scratch;

/// Windows are computed together up to this many tokens: enough to use each weight many times while it is in the
/// cache, few enough that the activations stay there too.
const GROUP: usize = 256;

/// In what role a text is embedded. E5 models were trained with a word in front that tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Something asked.
    Query,
    /// Something written, to be found.
    Passage,
}

impl Role {
    /// What is put in front of the text.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Query => "query: ",
            Self::Passage => "passage: ",
        }
    }
}

/// Embeds texts, on the thread that calls it. Holds the buffers of the computation (about 5 MB after the first text).
pub struct Encoder {
    model: Model,
    scratch: Scratch,
    tokens: Vec<u32>,
    /// Windows of the current group.
    windows: Vec<Window>,
    grouped: Vec<u32>,
    buffers: Buffers,
}

/// A window of the current group.
struct Window {
    text: usize,
    /// Its tokens in the group, both ends among them.
    range: Range<usize>,
}

#[derive(Default)]
struct Buffers {
    /// The residual stream, `hidden` a token.
    x: Vec<f32>,
    qkv: Vec<f32>,
    context: Vec<f32>,
    /// Only for the float path.
    inner: Vec<f32>,
    heads: Heads,
    narrow: Activations,
    wide: Activations,
}

impl Encoder {
    pub(crate) fn new(model: Model) -> Self {
        Self {
            model,
            scratch: Scratch::default(),
            tokens: Vec::new(),
            windows: Vec::new(),
            grouped: Vec::new(),
            buffers: Buffers::default(),
        }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// One vector of length 1 for each text, in order. A text longer than a window is cut into windows, whose vectors
    /// are averaged by their number of tokens.
    pub fn embed(&mut self, role: Role, texts: &[&str]) -> Vec<Vec<f32>> {
        let model = self.model.clone();
        let inner = &*model.inner;
        let mut out = vec![vec![0.0; inner.shape.hidden]; texts.len()];
        let mut tokens = std::mem::take(&mut self.tokens);
        for (text, content) in texts.iter().enumerate() {
            tokens.clear();
            let prefixed = role.prefix().chars().chain(content.chars());
            inner.tokenizer.encode_into(prefixed, &mut self.scratch, &mut tokens);
            for window in tokens.chunks(inner.shape.positions - 2) {
                if !self.grouped.is_empty() && self.grouped.len() + window.len() + 2 > GROUP {
                    self.compute(inner, &mut out);
                }
                self.add(inner, text, window);
            }
        }
        self.compute(inner, &mut out);
        tokens.shrink_to(1 << 16);
        self.tokens = tokens;
        out.iter_mut().for_each(|v| normalise(v));
        out
    }

    fn add(&mut self, inner: &Inner, text: usize, content: &[u32]) {
        let start = self.grouped.len();
        self.grouped.push(inner.tokenizer.bos());
        self.grouped.extend_from_slice(content);
        self.grouped.push(inner.tokenizer.eos());
        self.windows.push(Window { text, range: start..self.grouped.len() });
    }

    /// Computes the group, adds each window's vector to its text's, and begins a new group.
    fn compute(&mut self, inner: &Inner, out: &mut [Vec<f32>]) {
        self.buffers.embed_tokens(inner, &self.grouped, &self.windows);
        match &inner.layers {
            Layers::Integer(kernel, layers) => self.buffers.integer(inner, *kernel, layers, &self.windows),
            Layers::Float(layers) => self.buffers.float(inner, layers, &self.windows),
        }
        let hidden = inner.shape.hidden;
        for window in &self.windows {
            let content = window.range.len() - 2;
            let weight = content as f32 / window.range.len() as f32;
            for row in self.buffers.x[window.range.start * hidden..window.range.end * hidden].chunks_exact(hidden) {
                out[window.text].iter_mut().zip(row).for_each(|(o, v)| *o += v * weight);
            }
        }
        self.windows.clear();
        self.grouped.clear();
    }
}

impl Buffers {
    fn embed_tokens(&mut self, inner: &Inner, tokens: &[u32], windows: &[Window]) {
        let hidden = inner.shape.hidden;
        self.x.resize(tokens.len() * hidden, 0.0);
        self.qkv.resize(tokens.len() * hidden * 3, 0.0);
        self.context.resize(tokens.len() * hidden, 0.0);
        for window in windows {
            for (position, at) in window.range.clone().enumerate() {
                inner.embed_token(tokens[at], position, &mut self.x[at * hidden..][..hidden]);
            }
        }
    }

    fn attend(&mut self, inner: &Inner, windows: &[Window]) {
        let hidden = inner.shape.hidden;
        for window in windows {
            let Range { start, end } = window.range;
            inner.width.run(Attention {
                qkv: &self.qkv[start * hidden * 3..end * hidden * 3],
                out: &mut self.context[start * hidden..end * hidden],
                hidden,
                buffers: &mut self.heads,
            });
        }
    }

    fn integer(&mut self, inner: &Inner, kernel: Integer, layers: &[Layer<Packed>], windows: &[Window]) {
        let hidden = inner.shape.hidden;
        let tokens = self.x.len() / hidden;
        let width = inner.width;
        self.narrow.reset(tokens, hidden, kernel.tile());
        self.wide.reset(tokens, inner.shape.feed_forward, kernel.tile());
        let norm = &inner.embedding_norm;
        width.run(LayerNorm { rows: &mut self.x, norm, quantised: Some(&mut self.narrow) });
        for layer in layers {
            kernel.multiply(&layer.qkv, &self.narrow, Output::Write(&mut self.qkv));
            self.attend(inner, windows);
            width.run(Quantise { rows: &self.context, inputs: hidden, out: &mut self.narrow });
            kernel.multiply(&layer.attention_out, &self.narrow, Output::Add(&mut self.x));
            let norm = &layer.attention_norm;
            width.run(LayerNorm { rows: &mut self.x, norm, quantised: Some(&mut self.narrow) });
            kernel.multiply(&layer.inner, &self.narrow, Output::Gelu(&mut self.wide));
            kernel.multiply(&layer.outer, &self.wide, Output::Add(&mut self.x));
            let norm = &layer.output_norm;
            width.run(LayerNorm { rows: &mut self.x, norm, quantised: Some(&mut self.narrow) });
        }
    }

    fn float(&mut self, inner: &Inner, layers: &[Layer<Floats>], windows: &[Window]) {
        let tokens = self.x.len() / inner.shape.hidden;
        let width = inner.width;
        self.inner.resize(tokens * inner.shape.feed_forward, 0.0);
        width.run(LayerNorm { rows: &mut self.x, norm: &inner.embedding_norm, quantised: None });
        for layer in layers {
            layer.qkv.multiply(&self.x, &mut self.qkv, false);
            self.attend(inner, windows);
            layer.attention_out.multiply(&self.context, &mut self.x, true);
            width.run(LayerNorm { rows: &mut self.x, norm: &layer.attention_norm, quantised: None });
            layer.inner.multiply(&self.x, &mut self.inner, false);
            width.run(Gelu(&mut self.inner));
            layer.outer.multiply(&self.inner, &mut self.x, true);
            width.run(LayerNorm { rows: &mut self.x, norm: &layer.output_norm, quantised: None });
        }
    }
}

/// Brings a vector to length 1; one of zeros stays as it is.
fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v = (f64::from(*v) / length) as f32);
    }
}

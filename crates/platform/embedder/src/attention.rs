//! Self-attention within one text, a head at a time.

use crate::file::HEAD;
use crate::simd::{Simd, Work, exp};

/// Keys are padded to a multiple of this.
const KEYS: usize = 32;
/// The most queries done at once.
const QUERIES: usize = 6;
/// What padding scores: nothing is left of it after the exponential.
const NEVER: f32 = -1e30;

/// Buffers of one head.
#[derive(Default)]
pub struct Heads {
    /// Keys, dimension by dimension.
    keys: Vec<f32>,
    values: Vec<f32>,
    scores: Vec<f32>,
}

/// Attention of the tokens of one text to each other.
pub struct Attention<'a> {
    /// Of each token: queries, keys, values, each `hidden` long.
    pub qkv: &'a [f32],
    /// Of each token: what it took from the others, `hidden` long.
    pub out: &'a mut [f32],
    pub hidden: usize,
    pub buffers: &'a mut Heads,
}

impl Work for Attention<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let tokens = self.out.len() / self.hidden;
        assert!(self.out.len() == tokens * self.hidden && self.qkv.len() == 3 * self.out.len());
        let padded = tokens.next_multiple_of(KEYS);
        self.buffers.keys.resize(HEAD * padded, 0.0);
        self.buffers.values.resize(HEAD * tokens, 0.0);
        self.buffers.scores.resize(QUERIES * padded, 0.0);
        for head in 0..self.hidden / HEAD {
            self.gather(head, tokens, padded);
            match S::LANES {
                16 => head_of::<S, QUERIES, 2>(s, &mut self, head, padded),
                8 => head_of::<S, 3, 4>(s, &mut self, head, padded),
                _ => head_of::<S, 1, 8>(s, &mut self, head, padded),
            }
        }
    }
}

impl Attention<'_> {
    /// Copies a head's keys (transposed) and values to where they are read many times.
    #[inline(always)]
    fn gather(&mut self, head: usize, tokens: usize, padded: usize) {
        let (keys, values) = (&mut self.buffers.keys, &mut self.buffers.values);
        for (token, row) in self.qkv.chunks_exact(3 * self.hidden).enumerate() {
            let key = &row[self.hidden + head * HEAD..][..HEAD];
            for (d, &k) in key.iter().enumerate() {
                keys[d * padded + token] = k;
            }
            values[token * HEAD..][..HEAD].copy_from_slice(&row[2 * self.hidden + head * HEAD..][..HEAD]);
        }
        for row in keys.chunks_exact_mut(padded) {
            row[tokens..].fill(0.0);
        }
    }
}

#[inline(always)]
fn head_of<S: Simd, const Q: usize, const N: usize>(s: S, a: &mut Attention<'_>, head: usize, padded: usize) {
    let tokens = a.out.len() / a.hidden;
    if tokens < Q {
        for first in 0..tokens {
            attend::<S, 1, N>(s, a, head, padded, first);
        }
        return;
    }
    for first in (0..tokens).step_by(Q) {
        // The last step goes over some queries twice, with the same result.
        attend::<S, Q, N>(s, a, head, padded, first.min(tokens - Q));
    }
}

/// `Q` queries from `first`; `N` vectors hold a head's 32 dimensions, or 32 keys.
#[inline(always)]
fn attend<S: Simd, const Q: usize, const N: usize>(
    s: S,
    a: &mut Attention<'_>,
    head: usize,
    padded: usize,
    first: usize,
) {
    let tokens = a.out.len() / a.hidden;
    let Heads { keys, values, scores } = &mut *a.buffers;
    assert!(N * S::LANES == HEAD && KEYS == HEAD && first + Q <= tokens && tokens <= padded);
    assert!(keys.len() >= HEAD * padded && values.len() >= HEAD * tokens && scores.len() >= Q * padded);
    assert!(padded.is_multiple_of(KEYS) && a.qkv.len() == tokens * 3 * a.hidden && (head + 1) * HEAD <= a.hidden);
    let scale = s.splat(1.0 / (HEAD as f32).sqrt());
    let mut largest = [s.splat(NEVER); Q];
    // SAFETY: of all reads and writes below: keys and scores stay under `padded`, a multiple of N · LANES, in rows of
    // `padded`; values, queries and outputs are of tokens and of a head that exist. The assertions above hold the
    // lengths to that.
    unsafe {
        let query = a.qkv.as_ptr().add(first * 3 * a.hidden + head * HEAD);
        for block in (0..padded).step_by(KEYS) {
            let mut sums = [[s.splat(0.0); N]; Q];
            for d in 0..HEAD {
                let key = keys.as_ptr().add(d * padded + block);
                let key: [S::V; N] = std::array::from_fn(|i| s.load(key.add(i * S::LANES)));
                for (q, sum) in sums.iter_mut().enumerate() {
                    let query = s.splat(*query.add(q * 3 * a.hidden + d));
                    for i in 0..N {
                        sum[i] = s.fma(query, key[i], sum[i]);
                    }
                }
            }
            for (q, sum) in sums.iter().enumerate() {
                let row = scores.as_mut_ptr().add(q * padded + block);
                for (i, &v) in sum.iter().enumerate() {
                    s.store(row.add(i * S::LANES), s.mul(v, scale));
                }
                for key in tokens.max(block)..block + KEYS {
                    *row.add(key - block) = NEVER;
                }
                for i in 0..N {
                    largest[q] = s.max(largest[q], s.load(row.add(i * S::LANES)));
                }
            }
        }
        let mut totals = [0.0; Q];
        for q in 0..Q {
            let most = s.splat(s.largest(largest[q]));
            let mut total = s.splat(0.0);
            let row = scores.as_mut_ptr().add(q * padded);
            for key in (0..padded).step_by(S::LANES) {
                let e = exp(s, s.sub(s.load(row.add(key)), most));
                s.store(row.add(key), e);
                total = s.add(total, e);
            }
            totals[q] = s.sum(total);
        }
        let mut sums = [[s.splat(0.0); N]; Q];
        for token in 0..tokens {
            let value = values.as_ptr().add(token * HEAD);
            let value: [S::V; N] = std::array::from_fn(|i| s.load(value.add(i * S::LANES)));
            for (q, sum) in sums.iter_mut().enumerate() {
                let share = s.splat(*scores.as_ptr().add(q * padded + token));
                for i in 0..N {
                    sum[i] = s.fma(share, value[i], sum[i]);
                }
            }
        }
        for (q, sum) in sums.iter().enumerate() {
            let out = a.out.as_mut_ptr().add((first + q) * a.hidden + head * HEAD);
            let inverse = s.splat(1.0 / totals[q]);
            for (i, &v) in sum.iter().enumerate() {
                s.store(out.add(i * S::LANES), s.mul(v, inverse));
            }
        }
    }
}

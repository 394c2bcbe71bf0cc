//! Layer norm, GELU over a whole buffer, and quantising what comes out.

use crate::pack::{Activations, quantise_row};
use crate::simd::{Simd, Work, gelu};

/// The weights of a layer norm.
pub struct Norm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub epsilon: f32,
}

/// Normalises each row in place, and quantises it if asked.
pub struct LayerNorm<'a> {
    pub rows: &'a mut [f32],
    pub norm: &'a Norm,
    pub quantised: Option<&'a mut Activations>,
}

impl Work for LayerNorm<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let size = self.norm.weight.len();
        for (token, row) in self.rows.chunks_exact_mut(size).enumerate() {
            normalise(s, row, self.norm);
            if let Some(out) = self.quantised.as_deref_mut() {
                quantise_row(s, row, token, out);
            }
        }
    }
}

#[inline(always)]
fn normalise<S: Simd>(s: S, row: &mut [f32], norm: &Norm) {
    let size = row.len();
    assert!(size.is_multiple_of(32) && norm.weight.len() == size && norm.bias.len() == size);
    let steps = || (0..size).step_by(S::LANES);
    // SAFETY: all three slices have `size` floats, a multiple of LANES, and no step begins beyond the last vector.
    unsafe {
        let mut sum = s.splat(0.0);
        for i in steps() {
            sum = s.add(sum, s.load(row.as_ptr().add(i)));
        }
        let mean = s.splat(s.sum(sum) / size as f32);
        let mut squares = s.splat(0.0);
        for i in steps() {
            let d = s.sub(s.load(row.as_ptr().add(i)), mean);
            squares = s.fma(d, d, squares);
        }
        let inverse = s.splat(1.0 / (s.sum(squares) / size as f32 + norm.epsilon).sqrt());
        for i in steps() {
            let d = s.mul(s.sub(s.load(row.as_ptr().add(i)), mean), inverse);
            let v = s.fma(d, s.load(norm.weight.as_ptr().add(i)), s.load(norm.bias.as_ptr().add(i)));
            s.store(row.as_mut_ptr().add(i), v);
        }
    }
}

/// GELU of each value in place; their number is a multiple of 32.
pub struct Gelu<'a>(pub &'a mut [f32]);

impl Work for Gelu<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for part in self.0.as_chunks_mut::<32>().0 {
            for i in (0..32).step_by(S::LANES) {
                // SAFETY: LANES divides 32.
                unsafe {
                    let v = gelu(s, s.load(part.as_ptr().add(i)));
                    s.store(part.as_mut_ptr().add(i), v);
                }
            }
        }
    }
}

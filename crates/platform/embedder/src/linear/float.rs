//! The product in 32-bit floats, by the `gemm` crate.

use gemm::Parallelism;

use crate::file::BLOCK_BYTES;
use crate::pack::unpack;

/// A weight matrix as floats, kept as inputs × rows, so that `gemm` reads it without packing it first.
pub struct Floats {
    pub inputs: usize,
    pub rows: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Floats {
    /// Stacks matrices of `inputs` columns in Q4_0, and their biases, over each other.
    pub fn new(inputs: usize, parts: &[(&[u8], Vec<f32>)]) -> Self {
        let bias: Vec<f32> = parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect();
        let rows = bias.len();
        let mut weights = vec![0.0; inputs * rows];
        let mut values = vec![0.0; inputs];
        let source = parts.iter().flat_map(|(bytes, _)| bytes.chunks_exact(inputs / 32 * BLOCK_BYTES));
        for (row, bytes) in source.enumerate() {
            unpack(bytes, &mut values);
            for (input, &value) in values.iter().enumerate() {
                weights[input * rows + row] = value;
            }
        }
        Self { inputs, rows, weights, bias }
    }

    pub fn bytes(&self) -> usize {
        4 * (self.weights.len() + self.bias.len())
    }

    /// `out = input · weights + bias`, or `out += …`, with `inputs` and `rows` floats a token.
    pub fn multiply(&self, input: &[f32], out: &mut [f32], add: bool) {
        let tokens = input.len() / self.inputs;
        assert!(input.len() == tokens * self.inputs && out.len() == tokens * self.rows);
        for row in out.chunks_exact_mut(self.rows) {
            if add {
                row.iter_mut().zip(&self.bias).for_each(|(o, b)| *o += b);
            } else {
                row.copy_from_slice(&self.bias);
            }
        }
        let (inputs, rows) = (self.inputs as isize, self.rows as isize);
        // SAFETY: the strides stay within the three slices, whose lengths were checked above, and `out` is borrowed
        // alone.
        unsafe {
            gemm::gemm(
                self.rows,
                tokens,
                self.inputs,
                out.as_mut_ptr(),
                rows,
                1,
                true,
                self.weights.as_ptr(),
                rows,
                1,
                input.as_ptr(),
                inputs,
                1,
                1.0,
                1.0,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
    }
}

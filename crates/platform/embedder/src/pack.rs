//! Weights and activations in the order in which the integer kernels read them.

use half::f16;

use crate::file::{BLOCK, BLOCK_BYTES};
use crate::simd::{Simd, Work};

/// Output rows of a panel.
pub const ROWS: usize = 32;
/// Bytes of one block of 32 inputs of a panel: 32 rows of 32 nibbles.
pub const PANEL_BLOCK: usize = ROWS * BLOCK / 2;

/// A weight matrix with 4-bit weights, repacked into panels of 32 output rows.
///
/// In a panel, block after block of 32 inputs; in a block, eight groups of 64 bytes. Byte `4 r + i` of group `g` holds
/// input `4 g + i` of row `r` in its low nibble and of row `r + 16` in its high one, so that 16 rows fill a 512-bit
/// register with four neighbouring inputs in each lane, which is what `vpdpbusd` adds up.
pub struct Packed {
    pub inputs: usize,
    pub rows: usize,
    nibbles: Vec<u8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
}

impl Packed {
    /// Stacks matrices of `inputs` columns in Q4_0, and their biases, over each other.
    pub fn new(inputs: usize, parts: &[(&[u8], Vec<f32>)]) -> Self {
        let rows = parts.iter().map(|(_, bias)| bias.len()).sum();
        let blocks = inputs / BLOCK;
        let mut packed = Self {
            inputs,
            rows,
            nibbles: vec![0; rows * inputs / 2],
            scales: vec![0.0; rows * blocks],
            bias: parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect(),
        };
        let source = parts.iter().flat_map(|(bytes, _)| bytes.chunks_exact(BLOCK_BYTES * blocks));
        for (row, bytes) in source.enumerate() {
            packed.put_row(row, bytes);
        }
        packed
    }

    fn put_row(&mut self, row: usize, bytes: &[u8]) {
        let blocks = self.inputs / BLOCK;
        let (panel, lane) = (row / ROWS, row % ROWS);
        let shift = if lane < 16 { 0 } else { 4 };
        for (b, block) in bytes.chunks_exact(BLOCK_BYTES).enumerate() {
            let at = panel * blocks + b;
            self.scales[at * ROWS + lane] = scale(block);
            let target = &mut self.nibbles[at * PANEL_BLOCK..][..PANEL_BLOCK];
            for (j, &byte) in block[2..].iter().enumerate() {
                for (input, nibble) in [(j, byte & 15), (j + 16, byte >> 4)] {
                    target[input / 4 * 64 + lane % 16 * 4 + input % 4] |= nibble << shift;
                }
            }
        }
    }

    pub fn blocks(&self) -> usize {
        self.inputs / BLOCK
    }

    pub fn panels(&self) -> usize {
        self.rows / ROWS
    }

    pub fn panel(&self, panel: usize) -> Panel<'_> {
        let blocks = self.blocks();
        Panel {
            nibbles: &self.nibbles[panel * blocks * PANEL_BLOCK..][..blocks * PANEL_BLOCK],
            scales: &self.scales[panel * blocks * ROWS..][..blocks * ROWS],
            bias: &self.bias[panel * ROWS..][..ROWS],
        }
    }

    pub fn bytes(&self) -> usize {
        self.nibbles.len() + 4 * (self.scales.len() + self.bias.len())
    }
}

/// 32 rows of a [`Packed`].
#[derive(Clone, Copy)]
pub struct Panel<'a> {
    pub nibbles: &'a [u8],
    pub scales: &'a [f32],
    pub bias: &'a [f32],
}

/// The scale of a Q4_0 block.
pub fn scale(block: &[u8]) -> f32 {
    f16::from_le_bytes([block[0], block[1]]).to_f32()
}

/// Unpacks Q4_0 blocks to floats.
pub fn unpack(bytes: &[u8], out: &mut [f32]) {
    for (block, out) in bytes.chunks_exact(BLOCK_BYTES).zip(out.chunks_exact_mut(BLOCK)) {
        let scale = scale(block);
        for (j, &byte) in block[2..].iter().enumerate() {
            out[j] = f32::from(i16::from(byte & 15) - 8) * scale;
            out[j + 16] = f32::from(i16::from(byte >> 4) - 8) * scale;
        }
    }
}

/// How tokens are cut into tiles of at most `most`, as even as can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    pub count: usize,
    pub most: usize,
    base: usize,
    longer: usize,
}

impl Tiles {
    pub fn new(tokens: usize, most: usize) -> Self {
        let count = tokens.div_ceil(most).max(1);
        Self { count, most, base: tokens / count, longer: tokens % count }
    }

    /// The first token of a tile, and how many it has.
    pub fn tile(&self, tile: usize) -> (usize, usize) {
        let first = tile * self.base + tile.min(self.longer);
        (first, self.base + usize::from(tile < self.longer))
    }

    /// The tile of a token, and its place there.
    fn place(&self, token: usize) -> (usize, usize) {
        let in_longer = self.longer * (self.base + 1);
        if token < in_longer {
            (token / (self.base + 1), token % (self.base + 1))
        } else {
            let rest = token - in_longer;
            (self.longer + rest / self.base, rest % self.base)
        }
    }
}

/// Activations as signed bytes, tile after tile; in a tile block after block of 32 inputs; in a block token after
/// token. Each token's block has its own scale, and the sum of its bytes times -8, where the nibbles' offset goes.
pub struct Activations {
    pub tiles: Tiles,
    pub blocks: usize,
    pub bytes: Vec<i8>,
    pub scales: Vec<f32>,
    pub offsets: Vec<i32>,
}

impl Default for Activations {
    fn default() -> Self {
        Self { tiles: Tiles::new(0, 1), blocks: 0, bytes: Vec::new(), scales: Vec::new(), offsets: Vec::new() }
    }
}

impl Activations {
    /// Makes room for `tokens` of `inputs` each, in tiles of at most `most`.
    pub fn reset(&mut self, tokens: usize, inputs: usize, most: usize) {
        self.tiles = Tiles::new(tokens, most);
        self.blocks = inputs / BLOCK;
        let slots = self.tiles.count * self.blocks * most;
        if self.scales.len() < slots {
            self.bytes.resize(slots * BLOCK, 0);
            self.scales.resize(slots, 0.0);
            self.offsets.resize(slots, 0);
        }
    }

    /// Puts 32 values of a token, given as vectors, at block `block`.
    #[inline(always)]
    pub fn put<S: Simd>(&mut self, s: S, token: usize, block: usize, values: &[S::V]) {
        let (tile, place) = self.tiles.place(token);
        self.put_at(s, tile, place, block, values);
    }

    /// As [`put`](Self::put), with the token's tile and place there.
    #[inline(always)]
    pub fn put_at<S: Simd>(&mut self, s: S, tile: usize, place: usize, block: usize, values: &[S::V]) {
        assert!(values.len() * S::LANES == BLOCK && place < self.tiles.most && block < self.blocks);
        let slot = (tile * self.blocks + block) * self.tiles.most + place;
        let target = &mut self.bytes[slot * BLOCK..][..BLOCK];
        let mut largest = s.abs(values[0]);
        for &v in &values[1..] {
            largest = s.max(largest, s.abs(v));
        }
        let largest = s.largest(largest);
        let (scale, inverse) = if largest > 0.0 { (largest / 127.0, 127.0 / largest) } else { (0.0, 0.0) };
        let mut sum = 0;
        for (i, &v) in values.iter().enumerate() {
            // SAFETY: the target has BLOCK bytes, and the assertion above keeps the vectors within them.
            sum += unsafe { s.store_i8(target.as_mut_ptr().add(i * S::LANES), s.mul(v, s.splat(inverse))) };
        }
        self.scales[slot] = scale;
        self.offsets[slot] = -8 * sum;
    }
}

/// Quantises rows of floats.
pub struct Quantise<'a> {
    pub rows: &'a [f32],
    pub inputs: usize,
    pub out: &'a mut Activations,
}

impl Work for Quantise<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (token, row) in self.rows.chunks_exact(self.inputs).enumerate() {
            quantise_row(s, row, token, self.out);
        }
    }
}

/// Quantises one token's row.
#[inline(always)]
pub fn quantise_row<S: Simd>(s: S, row: &[f32], token: usize, out: &mut Activations) {
    let mut values = [s.splat(0.0); 8];
    let count = BLOCK / S::LANES;
    for (block, part) in row.as_chunks::<BLOCK>().0.iter().enumerate() {
        for (i, v) in values[..count].iter_mut().enumerate() {
            // SAFETY: `i * LANES + LANES` is at most BLOCK, the length of `part`.
            *v = unsafe { s.load(part.as_ptr().add(i * S::LANES)) };
        }
        out.put(s, token, block, &values[..count]);
    }
}

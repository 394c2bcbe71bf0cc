//! Integer kernels of x86-64: unsigned nibbles times signed bytes.
//!
//! A weight is (nibble − 8) · scale, so over a block of 32 inputs the product is
//! (Σ nibble · byte − 8 Σ byte) · weight scale · activation scale. The sum −8 Σ byte comes with the activations and
//! is where the integer accumulator starts.

use std::arch::x86_64::*;

use super::Output;
use crate::file::BLOCK;
use crate::pack::{Activations, PANEL_BLOCK, Packed, Panel, ROWS};
use crate::simd::x86::{Avx2, Avx512};
use crate::simd::{Simd, gelu};

/// Tokens of a tile with 32 registers.
pub const TILE_512: usize = 6;
/// Tokens of a tile with 16 registers.
pub const TILE_256: usize = 4;

/// One tile's activations.
#[derive(Clone, Copy)]
struct Tile<'a> {
    bytes: &'a [i8],
    scales: &'a [f32],
    offsets: &'a [i32],
}

impl<'a> Tile<'a> {
    fn of(a: &'a Activations, tile: usize) -> Self {
        let slots = a.blocks * a.tiles.most;
        Self {
            bytes: &a.bytes[tile * slots * BLOCK..][..slots * BLOCK],
            scales: &a.scales[tile * slots..][..slots],
            offsets: &a.offsets[tile * slots..][..slots],
        }
    }
}

/// A kernel for one tile and one panel: `out[token][row]`.
trait Kernel: Copy {
    type S: Simd;
    const TILE: usize;
    fn simd(self) -> Self::S;
    /// # Safety
    /// `panel` and `tile` have `blocks` blocks, and tiles have room for `Self::TILE` tokens, of which `N` count.
    unsafe fn tile<const N: usize>(self, blocks: usize, panel: Panel<'_>, tile: Tile<'_>, out: &mut [[f32; ROWS]; 6]);
}

#[inline(always)]
fn multiply<K: Kernel>(k: K, weights: &Packed, a: &Activations, mut out: Output<'_>) {
    let mut product = [[0.0; ROWS]; 6];
    for p in 0..weights.panels() {
        let panel = weights.panel(p);
        for t in 0..a.tiles.count {
            let (first, count) = a.tiles.tile(t);
            let tile = Tile::of(a, t);
            assert!(
                tile.scales.len() == a.blocks * K::TILE
                    && panel.scales.len() == a.blocks * ROWS
                    && panel.nibbles.len() == a.blocks * PANEL_BLOCK
            );
            // SAFETY: the lengths were just checked; `Tile::of` takes as many bytes and offsets as scales.
            unsafe {
                match count {
                    0 => continue,
                    1 => k.tile::<1>(a.blocks, panel, tile, &mut product),
                    2 => k.tile::<2>(a.blocks, panel, tile, &mut product),
                    3 => k.tile::<3>(a.blocks, panel, tile, &mut product),
                    4 => k.tile::<4>(a.blocks, panel, tile, &mut product),
                    5 if K::TILE > 4 => k.tile::<5>(a.blocks, panel, tile, &mut product),
                    _ if K::TILE > 4 => k.tile::<6>(a.blocks, panel, tile, &mut product),
                    _ => unreachable!("tiles have at most {} tokens", K::TILE),
                }
            }
            finish(k.simd(), &product[..count], (p, weights.rows), (t, first), &mut out);
        }
    }
}

/// Takes a tile's product to where it belongs.
#[inline(always)]
fn finish<S: Simd>(
    s: S,
    product: &[[f32; ROWS]],
    (panel, rows): (usize, usize),
    (tile, first): (usize, usize),
    out: &mut Output<'_>,
) {
    let vectors = ROWS / S::LANES;
    for (place, values) in product.iter().enumerate() {
        let mut v = [s.splat(0.0); 8];
        for (i, v) in v[..vectors].iter_mut().enumerate() {
            // SAFETY: `values` has ROWS floats.
            *v = unsafe { s.load(values.as_ptr().add(i * S::LANES)) };
        }
        let at = (first + place) * rows + panel * ROWS;
        match out {
            Output::Write(to) => to[at..at + ROWS].copy_from_slice(values),
            Output::Add(to) => {
                let to = &mut to[at..at + ROWS];
                for (i, &v) in v[..vectors].iter().enumerate() {
                    // SAFETY: `to` has ROWS floats.
                    unsafe {
                        let sum = s.add(s.load(to.as_ptr().add(i * S::LANES)), v);
                        s.store(to.as_mut_ptr().add(i * S::LANES), sum);
                    }
                }
            }
            Output::Gelu(next) => {
                for v in &mut v[..vectors] {
                    *v = gelu(s, *v);
                }
                next.put_at(s, tile, place, panel, &v[..vectors]);
            }
        }
    }
}

impl Kernel for Avx512 {
    type S = Self;
    const TILE: usize = TILE_512;

    #[inline(always)]
    fn simd(self) -> Self {
        self
    }

    #[inline(always)]
    unsafe fn tile<const N: usize>(self, blocks: usize, panel: Panel<'_>, tile: Tile<'_>, out: &mut [[f32; ROWS]; 6]) {
        // SAFETY: the token proves the instructions; all offsets stay below the lengths that the caller promises.
        unsafe {
            let mask = _mm512_set1_epi8(15);
            let bias = panel.bias.as_ptr();
            let mut sums = [[_mm512_loadu_ps(bias), _mm512_loadu_ps(bias.add(16))]; N];
            for b in 0..blocks {
                let nibbles = panel.nibbles.as_ptr().add(b * PANEL_BLOCK);
                let slot = b * TILE_512;
                let bytes = tile.bytes.as_ptr().add(slot * BLOCK);
                let mut dots = [[_mm512_setzero_si512(); 2]; N];
                for (n, dot) in dots.iter_mut().enumerate() {
                    *dot = [_mm512_set1_epi32(*tile.offsets.as_ptr().add(slot + n)); 2];
                }
                for group in 0..8 {
                    let both = _mm512_loadu_si512(nibbles.add(group * 64).cast());
                    let low = _mm512_and_si512(both, mask);
                    let high = _mm512_and_si512(_mm512_srli_epi16::<4>(both), mask);
                    for (n, dot) in dots.iter_mut().enumerate() {
                        let four = bytes.add(n * BLOCK + group * 4).cast::<i32>().read_unaligned();
                        let four = _mm512_set1_epi32(four);
                        dot[0] = _mm512_dpbusd_epi32(dot[0], low, four);
                        dot[1] = _mm512_dpbusd_epi32(dot[1], high, four);
                    }
                }
                let scales = panel.scales.as_ptr().add(b * ROWS);
                let scales = [_mm512_loadu_ps(scales), _mm512_loadu_ps(scales.add(16))];
                for (n, (sum, dot)) in sums.iter_mut().zip(&dots).enumerate() {
                    let own = _mm512_set1_ps(*tile.scales.as_ptr().add(slot + n));
                    for i in 0..2 {
                        let scale = _mm512_mul_ps(scales[i], own);
                        sum[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[i]), scale, sum[i]);
                    }
                }
            }
            for (sum, out) in sums.iter().zip(out) {
                _mm512_storeu_ps(out.as_mut_ptr(), sum[0]);
                _mm512_storeu_ps(out.as_mut_ptr().add(16), sum[1]);
            }
        }
    }
}

/// Sums of products of nibbles with bytes, in 256 bits.
trait Dot: Copy {
    fn simd(self) -> Avx2;
    /// From the start of a block.
    unsafe fn zero() -> __m256i;
    unsafe fn add(so_far: __m256i, nibbles: __m256i, four: __m256i) -> __m256i;
    /// As eight i32 sums, plus `offset`.
    unsafe fn finish(so_far: __m256i, offset: i32) -> __m256i;
}

/// 256-bit `vpdpbusd`, VEX-encoded.
#[derive(Clone, Copy)]
struct Vex(Avx2);
/// 256-bit `vpdpbusd`, EVEX-encoded.
#[derive(Clone, Copy)]
struct Evex(Avx2);
/// `vpmaddubsw`. Eight sums of two products of at most 15 · 127 fit 16 bits, so that a whole block does.
#[derive(Clone, Copy)]
struct Madd(Avx2);

macro_rules! vnni {
    ($name:ident, $dot:ident) => {
        impl Dot for $name {
            #[inline(always)]
            fn simd(self) -> Avx2 {
                self.0
            }
            #[inline(always)]
            unsafe fn zero() -> __m256i {
                // SAFETY: the caller has the instructions.
                unsafe { _mm256_setzero_si256() }
            }
            #[inline(always)]
            unsafe fn add(so_far: __m256i, nibbles: __m256i, four: __m256i) -> __m256i {
                // SAFETY: the caller has the instructions.
                unsafe { $dot(so_far, nibbles, four) }
            }
            #[inline(always)]
            unsafe fn finish(so_far: __m256i, offset: i32) -> __m256i {
                // SAFETY: the caller has the instructions.
                unsafe { _mm256_add_epi32(so_far, _mm256_set1_epi32(offset)) }
            }
        }
    };
}
vnni!(Vex, _mm256_dpbusd_avx_epi32);
vnni!(Evex, _mm256_dpbusd_epi32);

impl Dot for Madd {
    #[inline(always)]
    fn simd(self) -> Avx2 {
        self.0
    }
    #[inline(always)]
    unsafe fn zero() -> __m256i {
        // SAFETY: the caller has the instructions.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn add(so_far: __m256i, nibbles: __m256i, four: __m256i) -> __m256i {
        // SAFETY: the caller has the instructions.
        unsafe { _mm256_add_epi16(so_far, _mm256_maddubs_epi16(nibbles, four)) }
    }
    #[inline(always)]
    unsafe fn finish(so_far: __m256i, offset: i32) -> __m256i {
        // SAFETY: the caller has the instructions.
        unsafe {
            let sums = _mm256_madd_epi16(so_far, _mm256_set1_epi16(1));
            _mm256_add_epi32(sums, _mm256_set1_epi32(offset))
        }
    }
}

impl<D: Dot> Kernel for D {
    type S = Avx2;
    const TILE: usize = TILE_256;

    #[inline(always)]
    fn simd(self) -> Avx2 {
        Dot::simd(self)
    }

    /// Two runs over the panel, for rows 0–7 with 16–23 and 8–15 with 24–31: what 16 registers hold.
    #[inline(always)]
    unsafe fn tile<const N: usize>(self, blocks: usize, panel: Panel<'_>, tile: Tile<'_>, out: &mut [[f32; ROWS]; 6]) {
        // SAFETY: the token proves the instructions; all offsets stay below the lengths that the caller promises.
        unsafe {
            let mask = _mm256_set1_epi8(15);
            for half in [0, 8] {
                let bias = panel.bias.as_ptr().add(half);
                let mut sums = [[_mm256_loadu_ps(bias), _mm256_loadu_ps(bias.add(16))]; N];
                for b in 0..blocks {
                    let nibbles = panel.nibbles.as_ptr().add(b * PANEL_BLOCK + half * 4);
                    let slot = b * TILE_256;
                    let bytes = tile.bytes.as_ptr().add(slot * BLOCK);
                    let mut dots = [[D::zero(); 2]; N];
                    for group in 0..8 {
                        let both = _mm256_loadu_si256(nibbles.add(group * 64).cast());
                        let low = _mm256_and_si256(both, mask);
                        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(both), mask);
                        for (n, dot) in dots.iter_mut().enumerate() {
                            let four = bytes.add(n * BLOCK + group * 4).cast::<i32>().read_unaligned();
                            let four = _mm256_set1_epi32(four);
                            dot[0] = D::add(dot[0], low, four);
                            dot[1] = D::add(dot[1], high, four);
                        }
                    }
                    let scales = panel.scales.as_ptr().add(b * ROWS + half);
                    let scales = [_mm256_loadu_ps(scales), _mm256_loadu_ps(scales.add(16))];
                    for (n, (sum, dot)) in sums.iter_mut().zip(&dots).enumerate() {
                        let own = _mm256_set1_ps(*tile.scales.as_ptr().add(slot + n));
                        let offset = *tile.offsets.as_ptr().add(slot + n);
                        for i in 0..2 {
                            let dot = _mm256_cvtepi32_ps(D::finish(dot[i], offset));
                            sum[i] = _mm256_fmadd_ps(dot, _mm256_mul_ps(scales[i], own), sum[i]);
                        }
                    }
                }
                for (sum, out) in sums.iter().zip(out.iter_mut()) {
                    _mm256_storeu_ps(out.as_mut_ptr().add(half), sum[0]);
                    _mm256_storeu_ps(out.as_mut_ptr().add(half + 16), sum[1]);
                }
            }
        }
    }
}

/// Proof that the processor has 256-bit `vpdpbusd`, and in which encoding.
#[derive(Debug, Clone, Copy)]
pub enum Vnni256 {
    Vex(Avx2),
    Evex(Avx2),
}

impl Vnni256 {
    /// Asks the processor.
    pub fn detect() -> Option<Self> {
        let avx2 = Avx2::detect()?;
        if is_x86_feature_detected!("avxvnni") {
            return Some(Self::Vex(avx2));
        }
        Avx512::detect().map(|_| Self::Evex(avx2))
    }
}

/// With 512-bit `vpdpbusd`.
pub fn multiply_512(token: Avx512, weights: &Packed, a: &Activations, out: Output<'_>) {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
    fn inner(token: Avx512, weights: &Packed, a: &Activations, out: Output<'_>) {
        multiply(token, weights, a, out);
    }
    // SAFETY: the token exists only where the processor has them.
    unsafe { inner(token, weights, a, out) }
}

/// With 256-bit `vpdpbusd`.
pub fn multiply_vnni(token: Vnni256, weights: &Packed, a: &Activations, out: Output<'_>) {
    #[target_feature(enable = "avxvnni,avx2,fma")]
    fn vex(token: Vex, weights: &Packed, a: &Activations, out: Output<'_>) {
        multiply(token, weights, a, out);
    }
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
    fn evex(token: Evex, weights: &Packed, a: &Activations, out: Output<'_>) {
        multiply(token, weights, a, out);
    }
    // SAFETY: `Vnni256::detect` made the token after asking the processor for exactly these.
    unsafe {
        match token {
            Vnni256::Vex(avx2) => vex(Vex(avx2), weights, a, out),
            Vnni256::Evex(avx2) => evex(Evex(avx2), weights, a, out),
        }
    }
}

/// With `vpmaddubsw`.
pub fn multiply_avx2(token: Avx2, weights: &Packed, a: &Activations, out: Output<'_>) {
    #[target_feature(enable = "avx2,fma")]
    fn inner(token: Madd, weights: &Packed, a: &Activations, out: Output<'_>) {
        multiply(token, weights, a, out);
    }
    // SAFETY: the token exists only where the processor has them.
    unsafe { inner(Madd(token), weights, a, out) }
}

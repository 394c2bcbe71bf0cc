//! Integer kernels of x86-64: unsigned nibbles times signed bytes.
//!
//! A weight is (nibble − 8) · scale, so over a block of 32 inputs the product is
//! (Σ nibble · byte − 8 Σ byte) · weight scale · activation scale. The sum −8 Σ byte comes with the activations and
//! is where the integer accumulator starts.
//!
//! A tile's accumulators must stay in registers. Compilers keep arrays in memory as soon as a loop over them is not
//! unrolled, so the tile is written out by a macro, with a variable for each accumulator.

use std::arch::x86_64::*;

use super::Output;
use crate::file::BLOCK;
use crate::pack::{Activations, PANEL_BLOCK, Packed, Panel, ROWS};
use crate::simd::x86::{Avx2, Avx512};
use crate::simd::{Simd, gelu};

/// Tokens of a tile with 32 registers.
pub const TILE_512: usize = 6;
/// Tokens of a tile with 16 registers.
pub const TILE_256: usize = 3;

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

/// What a kernel needs of a vector width: 4-bit and 8-bit integers multiplied, floats summed.
///
/// # Safety
/// Of all methods: they are called where the instructions are switched on, and pointers have a vector's length behind
/// them.
trait Dot: Copy {
    type S: Simd;
    /// Whole numbers.
    type I: Copy;
    /// The most tokens of a tile.
    const TILE: usize;
    fn simd(self) -> Self::S;
    unsafe fn load(from: *const u8) -> Self::I;
    unsafe fn low(both: Self::I) -> Self::I;
    unsafe fn high(both: Self::I) -> Self::I;
    /// The same four bytes in every lane.
    unsafe fn four(from: *const i8) -> Self::I;
    /// Where a block's sum starts.
    unsafe fn start(offset: i32) -> Self::I;
    unsafe fn add(so_far: Self::I, nibbles: Self::I, four: Self::I) -> Self::I;
    /// A block's sum as floats.
    unsafe fn finish(so_far: Self::I, offset: i32) -> <Self::S as Simd>::V;
}

/// Where a tile's data are.
#[derive(Clone, Copy)]
struct Pointers {
    blocks: usize,
    nibbles: *const u8,
    scales: *const f32,
    bias: *const f32,
    bytes: *const i8,
    own_scales: *const f32,
    offsets: *const i32,
    out: *mut f32,
}

/// A function for one panel and as many tokens as there are groups of variables. It goes over the panel once for each
/// 2 · LANES rows: those in the low nibbles and those in the high ones.
macro_rules! tile {
    ($name:ident; $($n:literal $sum0:ident $sum1:ident $dot0:ident $dot1:ident),+) => {
        #[inline(always)]
        unsafe fn $name<D: Dot>(d: D, at: Pointers) {
            let s = d.simd();
            // SAFETY: `multiply` checks that all data are as long as the offsets here reach.
            unsafe {
                for part in (0..16).step_by(D::S::LANES) {
                    let bias = at.bias.add(part);
                    let (bias0, bias1) = (s.load(bias), s.load(bias.add(16)));
                    $(let (mut $sum0, mut $sum1) = (bias0, bias1);)+
                    for block in 0..at.blocks {
                        let nibbles = at.nibbles.add(block * PANEL_BLOCK + part * 4);
                        let slot = block * D::TILE;
                        let bytes = at.bytes.add(slot * BLOCK);
                        let offsets = at.offsets.add(slot);
                        $(
                            let mut $dot0 = D::start(offsets.add($n).read());
                            let mut $dot1 = $dot0;
                        )+
                        for group in 0..8 {
                            let both = D::load(nibbles.add(group * 64));
                            let (low, high) = (D::low(both), D::high(both));
                            $(
                                let four = D::four(bytes.add($n * BLOCK + group * 4));
                                $dot0 = D::add($dot0, low, four);
                                $dot1 = D::add($dot1, high, four);
                            )+
                        }
                        let scales = at.scales.add(block * ROWS + part);
                        let (scale0, scale1) = (s.load(scales), s.load(scales.add(16)));
                        $(
                            let own = s.splat(at.own_scales.add(slot + $n).read());
                            let offset = offsets.add($n).read();
                            $sum0 = s.fma(D::finish($dot0, offset), s.mul(scale0, own), $sum0);
                            $sum1 = s.fma(D::finish($dot1, offset), s.mul(scale1, own), $sum1);
                        )+
                    }
                    $(
                        s.store(at.out.add($n * ROWS + part), $sum0);
                        s.store(at.out.add($n * ROWS + part + 16), $sum1);
                    )+
                }
            }
        }
    };
}

tile!(tile_1; 0 a0 a1 a2 a3);
tile!(tile_2; 0 a0 a1 a2 a3, 1 b0 b1 b2 b3);
tile!(tile_3; 0 a0 a1 a2 a3, 1 b0 b1 b2 b3, 2 c0 c1 c2 c3);
tile!(tile_4; 0 a0 a1 a2 a3, 1 b0 b1 b2 b3, 2 c0 c1 c2 c3, 3 d0 d1 d2 d3);
tile!(tile_5; 0 a0 a1 a2 a3, 1 b0 b1 b2 b3, 2 c0 c1 c2 c3, 3 d0 d1 d2 d3, 4 e0 e1 e2 e3);
tile!(tile_6; 0 a0 a1 a2 a3, 1 b0 b1 b2 b3, 2 c0 c1 c2 c3, 3 d0 d1 d2 d3, 4 e0 e1 e2 e3, 5 f0 f1 f2 f3);

#[inline(always)]
fn multiply<D: Dot>(d: D, weights: &Packed, a: &Activations, mut out: Output<'_>) {
    let mut product = [[0.0; ROWS]; TILE_512];
    for p in 0..weights.panels() {
        let panel = weights.panel(p);
        for t in 0..a.tiles.count {
            let (first, count) = a.tiles.tile(t);
            let at = pointers::<D>(panel, Tile::of(a, t), a.blocks, &mut product);
            // SAFETY: `pointers` has checked the lengths, and tiles have at most `D::TILE` tokens.
            unsafe {
                match count {
                    0 => continue,
                    1 => tile_1(d, at),
                    2 => tile_2(d, at),
                    3 => tile_3(d, at),
                    4 => tile_4(d, at),
                    5 if D::TILE > 4 => tile_5(d, at),
                    _ if D::TILE > 4 => tile_6(d, at),
                    _ => unreachable!("tiles have at most {} tokens", D::TILE),
                }
            }
            finish(d.simd(), &product[..count], (p, weights.rows), (t, first), &mut out);
        }
    }
}

/// Checks all that the tile functions rely on.
#[inline(always)]
fn pointers<D: Dot>(panel: Panel<'_>, tile: Tile<'_>, blocks: usize, out: &mut [[f32; ROWS]; TILE_512]) -> Pointers {
    let slots = blocks * D::TILE;
    assert!(tile.scales.len() == slots && tile.offsets.len() == slots && tile.bytes.len() == slots * BLOCK);
    assert!(panel.scales.len() == blocks * ROWS && panel.nibbles.len() == blocks * PANEL_BLOCK);
    assert!(panel.bias.len() == ROWS && D::TILE <= TILE_512);
    Pointers {
        blocks,
        nibbles: panel.nibbles.as_ptr(),
        scales: panel.scales.as_ptr(),
        bias: panel.bias.as_ptr(),
        bytes: tile.bytes.as_ptr(),
        own_scales: tile.scales.as_ptr(),
        offsets: tile.offsets.as_ptr(),
        out: out.as_mut_ptr().cast(),
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

/// Methods that are one expression of intrinsics each.
macro_rules! dot_methods {
    ($($name:ident($($arg:ident: $t:ty),*) -> $out:ty = $body:expr;)*) => {$(
        #[inline(always)]
        unsafe fn $name($($arg: $t),*) -> $out {
            // SAFETY: as the trait asks of the caller.
            unsafe { $body }
        }
    )*};
}

impl Dot for Avx512 {
    type S = Self;
    type I = __m512i;
    const TILE: usize = TILE_512;

    #[inline(always)]
    fn simd(self) -> Self {
        self
    }
    dot_methods! {
        load(from: *const u8) -> __m512i = _mm512_loadu_si512(from.cast());
        low(both: __m512i) -> __m512i = _mm512_and_si512(both, _mm512_set1_epi8(15));
        high(both: __m512i) -> __m512i = _mm512_and_si512(_mm512_srli_epi16::<4>(both), _mm512_set1_epi8(15));
        four(from: *const i8) -> __m512i = _mm512_set1_epi32(from.cast::<i32>().read_unaligned());
        start(offset: i32) -> __m512i = _mm512_set1_epi32(offset);
        add(so_far: __m512i, nibbles: __m512i, four: __m512i) -> __m512i = _mm512_dpbusd_epi32(so_far, nibbles, four);
        finish(so_far: __m512i, _offset: i32) -> __m512 = _mm512_cvtepi32_ps(so_far);
    }
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

macro_rules! dot_256 {
    ($name:ident; $($method:ident($($arg:ident: $t:ty),*) -> $out:ty = $body:expr;)*) => {
        impl Dot for $name {
            type S = Avx2;
            type I = __m256i;
            const TILE: usize = TILE_256;

            #[inline(always)]
            fn simd(self) -> Avx2 {
                self.0
            }
            dot_methods! {
                load(from: *const u8) -> __m256i = _mm256_loadu_si256(from.cast());
                low(both: __m256i) -> __m256i = _mm256_and_si256(both, _mm256_set1_epi8(15));
                high(both: __m256i) -> __m256i = _mm256_and_si256(_mm256_srli_epi16::<4>(both), _mm256_set1_epi8(15));
                four(from: *const i8) -> __m256i = _mm256_set1_epi32(from.cast::<i32>().read_unaligned());
                $($method($($arg: $t),*) -> $out = $body;)*
            }
        }
    };
}

dot_256! { Vex;
    start(offset: i32) -> __m256i = _mm256_set1_epi32(offset);
    add(so_far: __m256i, nibbles: __m256i, four: __m256i) -> __m256i = _mm256_dpbusd_avx_epi32(so_far, nibbles, four);
    finish(so_far: __m256i, _offset: i32) -> __m256 = _mm256_cvtepi32_ps(so_far);
}
dot_256! { Evex;
    start(offset: i32) -> __m256i = _mm256_set1_epi32(offset);
    add(so_far: __m256i, nibbles: __m256i, four: __m256i) -> __m256i = _mm256_dpbusd_epi32(so_far, nibbles, four);
    finish(so_far: __m256i, _offset: i32) -> __m256 = _mm256_cvtepi32_ps(so_far);
}
dot_256! { Madd;
    start(_offset: i32) -> __m256i = _mm256_setzero_si256();
    add(so_far: __m256i, nibbles: __m256i, four: __m256i) -> __m256i =
        _mm256_add_epi16(so_far, _mm256_maddubs_epi16(nibbles, four));
    finish(so_far: __m256i, offset: i32) -> __m256 = {
        let sums = _mm256_madd_epi16(so_far, _mm256_set1_epi16(1));
        _mm256_cvtepi32_ps(_mm256_add_epi32(sums, _mm256_set1_epi32(offset)))
    };
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

//! Vectors of floats of whatever width the processor has, and the functions over them that a transformer needs.
//!
//! Code is written once over [`Simd`], always inlined into a function that has the instructions switched on.

#[cfg(target_arch = "x86_64")]
pub mod x86;

/// A vector width. A value of the type is proof that the processor has the instructions.
pub trait Simd: Copy {
    /// A vector.
    type V: Copy;
    /// Floats in a vector; divides 32.
    const LANES: usize;

    fn splat(self, value: f32) -> Self::V;
    /// Reads `LANES` floats.
    ///
    /// # Safety
    /// They are within one allocation and initialised.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// Writes `LANES` floats.
    ///
    /// # Safety
    /// They are within one allocation that nothing else refers to.
    unsafe fn store(self, to: *mut f32, v: Self::V);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    fn abs(self, a: Self::V) -> Self::V;
    /// The size of `a` with the sign of `b`.
    fn copysign(self, a: Self::V, b: Self::V) -> Self::V;
    /// Rounded to the nearest whole number.
    fn round(self, a: Self::V) -> Self::V;
    /// 2 to the power of a whole number between -126 and 127.
    fn pow2(self, a: Self::V) -> Self::V;
    fn sum(self, a: Self::V) -> f32;
    fn largest(self, a: Self::V) -> f32;
    /// Writes `LANES` floats between -127.5 and 127.5, rounded, as bytes; gives their sum.
    ///
    /// # Safety
    /// `LANES` bytes from `to` are within one allocation that nothing else refers to.
    unsafe fn store_i8(self, to: *mut i8, a: Self::V) -> i32;
}

/// Work that can be done with any width.
pub trait Work {
    /// What comes out.
    type Out;
    /// Does it. Implementations are `#[inline(always)]`, or the instructions would not be switched on.
    fn run<S: Simd>(self, simd: S) -> Self::Out;
}

/// The widest vectors to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    #[cfg(target_arch = "x86_64")]
    Avx512(x86::Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
    Portable,
}

impl Width {
    /// The widest that this processor has.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(token) = x86::Avx512::detect() {
                return Self::Avx512(token);
            }
            if let Some(token) = x86::Avx2::detect() {
                return Self::Avx2(token);
            }
        }
        Self::Portable
    }

    /// Does `work` at this width.
    pub fn run<W: Work>(self, work: W) -> W::Out {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.run(work),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.run(work),
            Self::Portable => work.run(Portable),
        }
    }
}

/// Four floats at a time in plain Rust, which compilers turn into SSE or NEON.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

#[inline(always)]
fn map2(a: [f32; 4], b: [f32; 4], f: impl Fn(f32, f32) -> f32) -> [f32; 4] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Simd for Portable {
    type V = [f32; 4];
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(self, value: f32) -> [f32; 4] {
        [value; 4]
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> [f32; 4] {
        // SAFETY: four floats are there, as the caller promises; no alignment is asked for.
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: [f32; 4]) {
        // SAFETY: as the caller promises.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(v) }
    }
    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map2(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map2(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map2(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map2(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn fma(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        self.add(self.mul(a, b), c)
    }
    #[inline(always)]
    fn max(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map2(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map2(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn abs(self, a: [f32; 4]) -> [f32; 4] {
        a.map(f32::abs)
    }
    #[inline(always)]
    fn copysign(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map2(a, b, f32::copysign)
    }
    #[inline(always)]
    fn round(self, a: [f32; 4]) -> [f32; 4] {
        // Adding and taking away 1.5 · 2^23 rounds whatever is smaller than 2^22, without a call to a library.
        const SHIFT: f32 = 12_582_912.0;
        a.map(|a| (a + SHIFT) - SHIFT)
    }
    #[inline(always)]
    fn pow2(self, a: [f32; 4]) -> [f32; 4] {
        a.map(|a| f32::from_bits(((a as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    fn sum(self, a: [f32; 4]) -> f32 {
        (a[0] + a[1]) + (a[2] + a[3])
    }
    #[inline(always)]
    fn largest(self, a: [f32; 4]) -> f32 {
        a[0].max(a[1]).max(a[2].max(a[3]))
    }
    #[inline(always)]
    unsafe fn store_i8(self, to: *mut i8, a: [f32; 4]) -> i32 {
        let bytes = self.round(a).map(|a| a as i8);
        // SAFETY: as the caller promises.
        unsafe { to.cast::<[i8; 4]>().write_unaligned(bytes) };
        bytes.iter().map(|&b| i32::from(b)).sum()
    }
}

/// e to the power of `x`, for `x` up to 88; below -87 it gives about e^-87. Relative error below 2e-7: two steps of
/// reduction by ln 2 and the polynomial of Cephes' `expf`.
#[inline(always)]
pub fn exp<S: Simd>(s: S, x: S::V) -> S::V {
    let x = s.max(s.min(x, s.splat(88.0)), s.splat(-87.0));
    let n = s.round(s.mul(x, s.splat(std::f32::consts::LOG2_E)));
    let r = s.fma(n, s.splat(-0.693_359_4), x);
    let r = s.fma(n, s.splat(2.121_944_4e-4), r);
    let mut p = s.splat(1.987_569_2e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = s.fma(p, r, s.splat(c));
    }
    let p = s.fma(p, s.mul(r, r), s.add(r, s.splat(1.0)));
    s.mul(p, s.pow2(n))
}

/// GELU in its exact form, x/2 · (1 + erf(x/√2)), with erf by formula 7.1.26 of Abramowitz and Stegun (error below
/// 1.5e-7).
#[inline(always)]
pub fn gelu<S: Simd>(s: S, x: S::V) -> S::V {
    let z = s.mul(s.abs(x), s.splat(std::f32::consts::FRAC_1_SQRT_2));
    let t = s.div(s.splat(1.0), s.fma(z, s.splat(0.327_591_1), s.splat(1.0)));
    let mut p = s.splat(1.061_405_4);
    for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = s.fma(p, t, s.splat(c));
    }
    let p = s.mul(p, t);
    let e = exp(s, s.sub(s.splat(0.0), s.mul(z, z)));
    let erf = s.sub(s.splat(1.0), s.mul(p, e));
    let half = s.mul(x, s.splat(0.5));
    s.fma(half, s.copysign(erf, x), half)
}

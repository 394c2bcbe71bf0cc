//! Which instructions multiply the layers.

use std::fmt;

/// A way to multiply activations with weights. Those named after instructions use 8-bit activations and the 4-bit
/// weights as they are; `F32` unpacks the weights to 32-bit floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// 512-bit `vpdpbusd`: Intel since Ice Lake (servers), AMD since Zen 4.
    Avx512Vnni,
    /// 256-bit `vpdpbusd`: Intel since Alder Lake, AMD since Zen 5; also run in its AVX-512VL encoding.
    AvxVnni,
    /// 256-bit `vpmaddubsw`: nearly every x86-64 since 2013.
    Avx2,
    /// 32-bit floats through the `gemm` crate: every processor, and what the others are checked against.
    F32,
}

impl Kernel {
    /// All kernels, fastest first.
    pub const ALL: [Self; 4] = [Self::Avx512Vnni, Self::AvxVnni, Self::Avx2, Self::F32];

    /// Those that this processor can run, fastest first; `F32` is always among them.
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|k| k.is_available()).collect()
    }

    /// The fastest that this processor can run.
    pub fn best() -> Self {
        Self::ALL.into_iter().find(|k| k.is_available()).unwrap_or(Self::F32)
    }

    /// Whether this processor can run it.
    pub fn is_available(self) -> bool {
        match self {
            Self::F32 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => crate::simd::x86::Avx512::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => {
                crate::simd::x86::Avx2::detect().is_some()
                    && (is_x86_feature_detected!("avxvnni") || crate::simd::x86::Avx512::detect().is_some())
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => crate::simd::x86::Avx2::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// A short name for tables and settings: `avx512-vnni`, `avx-vnni`, `avx2`, `f32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512Vnni => "avx512-vnni",
            Self::AvxVnni => "avx-vnni",
            Self::Avx2 => "avx2",
            Self::F32 => "f32",
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

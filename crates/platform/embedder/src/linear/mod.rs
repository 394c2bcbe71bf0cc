//! Activations times weights: the products that take most of the time.

pub mod float;
#[cfg(target_arch = "x86_64")]
pub mod x86;

use crate::pack::{Activations, Packed};

/// What becomes of a product's output.
pub enum Output<'a> {
    /// Written over `rows` floats a token.
    Write(&'a mut [f32]),
    /// Added to `rows` floats a token.
    Add(&'a mut [f32]),
    /// Through GELU, and quantised for the next product.
    Gelu(&'a mut Activations),
}

/// The integer kernel and its tokens for a tile.
#[derive(Debug, Clone, Copy)]
pub enum Integer {
    #[cfg(target_arch = "x86_64")]
    Avx512(crate::simd::x86::Avx512),
    #[cfg(target_arch = "x86_64")]
    AvxVnni(x86::Vnni256),
    #[cfg(target_arch = "x86_64")]
    Avx2(crate::simd::x86::Avx2),
}

impl Integer {
    /// The most tokens of a tile.
    pub fn tile(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => x86::TILE_512,
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(_) | Self::Avx2(_) => x86::TILE_256,
        }
    }

    /// Multiplies.
    pub fn multiply(self, weights: &Packed, activations: &Activations, out: Output<'_>) {
        assert_eq!(weights.blocks(), activations.blocks, "the activations fit the weights");
        assert_eq!(self.tile(), activations.tiles.most, "the activations are in this kernel's tiles");
        #[cfg(target_arch = "x86_64")]
        match self {
            Self::Avx512(token) => x86::multiply_512(token, weights, activations, out),
            Self::AvxVnni(token) => x86::multiply_vnni(token, weights, activations, out),
            Self::Avx2(token) => x86::multiply_avx2(token, weights, activations, out),
        }
        #[cfg(not(target_arch = "x86_64"))]
        match (self, out) {}
    }
}

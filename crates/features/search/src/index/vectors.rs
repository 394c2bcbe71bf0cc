//! Vectors in eight bits, with the scale that brings them back.

use xinghe_core::PostId;

/// A vector of length 1 in signed bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    scale: f32,
    values: Vec<i8>,
}

impl Packed {
    /// Packs a vector; the error of a cosine stays under .002.
    pub fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(f32::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let scale = largest / 127.0;
        Self { scale, values: vector.iter().map(|x| (x / scale).round() as i8).collect() }
    }

    /// The cosine with a vector of length 1.
    pub fn cosine(&self, other: &[f32]) -> f32 {
        self.values.iter().zip(other).map(|(a, b)| f32::from(*a) * b).sum::<f32>() * self.scale
    }
}

/// The vectors of a passage and of its sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageVectors {
    /// Whose passage it is.
    pub post: PostId,
    /// Of the whole passage.
    pub passage: Packed,
    /// Of its sentences, in order.
    pub sentences: Vec<Packed>,
}

/// The vectors of a revision's passages as stored: per passage the number of vectors, then each as scale and bytes.
pub fn encode(passages: &[PassageVectors]) -> Vec<u8> {
    let mut out = Vec::new();
    for p in passages {
        out.extend((p.sentences.len() as u32 + 1).to_le_bytes());
        for packed in std::iter::once(&p.passage).chain(&p.sentences) {
            out.extend(packed.scale.to_le_bytes());
            out.extend((packed.values.len() as u32).to_le_bytes());
            out.extend(packed.values.iter().map(|v| v.to_le_bytes()[0]));
        }
    }
    out
}

/// Reads what [`encode`] wrote; `None`: it is cut off or of another form.
pub fn decode(post: PostId, mut bytes: &[u8]) -> Option<Vec<PassageVectors>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let count = number(&mut bytes)?;
        let mut packed = Vec::new();
        for _ in 0..count {
            let scale = f32::from_le_bytes(take(&mut bytes, 4)?.try_into().ok()?);
            let length = number(&mut bytes)? as usize;
            let values = take(&mut bytes, length)?.iter().map(|b| i8::from_le_bytes([*b])).collect();
            packed.push(Packed { scale, values });
        }
        let mut packed = packed.into_iter();
        all.push(PassageVectors { post, passage: packed.next()?, sentences: packed.collect() });
    }
    Some(all)
}

fn number(bytes: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?))
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back_and_broken_ones_are_refused() {
        let unit = |i: usize| (0..8).map(|j| if i == j { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
        let post = PostId::from_raw(7);
        let of =
            |i| PassageVectors { post, passage: Packed::new(&unit(i)), sentences: vec![Packed::new(&unit(i + 1))] };
        let bytes = encode(&[of(0), of(3)]);
        assert_eq!(decode(post, &bytes), Some(vec![of(0), of(3)]));
        assert!((of(0).passage.cosine(&unit(0)) - 1.0).abs() < 1e-6);
        for cut in [1, 5, bytes.len() - 1] {
            assert_eq!(decode(post, &bytes[..cut]), None);
        }
    }
}

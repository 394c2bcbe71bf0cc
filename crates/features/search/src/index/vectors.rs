//! Vectors in eight bits, with the scale that brings them back; and the sketch of a vector in one bit a dimension.

use xinghe_core::PostId;

use super::means::Part;

/// A vector in signed bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    scale: f32,
    values: Vec<i8>,
}

impl Packed {
    /// Packs a vector; of a vector of length 1, the error of a cosine stays under .002.
    pub fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(f32::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let scale = largest / 127.0;
        Self { scale, values: vector.iter().map(|x| (x / scale).round() as i8).collect() }
    }

    /// The vector, up to rounding.
    pub fn unpacked(&self) -> Vec<f32> {
        self.values.iter().map(|v| f32::from(*v) * self.scale).collect()
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.scale.to_le_bytes());
        out.extend((self.values.len() as u32).to_le_bytes());
        out.extend(self.values.iter().map(|v| v.to_le_bytes()[0]));
    }
}

/// A vector made ready for many products with packed ones.
pub(crate) struct Factor {
    scale: f32,
    values: Vec<i16>,
}

impl Factor {
    /// Ten bits and a sign a dimension: so a sum of products stays within 32 bits up to 16,000 dimensions.
    pub(crate) fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(f32::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let scale = largest / 1023.0;
        Self { scale, values: vector.iter().map(|x| (x / scale).round() as i16).collect() }
    }

    /// The product with a stored vector.
    pub(crate) fn product(&self, with: &StoredVector<'_>) -> f32 {
        sum_of_products(&self.values, with.values) as f32 * self.scale * with.scale
    }
}

#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "the processor is asked for the instructions first"))]
fn sum_of_products(a: &[i16], b: &[u8]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the feature was detected.
        return unsafe { sum_avx2(a, b) };
    }
    sum_plain(a, b)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_avx2(a: &[i16], b: &[u8]) -> i32 {
    sum_plain(a, b)
}

#[inline(always)]
fn sum_plain(a: &[i16], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(i8::from_le_bytes([*b]))).sum()
}

/// A vector in the index.
pub(crate) struct StoredVector<'b> {
    scale: f32,
    /// One over its distance from the mean of its language and part.
    pub(crate) from_mean: f32,
    values: &'b [u8],
}

/// Writes the vectors of a passage as the index keeps them, the passage's own first; `from_mean` tells one over the
/// distance of each from its mean.
pub(crate) fn encode_stored(passage: &PassageVectors, from_mean: impl Fn(Part, &Packed) -> f32) -> Vec<u8> {
    let mut out = Vec::with_capacity((passage.sentences.len() + 1) * (passage.passage.values.len() + 12));
    let sentences = passage.sentences.iter().map(|s| (Part::Sentence, s));
    for (part, packed) in std::iter::once((Part::Passage, &passage.passage)).chain(sentences) {
        out.extend(from_mean(part, packed).to_le_bytes());
        packed.write(&mut out);
    }
    out
}

/// Reads what [`encode_stored`] wrote.
pub(crate) fn stored(mut bytes: &[u8]) -> impl Iterator<Item = StoredVector<'_>> {
    std::iter::from_fn(move || {
        let from_mean = f32::from_le_bytes(take(&mut bytes, 4)?.try_into().ok()?);
        let (scale, values) = next(&mut bytes)?;
        Some(StoredVector { scale, from_mean, values })
    })
}

/// The signs of a vector's dimensions. Vectors that point alike agree in most of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sketch(pub(crate) [u64; Sketch::WORDS]);

impl Sketch {
    /// Words of 64 dimensions; of longer vectors the first 384 dimensions count.
    pub(crate) const WORDS: usize = 6;

    pub(crate) fn of(positive: impl Iterator<Item = bool>) -> Self {
        let mut sketch = Self::default();
        for (i, _) in positive.take(Self::WORDS * 64).enumerate().filter(|(_, p)| *p) {
            sketch.0[i / 64] |= 1 << (i % 64);
        }
        sketch
    }

    pub(crate) fn of_vector(vector: &[f32]) -> Self {
        Self::of(vector.iter().map(|x| *x > 0.0))
    }

    /// In how many dimensions two differ.
    #[inline]
    pub(crate) fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
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
            packed.write(&mut out);
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
            let (scale, values) = next(&mut bytes)?;
            packed.push(Packed { scale, values: values.iter().map(|b| i8::from_le_bytes([*b])).collect() });
        }
        let mut packed = packed.into_iter();
        all.push(PassageVectors { post, passage: packed.next()?, sentences: packed.collect() });
    }
    Some(all)
}

fn next<'b>(bytes: &mut &'b [u8]) -> Option<(f32, &'b [u8])> {
    let scale = f32::from_le_bytes(take(bytes, 4)?.try_into().ok()?);
    let length = number(bytes)? as usize;
    Some((scale, take(bytes, length)?))
}

fn number(bytes: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?))
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (head, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(i: usize) -> Vec<f32> {
        (0..8).map(|j| if i == j { 1.0 } else { 0.0 }).collect()
    }

    fn of(i: usize) -> PassageVectors {
        PassageVectors {
            post: PostId::from_raw(7),
            passage: Packed::new(&unit(i)),
            sentences: vec![Packed::new(&unit(i + 1))],
        }
    }

    #[test]
    fn vectors_come_back_and_broken_ones_are_refused() {
        let bytes = encode(&[of(0), of(3)]);
        assert_eq!(decode(PostId::from_raw(7), &bytes), Some(vec![of(0), of(3)]));
        for cut in [1, 5, bytes.len() - 1] {
            assert_eq!(decode(PostId::from_raw(7), &bytes[..cut]), None);
        }
    }

    #[test]
    fn products_are_cosines() {
        let bytes = encode_stored(&of(0), |part, _| if part == Part::Passage { 2.0 } else { 3.0 });
        let factor = Factor::new(&unit(1));
        let cosines: Vec<(f32, f32)> = stored(&bytes).map(|v| (factor.product(&v), v.from_mean)).collect();
        assert!(cosines[0].0.abs() < 1e-6 && (cosines[1].0 - 1.0).abs() < 1e-3, "{cosines:?}");
        assert_eq!((cosines[0].1, cosines[1].1, cosines.len()), (2.0, 3.0, 2));
        let (a, b) = (vec![0.6, -0.8, 0.0], vec![-0.6, 0.0, 0.8]);
        let packed = PassageVectors { post: PostId::from_raw(1), passage: Packed::new(&b), sentences: vec![] };
        let bytes = encode_stored(&packed, |_, _| 1.0);
        let product = stored(&bytes).map(|v| Factor::new(&a).product(&v)).sum::<f32>();
        assert!((product + 0.36).abs() < 0.005, "{product}");
    }

    #[test]
    fn sketches_differ_where_signs_do() {
        let a = Sketch::of([true, false, true].into_iter());
        let b = Sketch::of([true, true, false].into_iter());
        assert_eq!((a.distance(&b), a.distance(&a)), (2, 0));
        assert_eq!(Sketch::of_vector(&[0.5, -0.5, 0.1]), a);
    }
}

//! Taking the language out of vectors.
//!
//! Vectors of multilingual-e5 lie in a narrow cone, and each language, and queries and passages, have a cone of
//! their own. Where an index holds several languages, a question finds its own language first, whatever is said
//! there. Subtracting the mean of its language and part from each vector, and bringing it back to length 1, leaves
//! what is said. Within one language this gains nothing; so it is used between languages, and to find neighbours.
//!
//! The means ship with the product, computed by `examples/means.rs` from writing that no evaluation uses.

use super::vectors::{Factor, Packed, Sketch, StoredVector};

/// Means of the shipped model: for Chinese, then English, of queries, passages and sentences; 384 dimensions each.
static E5_SMALL: &[u8] = include_bytes!("means/e5-small.f32");
/// The model whose means these are.
pub const E5_SMALL_NAME: &str = "multilingual-e5-small/q4_0";
const DIMENSIONS: usize = 384;

/// What a text is embedded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Something asked.
    Query,
    /// A passage.
    Passage,
    /// A sentence of a passage.
    Sentence,
}

/// Mean vectors per language and part.
#[derive(Debug, Clone, PartialEq)]
pub struct Means {
    chinese: [Vec<f32>; 3],
    english: [Vec<f32>; 3],
    other: [Vec<f32>; 3],
}

impl Means {
    /// The means of a model, where they are known; vectors of other models stay as they are.
    pub fn of_model(model: &str) -> Option<Self> {
        if model != E5_SMALL_NAME {
            return None;
        }
        let numbers: Vec<f32> =
            E5_SMALL.chunks_exact(4).filter_map(|b| b.try_into().ok().map(f32::from_le_bytes)).collect();
        let mut all = numbers.chunks_exact(DIMENSIONS).map(<[f32]>::to_vec);
        let mut three = || Some([all.next()?, all.next()?, all.next()?]);
        let (chinese, english) = (three()?, three()?);
        Some(Self::new(chinese, english))
    }

    /// Means of queries, passages and sentences in Chinese and in English; other languages get what is between.
    pub fn new(chinese: [Vec<f32>; 3], english: [Vec<f32>; 3]) -> Self {
        let between = |i: usize| chinese[i].iter().zip(&english[i]).map(|(a, b)| f32::midpoint(*a, *b)).collect();
        Self { other: [between(0), between(1), between(2)], chinese, english }
    }

    fn of(&self, language: Language, part: Part) -> &[f32] {
        let means = match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
            Language::Other(_) => &self.other,
        };
        &means[part as usize]
    }

    /// The vector without the mean of its language and part, of length 1.
    pub fn centred(&self, language: Language, part: Part, vector: &[f32]) -> Vec<f32> {
        let mean = self.of(language, part);
        let mut out: Vec<f32> = vector.iter().zip(mean).map(|(x, m)| x - m).collect();
        let length = out.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        out.iter_mut().for_each(|x| *x /= length);
        out
    }

    /// One over the distance of a vector from its mean.
    pub(crate) fn closeness(&self, language: Language, part: Part, packed: &Packed) -> f32 {
        let mean = self.of(language, part);
        let square: f32 = packed.unpacked().iter().zip(mean).map(|(x, m)| (x - m) * (x - m)).sum();
        1.0 / square.sqrt().max(1e-6)
    }
}

/// A language as far as meaning is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// In either script.
    Chinese,
    /// English.
    English,
    /// Another one: the first two letters of its primary tag.
    Other([u8; 2]),
}

impl Language {
    /// Nobody knows which.
    pub const UNKNOWN: Self = Self::Other(*b"un");

    /// By a primary language tag.
    pub fn of(primary: &str) -> Self {
        let bytes = primary.as_bytes();
        Self::from_bytes([bytes.first().copied().unwrap_or(b'u'), bytes.get(1).copied().unwrap_or(b'n')])
    }

    pub(crate) fn from_bytes(bytes: [u8; 2]) -> Self {
        match &bytes {
            b"zh" => Self::Chinese,
            b"en" => Self::English,
            _ => Self::Other(bytes),
        }
    }

    pub(crate) fn bytes(self) -> [u8; 2] {
        match self {
            Self::Chinese => *b"zh",
            Self::English => *b"en",
            Self::Other(bytes) => bytes,
        }
    }

    /// Whether two are known and differ.
    pub fn differs(self, other: Self) -> bool {
        self != other && self != Self::UNKNOWN && other != Self::UNKNOWN
    }
}

/// A question's vector, ready for products with those of passages, as it is and centred.
pub(crate) struct Asked {
    pub(crate) language: Language,
    raw: Factor,
    centred: Option<Centred>,
    pub(crate) sketch: Sketch,
}

struct Centred {
    factor: Factor,
    /// The product of the question with the mean of passages and of sentences, in each language.
    with_mean: [[f32; 2]; 3],
}

impl Asked {
    pub(crate) fn new(means: Option<&Means>, language: Language, vector: &[f32]) -> Self {
        let raw = Factor::new(vector);
        let Some(means) = means else {
            return Self { language, raw, centred: None, sketch: Sketch::of_vector(vector) };
        };
        let own = means.centred(language, Part::Query, vector);
        let product = |other: &[f32]| own.iter().zip(other).map(|(a, b)| a * b).sum();
        let of = |means: &[Vec<f32>; 3]| [product(&means[1]), product(&means[2])];
        let with_mean = [of(&means.chinese), of(&means.english), of(&means.other)];
        let sketch = Sketch::of_vector(&own);
        Self { language, raw, centred: Some(Centred { factor: Factor::new(&own), with_mean }), sketch }
    }

    /// Whether passages of this language are compared by centred vectors.
    pub(crate) fn crosses_to(&self, language: Language) -> bool {
        self.centred.is_some() && self.language.differs(language)
    }

    /// The cosine with a vector as the model gives them.
    pub(crate) fn cosine(&self, vector: &StoredVector<'_>) -> f32 {
        self.raw.product(vector)
    }

    /// The cosine with a vector when both are centred; where no means are known, as the model gives them.
    pub(crate) fn centred_cosine(&self, language: Language, part: Part, vector: &StoredVector<'_>) -> f32 {
        let Some(centred) = &self.centred else { return self.cosine(vector) };
        let of = match language {
            Language::Chinese => centred.with_mean[0],
            Language::English => centred.with_mean[1],
            Language::Other(_) => centred.with_mean[2],
        };
        let mean = if part == Part::Passage { of[0] } else { of[1] };
        (centred.factor.product(vector) - mean) * vector.from_mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::vectors::{PassageVectors, encode_stored, stored};

    #[test]
    fn the_shipped_means_are_whole() {
        let means = Means::of_model(E5_SMALL_NAME).expect("six vectors");
        assert_eq!(E5_SMALL.len(), 6 * DIMENSIONS * 4);
        for mean in means.chinese.iter().chain(&means.english) {
            let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!((0.5..1.0).contains(&length), "{length}");
        }
        assert_eq!(Means::of_model("another"), None);
    }

    #[test]
    fn a_centred_vector_has_length_one_and_no_mean() {
        let three = |x: f32| [vec![x, 0.0], vec![x, 0.0], vec![x, 0.0]];
        let means = Means::new(three(1.0), three(3.0));
        assert_eq!(means.centred(Language::of("zh"), Part::Query, &[1.0, 2.0]), [0.0, 1.0]);
        assert_eq!(means.centred(Language::of("en"), Part::Sentence, &[4.0, 0.0]), [1.0, 0.0]);
        assert_eq!(means.centred(Language::of("fr"), Part::Passage, &[2.0, -1.0]), [0.0, -1.0]);
    }

    #[test]
    fn centred_cosines_need_no_centred_copy() {
        let means = Means::new(
            [vec![0.9, 0.1], vec![0.8, 0.2], vec![0.7, 0.3]],
            [vec![0.1, 0.9], vec![0.2, 0.8], vec![0.3, 0.7]],
        );
        let (question, passage) = ([0.6, 0.8], [0.8, 0.6]);
        let packed = Packed::new(&passage);
        let vectors = PassageVectors { post: xinghe_core::PostId::from_raw(1), passage: packed, sentences: vec![] };
        let bytes = encode_stored(&vectors, |part, v| means.closeness(Language::English, part, v));
        let asked = Asked::new(Some(&means), Language::Chinese, &question);
        let a = means.centred(Language::Chinese, Part::Query, &question);
        let b = means.centred(Language::English, Part::Passage, &passage);
        let exact = a[0] * b[0] + a[1] * b[1];
        let vector = stored(&bytes).next().expect("one");
        let found = asked.centred_cosine(Language::English, Part::Passage, &vector);
        assert!((exact - found).abs() < 0.01, "{exact} {found}");
        assert!(asked.crosses_to(Language::English) && !asked.crosses_to(Language::UNKNOWN));
        assert_eq!(Language::of("und"), Language::UNKNOWN);
    }
}

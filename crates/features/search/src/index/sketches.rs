//! The nearest passages by meaning: the signs of all vectors in memory, looked through one by one.
//!
//! 48 bytes a passage instead of a graph over vectors: the same answer after every rebuild, filters that cannot lose
//! a neighbour, nothing to maintain when posts come and go; 200,000 passages take about a millisecond.

use rustc_hash::FxHashMap;
use xinghe_core::{PassageId, PostId, PostKind};

use super::means::Language;
use super::vectors::Sketch;

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub passage: PassageId,
    pub post: PostId,
    pub kind: PostKind,
    pub language: Language,
    pub sketch: Sketch,
}

#[derive(Debug, Default)]
pub(super) struct Sketches {
    entries: Vec<Entry>,
    /// Those of the entries once more, the first words of all, then the second: the search reads nothing else, and
    /// compares as many passages at once as an instruction takes.
    signs: [Vec<u64>; Sketch::WORDS],
    places: FxHashMap<PassageId, usize>,
    of_post: FxHashMap<PostId, Vec<PassageId>>,
}

impl Sketches {
    pub fn put(&mut self, entry: Entry) {
        if let Some(place) = self.places.get(&entry.passage) {
            self.entries[*place] = entry;
            for (column, word) in self.signs.iter_mut().zip(entry.sketch.0) {
                column[*place] = word;
            }
            return;
        }
        self.places.insert(entry.passage, self.entries.len());
        self.of_post.entry(entry.post).or_default().push(entry.passage);
        self.entries.push(entry);
        for (column, word) in self.signs.iter_mut().zip(entry.sketch.0) {
            column.push(word);
        }
    }

    pub fn remove(&mut self, post: PostId) {
        for passage in self.of_post.remove(&post).unwrap_or_default() {
            let Some(place) = self.places.remove(&passage) else { continue };
            self.entries.swap_remove(place);
            for column in &mut self.signs {
                column.swap_remove(place);
            }
            if let Some(moved) = self.entries.get(place) {
                self.places.insert(moved.passage, place);
            }
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The passages whose signs differ least, nearest first; of equals the older one. Without a condition, the entries
    /// of what lies far away need not be read.
    pub fn nearest(
        &self,
        sketch: &Sketch,
        count: usize,
        allowed: Option<&dyn Fn(&Entry) -> bool>,
    ) -> Vec<(PassageId, Language)> {
        let mut distances = vec![0; self.entries.len()];
        distances_to(&self.signs, sketch, &mut distances);
        // How many lie at each distance tells how far to go, without sorting all.
        let mut at = [0usize; Sketch::WORDS * 64 + 1];
        match allowed {
            None => distances.iter().for_each(|distance| at[usize::from(*distance)] += 1),
            Some(allowed) => {
                for (distance, entry) in distances.iter().zip(&self.entries) {
                    at[usize::from(*distance)] += usize::from(allowed(entry));
                }
            }
        }
        let mut sum = 0;
        let farthest = at.iter().position(|n| {
            sum += n;
            sum >= count
        });
        let farthest = farthest.unwrap_or(at.len()) as u16;
        let near = distances.iter().enumerate().filter(|(_, d)| **d <= farthest).map(|(i, d)| (*d, &self.entries[i]));
        first(near.filter(|(_, e)| allowed.is_none_or(|allowed| allowed(e))).collect(), count)
    }

    /// The same among a few passages.
    pub fn nearest_among(
        &self,
        sketch: &Sketch,
        count: usize,
        passages: impl Iterator<Item = PassageId>,
        allowed: impl Fn(&Entry) -> bool,
    ) -> Vec<(PassageId, Language)> {
        let entries = passages.filter_map(|p| self.places.get(&p)).map(|place| &self.entries[*place]);
        let near = entries.filter(|e| allowed(e)).map(|e| (e.sketch.distance(sketch) as u16, e));
        first(near.collect(), count)
    }
}

fn first(mut near: Vec<(u16, &Entry)>, count: usize) -> Vec<(PassageId, Language)> {
    near.sort_unstable_by_key(|(distance, entry)| (*distance, entry.passage));
    near.truncate(count);
    near.into_iter().map(|(_, entry)| (entry.passage, entry.language)).collect()
}

/// How many passages are compared before the next ones: their distances stay in the nearest cache.
const STRETCH: usize = 4096;

#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "the processor is asked for the instructions first"))]
fn distances_to(signs: &[Vec<u64>; Sketch::WORDS], sketch: &Sketch, out: &mut [u16]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq") {
            // SAFETY: both features were detected.
            return unsafe { distances_avx512(signs, sketch, out) };
        }
        if is_x86_feature_detected!("popcnt") && is_x86_feature_detected!("avx2") {
            // SAFETY: both features were detected.
            return unsafe { distances_avx2(signs, sketch, out) };
        }
    }
    distances_plain(signs, sketch, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn distances_avx512(signs: &[Vec<u64>; Sketch::WORDS], sketch: &Sketch, out: &mut [u16]) {
    distances_plain(signs, sketch, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt,avx2")]
fn distances_avx2(signs: &[Vec<u64>; Sketch::WORDS], sketch: &Sketch, out: &mut [u16]) {
    distances_plain(signs, sketch, out);
}

#[inline(always)]
fn distances_plain(signs: &[Vec<u64>; Sketch::WORDS], sketch: &Sketch, out: &mut [u16]) {
    for (n, stretch) in out.chunks_mut(STRETCH).enumerate() {
        for (column, word) in signs.iter().zip(sketch.0) {
            let of = &column[n * STRETCH..][..stretch.len()];
            stretch.iter_mut().zip(of).for_each(|(d, own)| *d += (own ^ word).count_ones() as u16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(of: &[i64]) -> Vec<(PassageId, Language)> {
        of.iter().map(|i| (PassageId::from_raw(*i), Language::English)).collect()
    }

    fn with_bits(n: usize) -> Sketch {
        Sketch::of((0..n).map(|_| true))
    }

    fn entry(passage: i64, post: i64, bits: usize) -> Entry {
        let (passage, post) = (PassageId::from_raw(passage), PostId::from_raw(post));
        Entry { passage, post, kind: PostKind::Article, language: Language::English, sketch: with_bits(bits) }
    }

    #[test]
    fn the_nearest_come_first_and_what_is_gone_does_not_come() {
        let mut all = Sketches::default();
        for i in 0..100 {
            all.put(entry(i, i / 2, i as usize));
        }
        let nearest = |all: &Sketches, n, count| all.nearest(&with_bits(n), count, None);
        assert_eq!(nearest(&all, 50, 3), ids(&[50, 49, 51]));
        for bits in [0, 17, 384] {
            let all: Vec<Entry> = (0..9_000).map(|i| entry(i, i, i as usize % 385)).collect();
            let columns = std::array::from_fn(|k| all.iter().map(|e| e.sketch.0[k]).collect());
            let mut found = vec![0; all.len()];
            distances_to(&columns, &with_bits(bits), &mut found);
            assert!(all.iter().zip(&found).all(|(e, d)| e.sketch.distance(&with_bits(bits)) == u32::from(*d)));
        }
        all.remove(PostId::from_raw(25));
        assert_eq!(nearest(&all, 50, 3), ids(&[49, 48, 52]));
        all.put(entry(7, 3, 50));
        assert_eq!(nearest(&all, 50, 1), ids(&[7]), "a passage put again takes its own place");
        assert_eq!(all.nearest(&with_bits(0), 2, Some(&|e: &Entry| e.passage.raw() > 90)), ids(&[91, 92]));
        assert_eq!(nearest(&all, 50, 1000).len(), 98);
        let few = [91, 90, 7, 1_000].map(PassageId::from_raw);
        assert_eq!(all.nearest_among(&with_bits(0), 2, few.into_iter(), |e| e.passage.raw() > 7), ids(&[90, 91]));
    }
}

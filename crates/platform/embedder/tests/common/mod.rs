//! A tiny model file with random weights, written as the loader expects it, and its forward pass in plain loops of
//! 64-bit floats.
#![allow(dead_code, clippy::allow_attributes, reason = "each test program uses a part")]

use std::collections::BTreeMap;

pub const HIDDEN: usize = 64;
pub const HEADS: usize = 2;
pub const LAYERS: usize = 2;
pub const INNER: usize = 96;
pub const POSITIONS: usize = 24;
pub const PIECES: [&str; 16] = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "\u{2581}",
    "a",
    "b",
    "\u{2581}a",
    "ab",
    "\u{2581}ab",
    "你",
    "好",
    "你好",
    "query",
    "\u{2581}passage",
    ":",
];
pub const VOCABULARY: usize = PIECES.len() + 4;

/// Matrices, unpacked, and vectors, by name.
pub type Weights = BTreeMap<String, Vec<f64>>;

pub struct Tiny {
    pub file: Vec<u8>,
    pub weights: Weights,
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
    /// Between -1 and 1.
    fn signed(&mut self) -> f32 {
        (self.next() % 2001) as f32 / 1000.0 - 1.0
    }
}

enum Data {
    Floats(Vec<f32>),
    /// Scale as f16 bits and nibbles in order, block by block.
    Blocks(Vec<(u16, [u8; 32])>),
}

/// f16 bits that stand for 2^-4, 2^-5 and -2^-6, with their values.
const SCALES: [(u16, f64); 3] = [(0x2c00, 0.0625), (0x2800, 0.03125), (0xa400, -0.015_625)];

fn tensors(random: &mut Random) -> Vec<(String, Data)> {
    let mut out = Vec::new();
    let mut matrix = |out: &mut Vec<(String, Data)>, name: String, elements: usize| {
        let mut block = || {
            let scale = SCALES[random.next() as usize % SCALES.len()].0;
            (scale, std::array::from_fn(|_| (random.next() % 16) as u8))
        };
        out.push((name, Data::Blocks((0..elements / 32).map(|_| block()).collect())));
    };
    matrix(&mut out, "emb.word".into(), VOCABULARY * HIDDEN);
    for l in 0..LAYERS {
        for name in ["q", "k", "v", "ao"] {
            matrix(&mut out, format!("l{l}.{name}.w"), HIDDEN * HIDDEN);
        }
        matrix(&mut out, format!("l{l}.fi.w"), HIDDEN * INNER);
        matrix(&mut out, format!("l{l}.fo.w"), HIDDEN * INNER);
    }
    let mut floats = |name: String, count: usize, around: f32| {
        let values = (0..count).map(|_| around + random.signed() * 0.2).collect();
        out.push((name, Data::Floats(values)));
    };
    floats("emb.pos".into(), POSITIONS * HIDDEN, 0.0);
    floats("emb.type".into(), 2 * HIDDEN, 0.0);
    floats("emb.ln.w".into(), HIDDEN, 1.0);
    floats("emb.ln.b".into(), HIDDEN, 0.0);
    for l in 0..LAYERS {
        for name in ["q", "k", "v", "ao", "fo", "aln", "oln"] {
            floats(format!("l{l}.{name}.b"), HIDDEN, 0.0);
        }
        floats(format!("l{l}.fi.b"), INNER, 0.0);
        floats(format!("l{l}.aln.w"), HIDDEN, 1.0);
        floats(format!("l{l}.oln.w"), HIDDEN, 1.0);
    }
    out
}

fn header(file: &mut Vec<u8>) {
    file.extend_from_slice(b"E5S1");
    file.extend_from_slice(&1u32.to_le_bytes());
    for n in [HIDDEN, LAYERS, HEADS, INNER, VOCABULARY, POSITIONS, 2] {
        file.extend_from_slice(&(n as i32).to_le_bytes());
    }
    file.extend_from_slice(&1e-12f32.to_le_bytes());
    file.extend_from_slice(&32i32.to_le_bytes());
}

fn tokenizer(file: &mut Vec<u8>) {
    for n in [PIECES.len() as i32, 0, 2, 1, 3] {
        file.extend_from_slice(&n.to_le_bytes());
    }
    let blob = PIECES.concat();
    file.extend_from_slice(&(blob.len() as u64).to_le_bytes());
    let mut offset = 0u32;
    file.extend_from_slice(&offset.to_le_bytes());
    for piece in PIECES {
        offset += piece.len() as u32;
        file.extend_from_slice(&offset.to_le_bytes());
    }
    for (i, piece) in PIECES.iter().enumerate() {
        // Long pieces cost less than their parts.
        let score = if i < 4 { 0.0 } else { -6.0 + piece.chars().count() as f32 * 0.5 };
        file.extend_from_slice(&score.to_le_bytes());
    }
    file.extend_from_slice(blob.as_bytes());
    let table: [(char, &[char]); 4] = [('\n', &[' ']), ('\u{3000}', &[' ']), ('\u{0}', &[]), ('Ａ', &['a', 'b'])];
    let mut entries = Vec::new();
    for (from, to) in table {
        entries.extend_from_slice(&u32::from(from).to_le_bytes());
        entries.push(to.len() as u8);
        for &c in to {
            entries.extend_from_slice(&u32::from(c).to_le_bytes());
        }
    }
    file.extend_from_slice(&(table.len() as i32).to_le_bytes());
    file.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    file.extend_from_slice(&entries);
}

fn encode(data: &Data) -> (u8, u32, Vec<u8>, Vec<f64>) {
    match data {
        Data::Floats(values) => {
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (0, values.len() as u32, bytes, values.iter().map(|&v| f64::from(v)).collect())
        }
        Data::Blocks(blocks) => {
            let (mut bytes, mut values) = (Vec::new(), Vec::new());
            for (scale, nibbles) in blocks {
                bytes.extend_from_slice(&scale.to_le_bytes());
                bytes.extend((0..16).map(|j| nibbles[j] | nibbles[j + 16] << 4));
                let factor = SCALES.iter().find(|s| s.0 == *scale).expect("a scale of the list").1;
                values.extend(nibbles.iter().map(|&n| (f64::from(n) - 8.0) * factor));
            }
            (1, (blocks.len() * 32) as u32, bytes, values)
        }
    }
}

pub fn tiny(seed: u64) -> Tiny {
    let tensors = tensors(&mut Random(seed));
    let mut file = Vec::new();
    header(&mut file);
    tokenizer(&mut file);
    let directory: usize = 4 + tensors.iter().map(|(name, _)| 2 + name.len() + 1 + 4 + 8 + 8).sum::<usize>();
    let mut at = (file.len() + directory).next_multiple_of(64);
    let mut data = Vec::new();
    let mut weights = Weights::new();
    file.extend_from_slice(&(tensors.len() as i32).to_le_bytes());
    for (name, tensor) in &tensors {
        let (kind, elements, bytes, values) = encode(tensor);
        file.extend_from_slice(&(name.len() as u16).to_le_bytes());
        file.extend_from_slice(name.as_bytes());
        file.push(kind);
        file.extend_from_slice(&elements.to_le_bytes());
        file.extend_from_slice(&(at as u64).to_le_bytes());
        file.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        data.push((at, bytes.clone()));
        at = (at + bytes.len()).next_multiple_of(64);
        weights.insert(name.clone(), values);
    }
    for (at, bytes) in data {
        file.resize(at, 0);
        file.extend_from_slice(&bytes);
    }
    Tiny { file, weights }
}

impl Tiny {
    pub fn write(&self) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), &self.file).expect("written");
        file
    }

    fn linear(&self, name: &str, x: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let (w, b) = (&self.weights[&format!("{name}.w")], &self.weights[&format!("{name}.b")]);
        let row = |x: &Vec<f64>, r: usize| b[r] + (0..x.len()).map(|i| w[r * x.len() + i] * x[i]).sum::<f64>();
        x.iter().map(|x| (0..b.len()).map(|r| row(x, r)).collect()).collect()
    }

    fn norm(&self, name: &str, x: &mut [Vec<f64>]) {
        let (w, b) = (&self.weights[&format!("{name}.w")], &self.weights[&format!("{name}.b")]);
        for x in x {
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64;
            for (i, v) in x.iter_mut().enumerate() {
                *v = (*v - mean) / (variance + 1e-12).sqrt() * w[i] + b[i];
            }
        }
    }

    fn attention(&self, l: usize, x: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let [q, k, v] = ["q", "k", "v"].map(|name| self.linear(&format!("l{l}.{name}"), x));
        let mut out = vec![vec![0.0; HIDDEN]; x.len()];
        for head in 0..HEADS {
            let dims = head * 32..head * 32 + 32;
            for (i, out) in out.iter_mut().enumerate() {
                let score = |j: usize| dims.clone().map(|d| q[i][d] * k[j][d]).sum::<f64>() / 32f64.sqrt();
                let shares: Vec<f64> = (0..x.len()).map(|j| score(j).exp()).collect();
                let total: f64 = shares.iter().sum();
                for d in dims.clone() {
                    out[d] = (0..x.len()).map(|j| shares[j] * v[j][d]).sum::<f64>() / total;
                }
            }
        }
        out
    }

    /// The vector of a window, both ends among its tokens: mean over tokens, length 1.
    pub fn embed(&self, tokens: &[u32]) -> Vec<f64> {
        let (words, positions, kinds) =
            (&self.weights["emb.word"], &self.weights["emb.pos"], &self.weights["emb.type"]);
        let token = |(p, &t): (usize, &u32)| {
            (0..HIDDEN).map(|d| words[t as usize * HIDDEN + d] + positions[p * HIDDEN + d] + kinds[d]).collect()
        };
        let mut x: Vec<Vec<f64>> = tokens.iter().enumerate().map(token).collect();
        self.norm("emb.ln", &mut x);
        let add = |x: &mut [Vec<f64>], y: &[Vec<f64>]| {
            x.iter_mut().flatten().zip(y.iter().flatten()).for_each(|(x, y)| *x += y);
        };
        for l in 0..LAYERS {
            let y = self.linear(&format!("l{l}.ao"), &self.attention(l, &x));
            add(&mut x, &y);
            self.norm(&format!("l{l}.aln"), &mut x);
            let mut y = self.linear(&format!("l{l}.fi"), &x);
            y.iter_mut().flatten().for_each(|v| *v = gelu(*v));
            let y = self.linear(&format!("l{l}.fo"), &y);
            add(&mut x, &y);
            self.norm(&format!("l{l}.oln"), &mut x);
        }
        let mut mean: Vec<f64> = (0..HIDDEN).map(|d| x.iter().map(|x| x[d]).sum()).collect();
        let length = mean.iter().map(|v| v * v).sum::<f64>().sqrt();
        mean.iter_mut().for_each(|v| *v /= length);
        mean
    }
}

/// With erf as its integral, by Simpson's rule: nothing in common with the formula under test.
fn gelu(x: f64) -> f64 {
    let z = x / 2f64.sqrt();
    let (steps, f) = (400, |t: f64| (-t * t).exp());
    let h = z / f64::from(steps);
    let inner: f64 = (1..steps).map(|i| f(f64::from(i) * h) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    let erf = (f(0.0) + inner + f(z)) * h / 3.0 * 2.0 / std::f64::consts::PI.sqrt();
    x / 2.0 * (1.0 + erf)
}

pub fn cosine(a: &[f32], b: &[f64]) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(a, b)| f64::from(*a) * b).sum();
    let (x, y): (f64, f64) = (a.iter().map(|v| f64::from(v * v)).sum(), b.iter().map(|v| v * v).sum());
    dot / (x * y).sqrt()
}

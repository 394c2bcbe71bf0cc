//! The model file: header, directory of tensors, and checked access to its bytes.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use crate::error::ModelError;

/// Weights in a Q4_0 block.
pub const BLOCK: usize = 32;
/// Bytes of a Q4_0 block: an f16 scale and 16 bytes of nibbles.
pub const BLOCK_BYTES: usize = 18;
const MAGIC: &[u8; 4] = b"E5S1";
/// Width of an attention head; the attention code is written for it.
pub const HEAD: usize = 32;

/// The sizes of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub feed_forward: usize,
    pub vocabulary: usize,
    pub positions: usize,
    pub epsilon: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    F32,
    Q4,
}

#[derive(Debug, Clone)]
struct Tensor {
    kind: Kind,
    elements: usize,
    range: Range<usize>,
}

/// A mapped model file whose directory was checked.
pub struct ModelFile {
    path: PathBuf,
    map: Arc<Mmap>,
    shape: Shape,
    tokenizer: usize,
    tensors: HashMap<String, Tensor>,
}

/// Reads numbers one after another and says where the bytes ran out.
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count).filter(|&e| e <= self.bytes.len());
        let end = end.ok_or_else(|| format!("it ends before {what}"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], String> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N, what)?);
        Ok(out)
    }

    pub fn u8(&mut self, what: &str) -> Result<u8, String> {
        Ok(self.array::<1>(what)?[0])
    }

    pub fn u16(&mut self, what: &str) -> Result<u16, String> {
        Ok(u16::from_le_bytes(self.array(what)?))
    }

    pub fn u32(&mut self, what: &str) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub fn u64(&mut self, what: &str) -> Result<usize, String> {
        let value = u64::from_le_bytes(self.array(what)?);
        usize::try_from(value).map_err(|_| format!("{what} is {value}"))
    }

    pub fn f32(&mut self, what: &str) -> Result<f32, String> {
        Ok(f32::from_le_bytes(self.array(what)?))
    }

    /// A count kept as i32, which must lie in `allowed`.
    pub fn count(&mut self, what: &str, allowed: Range<usize>) -> Result<usize, String> {
        let value = i32::from_le_bytes(self.array(what)?);
        let fits = usize::try_from(value).ok().filter(|v| allowed.contains(v));
        fits.ok_or_else(|| format!("{what} is {value}"))
    }
}

impl ModelFile {
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let io = |source| ModelError::Io { path: path.to_owned(), source };
        let damaged = |what| ModelError::Damaged { path: path.to_owned(), what };
        let file = File::open(path).map_err(io)?;
        let meta = file.metadata().map_err(io)?;
        if meta.is_dir() {
            return Err(io(std::io::Error::new(std::io::ErrorKind::IsADirectory, "it is a directory")));
        }
        if meta.len() < 8 {
            return Err(damaged(format!("it has only {} bytes", meta.len())));
        }
        // SAFETY: the map is read-only and private to this value. As with every map, the file must not be cut short or
        // rewritten in place while it is open; the crate's documentation says so.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        if &map[..4] != MAGIC {
            return Err(ModelError::Magic { path: path.to_owned(), found: map[..4].to_vec() });
        }
        let mut cursor = Cursor::new(&map, 4);
        let version = cursor.u32("its version").map_err(damaged)?;
        if version != 1 {
            return Err(ModelError::Version { path: path.to_owned(), found: version });
        }
        let shape = read_shape(&mut cursor).map_err(damaged)?;
        check_shape(&shape).map_err(|what| ModelError::Shape { path: path.to_owned(), what })?;
        let tokenizer = cursor.at();
        Ok(Self { path: path.to_owned(), map: Arc::new(map), shape, tokenizer, tensors: HashMap::new() })
    }

    /// Reads the directory of tensors that begins at `at`, and checks that all that the shape needs is there.
    pub fn read_directory(&mut self, at: usize) -> Result<(), ModelError> {
        self.tensors = read_tensors(&self.map, at).map_err(|what| self.damaged(what))?;
        let s = self.shape;
        self.check("emb.word", Kind::Q4, s.vocabulary * s.hidden)?;
        self.check("emb.pos", Kind::F32, s.positions * s.hidden)?;
        self.check("emb.type", Kind::F32, s.hidden)?;
        for name in ["emb.ln.w", "emb.ln.b"] {
            self.check(name, Kind::F32, s.hidden)?;
        }
        for layer in 0..s.layers {
            for name in ["q", "k", "v", "ao"] {
                self.check(&format!("l{layer}.{name}.w"), Kind::Q4, s.hidden * s.hidden)?;
                self.check(&format!("l{layer}.{name}.b"), Kind::F32, s.hidden)?;
            }
            self.check(&format!("l{layer}.fi.w"), Kind::Q4, s.hidden * s.feed_forward)?;
            self.check(&format!("l{layer}.fi.b"), Kind::F32, s.feed_forward)?;
            self.check(&format!("l{layer}.fo.w"), Kind::Q4, s.hidden * s.feed_forward)?;
            self.check(&format!("l{layer}.fo.b"), Kind::F32, s.hidden)?;
            for name in ["aln.w", "aln.b", "oln.w", "oln.b"] {
                self.check(&format!("l{layer}.{name}"), Kind::F32, s.hidden)?;
            }
        }
        Ok(())
    }

    /// A tensor may hold more than is used (two token types, of which the first counts), never less.
    fn check(&self, name: &str, kind: Kind, elements: usize) -> Result<(), ModelError> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(self.damaged(format!("the tensor {name} is missing")));
        };
        if tensor.kind != kind {
            return Err(self.damaged(format!("the tensor {name} is of the wrong type")));
        }
        if tensor.elements < elements || (kind == Kind::Q4 && tensor.elements != elements) {
            return Err(self.damaged(format!("the tensor {name} has {} elements, not {elements}", tensor.elements)));
        }
        Ok(())
    }

    pub fn damaged(&self, what: impl Into<String>) -> ModelError {
        ModelError::Damaged { path: self.path.clone(), what: what.into() }
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    pub fn map(&self) -> &Arc<Mmap> {
        &self.map
    }

    /// Where the tokenizer's part begins.
    pub fn tokenizer_at(&self) -> usize {
        self.tokenizer
    }

    /// The byte range of a tensor. `read_directory` has checked all that the crate asks for.
    pub fn range(&self, name: &str) -> Range<usize> {
        self.tensors.get(name).map_or(0..0, |t| t.range.clone())
    }

    /// The first `count` floats of a tensor.
    pub fn floats(&self, name: &str, count: usize) -> Vec<f32> {
        let (values, _) = self.map[self.range(name)].as_chunks::<4>();
        values.iter().take(count).map(|b| f32::from_le_bytes(*b)).collect()
    }
}

fn read_shape(cursor: &mut Cursor<'_>) -> Result<Shape, String> {
    let hidden = cursor.count("the hidden size", 1..1 << 16)?;
    let layers = cursor.count("the number of layers", 1..1 << 10)?;
    let heads = cursor.count("the number of heads", 1..1 << 12)?;
    let feed_forward = cursor.count("the feed-forward size", 1..1 << 18)?;
    let vocabulary = cursor.count("the vocabulary size", 1..1 << 24)?;
    let positions = cursor.count("the number of positions", 1..1 << 16)?;
    cursor.count("the number of token types", 1..1 << 8)?;
    let epsilon = cursor.f32("the epsilon of the layer norm")?;
    let block = cursor.count("the block size", 1..1 << 10)?;
    if block != BLOCK {
        return Err(format!("the block size is {block}, not {BLOCK}"));
    }
    Ok(Shape { hidden, layers, heads, feed_forward, vocabulary, positions, epsilon })
}

fn check_shape(s: &Shape) -> Result<(), String> {
    if s.hidden != s.heads * HEAD {
        return Err(format!("{} heads over {} dimensions; only heads of {HEAD} are supported", s.heads, s.hidden));
    }
    if !s.feed_forward.is_multiple_of(BLOCK) {
        return Err(format!("the feed-forward size {} is not a multiple of {BLOCK}", s.feed_forward));
    }
    if s.positions < 3 {
        return Err(format!("{} positions leave no room for a text", s.positions));
    }
    if !s.epsilon.is_finite() || s.epsilon < 0.0 {
        return Err(format!("the epsilon of the layer norm is {}", s.epsilon));
    }
    Ok(())
}

fn read_tensors(map: &[u8], at: usize) -> Result<HashMap<String, Tensor>, String> {
    let mut cursor = Cursor::new(map, at);
    let count = cursor.count("the number of tensors", 1..1 << 16)?;
    let mut tensors = HashMap::with_capacity(count);
    for i in 0..count {
        let what = format!("entry {i} of its directory");
        let length = usize::from(cursor.u16(&what)?);
        let name = std::str::from_utf8(cursor.take(length, &what)?).map_err(|_| format!("{what} has no name"))?;
        let kind = match cursor.u8(&what)? {
            0 => Kind::F32,
            1 => Kind::Q4,
            other => return Err(format!("the tensor {name} is of the unknown type {other}")),
        };
        let elements = cursor.u32(&what)? as usize;
        let (offset, bytes) = (cursor.u64(&what)?, cursor.u64(&what)?);
        let expected = match kind {
            Kind::F32 => elements.checked_mul(4),
            Kind::Q4 if elements.is_multiple_of(BLOCK) => (elements / BLOCK).checked_mul(BLOCK_BYTES),
            Kind::Q4 => None,
        };
        if expected != Some(bytes) {
            return Err(format!("the tensor {name} has {elements} elements in {bytes} bytes"));
        }
        let end = offset.checked_add(bytes).filter(|&e| e <= map.len());
        let end = end.ok_or_else(|| format!("it ends before the tensor {name}"))?;
        tensors.insert(name.to_owned(), Tensor { kind, elements, range: offset..end });
    }
    Ok(tensors)
}

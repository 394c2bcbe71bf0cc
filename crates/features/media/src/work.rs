//! From a file to a picture as it is kept. Pure, and slow: not to be called on a thread that others wait for.
//!
//! What comes out was written here from pixels alone, so that nothing of the file besides them is in it.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits as Bounds};
use xinghe_core::picture::{PictureFormat, SIDE_MAX};

use crate::model::{Fault, Limits};

/// How much memory a file's pixels may take while they are read, in bytes.
const MEMORY: u64 = 256 << 20;
/// How large a kept picture is at most, in bytes.
const KEPT_MAX: usize = 1 << 20;
/// No file has a side longer than this.
const FILE_SIDE_MAX: u32 = 30_000;

/// A picture as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its bytes.
    pub content: Vec<u8>,
    /// What they are.
    pub format: PictureFormat,
    /// Its width, in pixels.
    pub width: u16,
    /// Its height, in pixels.
    pub height: u16,
}

/// What a file says it is by its first bytes, if it is something that is taken.
fn kind(file: &[u8]) -> Result<ImageFormat, Fault> {
    match image::guess_format(file) {
        Ok(kind @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP)) => Ok(kind),
        _ => Err(Fault::Kind),
    }
}

/// The pixels of a file, upright; of one that moves, its first picture.
fn read(file: &[u8], limits: &Limits) -> Result<(DynamicImage, ImageFormat), Fault> {
    if file.is_empty() {
        return Err(Fault::Missing);
    }
    if file.len() > limits.file {
        return Err(Fault::Large(limits.file));
    }
    let kind = kind(file)?;
    let pixels = Fault::Pixels(limits.pixels);
    let too_much = |error: &image::ImageError| matches!(error, image::ImageError::Limits(_));
    let fault = |error| if too_much(&error) { pixels } else { Fault::Broken };
    let mut reader = ImageReader::with_format(Cursor::new(file), kind);
    let mut bounds = Bounds::default();
    bounds.max_image_width = Some(FILE_SIDE_MAX);
    bounds.max_image_height = Some(FILE_SIDE_MAX);
    bounds.max_alloc = Some(MEMORY);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(fault)?;
    // Asked before anything is unpacked.
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Fault::Broken);
    }
    if u64::from(width) * u64::from(height) > limits.pixels || decoder.total_bytes() > MEMORY {
        return Err(pixels);
    }
    let turned = decoder.orientation().map_err(fault)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    image.apply_orientation(turned);
    Ok((image, kind))
}

/// Makes a picture fit into a square of this side; never larger.
fn fit(image: DynamicImage, side: u32) -> DynamicImage {
    let long = image.width().max(image.height());
    if long <= side {
        return image;
    }
    let part = |n: u32| u32::try_from(u64::from(n) * u64::from(side) / u64::from(long)).unwrap_or(side).max(1);
    let (width, height) = (part(image.width()), part(image.height()));
    // Averaging is right for much smaller, and takes no memory of its own.
    if long >= side * 2 {
        image.thumbnail_exact(width, height)
    } else {
        image.resize_exact(width, height, FilterType::CatmullRom)
    }
}

fn webp(image: &DynamicImage) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (width, height) = (image.width(), image.height());
    let kind = if image.color().has_alpha() { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    WebPEncoder::new_lossless(&mut out).encode(image.as_bytes(), width, height, kind).ok()?;
    Some(out)
}

fn jpeg(image: &DynamicImage, quality: u8) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality).encode_image(image).ok()?;
    Some(out)
}

/// The same without transparency, where there is none to be seen, and with eight bits a colour.
fn plain(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return DynamicImage::ImageRgb8(image.into_rgb8());
    }
    let image = image.into_rgba8();
    if image.pixels().all(|p| p.0[3] == u8::MAX) {
        DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(image).into_rgb8())
    } else {
        DynamicImage::ImageRgba8(image)
    }
}

/// The bytes to be kept. What was drawn stays exact unless a photograph's way takes much less room.
fn write(image: &DynamicImage, drawn: bool) -> Option<(Vec<u8>, PictureFormat)> {
    let exact = || webp(image).map(|content| (content, PictureFormat::Webp));
    if image.color().has_alpha() {
        return exact();
    }
    let photo = || {
        let fine = jpeg(image, 84)?;
        let content = if fine.len() > KEPT_MAX { jpeg(image, 70)? } else { fine };
        Some((content, PictureFormat::Jpeg))
    };
    if !drawn {
        return photo();
    }
    let (exact, photo) = (exact()?, photo()?);
    let keeps = exact.0.len() <= KEPT_MAX && exact.0.len() <= photo.0.len() + photo.0.len() / 2;
    Some(if keeps { exact } else { photo })
}

/// Makes a picture of a file.
///
/// # Errors
/// What is wrong with the file.
pub fn make(file: &[u8], limits: &Limits) -> Result<Made, Fault> {
    let (image, kind) = read(file, limits)?;
    let drawn = kind != ImageFormat::Jpeg;
    let mut image = plain(fit(image, u32::from(SIDE_MAX)));
    loop {
        let (content, format) = write(&image, drawn).ok_or(Fault::Broken)?;
        let long = image.width().max(image.height());
        if content.len() > KEPT_MAX && long > 64 {
            let smaller = FilterType::Triangle;
            let part = |n: u32| (n * 3 / 4).max(1);
            image = image.resize_exact(part(image.width()), part(image.height()), smaller);
            continue;
        }
        let side = |n: u32| u16::try_from(n).map_err(|_| Fault::Broken);
        return Ok(Made { content, format, width: side(image.width())?, height: side(image.height())? });
    }
}

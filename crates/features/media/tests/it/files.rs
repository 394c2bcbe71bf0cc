//! What becomes of files: good ones, large ones, and those that mean harm.

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, GenericImageView as _, ImageFormat, RgbaImage};
use xinghe_core::picture::PictureFormat;
use xinghe_media::model::{Fault, Limits};
use xinghe_media::work::{Made, make};

use crate::common::{drawing, file, photo, photographed};

fn made(bytes: &[u8]) -> Result<Made, Fault> {
    make(bytes, &Limits::default())
}

fn seen(made: &Made) -> DynamicImage {
    image::load_from_memory(&made.content).unwrap()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|w| w == part)
}

/// The beginning of a PNG that says how large it is, and then ends.
fn png_head(width: u32, height: u32) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    out.extend(width.to_be_bytes());
    out.extend(height.to_be_bytes());
    out.extend([8, 6, 0, 0, 0]);
    // The checksum of the chunk, bit by bit.
    let mut crc = u32::MAX;
    for byte in &out[12..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    out.extend((!crc).to_be_bytes());
    out.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    out
}

#[test]
fn every_format_that_is_taken_is_written_anew() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let made = made(&file(&drawing(64, 40), format)).unwrap();
        assert_eq!((made.width, made.height), (64, 40), "{format:?}");
        let back = seen(&made);
        let [red, _, blue] = back.get_pixel(60, 30).0[..3] else { panic!("three colours") };
        assert!(blue > 180 && red < 60, "{format:?}: {red} {blue}");
    }
}

#[test]
fn what_was_drawn_stays_exact_and_a_photograph_stays_small() {
    let drawn = made(&file(&drawing(400, 300), ImageFormat::Png)).unwrap();
    assert_eq!(drawn.format, PictureFormat::Webp);
    assert_eq!(seen(&drawn).to_rgb8(), drawing(400, 300).to_rgb8());
    assert_eq!(made(&file(&photo(400, 300), ImageFormat::Jpeg)).unwrap().format, PictureFormat::Jpeg);
    let clear = RgbaImage::from_fn(20, 20, |x, _| image::Rgba([9, 9, 9, if x < 10 { 0 } else { 255 }]));
    let clear = made(&file(&DynamicImage::ImageRgba8(clear), ImageFormat::Png)).unwrap();
    assert_eq!(clear.format, PictureFormat::Webp);
    assert_eq!(seen(&clear).get_pixel(0, 0).0[3], 0, "what is clear stays clear");
}

#[test]
fn where_and_with_what_a_picture_was_taken_is_gone() {
    let sent = photographed(&drawing(80, 40), 6);
    assert!(holds(&sent, b"TESTCAM") && holds(&sent, b"GPS-POSITION"));
    let made = made(&sent).unwrap();
    for part in [&b"Exif"[..], b"TESTCAM", b"GPS", &4242_u32.to_be_bytes()] {
        assert!(!holds(&made.content, part), "{}", String::from_utf8_lossy(part));
    }
    // It was held on its side, and is upright now: the white corner is at the upper right.
    assert_eq!((made.width, made.height), (40, 80));
    let corner = seen(&made).get_pixel(36, 4).0;
    assert!(corner[..3].iter().all(|c| *c > 200), "{corner:?}");
}

#[test]
fn large_pictures_are_made_smaller() {
    let made = made(&file(&photo(5_000, 1_250), ImageFormat::Jpeg)).unwrap();
    assert_eq!((made.width, made.height), (2_048, 512));
    assert!(made.content.len() <= 1 << 20);
    let long = self::made(&file(&drawing(9_000, 2), ImageFormat::Png)).unwrap();
    assert_eq!((long.width, long.height), (2_048, 1));
}

#[test]
fn what_would_take_too_much_is_refused_before_it_is_unpacked() {
    assert_eq!(made(&png_head(50_000, 50_000)), Err(Fault::Pixels(50_000_000)));
    assert_eq!(made(&png_head(20_000, 20_000)), Err(Fault::Pixels(50_000_000)));
    let mut gif = b"GIF89a\xff\xff\xff\xff\0\0\0".to_vec();
    gif.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;");
    assert_eq!(made(&gif), Err(Fault::Pixels(50_000_000)));
    let few = Limits { pixels: 100, file: 10_000, ..Limits::default() };
    assert_eq!(make(&file(&drawing(11, 10), ImageFormat::Png), &few), Err(Fault::Pixels(100)));
    assert_eq!(make(&vec![0; 10_001], &few), Err(Fault::Large(10_000)));
}

#[test]
fn what_is_no_picture_is_refused() {
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    for wrong in [&svg[..], b"<!doctype html><img src=x>", b"%PDF-1.7", b"BM\0\0", b"II*\0", b"MZ", b"x"] {
        assert_eq!(made(wrong), Err(Fault::Kind), "{}", String::from_utf8_lossy(wrong));
    }
    assert_eq!(made(b""), Err(Fault::Missing));
    // A script that begins as a GIF: what follows is read as its sides, which are beyond everything.
    assert_eq!(made(b"GIF89a/*<svg onload=alert(1)>*/=1;"), Err(Fault::Pixels(50_000_000)));
    assert_eq!(made(b"GIF89a\x10\0\x10\0\0\0\0/*<svg onload=alert(1)>*/=1;"), Err(Fault::Broken));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let whole = file(&photo(60, 60), format);
        for part in [12, 40, whole.len() / 2] {
            let cut = made(&whole[..part]);
            // A JPEG that lacks its end can be shown as far as it goes.
            assert!(cut.is_err() || format == ImageFormat::Jpeg, "{format:?} cut to {part}: {cut:?}");
        }
    }
}

#[test]
fn what_hides_behind_a_picture_does_not_come_through() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let mut both = file(&drawing(30, 30), format);
        both.extend(b"<script>alert(document.domain)</script>");
        if let Ok(made) = made(&both) {
            assert!(!holds(&made.content, b"<script"), "{format:?}");
        }
    }
}

#[test]
fn of_ten_thousand_pictures_in_one_the_first_is_kept() {
    let mut gif = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut gif, 30);
        for n in 0..10_000_u32 {
            let colour = if n == 0 { [250, 10, 10, 255] } else { [10, 10, 250, 255] };
            let frame = Frame::new(RgbaImage::from_pixel(8, 8, image::Rgba(colour)));
            encoder.encode_frame(frame).unwrap();
        }
    }
    let made = made(&gif).unwrap();
    assert_eq!((made.width, made.height), (8, 8));
    assert!(seen(&made).get_pixel(3, 3).0[0] > 200, "the first one was red");
}

//! Files, and somebody who shows pictures.

use std::collections::HashSet;
use std::io::Cursor;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use xinghe_core::AuthorId;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{PictureUse, PortResult};
use xinghe_media::Pictures;
use xinghe_media::model::Limits;
use xinghe_testkit::TestDb;

pub const ANN: AuthorId = AuthorId::from_raw(1);
pub const BEN: AuthorId = AuthorId::from_raw(2);

/// Shows what it is told to.
#[derive(Default)]
pub struct Wall(pub Mutex<HashSet<PictureName>>);

#[async_trait]
impl PictureUse for Wall {
    async fn showing(&self, _: AuthorId, names: &[PictureName]) -> PortResult<HashSet<PictureName>> {
        let wall = self.0.lock().unwrap();
        Ok(names.iter().filter(|n| wall.contains(n)).copied().collect())
    }
}

pub async fn over(db: &TestDb, wall: &Arc<Wall>, limits: Limits) -> Pictures {
    db.store().migrate(&xinghe_media::migrations()).await.unwrap();
    Pictures::new(db.store().clone(), vec![wall.clone()], limits)
}

/// A picture in which no two neighbours are alike: a photograph, more or less.
pub fn photo(width: u32, height: u32) -> DynamicImage {
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).rotate_left(7);
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        let n = noise(x, y).to_le_bytes();
        Rgb([n[0] / 4 + (x % 190) as u8, n[1] / 4 + (y % 190) as u8, n[2]])
    }))
}

/// A drawing: the left half red, the right half blue; the upper left corner is white.
pub fn drawing(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 {
            Rgb([255, 255, 255])
        } else if x < width / 2 {
            Rgb([220, 20, 20])
        } else {
            Rgb([20, 20, 220])
        }
    }))
}

pub fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A JPEG that says how it was held, where it was taken and with what.
pub fn photographed(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    // Three entries: the maker, the orientation, and where the position stands.
    exif.extend([0, 3]);
    exif.extend([0x01, 0x0f, 0, 2, 0, 0, 0, 9, 0, 0, 0, 50]);
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    exif.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 60]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(b"TESTCAM\0\0\0");
    // The position: a latitude's N and three fractions.
    exif.extend([0, 2]);
    exif.extend([0, 1, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0]);
    exif.extend([0, 2, 0, 5, 0, 0, 0, 3, 0, 0, 0, 90]);
    exif.extend([0, 0, 0, 0]);
    for n in [31_u32, 1, 14, 1, 4242, 100] {
        exif.extend(n.to_be_bytes());
    }
    exif.extend(b"GPS-POSITION");
    let plain = file(image, ImageFormat::Jpeg);
    let mut out = plain[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    out.extend(exif);
    out.extend(&plain[2..]);
    out
}

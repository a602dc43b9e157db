//! Pictures that a model is shown.

use std::fmt;
use std::sync::Arc;

/// A picture: the bytes of its file, as they are, with what its head says of it.
///
/// Only what every provider takes is one: PNG, JPEG, GIF and WebP, of limited size. What it is follows from its own bytes,
/// never from a name. Clones share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    name: String,
    form: ImageForm,
    width: u32,
    height: u32,
    bytes: Arc<[u8]>,
}

/// How a picture is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageForm {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
}

impl ImageForm {
    const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp];

    /// The ends of names that such files have.
    const ENDS: [&'static str; 5] = [".png", ".jpg", ".jpeg", ".gif", ".webp"];

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// Whether a file of this name is expected to be a picture.
    #[must_use]
    pub fn is_name_of_one(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        Self::ENDS
            .iter()
            .any(|end| name.len() > end.len() && name.ends_with(end))
    }

    fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Jpeg => bytes.starts_with(b"\xff\xd8\xff"),
            Self::Gif => bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a"),
            Self::Webp => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        }
    }

    /// Width and height in pixels, as the head says.
    fn size(self, bytes: &[u8]) -> Option<(u32, u32)> {
        match self {
            Self::Png => {
                let is_head = bytes.get(12..16) == Some(b"IHDR");
                is_head.then_some(())?;
                Some((big(bytes.get(16..20)?), big(bytes.get(20..24)?)))
            }
            Self::Gif => Some((little(bytes.get(6..8)?), little(bytes.get(8..10)?))),
            Self::Jpeg => jpeg_size(bytes),
            Self::Webp => webp_size(bytes),
        }
    }
}

/// Looks for the frame among the segments.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at..)?.strip_prefix(b"\xff")?.first()?;
        match marker {
            // Filling, and marks that stand alone.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            // The frames; the three left out are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let size = bytes.get(at + 5..at + 9)?;
                return Some((big(&size[2..]), big(&size[..2])));
            }
            0xd9 | 0xda => return None,
            _ => at += 2 + big(bytes.get(at + 2..at + 4)?) as usize,
        }
    }
}

fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => {
            let is_key = bytes.get(23..26) == Some(b"\x9d\x01\x2a");
            is_key.then_some(())?;
            let side = |at| Some(little(bytes.get(at..at + 2)?) & 0x3fff);
            Some((side(26)?, side(28)?))
        }
        b"VP8L" => {
            let is_one = bytes.get(20) == Some(&0x2f);
            is_one.then_some(())?;
            let bits = little(bytes.get(21..25)?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let side = |at| Some(little(bytes.get(at..at + 3)?) + 1);
            Some((side(24)?, side(27)?))
        }
        _ => None,
    }
}

fn big(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |all, it| all << 8 | u32::from(*it))
}

fn little(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |all, it| all << 8 | u32::from(*it))
}

impl Image {
    /// Most bytes of one picture: what Amazon Bedrock takes, and Anthropic once it is written as text.
    pub const BYTES_MAX: usize = 3_750_000;

    /// Most pixels of a side.
    pub const SIDE_MAX: u32 = 8_000;

    /// Most pictures of one request: beyond, providers refuse it or take smaller ones only.
    pub const COUNT_MAX: usize = 20;

    /// Most bytes of all pictures of one request: as text they are less than the 20 MB that Amazon Bedrock takes.
    pub const ALL_BYTES_MAX: usize = 14_000_000;

    /// Reads a picture's file, which is called `name` for people.
    ///
    /// # Errors
    ///
    /// [`ImageError`] when it is none that providers take.
    pub fn read(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Result<Self, ImageError> {
        let bytes = bytes.into();
        let form = ImageForm::ALL.into_iter().find(|it| it.begins(&bytes));
        let form = form.ok_or(ImageError::Form)?;
        if bytes.len() > Self::BYTES_MAX {
            return Err(ImageError::Bytes(bytes.len()));
        }
        let size = form.size(&bytes).filter(|it| it.0 > 0 && it.1 > 0);
        let (width, height) = size.ok_or(ImageError::Damaged(form))?;
        if width.max(height) > Self::SIDE_MAX {
            return Err(ImageError::Side(width, height));
        }
        Ok(Self {
            name: name.into(),
            form,
            width,
            height,
            bytes,
        })
    }

    /// What it is called: the path of its file, mostly.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is written down.
    #[must_use]
    pub fn form(&self) -> ImageForm {
        self.form
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The bytes of its file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many tokens it takes, roughly: providers make large pictures smaller and count pixels.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        const PIXELS_A_TOKEN: u64 = 750;
        const LEAST: u64 = 85;
        const MOST: u64 = 1_600;
        let pixels = u64::from(self.width) * u64::from(self.height);
        (pixels / PIXELS_A_TOKEN).clamp(LEAST, MOST)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.len();
        let (name, form, size) = (&self.name, self.form, self.size());
        write!(f, "Image({name:?}, {form:?}, {size:?}, {bytes} bytes)")
    }
}

/// Why a file is no picture that a model can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// It begins like none.
    #[error("it is no PNG, JPEG, GIF or WebP picture")]
    Form,
    /// It has so many bytes.
    #[error("it has {0} bytes, and models take pictures of up to {max}", max = Image::BYTES_MAX)]
    Bytes(usize),
    /// Its head is not whole.
    #[error("it begins as {} but is cut short or damaged", .0.media_type())]
    Damaged(ImageForm),
    /// It has so many pixels.
    #[error("it has {0} x {1} pixels, and models take up to {max} a side", max = Image::SIDE_MAX)]
    Side(u32, u32),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A head of each form, of 300 x 200 pixels.
    fn heads() -> Vec<(ImageForm, Vec<u8>)> {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 1, 44, 0, 0, 0, 200, 8, 2, 0, 0, 0]);
        let gif = b"GIF89a\x2c\x01\xc8\x00\0\0\0".to_vec();
        // Filling and a segment come before the frame.
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\0\xc8\x01\x2c\x03".to_vec();
        let riff = |inner: &[u8]| [b"RIFF\x20\0\0\0WEBP", inner].concat();
        let lossy = riff(b"VP8 \x10\0\0\0\0\0\0\x9d\x01\x2a\x2c\x01\xc8\x00");
        let bits: u32 = 299 | 199 << 14;
        let lossless = riff(&[b"VP8L\x10\0\0\0\x2f".as_slice(), &bits.to_le_bytes()].concat());
        let extended = riff(b"VP8X\x0a\0\0\0\0\0\0\0\x2b\x01\0\xc7\0\0");
        vec![
            (ImageForm::Png, png),
            (ImageForm::Gif, gif),
            (ImageForm::Jpeg, jpeg),
            (ImageForm::Webp, lossy),
            (ImageForm::Webp, lossless),
            (ImageForm::Webp, extended),
        ]
    }

    #[test]
    fn every_form_is_known_by_its_bytes() {
        for (form, bytes) in heads() {
            let image = Image::read("a", bytes.clone()).expect("a picture");
            assert_eq!((image.form(), image.size()), (form, (300, 200)));
            assert_eq!(image.bytes(), bytes);
            assert!(!format!("{image:?}").contains("RIFF"));
        }
    }

    #[test]
    fn what_is_no_picture_says_why() {
        let error = |bytes: &[u8]| Image::read("a", bytes).unwrap_err();
        assert_eq!(error(b""), ImageError::Form);
        assert_eq!(error(b"<svg>"), ImageError::Form);
        for (form, bytes) in heads() {
            let cut = &bytes[..bytes.len().min(14)];
            let cut = if form == ImageForm::Gif {
                &cut[..9]
            } else {
                cut
            };
            assert_eq!(error(cut), ImageError::Damaged(form), "{form:?}");
        }
        let mut png = heads().remove(0).1;
        png[18] = 0x40;
        assert_eq!(error(&png), ImageError::Side(0x4000 + 44, 200));
        png[18] = 1;
        png.resize(Image::BYTES_MAX + 1, 0);
        assert_eq!(error(&png), ImageError::Bytes(Image::BYTES_MAX + 1));
        png.truncate(Image::BYTES_MAX);
        Image::read("a", png).expect("as large as it may be");
    }

    #[test]
    fn names_of_pictures() {
        for name in ["a.png", "docs/A.JPG", "x.jpeg", "y.gif", "z.webp"] {
            assert!(ImageForm::is_name_of_one(name), "{name}");
        }
        for name in [".png", "png", "a.svg", "a.png.txt", ""] {
            assert!(!ImageForm::is_name_of_one(name), "{name}");
        }
    }

    #[test]
    fn tokens_follow_pixels_within_limits() {
        let tokens = |width: u16, height: u16| {
            let gif = [
                b"GIF89a".as_slice(),
                &width.to_le_bytes(),
                &height.to_le_bytes(),
            ];
            Image::read("a", gif.concat()).expect("a picture").tokens()
        };
        assert_eq!(tokens(1, 1), 85);
        assert_eq!(tokens(1000, 750), 1000);
        assert_eq!(tokens(8000, 8000), 1600);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_picture_or_none(head in 0..6usize, keep in 0..40usize, rest in any::<Vec<u8>>()) {
            let mut bytes = heads().swap_remove(head).1;
            bytes.truncate(keep);
            bytes.extend(rest);
            if let Ok(image) = Image::read("a", bytes) {
                let (width, height) = image.size();
                prop_assert!(width > 0 && height > 0 && width.max(height) <= Image::SIDE_MAX);
            }
        }
    }
}

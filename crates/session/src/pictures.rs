//! Pictures of a conversation: what a person gives along with a request, and what is remembered of it.
//!
//! A file's picture is read through the same rules as every other file of the project, each time anew. What is kept of a
//! picture is its name and digest; its bytes stay in memory at most.

use std::path::Path;

use change::Digest;
use context::{MentionKind, Reader};
use model::{Image, ImageForm};
use serde::{Deserialize, Serialize};

use crate::briefing::Piece;
use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// The kind of a picture among the pieces of a briefing.
pub(crate) const PICTURE: &str = "picture";
/// The kind of one that was shown earlier.
const EARLIER: &str = "earlier picture";
/// Most pictures of earlier requests that are shown again.
const AGAIN_MAX: usize = 4;

/// A picture that a person gives along with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenPicture {
    /// A file, relative to the project or absolute.
    File(String),
    /// The bytes of one, with what it is called.
    Bytes(String, Vec<u8>),
}

/// What is remembered of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictured {
    /// What it is called: its path, where it has one.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Itself, as long as this process lives, where no file holds it.
    #[serde(skip)]
    given: Option<Image>,
}

impl Pictured {
    fn of(image: &Image, is_file: bool) -> Pictured {
        Pictured {
            name: image.name().to_owned(),
            sha256: Digest::of(image.bytes()).to_string(),
            given: (!is_file).then(|| image.clone()),
        }
    }
}

/// A picture among the pieces of a briefing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPicture {
    pub(crate) image: Image,
    /// The rule that lets its file be read; none for one that was given as bytes.
    pub(crate) rule: Option<String>,
}

impl ShownPicture {
    /// What it is, in words.
    fn told(&self) -> String {
        let (width, height) = self.image.size();
        let form = self.image.form().media_type();
        format!("{form}, {width} x {height} pixels")
    }

    /// What is remembered of it.
    pub(crate) fn pictured(&self) -> Pictured {
        Pictured::of(&self.image, self.rule.is_some())
    }
}

/// The picture in the file that a person names by `typed`, seen from the environment's folder, and what it is.
///
/// # Errors
/// When the rules do not let it be read, or it is none that a model can be shown.
pub fn picture_file(
    typed: &str,
    environment: &Environment,
) -> Result<(GivenPicture, String), SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    let place = match typed.strip_prefix("~/") {
        Some(rest) => environment.home.join(rest),
        None => environment.cwd.join(typed),
    };
    let place = place.strip_prefix(&project.root).unwrap_or(&place);
    let name = place.to_string_lossy().into_owned();
    let piece = of_file(&Reader::new(&project.root, &gate), &name, "");
    let mut pieces = [piece];
    hung(&mut pieces)?;
    let tokens = pieces[0].tokens();
    let told = pieces[0].picture.iter().map(ShownPicture::told);
    let told: String = told.collect();
    Ok((
        GivenPicture::File(name),
        format!("{told}, about {tokens} tokens"),
    ))
}

/// What a name of a picture may become that begins with `begun`: pictures and folders of the folder that it names.
pub fn pictures_named(begun: &str, root: &Path) -> Vec<String> {
    let (folder, start) = match begun.rsplit_once('/') {
        Some((folder, start)) => (format!("{folder}/"), start),
        None => (String::new(), begun),
    };
    let name = |it: std::fs::DirEntry| {
        let name = it.file_name().into_string().ok()?;
        let is_folder = it.file_type().is_ok_and(|it| it.is_dir());
        let fits = name.starts_with(start) && (!start.is_empty() || !name.starts_with('.'));
        let end = if is_folder { "/" } else { "" };
        let shows = is_folder || ImageForm::is_name_of_one(&name);
        (fits && shows).then(|| format!("{folder}{name}{end}"))
    };
    let entries = std::fs::read_dir(root.join(&folder)).into_iter().flatten();
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    names
}

/// Whether a request shows pictures of its own, whatever becomes of them.
pub(crate) fn wants(words: &str, given: &[GivenPicture]) -> bool {
    let named = |it: &context::Mention| match it.kind {
        MentionKind::Image => true,
        MentionKind::File => it.names.iter().any(|it| ImageForm::is_name_of_one(it)),
        _ => false,
    };
    !given.is_empty() || context::mentions(words).iter().any(named)
}

/// The picture in a file.
pub(crate) fn of_file(reader: &Reader, name: &str, reason: &str) -> Piece {
    let path = name.trim_start_matches("./");
    match read(reader, path) {
        Ok(shown) => piece(PICTURE, path, reason, shown),
        Err(why) => Piece::left_out(PICTURE, path, why),
    }
}

fn read(reader: &Reader, path: &str) -> Result<ShownPicture, String> {
    let read = reader.bytes(path)?.ok_or("there is no such file")?;
    let image = Image::read(path, read.bytes).map_err(|error| error.to_string())?;
    Ok(ShownPicture {
        image,
        rule: Some(read.rule),
    })
}

fn piece(kind: &'static str, name: &str, reason: &str, shown: ShownPicture) -> Piece {
    let text = shown.told();
    Piece {
        picture: Some(shown),
        ..Piece::told(kind, name, reason, text)
    }
}

/// What a person gave along.
pub(crate) fn given(reader: &Reader, all: &[GivenPicture]) -> Vec<Piece> {
    const REASON: &str = "given along";
    let one = |it: &GivenPicture| match it {
        GivenPicture::File(path) => of_file(reader, path, REASON),
        GivenPicture::Bytes(name, bytes) => match Image::read(name.as_str(), bytes.as_slice()) {
            Ok(image) => piece(PICTURE, name, REASON, ShownPicture { image, rule: None }),
            Err(error) => Piece::left_out(PICTURE, name.as_str(), error.to_string()),
        },
    };
    all.iter().map(one).collect()
}

/// The pictures of earlier requests, the newest first, beside `pieces`, which hold this request's.
pub(crate) fn again(reader: &Reader, earlier: &[&Pictured], pieces: &[Piece]) -> Vec<Piece> {
    let mut again: Vec<Piece> = Vec::new();
    for it in earlier.iter().rev() {
        let same = |piece: &Piece| {
            let shown = piece.picture.as_ref();
            shown.is_some_and(|shown| shown.pictured().sha256 == it.sha256)
        };
        let is_known = pieces.iter().chain(&again).any(same);
        if again.len() < AGAIN_MAX && !is_known {
            again.push(earlier_one(reader, it));
        }
    }
    again
}

fn earlier_one(reader: &Reader, it: &Pictured) -> Piece {
    let found = match &it.given {
        Some(image) => Ok(ShownPicture {
            image: image.clone(),
            rule: None,
        }),
        None => read(reader, &it.name),
    };
    match found {
        Ok(shown) if shown.pictured().sha256 == it.sha256 => piece(
            EARLIER,
            &it.name,
            "shown earlier in this conversation",
            shown,
        ),
        Ok(_) => gone(&it.name, "it is another one by now"),
        Err(why) => gone(&it.name, &why),
    }
}

/// An earlier picture that is not shown any more, which a person is told.
fn gone(name: &str, why: &str) -> Piece {
    Piece {
        notes: vec![format!("the model does not see it again: {why}")],
        ..Piece::left_out(EARLIER, name, why)
    }
}

/// Numbers the pictures, and leaves out those of earlier requests for which there is no room.
///
/// # Errors
/// When one of this request cannot be shown: an answer about a picture that was not seen would look like any other.
pub(crate) fn hung(pieces: &mut [Piece]) -> Result<(), SessionError> {
    if let Some(it) = pieces.iter().find(|it| it.kind == PICTURE && !it.told) {
        let message = format!("the picture {} cannot be shown: {}", it.name, it.reason);
        return Err(SessionError::input(change::visible(&message)));
    }
    let (mut count, mut bytes) = (0, 0);
    for it in pieces.iter_mut() {
        let Some(shown) = &it.picture else { continue };
        count += 1;
        bytes += shown.image.bytes().len();
        if count <= Image::COUNT_MAX && bytes <= Image::ALL_BYTES_MAX {
            it.text = format!("picture {count} of this message: {}", it.text);
        } else if it.kind == EARLIER {
            count -= 1;
            bytes -= shown.image.bytes().len();
            let name = it.name.clone();
            *it = gone(&name, "there is no room for more pictures");
        } else {
            return Err(SessionError::input(format!(
                "a request shows up to {} pictures of together {} MB",
                Image::COUNT_MAX,
                Image::ALL_BYTES_MAX / 1_000_000
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str, width: u8) -> Image {
        let head = [b"GIF89a".as_slice(), &[width, 1, 1, 1]].concat();
        Image::read(name, head).expect("a picture")
    }

    fn shown(kind: &'static str, width: u8) -> Piece {
        let image = image("a.gif", width);
        piece(kind, "a.gif", "because", ShownPicture { image, rule: None })
    }

    #[test]
    fn this_requests_pictures_come_before_earlier_ones() {
        let mut pieces: Vec<Piece> = (1..=18).map(|it| shown(PICTURE, it)).collect();
        pieces.extend((30..34).map(|it| shown(EARLIER, it)));
        hung(&mut pieces).expect("room");
        let told = pieces.iter().filter(|it| it.told).count();
        assert_eq!(told, Image::COUNT_MAX);
        assert!(pieces[19].text.starts_with("picture 20 of"), "{pieces:?}");
        pieces.splice(0..0, (60..64).map(|it| shown(PICTURE, it)));
        let error = hung(&mut pieces).expect_err("too many");
        assert!(error.message.contains("up to 20"), "{}", error.message);
        let mut left = [Piece::left_out(PICTURE, "b.png", "it is sensitive")];
        let error = hung(&mut left).expect_err("cannot be shown");
        assert!(error.message.contains("b.png cannot"), "{}", error.message);
    }

    #[test]
    fn a_picture_is_not_shown_twice_and_bytes_outlive_no_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = policy::Rules::parse(None, None).expect("rules");
        let reader = Reader::new(folder.path(), &policy::Gate::new(folder.path(), rules));
        let kept = Pictured::of(&image("pasted", 7), false);
        let told = |earlier: &Pictured, now: &[Piece]| again(&reader, &[earlier], now);
        assert!(told(&kept, &[])[0].told);
        assert_eq!(told(&kept, &[shown(PICTURE, 7)]), []);
        let json = serde_json::to_string(&kept).expect("JSON");
        let later: Pictured = serde_json::from_str(&json).expect("read");
        assert!(!json.contains("GIF"), "{json}");
        assert!(!told(&later, &[])[0].told);
    }

    #[test]
    fn what_shows_pictures() {
        for words in [
            "see #image:a.png",
            "#docs/a.png?",
            "#file:a.webp",
            "#image(a, b)",
        ] {
            assert!(wants(words, &[]), "{words}");
        }
        for words in ["see a.png", "#file:a.py", "#png", "`#image:a.png`"] {
            assert!(!wants(words, &[]), "{words}");
        }
        assert!(wants("", &[GivenPicture::File("a".to_owned())]));
    }
}

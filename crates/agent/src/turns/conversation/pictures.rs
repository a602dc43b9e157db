//! Pictures that tools give: shown where the model takes them, named where not.

use model::{Image, Request};
use tools::Answer;

/// How much one request still has room for.
pub(super) struct Wall {
    takes: bool,
    count: usize,
    bytes: usize,
}

impl Wall {
    /// Beside what `request` shows already, for a model that takes pictures or not.
    pub(super) fn of(request: &Request, takes: bool) -> Wall {
        let shown = request.images();
        let (count, bytes) = shown.fold((0, 0), |(count, bytes), it| {
            (count + 1, bytes + it.bytes().len())
        });
        Wall {
            takes,
            count: Image::COUNT_MAX.saturating_sub(count),
            bytes: Image::ALL_BYTES_MAX.saturating_sub(bytes),
        }
    }

    /// Takes the pictures out of an answer of `tool`; what becomes of each that is not shown stands in the answer's text.
    pub(super) fn hang(&mut self, tool: &str, answer: &mut Answer) -> Vec<Image> {
        let mut images = Vec::new();
        for bytes in std::mem::take(&mut answer.pictures) {
            match self.one(tool, bytes) {
                Ok(image) => images.push(image),
                Err(why) => answer
                    .text
                    .push_str(&format!("\n[a picture is left out: {why}]")),
            }
        }
        images
    }

    fn one(&mut self, tool: &str, bytes: Vec<u8>) -> Result<Image, String> {
        if !self.takes {
            return Err("you take none".to_owned());
        }
        let image = Image::read(tool, bytes).map_err(|error| error.to_string())?;
        if self.count == 0 || self.bytes < image.bytes().len() {
            return Err("this conversation has no room for more".to_owned());
        }
        self.count -= 1;
        self.bytes -= image.bytes().len();
        Ok(image)
    }
}

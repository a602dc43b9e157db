//! Files of the Hugging Face hub by name: `OWNER/REPO` or `OWNER/REPO:FILE.gguf`.
//!
//! The hub's own list says how large a file is and which SHA-256 it has, so that what comes is checked against what
//! was announced. That is the hub's word only; nothing else vouches for a file that was never seen before.

use change::Digest;
use serde::Deserialize;

/// Where the hub is, unless `HF_ENDPOINT` names a mirror.
const ENDPOINT: &str = "https://huggingface.co";

/// The longest name of an owner, a repository or a file.
const NAME_BYTES_MAX: usize = 200;

/// How many files a message names.
const NAMED_MAX: usize = 12;

/// The name of a repository on the hub, and of a file in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubName {
    repository: String,
    file: Option<String>,
}

/// A file as the hub lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubFile {
    /// Its path in the repository.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: Digest,
}

/// A line of the hub's list, as far as it is needed.
#[derive(Deserialize)]
struct Line {
    path: String,
    /// Large files only; the others are no weights.
    lfs: Option<Large>,
}

#[derive(Deserialize)]
struct Large {
    oid: String,
    size: u64,
}

impl HubName {
    /// Reads a name; none when the text does not have its form.
    pub(crate) fn parse(text: &str) -> Option<HubName> {
        let (repository, file) = match text.split_once(':') {
            Some((repository, file)) => (repository, Some(file)),
            None => (text, None),
        };
        let (owner, name) = repository.split_once('/')?;
        let is_file = |file: &str| {
            file.to_ascii_lowercase().ends_with(".gguf") && file.split('/').all(is_name)
        };
        (is_name(owner) && is_name(name) && file.is_none_or(is_file)).then(|| HubName {
            repository: repository.to_owned(),
            file: file.map(str::to_owned),
        })
    }

    /// The address of the list of its files.
    pub(crate) fn list_url(&self, endpoint: Option<&str>) -> String {
        let endpoint = base(endpoint);
        format!(
            "{endpoint}/api/models/{}/tree/main?recursive=true",
            self.repository
        )
    }

    /// The address of one of its files.
    pub(crate) fn file_url(&self, endpoint: Option<&str>, file: &HubFile) -> String {
        let endpoint = base(endpoint);
        format!("{endpoint}/{}/resolve/main/{}", self.repository, file.path)
    }

    /// Where the file stands in the cache.
    pub(crate) fn place(&self, file: &HubFile) -> String {
        let folder = self.repository.replace('/', "--");
        format!("hub/{folder}/{}", file.path.replace('/', "--"))
    }

    /// The whole name of one of its files.
    pub(crate) fn of(&self, file: &HubFile) -> String {
        format!("{}:{}", self.repository, file.path)
    }

    /// Finds the wanted file in the hub's list.
    pub(crate) fn pick(&self, list: &[u8]) -> Result<HubFile, String> {
        let lines: Vec<Line> = serde_json::from_slice(list)
            .map_err(|error| format!("its list of files cannot be read ({error})"))?;
        let files: Vec<HubFile> = lines.into_iter().filter_map(weights).collect();
        let one = match &self.file {
            Some(wanted) => files.iter().find(|it| it.path == *wanted),
            None => Some(&files[..])
                .filter(|it| it.len() == 1)
                .and_then(<[_]>::first),
        };
        match one {
            Some(file) if is_part(&file.path) => Err(format!(
                "{} is one part of several, which cannot be run; choose a whole file",
                file.path
            )),
            Some(file) => Ok(file.clone()),
            None => Err(self.not_one(&files)),
        }
    }

    fn not_one(&self, files: &[HubFile]) -> String {
        let mut names: Vec<_> = files.iter().map(|it| it.path.as_str()).collect();
        names.sort_unstable();
        let more = match names.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        names.truncate(NAMED_MAX);
        let names = names.join(", ");
        match (&self.file, files) {
            (_, []) => format!("{} has no GGUF file", self.repository),
            (Some(file), _) => format!(
                "{} has no file {file}; it has {names}{more}",
                self.repository
            ),
            (None, _) => format!(
                "{} has several GGUF files; write {}:FILE with one of {names}{more}",
                self.repository, self.repository
            ),
        }
    }
}

fn base(endpoint: Option<&str>) -> &str {
    endpoint.unwrap_or(ENDPOINT).trim_end_matches('/')
}

/// Names that need no escaping in an address and are safe in a path.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty()
        && text.len() <= NAME_BYTES_MAX
        && text.chars().all(plain)
        && !text.starts_with(['.', '-'])
}

fn weights(line: Line) -> Option<HubFile> {
    let large = line.lfs?;
    let is_file = line.path.to_ascii_lowercase().ends_with(".gguf");
    Some(HubFile {
        bytes: large.size,
        sha256: Digest::parse(&large.oid).ok()?,
        path: line.path,
    })
    .filter(|it| is_file && it.path.split('/').all(is_name))
}

/// Whether a file's name ends like `-00001-of-00003.gguf`.
fn is_part(path: &str) -> bool {
    let stem = &path[..path.len() - ".gguf".len()];
    let Some((before, count)) = stem.rsplit_once("-of-") else {
        return false;
    };
    let number = before.rsplit_once('-').map_or("", |it| it.1);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|it| it.is_ascii_digit());
    digits(number) && digits(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HubName {
        HubName::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn list(paths: &[&str]) -> Vec<u8> {
        let line = |path: &&str| {
            let oid = "ab".repeat(32);
            format!(
                "{{\"type\":\"file\",\"oid\":\"1\",\"size\":7,\"path\":\"{path}\",\
                 \"lfs\":{{\"oid\":\"{oid}\",\"size\":7,\"pointerSize\":134}}}}"
            )
        };
        let mut lines: Vec<_> = paths.iter().map(line).collect();
        lines
            .push("{\"type\":\"file\",\"oid\":\"2\",\"size\":9,\"path\":\"README.md\"}".to_owned());
        format!("[{}]", lines.join(",")).into_bytes()
    }

    #[test]
    fn names_have_one_form() {
        for text in ["Qwen/Qwen3-0.6B-GGUF", "a/b:c.gguf", "a/b:d/c-Q4_K_M.GGUF"] {
            name(text);
        }
        for text in [
            "",
            "a",
            "a/",
            "/b",
            "a/b/c",
            "a/b:c",
            "a/b:",
            "a/b:../c.gguf",
            "a/b:/c.gguf",
            "a/b:c?.gguf",
            "../b",
            "a/b c",
            "a/é",
            "a/b:c.gguf:d.gguf",
        ] {
            assert_eq!(HubName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn addresses() {
        let name = name("Qwen/Qwen3-GGUF:q8/Qwen3.gguf");
        let file = name
            .pick(&list(&["q8/Qwen3.gguf", "x.gguf"]))
            .expect("is there");
        assert_eq!(
            name.list_url(None),
            "https://huggingface.co/api/models/Qwen/Qwen3-GGUF/tree/main?recursive=true"
        );
        assert_eq!(
            name.file_url(None, &file),
            "https://huggingface.co/Qwen/Qwen3-GGUF/resolve/main/q8/Qwen3.gguf"
        );
        assert_eq!(
            name.file_url(Some("http://localhost:1/"), &file),
            "http://localhost:1/Qwen/Qwen3-GGUF/resolve/main/q8/Qwen3.gguf"
        );
        assert_eq!(name.place(&file), "hub/Qwen--Qwen3-GGUF/q8--Qwen3.gguf");
        assert_eq!(name.of(&file), "Qwen/Qwen3-GGUF:q8/Qwen3.gguf");
        assert_eq!((file.bytes, file.sha256.to_string()), (7, "ab".repeat(32)));
    }

    #[test]
    fn the_one_file_needs_no_name() {
        let one = name("a/b").pick(&list(&["only.gguf"])).expect("is there");
        assert_eq!(one.path, "only.gguf");
        let told = |text: &str, paths: &[&str]| name(text).pick(&list(paths)).expect_err("none");
        assert_eq!(
            told("a/b", &["y.gguf", "x.gguf"]),
            "a/b has several GGUF files; write a/b:FILE with one of x.gguf, y.gguf"
        );
        assert_eq!(told("a/b", &["x.safetensors"]), "a/b has no GGUF file");
        assert_eq!(told("a/b", &["../x.gguf"]), "a/b has no GGUF file");
        assert_eq!(
            told("a/b:z.gguf", &["x.gguf"]),
            "a/b has no file z.gguf; it has x.gguf"
        );
        assert!(
            told("a/b", &["x-00001-of-00003.gguf"])
                .starts_with("x-00001-of-00003.gguf is one part")
        );
        let broken = name("a/b").pick(b"<html>").expect_err("no list");
        assert!(broken.starts_with("its list of files cannot be read"));
    }
}

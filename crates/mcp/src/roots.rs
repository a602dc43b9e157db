//! The folders that a server is asked about.
#![expect(
    deprecated,
    reason = "the newest version of the protocol gives this up; servers of the older ones ask for it"
)]

use std::path::PathBuf;

use rmcp::model::{ListRootsResult, Root};

/// The answer to a server that asks for them.
pub(crate) type Roots = ListRootsResult;

/// Each folder as an address with a name.
pub(crate) fn of(folders: &[PathBuf]) -> Roots {
    let root = |path: &PathBuf| {
        let mut root = Root::new(reqwest::Url::from_file_path(path).ok()?.as_str());
        let name = path.file_name().unwrap_or_default();
        root.name = Some(name.to_string_lossy().into_owned());
        Some(root)
    };
    ListRootsResult::new(folders.iter().filter_map(root).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_an_address_whatever_its_name() {
        let roots = of(&[PathBuf::from("/a b/ü"), PathBuf::from("relative")]);
        let told = serde_json::to_value(roots).expect("a value");
        let expected = serde_json::json!([{"uri": "file:///a%20b/%C3%BC", "name": "ü"}]);
        assert_eq!(told["roots"], expected);
    }
}

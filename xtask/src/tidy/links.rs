//! Links inside the repository lead somewhere.

use super::Violation;
use crate::files::FileSet;
use crate::markdown::{anchors, links};

pub(super) fn resolve(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in set.own().filter(|it| it.extension() == "md") {
        for link in links(file.text().unwrap_or_default()) {
            if let Some(why) = broken(set, file.path(), &link.target) {
                found.push(Violation::new("links", file.path(), link.line, why));
            }
        }
    }
    found
}

/// What is wrong with the link from `path` to `target`, if anything is.
fn broken(set: &FileSet, path: &str, target: &str) -> Option<String> {
    if is_foreign(target) {
        return None;
    }
    let (place, anchor) = target
        .split_once('#')
        .map_or((target, None), |(place, it)| (place, Some(it)));
    let place = place.split('?').next().unwrap_or_default();
    let there = if place.is_empty() {
        Some(path.to_owned())
    } else {
        joined(path, &unescaped(place))
    };
    let Some(there) = there else {
        return Some(format!("`{target}` leads out of the repository"));
    };
    let Some(file) = set.get(&there) else {
        let is_folder = there.is_empty() || set.has_folder(&there);
        return (!is_folder).then(|| format!("`{target}` leads nowhere: there is no {there}"));
    };
    let anchor = anchor.filter(|_| file.extension() == "md")?;
    let known = anchors(file.text().unwrap_or_default());
    (!known.iter().any(|it| it == anchor))
        .then(|| format!("`{target}` leads nowhere: {there} has no heading `#{anchor}`"))
}

/// Whether `target` is an address with a scheme, or none at all.
fn is_foreign(target: &str) -> bool {
    let scheme = target.split_once(':').is_some_and(|(it, _)| {
        it.len() > 1
            && it
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
    });
    scheme || target.starts_with("//") || target.is_empty()
}

/// `place` as seen from the file `path`, from the repository's root; `None` when it leads out of it.
fn joined(path: &str, place: &str) -> Option<String> {
    let mut parts: Vec<&str> = match place.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => path.split('/').collect(),
    };
    parts.pop();
    for part in place.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// `text` with `%20` and its like decoded; what cannot be decoded stays.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        match code
            .and_then(|it| u8::from_str_radix(it, 16).ok())
            .filter(|_| first == b'%')
        {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let text = "# A title\n[b](docs/b.md#the-end) [self](#a-title) [folder](docs/) [root](/docs/b.md) [c](docs/a%20b.md)\n\
                    [web](https://example.org/x) [mail](mailto:a@example.org) `[no](nowhere)`\n[def]: docs/b.md\n";
        let files = [
            ("README.md", text),
            ("docs/b.md", "## The end\n[up](../README.md) [root](..)\n"),
            ("docs/a b.md", ""),
        ];
        assert_eq!(check(resolve, &files), NOTHING);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let text = "[a](gone.md)\n[b](../../x)\n[c](b.md#gone)\n[d](#gone)\n[e]: gone/\n[f](b.m)\n";
        assert_eq!(
            check(resolve, &[("docs/a.md", text), ("docs/b.md", "# B\n")]),
            [
                "docs/a.md:1: `gone.md` leads nowhere: there is no docs/gone.md",
                "docs/a.md:2: `../../x` leads out of the repository",
                "docs/a.md:3: `b.md#gone` leads nowhere: docs/b.md has no heading `#gone`",
                "docs/a.md:4: `#gone` leads nowhere: docs/a.md has no heading `#gone`",
                "docs/a.md:5: `gone/` leads nowhere: there is no docs/gone",
                "docs/a.md:6: `b.m` leads nowhere: there is no docs/b.m",
            ]
        );
    }
}

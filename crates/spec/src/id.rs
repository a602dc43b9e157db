//! Identifiers: one type for each kind of thing that can be named, so that they cannot be mixed up.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as the identifier, unchanged.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The identifier as it is shown to people.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

id! {
    /// A requirement's id in its canonical spelling: `FR-1`, `NFR-2`, or a plain number such as `1`.
    RequirementId
}

id! {
    /// A criterion's id: `FR-1.2` under a requirement, `SC-1` for success, `T-1` for testing.
    CriterionId
}

id! {
    /// An example's id: `FR-1.e1`, counted within its requirement in the order of the document.
    ExampleId
}

id! {
    /// A task's id as written in the task list: `1`, `2.1`, `T001`.
    TaskId
}

/// An id as it is compared: `R3.1`, `r-3.1` and `R-03.1` are the same.
pub(crate) fn comparable(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    let mut digits = String::new();
    for c in id.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            let plain = digits.trim_start_matches('0');
            out.push_str(if plain.is_empty() { "0" } else { plain });
            digits.clear();
        }
        if c.is_alphanumeric() || matches!(c, '.' | '#') {
            out.extend(c.to_uppercase());
        }
    }
    let bare = ["REQUIREMENT", "REQ", "R"]
        .iter()
        .find_map(|it| out.strip_prefix(it));
    let is_number = |it: &&str| it.starts_with(|c: char| c.is_ascii_digit());
    bare.filter(is_number).map(str::to_owned).unwrap_or(out)
}

impl TaskId {
    /// The last number in the id, the one that counts the task among its siblings; 0 when there is none.
    pub fn number(&self) -> u32 {
        let plain = self.0.split('#').next().unwrap_or_default();
        let digits = plain.rsplit(|c: char| !c.is_ascii_digit()).next();
        digits.and_then(|it| it.parse().ok()).unwrap_or(0)
    }
}

//! `${VAR}` in what a person wrote for a server, with the user's own variables.

/// Why a text could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// There is no such variable.
    #[error("the variable {0} is not set")]
    Missing(String),
    /// A `${` that nothing ends.
    #[error("«${{» is not closed")]
    Open,
}

/// The text with the values of its variables: `${NAME}`, `${env:NAME}`, and `${NAME:-else}` for one that may be missing.
///
/// # Errors
/// When a variable is missing, or a `${` is not closed.
pub fn expand(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, ExpandError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let end = inner.find('}').ok_or(ExpandError::Open)?;
        let (name, otherwise) = match inner[..end].split_once(":-") {
            Some((name, otherwise)) => (name, Some(otherwise)),
            None => (&inner[..end], None),
        };
        let name = name.strip_prefix("env:").unwrap_or(name).trim();
        match (variable(name), otherwise) {
            (Some(value), _) => out.push_str(&value),
            (None, Some(otherwise)) => out.push_str(otherwise),
            (None, None) => return Err(ExpandError::Missing(name.to_owned())),
        }
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_once() {
        let variable = |name: &str| (name == "A").then(|| "v${B}".to_owned());
        let check = |text: &str| expand(text, &variable);
        assert_eq!(check("plain $A {A} 100%"), Ok("plain $A {A} 100%".into()));
        assert_eq!(check("x${A}y${env:A}"), Ok("xv${B}yv${B}".into()));
        assert_eq!(check("${B:-else}-${A:-no}"), Ok("else-v${B}".into()));
        assert_eq!(check("${B}"), Err(ExpandError::Missing("B".into())));
        assert_eq!(check("a${A"), Err(ExpandError::Open));
    }
}

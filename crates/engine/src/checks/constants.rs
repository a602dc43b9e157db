//! Constants that are written in another language's words, as people and models write them in specs.

/// The source with the words that `own` knows replaced by what it gives for them, outside strings; a property
/// such as `Color.None` keeps its name.
pub(super) fn translated(source: &str, own: impl Fn(&str) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(source.len());
    let mut word = String::new();
    let mut quote = None;
    let mut escaped = false;
    let flush = |word: &mut String, out: &mut String| {
        let translated = own(word).filter(|_| !out.ends_with('.'));
        out.push_str(translated.unwrap_or(word));
        word.clear();
    };
    for c in source.chars() {
        if quote.is_none() && (c.is_alphanumeric() || c == '_' || c == '$') {
            word.push(c);
            continue;
        }
        flush(&mut word, &mut out);
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if open == c => quote = None,
            None if "\"'`".contains(c) => quote = Some(c),
            _ => {}
        }
        out.push(c);
    }
    flush(&mut word, &mut out);
    out
}

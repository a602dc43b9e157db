//! Specs: read, shown, linted, mended and formatted, whatever the text is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::view::SpecView;
use spec::{Spec, compare, fixed, format, lint_spec};

fuzz_target!(|text: &str| {
    let spec = Spec::parse("fuzz", text);
    let spans = spec
        .requirements
        .iter()
        .map(|it| &it.span)
        .chain(spec.examples().map(|it| &it.span))
        .chain(spec.diagnostics.iter().map(|it| &it.span));
    for span in spans {
        assert!(text.get(span.clone()).is_some(), "{span:?} of the spec");
    }
    serde_json::to_string(&SpecView::new(&spec, text)).expect("a spec can be printed");
    let found = lint_spec(&spec, text);
    for it in &found {
        assert!(text.get(it.span.clone()).is_some(), "{:?} of a remark", it.span);
    }
    fixed(text, &found);
    let formatted = format(text);
    let again = Spec::parse("fuzz", &formatted);
    assert_eq!(again.fingerprint, spec.fingerprint, "formatting changed the meaning");
    assert!(compare(&spec, &again).is_empty(), "formatting changed a requirement");
    assert_eq!(format(&formatted), formatted, "formatting twice is not once");
});

//! The rules: configuration, governance and permissions, read or refused with a place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::Rules;

fuzz_target!(|text: &str| {
    // What is refused is refused in words.
    for refused in [Rules::parse(Some(text), None), Rules::parse(None, Some(text))] {
        if let Err(error) = refused {
            assert!(!error.to_string().is_empty());
        }
    }
    let mut rules = Rules::parse(None, None).expect("built-in rules");
    if rules.add_permissions("permissions.yaml", text).is_ok() {
        for rule in rules.permissions() {
            rule.title();
            rule.covers_line("git status && rm -rf x");
        }
    }
});

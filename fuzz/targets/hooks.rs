//! Hook files in all three forms, and the switch in them.
#![no_main]

use hooks::{HookFile, set_enabled};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for path in ["a.yaml", "a.json", "a.kiro.hook"] {
        let file = HookFile::read(path, text);
        file.missing_scripts(text, &|_| false);
        for index in 0..file.hooks.len().min(4) {
            if let Some(switched) = set_enabled(path, text, index, false) {
                let again = HookFile::read(path, &switched);
                assert_eq!(again.hooks.len(), file.hooks.len(), "hooks came or went");
                assert!(!again.hooks[index].enabled, "the switch did nothing");
            }
        }
    }
});

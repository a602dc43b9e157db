//! Plans: read and written again, whatever the text is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::Plan;

fuzz_target!(|text: &str| {
    let plan = Plan::parse(text);
    let again = Plan::parse(&plan.render());
    assert_eq!(again.tasks().count(), plan.tasks().count(), "tasks came or went");
});

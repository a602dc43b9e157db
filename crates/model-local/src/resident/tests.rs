//! Memory that is given back.

use crate::fixture::{Storage, Tiny};
use crate::tests::{answer, ask};
use crate::{Kernels, LocalModel};
use model::{Cancel, Model, ModelError};
use std::fs::File;
use std::time::{Duration, Instant};

#[test]
fn memory_is_given_back_when_nobody_asks_and_read_again_when_somebody_does() {
    let tiny = Tiny::write(Storage::Quantised, false, 34);
    let open = |idle| {
        let id = "local/tiny".parse().unwrap();
        LocalModel::open_until(&tiny.path, id, Kernels::Best, idle).unwrap()
    };
    let is_empty = |model: &LocalModel| model.memory.lock(&Cancel::new()).unwrap().is_none();
    let model = open(Duration::from_millis(30));
    let request = ask("system", "one");
    let expected = answer(&tiny.open(), &request);
    for _ in 0..3 {
        wait_until(|| is_empty(&model));
        assert_eq!(answer(&model, &request), expected);
    }
    let patient = open(Duration::from_secs(600));
    answer(&patient, &request);
    assert!(!is_empty(&patient));

    wait_until(|| is_empty(&model));
    let length = std::fs::metadata(&tiny.path).unwrap().len();
    let file = File::options().write(true).open(&tiny.path).unwrap();
    file.set_len(length + 1).unwrap();
    let end = model.stream(&request, &Cancel::new(), &mut |_| ());
    let said = end.unwrap_err().to_string();
    assert!(
        said.contains("it was changed since it was opened"),
        "{said}"
    );
    drop(tiny);
    let end = model.stream(&request, &Cancel::new(), &mut |_| ());
    assert!(matches!(end, Err(ModelError::Weights { .. })), "{end:?}");
}

#[track_caller]
fn wait_until(happened: impl Fn() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}

//! The short form of `cargo xtask sim`.

use testkit::sim::simulate;

#[test]
fn two_hundred_seeds_keep_the_laws() {
    let half = |from: u64| {
        let mut broken = Vec::new();
        let mut beside = 0;
        for seed in (from..200).step_by(2) {
            match simulate(seed) {
                Ok(told) => beside += usize::from(told.at_once > 1),
                Err(violation) => broken.push(violation.to_string()),
            }
        }
        assert!(
            beside > 20,
            "tasks stood beside each other in {beside} seeds"
        );
        broken
    };
    let broken = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        [half(0), other.join().expect("a thread")].concat()
    });
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_seed_goes_the_same_way_again() {
    for seed in [3, 77, 1_234_567] {
        assert_eq!(simulate(seed), simulate(seed));
    }
}

/// A landing that died half way was refused by rules that had changed since, and its half stood.
#[test]
fn half_a_landing_does_not_outlive_the_rules() {
    let lived = simulate(928);
    assert!(lived.is_ok(), "{}", lived.unwrap_err());
}

//! The short form of `cargo xtask sim`.

use testkit::sim::simulate;

#[test]
fn two_hundred_seeds_keep_the_laws() {
    let half = |from: u64| {
        let broken = (from..200)
            .step_by(2)
            .filter_map(|seed| simulate(seed).err());
        broken.map(|it| it.to_string()).collect::<Vec<String>>()
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

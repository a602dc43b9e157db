//! Estimates that a person can check: counted from the spec, never guessed by a model.

/// Minutes a person would plan for one function with this many rules and examples, rounded to five.
pub(crate) fn function_minutes(rules: usize, examples: usize) -> u32 {
    let minutes = 10 + 3 * rules + examples;
    u32::try_from(minutes.div_ceil(5) * 5).unwrap_or(u32::MAX)
}

/// Minutes for a file that follows from others.
pub(crate) const GLUE_MINUTES: u32 = 5;

/// How complex a plan is, from how much there is to write and how it hangs together.
pub(crate) fn complexity(tasks: usize, dependencies: usize) -> &'static str {
    match tasks + dependencies {
        0..=4 => "Low",
        5..=16 => "Medium",
        _ => "High",
    }
}

/// Minutes as a person says them.
pub(crate) fn spoken(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest} minutes"),
        (1, 0) => "1 hour".to_owned(),
        (hours, 0) => format!("{hours} hours"),
        (hours, rest) => format!("{hours} h {rest} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_rounded_and_spoken() {
        assert_eq!(function_minutes(4, 5), 30);
        assert_eq!(spoken(45), "45 minutes");
        assert_eq!(spoken(60), "1 hour");
        assert_eq!(spoken(150), "2 h 30 min");
        assert_eq!((complexity(2, 1), complexity(15, 8)), ("Low", "High"));
    }
}

//! Lists of task numbers: `1-3, 5 and 7`.

/// The longest range that is taken for one.
const RANGE: u32 = 1000;

/// The most numbers that a list may hold; it ends before more.
const NUMBERS: usize = 10_000;

/// The numbers at the start of `text`, ranges written out, and what follows them.
pub(crate) fn leading_numbers(text: &str) -> (Vec<u32>, &str) {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let from = separator(rest, !numbers.is_empty());
        let Some((first, after)) = number(from).filter(|_| numbers.len() < NUMBERS) else {
            return (numbers, rest);
        };
        let end = ["-", "–", "—", " - ", " to "]
            .iter()
            .find_map(|dash| after.strip_prefix(dash))
            .and_then(number);
        match end {
            Some((last, after)) if last >= first && last - first < RANGE => {
                numbers.extend(first..=last);
                rest = after;
            }
            _ => {
                numbers.push(first);
                rest = after;
            }
        }
    }
}

/// `text` after what may part two numbers.
fn separator(text: &str, between: bool) -> &str {
    let mut rest = text.trim_start();
    if between {
        rest = rest
            .strip_prefix([',', '&', ';'])
            .unwrap_or(rest)
            .trim_start();
        rest = rest.strip_prefix("and ").unwrap_or(rest).trim_start();
    }
    let word = ["Tasks ", "tasks ", "Task ", "task ", "#"]
        .iter()
        .find_map(|it| rest.strip_prefix(it));
    word.unwrap_or(rest).trim_start()
}

fn number(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..length].parse().ok()?;
    let after = &text[length..];
    let is_whole = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    is_whole.then_some((number, after))
}

/// The shortest list that [`leading_numbers`] reads as `numbers`.
pub(crate) fn number_list(numbers: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((first, last))
                if last.checked_add(1) == Some(number) && number - *first < RANGE =>
            {
                *last = number
            }
            _ => parts.push((number, number)),
        }
    }
    let show = |(first, last): &(u32, u32)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    parts.iter().map(show).collect::<Vec<_>>().join(", ")
}

/// `Task 4` or `Tasks 1-3, 5`.
pub(crate) fn tasks(numbers: &[u32]) -> String {
    let word = if numbers.len() == 1 { "Task" } else { "Tasks" };
    format!("{word} {}", number_list(numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, numbers: &[u32], rest: &str) {
        assert_eq!(leading_numbers(text), (numbers.to_vec(), rest), "{text}");
    }

    #[test]
    fn numbers_and_ranges() {
        check("Tasks 1-3, 5 and 7 (why)", &[1, 2, 3, 5, 7], " (why)");
        check("Task 1, Task 2", &[1, 2], "");
        check("#4 to #5", &[4], " to #5");
        check("4 to 6", &[4, 5, 6], "");
        check("9-2", &[9], "-2");
        check("1-4000000000", &[1], "-4000000000");
        check("99999999999", &[], "99999999999");
        check("2nd", &[], "2nd");
        assert_eq!(tasks(&[3, 1, 2, 3, 9]), "Tasks 3, 1-3, 9");
        assert_eq!(tasks(&[u32::MAX]), "Task 4294967295");
    }
}

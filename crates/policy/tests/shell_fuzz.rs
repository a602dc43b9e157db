//! Commands by chance, compared with bash itself.
//!
//! The short form runs with the other tests. `KIRO_FUZZ_SECONDS=600 cargo test -p policy --test shell_fuzz` is the
//! long form; `KIRO_FUZZ_SEED` begins elsewhere. A failure names the text.
#![expect(
    clippy::disallowed_methods,
    reason = "bash is the other side of the comparison"
)]

mod seed;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use policy::shell::{Answer, Invocation, Plan};

/// Texts in the short form.
const SHORT: usize = 1_500;

/// Chance that is the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or_default() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

/// Pieces of the shell's language, without any grammar.
const SOUP: [&str; 96] = [
    "git status",
    "git diff",
    "npm test",
    "git",
    "status",
    "rm",
    "-rf",
    "sudo",
    "curl",
    "bash",
    "-c",
    "eval",
    "echo",
    "x",
    "$x",
    "${x}",
    "${x:-",
    "${x#",
    "$(",
    ")",
    "(",
    "((",
    "))",
    "`",
    "\"",
    "'",
    "$'",
    "\\",
    "\\\n",
    "\n",
    " ",
    "\t",
    ";",
    ";;",
    ";&",
    "&",
    "&&",
    "|",
    "||",
    "|&",
    "<",
    ">",
    ">>",
    "<<E\n",
    "<<-E\n",
    "<<'E'\n",
    "\nE\n",
    "<<<",
    "<(",
    ">(",
    "2>&1",
    ">&2",
    "&>",
    "<>",
    ">|",
    "3<",
    "if ",
    "then ",
    "else ",
    "fi",
    "for x in ",
    "do ",
    "done",
    "while ",
    "case x in ",
    "x)",
    "esac",
    "{ ",
    "}",
    "! ",
    "[[ ",
    "]]",
    "function f ",
    "f()",
    "coproc ",
    "time ",
    "select x in ",
    "#",
    "*",
    "?",
    "[a-z]",
    "~",
    "{a,b}",
    "{1..3}",
    "a=",
    "a+=",
    "a[1]=",
    "a=(",
    "=",
    "\u{200b}",
    "\u{202e}",
    "é",
    "\0",
    "xargs",
    "find . -exec",
    "\r",
];

/// Joints and commands that are often allowed together.
const NEARLY: [&str; 30] = [
    "git status",
    "git diff",
    "npm test",
    "npm run lint",
    " && ",
    " || ",
    "; ",
    "\n",
    " | ",
    "! ",
    "( ",
    " )",
    "{ ",
    "; }",
    " 2>&1",
    " >&2",
    " # x",
    " ",
    "\t",
    "\\\n",
    "git 'status'",
    "\"git\" diff",
    "git st\\atus",
    "g''it diff",
    " &",
    " $x",
    "\n\n",
    " ;",
    "git $'status'",
    "npm  test",
];

fn text(dice: &mut Dice) -> String {
    let from: &[&str] = if dice.roll(2) == 0 { &SOUP } else { &NEARLY };
    let length = 1 + dice.roll(if from.len() == SOUP.len() { 40 } else { 9 });
    let mut text = String::new();
    for _ in 0..length {
        text.push_str(dice.pick(from));
        if dice.roll(3) == 0 {
            text.push(' ');
        }
    }
    if dice.roll(200) == 0 {
        text = text.repeat(1 + dice.roll(300));
    }
    text
}

/// A folder of programs that note how they were called, and succeed.
fn stubs(folder: &Path) {
    for name in ["git", "npm"] {
        let path = folder.join(name);
        let mut file = std::fs::File::create(&path).expect("a stub");
        let script = format!(
            "#!/bin/sh\nprintf '%s' {name} >> {0}/log\nprintf '\\037%s' \"$@\" >> {0}/log\necho >> {0}/log\n",
            folder.display()
        );
        file.write_all(script.as_bytes()).expect("written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("a program");
    }
}

fn bash(folder: &Path, options: &[&str], text: &str) -> bool {
    Command::new("/bin/bash")
        .args(options)
        .arg(text)
        .env_clear()
        .env("PATH", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("bash")
        .success()
}

/// What a plan starts when every program succeeds, in order, and whether it succeeds.
fn carried_out<'p>(plan: &'p Plan, out: &mut Vec<&'p Invocation>) -> bool {
    match plan {
        Plan::Run(it) => {
            out.push(it);
            true
        }
        Plan::Pipe(stages) => {
            out.extend(stages);
            true
        }
        Plan::Not(inner) => !carried_out(inner, out),
        Plan::And(first, second) => carried_out(first, out) && carried_out(second, out),
        Plan::Or(first, second) => carried_out(first, out) || carried_out(second, out),
        Plan::Each(plans) => plans.iter().fold(true, |_, it| carried_out(it, out)),
    }
}

fn has_pipe(plan: &Plan) -> bool {
    match plan {
        Plan::Run(_) => false,
        Plan::Pipe(_) => true,
        Plan::Not(inner) => has_pipe(inner),
        Plan::And(first, second) | Plan::Or(first, second) => has_pipe(first) || has_pipe(second),
        Plan::Each(plans) => plans.iter().any(has_pipe),
    }
}

/// Bash must parse what is allowed, and start exactly what the plan says.
fn compare(folder: &Path, text: &str, plan: &Plan) {
    assert!(
        bash(folder, &["-n", "-c"], text),
        "bash cannot parse {text:?}"
    );
    let log = folder.join("log");
    std::fs::File::create(&log).expect("an empty log");
    let succeeded = bash(folder, &["-c"], text);
    let noted = std::fs::read_to_string(&log).expect("the log");
    let mut invocations = Vec::new();
    let expected = carried_out(plan, &mut invocations);
    if has_pipe(plan) {
        // The stages of a pipe start in any order.
        assert_eq!(noted.lines().count(), invocations.len(), "{text:?}");
        return;
    }
    let planned: Vec<String> = invocations
        .iter()
        .map(|it| it.argv.join("\u{1f}"))
        .collect();
    assert_eq!(noted.lines().collect::<Vec<_>>(), planned, "{text:?}");
    assert_eq!(succeeded, expected, "{text:?}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn what_is_allowed_is_what_bash_would_do() {
    let folder = tempfile::tempdir().expect("a folder");
    stubs(folder.path());
    let rules = seed::rules();
    let mut dice = Dice(number("KIRO_FUZZ_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15));
    let long = number("KIRO_FUZZ_SECONDS").map(Duration::from_secs);
    let began = Instant::now();
    let mut slowest = (Duration::ZERO, String::new());
    let mut judged = 0;
    let mut allowed = 0;
    loop {
        let text = text(&mut dice);
        let before = Instant::now();
        let verdict = rules.judge_command(&text);
        let took = before.elapsed();
        if took > slowest.0 {
            slowest = (took, text.clone());
        }
        judged += 1;
        if verdict.answer == Answer::Allow {
            allowed += 1;
            let plan = verdict.plan.expect("what is allowed has a plan");
            if long.is_none() || allowed % 20 == 0 {
                compare(folder.path(), &text, &plan);
            }
        }
        let done = match long {
            Some(time) => began.elapsed() >= time,
            None => judged >= SHORT,
        };
        if done {
            break;
        }
    }
    assert!(
        allowed > judged / 50,
        "{allowed} of {judged} were allowed: too few to compare"
    );
    if long.is_some() {
        let told = format!("{judged} judged, {allowed} allowed, the slowest took {slowest:?}");
        let _ = writeln!(std::io::stderr(), "{told}");
    }
}

/// A text that is nearly the same: some letters more, fewer or elsewhere, in one place.
fn nudged(dice: &mut Dice, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = dice.roll(letters.len() + 1);
    let other = dice.roll(letters.len() + 1);
    match dice.roll(4) {
        0 => {
            let piece: Vec<char> = dice.pick(&SOUP).chars().collect();
            letters.splice(at..at, piece);
        }
        1 => drop(letters.drain(at.min(other)..at.max(other).min(at.min(other) + 3))),
        2 if at < letters.len() && other < letters.len() => letters.swap(at, other),
        _ => letters.insert(
            at,
            [
                '"', '\'', ')', '(', '&', '|', ';', '\n', '\\', '!', '}', '#',
            ][dice.roll(12)],
        ),
    }
    letters.into_iter().collect()
}

/// Against `bash -n`: what it refuses must never be allowed. Texts stand on the border between the two.
#[test]
fn what_bash_cannot_parse_is_never_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = seed::rules();
    let mut dice = Dice(number("KIRO_FUZZ_SEED").unwrap_or(0x2545_f491_4f6c_dd1d));
    let long = number("KIRO_FUZZ_SECONDS").map(Duration::from_secs);
    let began = Instant::now();
    let (mut judged, mut allowed, mut refused) = (0, 0, 0);
    loop {
        let pieces = 1 + dice.roll(6);
        let mut text: String = (0..pieces).map(|_| dice.pick(&NEARLY)).collect();
        if dice.roll(2) == 0 {
            text = nudged(&mut dice, &text);
        }
        judged += 1;
        let answer = rules.judge_command(&text).answer;
        // A NUL cannot be handed to bash.
        let parses = || text.contains('\0') || bash(folder.path(), &["-n", "-c"], &text);
        match answer {
            Answer::Allow => {
                assert!(
                    !text.contains('\0') && parses(),
                    "bash cannot parse {text:?}"
                );
                allowed += 1;
            }
            // That the comparison sees both sides, looked at now and then.
            _ if judged % 10 == 0 => refused += u32::from(!parses()),
            _ => {}
        }
        if long.map_or(judged >= SHORT, |time| began.elapsed() >= time) {
            break;
        }
    }
    assert!(
        allowed > 20 && refused > 20,
        "{allowed} allowed and {refused} refused of {judged}"
    );
    if long.is_some() {
        let told = format!("{judged} judged, {allowed} allowed, each of which bash parses");
        let _ = writeln!(std::io::stderr(), "{told}");
    }
}

#[test]
fn nothing_takes_for_ever() {
    let rules = seed::rules();
    for piece in SOUP.iter().chain(&NEARLY) {
        // The longest are for the long form: without optimisation they take minutes.
        let sizes: &[usize] = match number("KIRO_FUZZ_SECONDS") {
            Some(_) => &[100, 4_000, 70_000],
            None => &[100, 1_000],
        };
        for size in sizes {
            let text = piece.repeat(size / piece.len() + 1);
            rules.judge_command(&text);
            rules.judge_command(&format!("{text} x"));
        }
    }
}

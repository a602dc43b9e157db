//! The one way by which commands are judged, whoever wants to run them: an agent's tools, checks, trusted commands
//! and hooks. [`shell`](crate::shell) reads; here it is said what is granted, and what an answer is good for.

use std::path::{Path, PathBuf};

use super::Gate;
use crate::permission::{Capability, Effect, PermissionRule};
use crate::permit::{Act, Permit};
use crate::shell::{
    self, Answer, CommandPattern, CommandVerdict, Invocation, PatternScope, Plan, base_name,
};
use crate::trust::TrustKind;
use crate::verdict::{Reason, Verdict};

/// What was granted to one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Granted {
    /// Checks that Kiro derived from the spec.
    checks: Vec<Vec<String>>,
    /// What a person approved.
    approved: Vec<CommandPattern>,
}

/// What policy says of a command line.
#[derive(Debug)]
pub enum LineVerdict {
    /// It may be carried out, once.
    Allow(Leave),
    /// A person must say yes first; without a person this is a refusal.
    Ask(LineAsk),
    /// It may not be carried out, whoever says yes.
    Deny(Vec<Reason>),
}

/// A command line that waits for a person. Only [`LineAsk::approved`] gives leave.
#[derive(Debug)]
pub struct LineAsk {
    leave: Leave,
    /// The part that asks, and why.
    pub reasons: Vec<Reason>,
    /// What a person may approve beyond this one time, the narrowest first.
    pub offers: Vec<(CommandPattern, PatternScope)>,
}

impl LineAsk {
    /// Leave, after a person said yes to exactly this line.
    pub fn approved(self) -> Leave {
        self.leave
    }
}

/// Leave to carry out one command line as it was judged. Without a shell, unless only a shell can.
#[derive(Debug)]
#[must_use = "leave that is dropped allowed nothing"]
pub struct Leave {
    /// The programs to be started.
    pub plan: Plan<Step>,
    /// The rule that gave it.
    pub rule: String,
}

/// One program that may be started once. It cannot be copied or made outside this crate.
#[derive(Debug)]
pub struct Step {
    argv: Vec<String>,
    /// Descriptors that become copies of others, in this order.
    pub copies: Vec<(i32, i32)>,
    cwd: PathBuf,
    rule: String,
}

impl Step {
    /// The program as it was named, to be found where the user's programs are.
    pub fn program(&self) -> &str {
        self.argv.first().map_or("", String::as_str)
    }

    /// Programs of which each reads what the one before it writes, with where each was found: the words that start
    /// them, and the permit. `shell` ties the pipes and has nothing to interpret: all it is given are the judged
    /// words, each in quotes, and every program by its path.
    pub fn tied(steps: Vec<(Step, String)>, shell: &str) -> (Vec<String>, Permit) {
        let cwd = steps.first().map(|(it, _)| it.cwd.clone());
        let rule = steps.first().map(|(it, _)| it.rule.clone());
        let stages: Vec<String> = steps
            .into_iter()
            .map(|(step, program)| {
                let rest = step.argv.iter().skip(1).map(String::as_str);
                let words: Vec<String> = [program.as_str()]
                    .into_iter()
                    .chain(rest)
                    .map(|it| format!("'{}'", it.replace('\'', "'\\''")))
                    .collect();
                let copies = step.copies.iter();
                let copies: String = copies.map(|(from, to)| format!(" {from}>&{to}")).collect();
                words.join(" ") + &copies
            })
            .collect();
        let argv = vec![shell.to_owned(), "-c".to_owned(), stages.join(" | ")];
        let act = Act::Run {
            argv: argv.clone(),
            cwd: cwd.unwrap_or_default(),
        };
        (argv, Permit::mint(&act, rule.unwrap_or_default()))
    }

    /// The words to be started and the permit for exactly them, with the program that was found under its name.
    pub fn found_at(mut self, program: &str) -> (Vec<String>, Permit) {
        if let Some(name) = self.argv.first_mut() {
            program.clone_into(name);
        }
        let act = Act::Run {
            argv: self.argv.clone(),
            cwd: self.cwd,
        };
        (self.argv, Permit::mint(&act, self.rule))
    }
}

impl Gate {
    /// Grants one check that Kiro derived from the spec of this run: exactly this argv.
    pub fn grant_check(&mut self, argv: Vec<String>) {
        if !self.granted.checks.contains(&argv) {
            self.granted.checks.push(argv);
        }
    }

    /// Takes what a person has approved beyond one time.
    pub fn approve(&mut self, pattern: CommandPattern) {
        if !self.granted.approved.contains(&pattern) {
            self.granted.approved.push(pattern);
        }
    }

    /// Judges a command line that an agent wrote, to be carried out in `cwd`.
    pub fn judge_line(&self, text: &str, cwd: &Path) -> LineVerdict {
        self.line_verdict(text, cwd, self.explain_line(text))
    }

    fn line_verdict(&self, text: &str, cwd: &Path, verdict: CommandVerdict) -> LineVerdict {
        let by_person = "approved by a person";
        match verdict.answer {
            Answer::Deny => LineVerdict::Deny(vec![reason_of(&verdict)]),
            Answer::Allow => {
                LineVerdict::Allow(self.leave(text, cwd, verdict.plan.clone(), &verdict.rule))
            }
            Answer::Ask => {
                if let Some(rule) = self.approved_text(text) {
                    return LineVerdict::Allow(self.leave(text, cwd, None, &rule));
                }
                LineVerdict::Ask(LineAsk {
                    reasons: vec![reason_of(&verdict)],
                    offers: shell::offers(text, &verdict),
                    leave: self.leave(text, cwd, verdict.plan, by_person),
                })
            }
        }
    }

    /// How a command line is judged here, with everything that the answer rests on.
    pub fn explain_line(&self, text: &str) -> CommandVerdict {
        let mut verdict = self
            .rules
            .commands
            .judge_text(text, &|argv| self.allowed_by(argv));
        self.hold_back(text, &mut verdict);
        self.tell_of_trust(&mut verdict);
        verdict
    }

    /// Judges a program with its arguments that is to be started in `cwd` without a shell.
    pub fn judge_run(&self, argv: &[String], cwd: &Path) -> Verdict {
        let act = Act::Run {
            argv: argv.to_vec(),
            cwd: cwd.to_path_buf(),
        };
        let mut verdict = self
            .rules
            .commands
            .judge_words(argv, &|argv| self.allowed_by(argv));
        // What was granted word by word needs not be understood; what is denied is denied all the same.
        if let (Answer::Ask, Some(rule)) = (verdict.answer, self.granted_exactly(argv)) {
            verdict.answer = Answer::Allow;
            verdict.rule = rule;
        }
        self.hold_back(&argv.join(" "), &mut verdict);
        self.tell_of_trust(&mut verdict);
        let reason = || vec![reason_of(&verdict)];
        match verdict.answer {
            Answer::Deny => Verdict::from_reasons(&act, reason(), Vec::new(), ""),
            Answer::Ask => Verdict::from_reasons(&act, Vec::new(), reason(), ""),
            Answer::Allow => Verdict::from_reasons(&act, Vec::new(), Vec::new(), &verdict.rule),
        }
    }

    /// Judges a compiler or linter that Kiro itself chose. One that runs what stands in the folder is judged as
    /// any command is; rules about diagnostics hold for all of them.
    pub fn judge_diagnostics(&self, argv: &[String], cwd: &Path, runs_code: bool) -> LineVerdict {
        let text = argv.join(" ");
        let rules = |effect| {
            let of_effect = move |it: &&PermissionRule| {
                it.effect == effect && it.capability == Capability::Diagnostics
            };
            self.rules.permissions.iter().filter(of_effect)
        };
        let meets = |rule: &PermissionRule| rule.covers_line(&text);
        let counts = |rule: &&PermissionRule| {
            meets(rule) && (!rule.is_of_the_folder() || self.trust.trusts_all(TrustKind::Rules))
        };
        let allowed = match rules(Effect::Allow).find(counts) {
            Some(rule) => Some(rule.title()),
            None => (!runs_code).then(|| "built in: it only looks at the files".to_owned()),
        };
        let of_line = |argv: &[String]| allowed.clone().or_else(|| self.allowed_by(argv));
        let mut verdict = self.rules.commands.judge_words(argv, &of_line);
        if let (Answer::Ask, false, Some(rule)) = (verdict.answer, runs_code, allowed.clone()) {
            // Kiro's own words need not be understood.
            verdict.answer = Answer::Allow;
            verdict.rule = rule;
        }
        if let Some(rule) = rules(Effect::Deny).find(|it| meets(it)) {
            verdict.answer = Answer::Deny;
            verdict.rule = rule.title();
        } else if let Some(rule) = rules(Effect::Ask).find(|it| meets(it))
            && verdict.answer == Answer::Allow
        {
            verdict.answer = Answer::Ask;
            verdict.rule = rule.title();
        }
        self.line_verdict(&text, cwd, verdict)
    }

    fn leave(&self, text: &str, cwd: &Path, plan: Option<Plan>, rule: &str) -> Leave {
        let by_shell = || {
            Plan::Run(Invocation {
                argv: ["bash", "-c", text].map(str::to_owned).to_vec(),
                copies: Vec::new(),
                rule: None,
            })
        };
        let mut step = |it: Invocation| Step {
            argv: it.argv,
            copies: it.copies,
            cwd: cwd.to_path_buf(),
            rule: it.rule.unwrap_or_else(|| rule.to_owned()),
        };
        Leave {
            plan: plan.unwrap_or_else(by_shell).map(&mut step),
            rule: rule.to_owned(),
        }
    }

    fn granted_exactly(&self, argv: &[String]) -> Option<String> {
        let granted = &self.granted;
        if granted.checks.iter().any(|it| it == argv) {
            return Some("check derived from the spec".to_owned());
        }
        let approved = granted.approved.iter();
        let mut exact = approved.filter(|it| matches!(it, CommandPattern::Exact(_)));
        exact
            .find(|it| it.covers(argv))
            .map(|it| format!("approved: {it}"))
    }

    fn approved_text(&self, text: &str) -> Option<String> {
        let mut approved = self.granted.approved.iter();
        let found = approved.find(|it| it.covers_text(text))?;
        Some(format!("approved: {found}"))
    }

    /// The rule that allows a command: the folder's own only once the folder is trusted, the user's at once.
    fn allowed_by(&self, argv: &[String]) -> Option<String> {
        if let Some(granted) = self.granted_exactly(argv) {
            return Some(granted);
        }
        if let Some(pattern) = self.granted.approved.iter().find(|it| it.covers(argv)) {
            return Some(format!("approved: {pattern}"));
        }
        if let Some(rule) = self.rules.commands.trusted(argv)
            && self.trust.trusts_all(TrustKind::Commands)
        {
            return Some(rule);
        }
        let line = single_line(argv)?;
        let allows = |rule: &&PermissionRule| {
            rule.effect == Effect::Allow
                && rule.speaks_of(Capability::Shell)
                && rule.covers_line(&line)
                && (!rule.is_of_the_folder() || self.trust.trusts_all(TrustKind::Rules))
        };
        let found = self.rules.permissions.iter().find(allows);
        found.map(PermissionRule::title)
    }

    /// Rules that ask hold back what others allow, wherever in the line their command is reached.
    pub(super) fn hold_back(&self, text: &str, verdict: &mut CommandVerdict) {
        if verdict.answer != Answer::Allow {
            return;
        }
        let asks: Vec<&PermissionRule> = self
            .rules
            .permissions
            .iter()
            .filter(|it| it.effect == Effect::Ask && it.speaks_of(Capability::Shell))
            .collect();
        if asks.is_empty() {
            return;
        }
        let seen = verdict.analysis.seen.iter().map(|it| it.words.as_slice());
        let plan = verdict.plan.iter().flat_map(Plan::invocations);
        let lines: Vec<String> = seen
            .chain(plan.map(|it| it.argv.as_slice()))
            .flat_map(lines_of)
            .chain([text.trim().to_owned()])
            .collect();
        let met = asks
            .iter()
            .find_map(|rule| Some((rule, lines.iter().find(|it| rule.covers_line(it))?)));
        if let Some((rule, line)) = met {
            verdict.answer = Answer::Ask;
            verdict.rule = rule.title();
            verdict.why = format!("the command «{line}» meets this rule");
            verdict.change = "approve it, or change the rule".to_owned();
            verdict.part.clone_from(line);
        }
    }

    /// Says of a command that only lacks trust in the folder that this is what it lacks.
    fn tell_of_trust(&self, verdict: &mut CommandVerdict) {
        if verdict.answer != Answer::Ask || !verdict.analysis.doubts.is_empty() {
            return;
        }
        let asking = verdict.analysis.parts.iter().find(|it| !it.asks.is_empty());
        let argv = asking.filter(|it| it.only_lacks_trust());
        let rule = argv
            .and_then(|it| it.argv.as_deref())
            .and_then(|it| self.rules.commands.trusted(it));
        if let Some(rule) = rule {
            verdict.rule = format!("{rule} (the folder is not trusted yet)");
            verdict.change = "approve it, or trust the folder with `kiro trust`".to_owned();
        }
    }
}

pub(super) fn reason_of(verdict: &CommandVerdict) -> Reason {
    Reason {
        rule: verdict.rule.clone(),
        why: verdict.why.clone(),
        change: verdict.change.clone(),
    }
}

/// The words in one line over which a pattern may allow them; none where two commands could give the same line.
fn single_line(argv: &[String]) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@+%".contains(c);
    let (name, rest) = argv.split_first()?;
    let is_told = !name.is_empty()
        && name.chars().all(plain)
        && rest
            .iter()
            .all(|it| !it.is_empty() && !it.contains(char::is_control));
    is_told.then(|| argv.join(" "))
}

/// A command's line by its program's path, and by its name.
fn lines_of(words: &[String]) -> Vec<String> {
    let Some((name, rest)) = words.split_first() else {
        return Vec::new();
    };
    let line = |name: &str| [&[name.to_owned()], rest].concat().join(" ");
    vec![line(name), line(base_name(name))]
}

//! What lands in a project is weighed as a whole, whoever made it and in however many steps.

use change::{Digest, FileChange, FileState, Mode};

use crate::shell::{CommandPattern, Plan};

use super::*;
use crate::shell::Answer;
use crate::trust::{Grantable, Grants, TrustKind};

const CONFIG: &str = "
security: {trusted_commands: [git status], denied_commands: [rm -rf, sudo]}
governance:
  require_approval:
    - file_changes_over: 10
    - lines_changed_over: 500
";

const GOVERNANCE: &str = "
require_human_approval:
  - file_patterns: ['**/migrations/**']
  - change_types: [database_schema, security_config, ci_cd_pipeline, environment_variables, dependencies]
  - thresholds: {complexity_increase: 20%}
";

fn gate() -> Gate {
    let rules = Rules::parse(Some(CONFIG), Some(GOVERNANCE)).expect("rules");
    Gate::new(Path::new("/ws"), rules)
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).expect("a path")
}

fn state(text: &str) -> Option<FileState> {
    Some(FileState {
        mode: Mode::File,
        bytes: text.as_bytes().to_vec(),
    })
}

fn file(name: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
    FileChange {
        path: path(name),
        before: before.and_then(state),
        after: after.and_then(state),
    }
}

fn changes(files: Vec<FileChange>) -> Changeset {
    Changeset::new(files).expect("a changeset")
}

/// The rules that ask about a change, or `allow`, or `deny` with its rules.
fn judged(changes: &Changeset, earlier: &[Changeset]) -> String {
    let rules = |reasons: &[Reason]| {
        reasons
            .iter()
            .map(|it| it.rule.clone())
            .collect::<Vec<_>>()
            .join(" | ")
    };
    match gate().judge_changes(changes, earlier, &[]) {
        Verdict::Allow(_) => "allow".to_owned(),
        Verdict::Ask(ask) => rules(&ask.reasons),
        Verdict::Deny(reasons) => format!("deny {}", rules(&reasons)),
    }
}

#[test]
fn twelve_files_in_twelve_steps_ask_at_the_eleventh() {
    let mut earlier = Vec::new();
    for step in 1..=12 {
        let one = changes(vec![file(
            &format!("src/f{step}.py"),
            Some("a\n"),
            Some("b\n"),
        )]);
        let told = judged(&one, &earlier);
        match step {
            ..=10 => assert_eq!(told, "allow", "step {step}"),
            _ => assert_eq!(told, "files changed over 10", "step {step}"),
        }
        earlier.push(one);
    }
    let again = changes(vec![file("src/f1.py", Some("b\n"), Some("c\n"))]);
    assert_eq!(
        judged(&again, &earlier[..10]),
        "allow",
        "the same file is one"
    );
}

#[test]
fn a_sed_over_twenty_files_and_a_rename_storm_ask() {
    let sed = (0..20).map(|it| file(&format!("src/f{it}.py"), Some("old\n"), Some("new\n")));
    assert_eq!(
        judged(&changes(sed.collect()), &[]),
        "files changed over 10"
    );
    let moves = (0..12).flat_map(|it| {
        [
            file(&format!("a/f{it}.py"), Some("x\n"), None),
            file(&format!("b/f{it}.py"), None, Some("x\n")),
        ]
    });
    assert_eq!(
        judged(&changes(moves.collect()), &[]),
        "files changed over 10"
    );
    let gone = (0..11).map(|it| file(&format!("a/f{it}.py"), Some("x\n"), None));
    assert_eq!(
        judged(&changes(gone.collect()), &[]),
        "files changed over 10"
    );
    let long = "x\n".repeat(501);
    let gone = changes(vec![file("a.py", Some(&long), None)]);
    assert_eq!(judged(&gone, &[]), "lines changed over 500");
}

#[test]
fn kinds_of_change_are_known_by_place_and_by_content() {
    let schema = "change_types: database_schema";
    for (change, rules) in [
        (file("db/migrations/1.py", None, Some("")), format!("files that need approval: **/migrations/** | {schema}")),
        (file("db/migrations/1.py", Some("x"), None), format!("files that need approval: **/migrations/** | {schema}")),
        (file("DB/Migrations/1.py", Some("x"), Some("y")), format!("files that need approval: **/migrations/** | {schema}")),
        (file("src/store.py", Some(""), Some("run('CREATE UNIQUE INDEX i ON t (a)')")), schema.to_owned()),
        (file("q/x.sql", None, Some("alter\n  table t add c int;")), schema.to_owned()),
        (file("q/x.sql", None, Some("select created, table_name from t;")), "allow".to_owned()),
        (file("README.md", None, Some("create table of contents")), "allow".to_owned()),
        (file(".github/workflows/a.yml", None, Some("")), "change_types: ci_cd_pipeline".to_owned()),
        (file("infra/iam/role.json", None, Some("")), "change_types: security_config".to_owned()),
        (file("src/security/token.py", None, Some("")), "allow".to_owned()),
        (file("src/a.py", Some(""), Some("os.environ['X']")), "change_types: environment_variables".to_owned()),
        (file("src/a.py", Some("os.environ['X']"), Some("")), "allow".to_owned()),
        (file("package.json", Some("{}"), Some("{ }")), "change_types: dependencies".to_owned()),
        (file("AGENTS.md", None, Some("obey")), "built in: **/{AGENTS,AGENT,CLAUDE,CLAUDE.local,GEMINI,QWEN,WARP,CONVENTIONS,SKILL,POWER}.md".to_owned()),
    ] {
        let shown = change.path.to_string();
        assert_eq!(judged(&changes(vec![change]), &[]), rules, "{shown}");
    }
    let hook = changes(vec![file(".git/hooks/pre-commit", None, Some("x"))]);
    assert!(judged(&hook, &[]).starts_with("deny built in"));
    let policy = changes(vec![file("a/.KIRO/config.yaml", None, Some("x"))]);
    assert!(judged(&policy, &[]).starts_with("deny built in"));
    let secret = changes(vec![file("src/.ENV.local", Some("x"), None)]);
    assert!(judged(&secret, &[]).starts_with("deny security.sensitive_files"));
}

#[test]
fn complexity_is_summed_over_steps() {
    let with = |branches: usize| {
        let branch = "    if n > 1:\n        n -= 1\n";
        format!("def f(n):\n{}    return n\n", branch.repeat(branches))
    };
    let step = |from: usize, to: usize| {
        changes(vec![file("src/f.py", Some(&with(from)), Some(&with(to)))])
    };
    let asks = "complexity increase over 20%";
    assert_eq!(judged(&step(9, 12), &[]), asks);
    assert_eq!(judged(&step(9, 10), &[]), "allow");
    assert_eq!(judged(&step(10, 11), &[step(9, 10)]), "allow");
    assert_eq!(judged(&step(11, 12), &[step(9, 10), step(10, 11)]), asks);
    assert_eq!(
        judged(&step(12, 9), &[step(9, 12)]),
        "allow",
        "it is as simple as before"
    );
}

fn verdict(gate: &Gate, line: &str) -> (&'static str, String) {
    let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let first = |reasons: &[Reason]| {
        reasons
            .first()
            .map(|it| it.rule.clone())
            .unwrap_or_default()
    };
    match gate.judge_run(&argv, Path::new("/ws")) {
        Verdict::Allow(permit) => ("allow", permit.rule().to_owned()),
        Verdict::Ask(ask) => ("ask", first(&ask.reasons)),
        Verdict::Deny(reasons) => ("deny", first(&reasons)),
    }
}

fn trusting(gate: &Gate, kinds: &[TrustKind]) -> Gate {
    let item = |kind: &TrustKind| Grantable {
        kind: *kind,
        name: "x".to_owned(),
        shows: Vec::new(),
        digest: Some(change::Digest::of(b"x")),
    };
    let items: Vec<Grantable> = kinds.iter().map(item).collect();
    let grants = Trust::of(items.clone(), &Grants::default()).granted();
    let mut gate = gate.clone();
    gate.set_trust(Trust::of(items, &grants));
    gate
}

#[test]
fn a_folder_tightens_at_once_and_loosens_only_when_trusted() {
    let mut rules = Rules::parse(Some(CONFIG), None).expect("rules");
    let own = "rules:\n  - {capability: shell, effect: allow, match: ['cargo *']}\n  - {capability: shell, effect: deny, match: ['cargo publish*']}\n";
    rules
        .add_permissions(".kiro/settings/permissions.yaml", own)
        .expect("reads");
    let user = "rules:\n  - {capability: shell, effect: allow, match: ['npm *']}\n  - {capability: shell, effect: ask, match: ['npm install*']}\n";
    rules
        .add_permissions("permissions.yaml of the user", user)
        .expect("reads");
    let gate = Gate::new(Path::new("/ws"), rules);
    assert_eq!(verdict(&gate, "git status").0, "ask");
    assert_eq!(verdict(&gate, "cargo test").0, "ask");
    assert_eq!(verdict(&gate, "cargo publish").0, "deny");
    assert_eq!(verdict(&gate, "rm -rf x").0, "deny");
    assert_eq!(verdict(&gate, "npm test").0, "allow");
    assert_eq!(verdict(&gate, "npm install left-pad").0, "ask");
    assert_eq!(
        verdict(&gate, "npm $(id)").0,
        "allow",
        "without a shell these are letters"
    );
    let answer = gate.explain_line("npm $(id)").answer;
    assert_eq!(answer, Answer::Ask, "a shell would read it otherwise");
    let trusted = trusting(&gate, &[TrustKind::Commands, TrustKind::Rules]);
    let rule = "security.trusted_commands: git status".to_owned();
    assert_eq!(verdict(&trusted, "git status"), ("allow", rule));
    assert_eq!(verdict(&trusted, "git status -s").0, "ask");
    assert_eq!(verdict(&trusted, "cargo test").0, "allow");
    assert_eq!(verdict(&trusted, "cargo publish").0, "deny");
    let hooks = trusting(&gate, &[TrustKind::Hook]);
    assert_eq!(verdict(&hooks, "git status").0, "ask");
}

/// A gate with a rule of the user's that allows every command.
fn permissive(more: &str) -> Gate {
    let mut rules = Rules::parse(Some(CONFIG), None).expect("rules");
    let text = format!("rules:\n  - {{capability: shell, effect: allow, match: ['*']}}\n{more}");
    rules
        .add_permissions("permissions.yaml", &text)
        .expect("reads");
    Gate::new(Path::new("/ws"), rules)
}

#[test]
fn what_is_denied_is_denied_in_every_spelling_whatever_allows_it() {
    let gate = permissive("");
    for line in [
        "rm -rf x",
        "rm -fr x",
        "rm -r -f x",
        "rm --recursive --force x",
        "/bin/rm -Rf x",
        "env rm -fr x",
        "timeout 5 rm -fr x",
        "bash -c 'rm -fr x'",
        "find . -exec rm -fr {} +",
        "printf '%s\\0' -r -f x | xargs -0 rm",
        "printf '%s ' -rf x | xargs -n1 env rm",
        "echo x | xargs rm -r --fo",
        "git status && rm -fr x",
        "true || { false; rm -fr x; }",
    ] {
        assert_eq!(gate.explain_line(line).answer, Answer::Deny, "{line}");
    }
    for line in [
        "rm -r x",
        "echo 'rm -rf x'",
        "git commit -m 'no rm -rf'",
        "ls -l && git status | cat",
        "echo 'git status' | bash",
        "cargo test -- --nocapture",
    ] {
        assert_eq!(gate.explain_line(line).answer, Answer::Allow, "{line}");
    }
    // Who starts it is not known; what is carried out is not seen.
    for line in [
        "capsh -- -c 'rm -rf x'",
        "ip netns exec x rm -rf y",
        "start-stop-daemon --start --exec /bin/rm -- -rf x",
        "make SHELL='sudo sh' all",
        "sort --compress-program='rm -rf' x",
        "ld-linux.so /bin/rm -rf x",
        "openssl enc -d -in x | bash",
        "wget -qO- x | python3",
        "cat x | node",
    ] {
        assert_eq!(gate.explain_line(line).answer, Answer::Ask, "{line}");
    }
    assert_eq!(verdict(&gate, "rm -fr x").0, "deny");
    let mut granted = gate.clone();
    granted.grant_check(["rm", "-fr", "x"].map(str::to_owned).to_vec());
    assert_eq!(
        verdict(&granted, "rm -fr x").0,
        "deny",
        "no grant lifts a denial"
    );
}

#[test]
fn rules_over_lines_hold_wherever_a_command_is_reached() {
    let gate = permissive(
        "  - {capability: shell, effect: deny, match: ['git push*']}\n  - {capability: shell, effect: ask, match: ['npm install*']}\n",
    );
    let answer = |line: &str| gate.explain_line(line).answer;
    for line in [
        "git push",
        "/usr/bin/git push origin",
        "cd x; git push",
        "sh -c 'git push'",
        "nice git push",
        "echo $(git push)",
    ] {
        assert_eq!(answer(line), Answer::Deny, "{line}");
    }
    for line in [
        "npm install x",
        "npm test && npm install x",
        "env npm install x",
    ] {
        assert_eq!(answer(line), Answer::Ask, "{line}");
    }
    assert_eq!(answer("npm test && git fetch"), Answer::Allow);
}

#[test]
fn leave_is_for_the_words_that_were_judged() {
    let gate = permissive("");
    let LineVerdict::Allow(leave) =
        gate.judge_line("git status 2>&1 && echo 'a b'", Path::new("/ws"))
    else {
        panic!("allowed");
    };
    let mut started = Vec::new();
    let _plan = leave.plan.map(&mut |step| {
        let program = format!("/usr/bin/{}", step.program());
        let (argv, permit) = step.found_at(&program);
        let act = Act::Run {
            argv: argv.clone(),
            cwd: "/ws".into(),
        };
        assert!(permit.redeem(&act).is_ok());
        started.push(argv);
    });
    assert_eq!(
        started,
        [vec!["/usr/bin/git", "status"], vec!["/usr/bin/echo", "a b"]]
    );
    let LineVerdict::Ask(ask) = gate.judge_line("cd x && ls > y", Path::new("/ws")) else {
        panic!("only a shell can");
    };
    let Plan::Run(shell) = ask.approved().plan else {
        panic!("one shell");
    };
    let (argv, _permit) = shell.found_at("/bin/bash");
    assert_eq!(argv, ["/bin/bash", "-c", "cd x && ls > y"]);
}

#[test]
fn what_a_person_approved_holds_and_no_further() {
    let config = "security: {denied_commands: [rm -rf]}\n";
    let mut gate = Gate::new(
        Path::new("/ws"),
        Rules::parse(Some(config), None).expect("rules"),
    );
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    gate.approve(CommandPattern::Exact(words("make all")));
    gate.approve(CommandPattern::Leading(words("cargo test")));
    gate.approve(CommandPattern::Text("ls > x".to_owned()));
    gate.approve(CommandPattern::Leading(words("rm")));
    for (line, wanted) in [
        ("make all", "allow"),
        ("make all && cargo test -p x", "allow"),
        ("ls > x", "allow"),
        ("make", "ask"),
        ("make all x", "ask"),
        ("cargo build", "ask"),
        ("cargo test $x", "ask"),
        ("ls > y", "ask"),
        ("rm x", "allow"),
        ("rm -fr x", "deny"),
    ] {
        let told = match gate.judge_line(line, Path::new("/ws")) {
            LineVerdict::Allow(_) => "allow",
            LineVerdict::Ask(_) => "ask",
            LineVerdict::Deny(_) => "deny",
        };
        assert_eq!(told, wanted, "{line}");
    }
}

#[test]
fn writing_that_is_denied_is_denied_at_every_door() {
    let mut rules = Rules::parse(None, None).expect("rules");
    let text = "rules:\n  - {capability: fs_write, effect: deny, match: ['gen/**']}\n  - {capability: fs_write, effect: ask, match: ['api/**']}\n  - {capability: fs_read, effect: deny, match: ['private/**']}\n";
    rules
        .add_permissions("permissions.yaml", text)
        .expect("reads");
    let gate = Gate::new(Path::new("/ws"), rules);
    let landing = |name: &str| {
        let change = changes(vec![file(name, None, Some("x"))]);
        match gate.judge_changes(&change, &[], &[]) {
            Verdict::Allow(_) => "allow",
            Verdict::Ask(_) => "ask",
            Verdict::Deny(_) => "deny",
        }
    };
    let written = |name: &str| match gate.judge_attempt_write(Path::new("/tree"), &path(name), b"x")
    {
        Verdict::Allow(_) => "allow",
        Verdict::Ask(_) => "ask",
        Verdict::Deny(_) => "deny",
    };
    for (name, wanted) in [
        ("gen/a.rs", "deny"),
        ("GEN/a.rs", "deny"),
        ("api/a.rs", "ask"),
        ("src/a.rs", "allow"),
    ] {
        assert_eq!((landing(name), written(name)), (wanted, wanted), "{name}");
    }
    assert!(gate.hidden_by(&path("private/a")).is_some());
    assert!(
        gate.hidden_by(&path("gen/a.rs")).is_none() && gate.hidden_by(&path("x/.env")).is_some()
    );
}

#[test]
fn a_pipe_is_tied_of_quoted_words_only() {
    let gate = permissive("");
    let line = r#"echo "it's; $" 2>&1 | tr a "\$(id)" | cat"#;
    let LineVerdict::Allow(leave) = gate.judge_line(line, Path::new("/ws")) else {
        panic!("allowed");
    };
    let Plan::Pipe(steps) = leave.plan else {
        panic!("a pipe");
    };
    let found = steps.into_iter().map(|it| {
        let program = format!("/bin/{}", it.program());
        (it, program)
    });
    let (argv, permit) = Step::tied(found.collect(), "/bin/sh");
    let tied = r"'/bin/echo' 'it'\''s; $' 2>&1 | '/bin/tr' 'a' '$(id)' | '/bin/cat'";
    assert_eq!(argv, ["/bin/sh", "-c", tied]);
    let act = Act::Run {
        argv,
        cwd: "/ws".into(),
    };
    assert!(permit.redeem(&act).is_ok());
}

#[test]
fn a_weaker_test_asks_unless_it_follows_from_the_spec() {
    let test = "def test_a():\n    assert a() == 1\n";
    let weaker = test.replace("== 1", "== 2");
    let change = changes(vec![file("tests/test_a.py", Some(test), Some(&weaker))]);
    assert_eq!(judged(&change, &[]), "tests are not weakened");
    let derived = vec![(path("tests/test_a.py"), Digest::of(weaker.as_bytes()))];
    let verdict = gate().knowing(derived).judge_changes(&change, &[], &[]);
    assert!(matches!(verdict, Verdict::Allow(_)));
    let other = vec![(path("tests/test_a.py"), Digest::of(test.as_bytes()))];
    let verdict = gate().knowing(other).judge_changes(&change, &[], &[]);
    assert!(matches!(verdict, Verdict::Ask(_)));
    let new = changes(vec![file("tests/test_a.py", None, Some(test))]);
    assert_eq!(judged(&new, &[]), "allow");
}

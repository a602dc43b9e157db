//! Answers about an idea as values, and what of them can be used.

use code::Language;
use serde::Deserialize;
use spec::{Draft, Part, Rule, Spec};

use super::kinds;
use super::words::{arguments, condition};

/// What is wished for, with what is known of it.
pub(super) struct Wish<'a> {
    pub(super) idea: &'a str,
    pub(super) answers: &'a [Answered],
    /// Code of the project that the idea speaks of.
    pub(super) code: &'a str,
    /// The language, as people name it.
    pub(super) language: &'static str,
    pub(super) is_bugfix: bool,
    /// Whether each part tells who wants it and why.
    pub(super) has_story: bool,
}

impl Wish<'_> {
    pub(super) fn signature_like(&self) -> &'static str {
        match self.language {
            "JavaScript" => "slugify(text)",
            "TypeScript" => "slugify(text: string): string",
            "Rust" => "slugify(text: &str) -> String",
            _ => "slugify(text: str) -> str",
        }
    }

    fn extension(&self) -> &'static str {
        match self.language {
            "JavaScript" => "mjs",
            "TypeScript" => "ts",
            "Rust" => "rs",
            _ => "py",
        }
    }
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) question: String,
    pub(super) answer: String,
    /// Whether a person gave it.
    pub(super) by_person: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Questions {
    pub(super) questions: Vec<OpenQuestion>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OpenQuestion {
    pub(super) question: String,
    #[serde(default)]
    pub(super) options: Vec<String>,
    pub(super) assume: String,
}

/// What the whole is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Functions,
    Commands,
    Other,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Shape {
    pub(super) title: String,
    pub(super) overview: String,
    pub(super) kind: Kind,
    pub(super) file: String,
    pub(super) parts: Vec<ShapePart>,
    #[serde(default)]
    pub(super) cases: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ShapePart {
    pub(super) name: String,
    #[serde(default)]
    pub(super) signature: String,
    pub(super) purpose: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Rules {
    #[serde(default)]
    who: String,
    #[serde(default)]
    want: String,
    #[serde(default)]
    why: String,
    pub(super) criteria: Vec<Ruled>,
    #[serde(default)]
    pub(super) unchanged: Vec<Ruled>,
    #[serde(default)]
    pub(super) refusals: Vec<Refused>,
    #[serde(default)]
    defects: Vec<Defect>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Ruled {
    pub(super) when: String,
    pub(super) shall: String,
    #[serde(default)]
    pub(super) examples: Vec<Shown>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Shown {
    pub(super) call: String,
    pub(super) gives: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Refused {
    pub(super) when: String,
    #[serde(default)]
    call: String,
    #[serde(default)]
    pub(super) raises: String,
    #[serde(default)]
    exit: u8,
    #[serde(default)]
    shall: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Defect {
    when: String,
    what: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkedOut {
    pub(super) answers: Vec<OneWorkedOut>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OneWorkedOut {
    pub(super) gives: String,
}

impl Shape {
    /// The same with names, file and signatures that can be used; what is wrong otherwise.
    pub(super) fn settled(mut self, wish: &Wish<'_>) -> Result<Shape, Vec<String>> {
        let mut wrong = Vec::new();
        self.file = file(&self.file, &self.title, wish.extension());
        let mut seen = std::collections::BTreeSet::new();
        self.parts
            .retain(|it| seen.insert(it.name.trim().to_lowercase()));
        for part in &mut self.parts {
            part.name = part.name.trim().trim_end_matches("()").to_owned();
            part.signature = part.signature.trim().trim_matches('`').to_owned();
            if self.kind == Kind::Functions {
                part.signature = without_keywords(&part.signature).to_owned();
            }
            if self.kind == Kind::Functions {
                let declared = declares(&part.signature);
                match declared {
                    Some(name) => part.name = name,
                    None => wrong.push(format!(
                        "«{}» is no signature of a function, such as {}",
                        part.signature,
                        wish.signature_like()
                    )),
                }
            }
        }
        let has_words = |it: &str, least: usize| {
            it.split_whitespace()
                .filter(|it| it.contains(char::is_alphabetic))
                .count()
                >= least
        };
        if !has_words(&self.title, 1) || !has_words(&self.overview, 3) {
            wrong.push("the title or the overview says nothing".to_owned());
        }
        if self.parts.iter().any(|it| it.name.is_empty()) {
            wrong.push("a part has no name".to_owned());
        }
        match wrong.is_empty() {
            true => Ok(self),
            false => Err(wrong),
        }
    }

    /// The program of a shape of commands.
    pub(super) fn program(&self) -> &str {
        let name = self.file.rsplit('/').next().unwrap_or(&self.file);
        name.split('.').next().unwrap_or(name)
    }
}

/// A path within the project with the language's extension, made from the title where there is none.
fn file(path: &str, title: &str, extension: &str) -> String {
    let clean = path.trim().trim_start_matches("./");
    let is_path = !clean.is_empty()
        && !clean.starts_with('/')
        && clean
            .split('/')
            .all(|it| !it.is_empty() && !it.starts_with('.'))
        && clean
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let stem = match is_path {
        true => clean.rsplit_once('.').map_or(clean, |it| it.0).to_owned(),
        false => super::name_of(title).replace('-', "_"),
    };
    let language = Language::from_path(clean);
    let fits =
        is_path && language.is_some() && language == Language::from_path(&format!("x.{extension}"));
    match (fits, extension) {
        (true, _) => clean.to_owned(),
        (false, "rs") if !stem.starts_with("src/") => format!("src/{stem}.rs"),
        (false, "py") => format!("{}.py", stem.replace('-', "_")),
        (false, _) => format!("{stem}.{extension}"),
    }
}

/// A signature without the words that begin a definition in code, and the mark that opens its body.
fn without_keywords(signature: &str) -> &str {
    const WORDS: &[&str] = &["export", "default", "async", "def", "function", "pub", "fn"];
    let mut rest = signature.trim_end_matches([':', '{', ' ']);
    while let Some((word, after)) = rest.split_once(' ')
        && WORDS.contains(&word)
    {
        rest = after.trim_start();
    }
    rest
}

/// The function that a signature declares.
fn declares(signature: &str) -> Option<String> {
    let spec = Spec::parse("x", &format!("### FR-1: A\n\n`{signature}`\n\n- x\n"));
    spec.requirements
        .first()?
        .functions
        .first()
        .map(|it| it.name.clone())
}

/// Rules as parts of a draft, and what of them could not be used.
#[derive(Clone)]
pub(super) struct Settled {
    pub(super) part: Part,
    pub(super) defects: Vec<(String, String)>,
    pub(super) wrong: Vec<String>,
}

impl Rules {
    /// The calls that have a value as their answer.
    pub(super) fn shown(&mut self) -> impl Iterator<Item = &mut Shown> {
        let rules = self.criteria.iter_mut().chain(&mut self.unchanged);
        rules.flat_map(|it| &mut it.examples)
    }

    /// Takes out what is marked by an empty call.
    pub(super) fn sweep(&mut self) {
        for rule in self.criteria.iter_mut().chain(&mut self.unchanged) {
            rule.examples.retain(|it| !it.call.is_empty());
        }
    }

    pub(super) fn settle(&self, shape: &Shape, place: usize) -> Settled {
        let one = &shape.parts[place];
        let (subject, opening) = match shape.kind {
            Kind::Functions => (
                format!("the function `{}`", one.name),
                format!("`{}` in `{}`: {}", one.signature, shape.file, one.purpose),
            ),
            Kind::Commands => (
                format!("the program `{}`", shape.program()),
                format!(
                    "The program `{}` in `{}`: {}",
                    shape.program(),
                    shape.file,
                    one.purpose
                ),
            ),
            Kind::Other => (format!("the {}", one.name), one.purpose.clone()),
        };
        let mut wrong = Vec::new();
        let mut rules = Vec::new();
        for (list, stays) in [(&self.criteria, false), (&self.unchanged, true)] {
            for (at, rule) in list.iter().enumerate() {
                if let Some(why) = repeats(&list[..at], rule) {
                    wrong.push(why);
                    continue;
                }
                let examples = rule
                    .examples
                    .iter()
                    .filter_map(|it| shape.example(one, it).map_err(|why| wrong.push(why)).ok());
                rules.push(Rule {
                    when: rule.when.clone(),
                    shall: rule.shall.clone(),
                    refuses: false,
                    stays,
                    examples: examples.collect(),
                });
            }
        }
        for refusal in &self.refusals {
            match shape.refusal(one, refusal) {
                Ok(rule) => rules.push(rule),
                Err(why) => wrong.push(why),
            }
        }
        let has_any = rules.iter().any(|it| !it.examples.is_empty());
        if shape.kind != Kind::Other && !has_any {
            wrong.push("no rule has an example that can be checked".to_owned());
        }
        let defects = self
            .defects
            .iter()
            .map(|it| (it.when.clone(), it.what.clone()));
        Settled {
            defects: defects.collect(),
            part: Part {
                title: match shape.kind {
                    Kind::Functions => format!("`{}`", one.name),
                    Kind::Commands | Kind::Other => one.name.clone(),
                },
                subject,
                opening,
                story: [self.who.clone(), self.want.clone(), self.why.clone()],
                rules,
            },
            wrong,
        }
    }
}

/// Why a rule is none: an earlier one says the same for another condition, so the conditions decide nothing.
fn repeats(earlier: &[Ruled], rule: &Ruled) -> Option<String> {
    let said = |it: &Ruled| it.shall.trim().trim_end_matches('.').to_lowercase();
    // Wrong input of several kinds is refused alike.
    let refuses = said(rule).starts_with("raise");
    let one = earlier
        .iter()
        .find(|it| said(it) == said(rule) && !refuses)?;
    Some(format!(
        "{} and {} it says the same, «{}»: say what differs, or give one rule",
        condition(&one.when),
        condition(&rule.when),
        rule.shall.trim()
    ))
}

impl Shape {
    /// An example as a bullet of a spec; why it is none otherwise.
    fn example(&self, part: &ShapePart, shown: &Shown) -> Result<String, String> {
        let (call, mut gives) = (shown.call.trim(), shown.gives.trim());
        // Asked for a value, a small model gives the empty text as nothing at all.
        if gives.is_empty() && self.kind == Kind::Functions {
            gives = "\"\"";
        }
        let is_python = self.kind == Kind::Functions && self.file.ends_with(".py");
        if is_python && let Some(why) = kinds::misfit(&part.signature, call) {
            return Err(format!("`{call}` does not fit {}: {why}", part.signature));
        }
        let told = match self.kind == Kind::Functions && kinds::is_error(gives) {
            true => format!("`{call}` raises `{}`", gives.trim_end_matches("()")),
            false => format!("`{call}` → `{gives}`"),
        };
        let is_plain = |it: &str| !it.is_empty() && !it.contains(['`', '\n']);
        if !is_plain(call) || !is_plain(gives) {
            return Err(format!("{told} must stand on one line, without backticks"));
        }
        let forms = match self.kind {
            Kind::Commands => vec![format!("`$ {}` → `{gives}`", call.trim_start_matches("$ "))],
            // A text is often given without its quotes.
            _ => {
                let quoted = format!("`{call}` → `{}`", serde_json::Value::from(gives));
                let signature = &part.signature;
                match is_python {
                    _ if kinds::is_error(gives) => vec![told.clone()],
                    true if kinds::lacks_quotes(signature, gives) => vec![quoted],
                    true if kinds::misfit_value(signature, gives).is_some() => Vec::new(),
                    _ => vec![told.clone(), quoted],
                }
            }
        };
        let most = arguments(&part.signature);
        if self.kind == Kind::Functions && given(call) > most {
            return Err(format!(
                "{told} gives {} arguments, but {} takes {most}",
                given(call),
                part.name
            ));
        }
        let found = forms.into_iter().find(|it| self.reads(part, it));
        found.ok_or_else(|| match self.kind {
            Kind::Commands => format!(
                "{told} is no line that runs {} and what it prints",
                self.program()
            ),
            _ => format!(
                "{told} is no call of {} with values as arguments and a value as its answer",
                part.name
            ),
        })
    }

    fn refusal(&self, part: &ShapePart, refused: &Refused) -> Result<Rule, String> {
        let rule = |shall: String, examples: Vec<String>| Rule {
            when: refused.when.clone(),
            shall,
            refuses: true,
            stays: false,
            examples,
        };
        let call = refused.call.trim();
        let most = arguments(&part.signature);
        if self.kind == Kind::Functions && given(call) > most {
            return Err(format!(
                "`{call}` gives {} arguments, but {} takes {most}",
                given(call),
                part.name
            ));
        }
        let raises = refused.raises.trim().trim_end_matches("()");
        let fits = kinds::misfit(&part.signature, call).is_none();
        let is_python = self.kind == Kind::Functions && self.file.ends_with(".py");
        if is_python && raises == "TypeError" && fits && arguments(&part.signature) == given(call) {
            return Err(format!(
                "`{call}` fits {}, so it raises no TypeError",
                part.signature
            ));
        }
        let (shall, example) = match self.kind {
            Kind::Other => return Ok(rule(refused.shall.clone(), Vec::new())),
            Kind::Functions => (
                format!("raise {raises}"),
                format!("`{call}` raises `{raises}`"),
            ),
            Kind::Commands => (
                format!("end with exit code {}", refused.exit),
                format!(
                    "`$ {}` exits with {}",
                    call.trim_start_matches("$ "),
                    refused.exit
                ),
            ),
        };
        match self.reads(part, &example) {
            true => Ok(rule(shall, vec![example])),
            false => Err(format!(
                "{example} cannot be checked: it must be a whole call with values, and the name of an error"
            )),
        }
    }

    /// Whether a bullet is one example about this part.
    fn reads(&self, part: &ShapePart, bullet: &str) -> bool {
        let spec = Spec::parse("x", &format!("### FR-1: A\n\n- {bullet}\n"));
        let mut examples = spec.examples();
        let (Some(one), None) = (examples.next(), examples.next()) else {
            return false;
        };
        match self.kind {
            Kind::Commands => one.call.command.as_ref().is_some_and(|it| {
                let program = it.program.rsplit('/').next().unwrap_or(&it.program);
                program.split('.').next() == Some(self.program())
            }),
            _ => one.call.command.is_none() && one.call.function == part.name,
        }
    }
}

/// How many arguments a call gives.
fn given(call: &str) -> usize {
    call.split_once('(')
        .map_or(0, |(_, rest)| kinds::inside(rest).len())
}

/// The draft of settled parts.
pub(super) fn draft(wish: &Wish<'_>, shape: &Shape, settled: &[Settled]) -> Draft {
    let pair = |it: &Answered| (it.question.clone(), it.answer.clone());
    let (decided, assumed): (Vec<&Answered>, Vec<&Answered>) =
        wish.answers.iter().partition(|it| it.by_person);
    Draft {
        title: shape.title.trim().to_owned(),
        overview: shape.overview.clone(),
        language: match shape.kind {
            Kind::Other => String::new(),
            _ => wish.language.to_owned(),
        },
        parts: settled.iter().map(|it| it.part.clone()).collect(),
        defects: settled.iter().flat_map(|it| it.defects.clone()).collect(),
        assumptions: assumed.into_iter().map(pair).collect(),
        decisions: decided.into_iter().map(pair).collect(),
        cases: match shape.kind {
            Kind::Other => shape.cases.clone(),
            _ => Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish<'static> {
        Wish {
            idea: "slugs",
            answers: &[],
            code: "",
            language: "Python 3",
            is_bugfix: false,
            has_story: false,
        }
    }

    fn shape(kind: &str, file: &str, name: &str, signature: &str) -> Shape {
        let value = serde_json::json!({
            "title": "Slugs", "overview": "Makes slugs of titles.", "kind": kind, "file": file,
            "parts": [{"name": name, "signature": signature, "purpose": "p"}],
        });
        serde_json::from_value(value).expect("a shape")
    }

    #[test]
    fn a_signature_is_no_definition() {
        for (given, expected) in [
            ("def f(x: int) -> str:", "f(x: int) -> str"),
            ("export async function f(x) {", "f(x)"),
            ("pub fn f(x: &str) -> String", "f(x: &str) -> String"),
            ("f(x)", "f(x)"),
        ] {
            assert_eq!(without_keywords(given), expected);
        }
    }

    #[test]
    fn files_and_names_are_made_usable() {
        let settled = |file: &str| {
            let shape = shape("functions", file, "x", "slugify(text: str) -> str");
            shape.settled(&wish()).expect("a shape").file
        };
        for (given, expected) in [
            ("slugs.py", "slugs.py"),
            ("kit/slugs.py", "kit/slugs.py"),
            ("slugs.js", "slugs.py"),
            ("/etc/passwd", "slugs.py"),
            ("../x.py", "slugs.py"),
            (".kiro/x.py", "slugs.py"),
            ("", "slugs.py"),
            ("my-slugs", "my_slugs.py"),
        ] {
            assert_eq!(settled(given), expected, "{given}");
        }
        let named = shape("functions", "", "x", "slugify(text: str) -> str").settled(&wish());
        assert_eq!(named.expect("a shape").parts[0].name, "slugify");
        assert!(
            shape("functions", "", "x", "makes slugs")
                .settled(&wish())
                .is_err()
        );
    }

    #[test]
    fn examples_that_cannot_be_checked_are_told() {
        let shape = shape(
            "functions",
            "slugs.py",
            "slugify",
            "slugify(text: str) -> str",
        );
        let shown = |call: &str, gives: &str| {
            shape.example(
                &shape.parts[0],
                &Shown {
                    call: call.to_owned(),
                    gives: gives.to_owned(),
                },
            )
        };
        assert_eq!(
            shown("slugify(\"A\")", "\"a\""),
            Ok("`slugify(\"A\")` → `\"a\"`".to_owned())
        );
        assert_eq!(
            shown("slugify(\"A b\")", "a-b"),
            Ok("`slugify(\"A b\")` → `\"a-b\"`".to_owned())
        );
        assert_eq!(
            shown("slugify(\"!\")", ""),
            Ok("`slugify(\"!\")` → `\"\"`".to_owned())
        );
        assert!(shown("slugify(text)", "\"a\"").is_err());
        assert!(shown("slugify(\"A\", 2)", "\"a\"").is_err());
        assert!(shown("slugify(3)", "\"a\"").is_err());
        assert_eq!(
            shown("slugify(\"12\")", "12"),
            Ok("`slugify(\"12\")` → `\"12\"`".to_owned())
        );
        assert_eq!(
            shown("slugify(\"\")", "ValueError"),
            Ok("`slugify(\"\")` raises `ValueError`".to_owned())
        );
        assert_eq!(given("f(\"a, \\\"b\", [1, 2], {\"x\": (3, 4)})"), 3);
        assert_eq!((given("f()"), given("f")), (0, 0));
        assert!(shown("other(\"A\")", "\"a\"").is_err());
        assert!(shown("slugify(\"`\")", "\"a\"").is_err());
    }

    #[test]
    fn a_rule_that_says_what_an_earlier_one_says_is_none() {
        let shape = shape("functions", "", "slugify", "slugify(text: str) -> str");
        let rule = |when: &str, shall: &str| Ruled {
            when: when.to_owned(),
            shall: shall.to_owned(),
            examples: vec![Shown {
                call: "slugify(\"A\")".to_owned(),
                gives: "\"a\"".to_owned(),
            }],
        };
        let rules = Rules {
            criteria: vec![
                rule("it is long", "cut it"),
                rule("it is short", "Cut it."),
                rule("it has spaces", "make dashes"),
                rule("it is empty", "raise ValueError"),
                rule("if it is no text", "raise ValueError"),
            ],
            ..Rules::default()
        };
        let settled = rules.settle(&shape, 0);
        assert_eq!(settled.part.rules.len(), 4);
        let told = "when it is long and when it is short it says the same";
        assert!(settled.wrong[0].starts_with(told), "{:?}", settled.wrong);
    }

    #[test]
    fn commands_are_lines_of_the_shapes_program() {
        let shape = shape("commands", "todo.py", "add", "todo add TEXT");
        let shown = |call: &str| {
            let shown = Shown {
                call: call.to_owned(),
                gives: "Added".to_owned(),
            };
            shape.example(&shape.parts[0], &shown)
        };
        assert_eq!(
            shown("todo add milk"),
            Ok("`$ todo add milk` → `Added`".to_owned())
        );
        assert_eq!(
            shown("python3 todo.py add milk"),
            Ok("`$ python3 todo.py add milk` → `Added`".to_owned())
        );
        assert!(shown("rm -rf x").is_err() && shown("todo add | sort").is_err());
    }
}

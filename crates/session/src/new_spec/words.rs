//! What a model is asked about an idea, slot by slot, and the forms of its answers.

use serde_json::{Value, json};

use super::shape::{Answered, Kind, Rules, Shape, Wish};

pub(super) const SYSTEM: &str = "\
You help a person to write down what a piece of software does, before any code exists. You decide precisely and keep it \
as small as the idea allows. Each rule can be tested by somebody who reads nothing else. Values in examples follow from \
the rules. You answer with JSON only.";

/// Most questions that a person is asked.
const QUESTIONS: usize = 3;

fn text(limit: usize) -> Value {
    json!({"type": "string", "maxLength": limit})
}

fn object(properties: Value) -> Value {
    let names: Vec<String> = properties
        .as_object()
        .map(|it| it.keys().cloned().collect())
        .unwrap_or_default();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

fn list(item: Value, least: usize, most: usize) -> Value {
    json!({"type": "array", "items": item, "minItems": least, "maxItems": most})
}

/// The idea with what was decided of it.
fn idea(wish: &Wish<'_>) -> String {
    let mut said = format!("The idea: {}\n", wish.idea);
    for Answered {
        question, answer, ..
    } in wish.answers
    {
        said.push_str(&format!("{question} {answer}\n"));
    }
    if !wish.code.is_empty() {
        said.push_str(&format!(
            "\nCode of the project that it speaks of:\n{}\n",
            wish.code
        ));
    }
    said
}

/// Which questions the idea leaves open.
pub(super) fn questions(wish: &Wish<'_>) -> (String, Value) {
    let asked = format!(
        "{}\nWhich decisions does the idea leave open, so that two readers would build different things? Ask at most \
         {QUESTIONS} short questions about what the software does, never about who builds it or how. For each give 2 to 4 \
         short `options`, and in `assume` the one that you would take.",
        idea(wish)
    );
    let question =
        object(json!({"question": text(160), "options": list(text(60), 2, 4), "assume": text(60)}));
    (
        asked,
        object(json!({"questions": list(question, 0, QUESTIONS)})),
    )
}

/// What is to be built, cut into parts.
pub(super) fn shape(wish: &Wish<'_>) -> (String, Value) {
    let fields = match wish.is_bugfix {
        true => format!(
            "This is a bug. Say what the code is that is wrong:\n\
             - title: what goes wrong, in 2 to 6 words\n\
             - overview: two sentences on what goes wrong and for whom\n\
             - kind: functions where the bug shows when a function is called, else other\n\
             - file: the path of the file that is wrong\n\
             - parts: exactly one, with the name of the function, its signature with types, as in {}, and its purpose in a sentence\n\
             - cases: leave empty",
            wish.signature_like()
        ),
        false => format!(
            "Say what is to be built, as small as the idea allows: one function where one is enough.\n\
             - title: its name for people, in 2 to 6 words\n\
             - overview: two sentences on what it does and for whom\n\
             - kind: functions when all of it can be called as functions; commands when it is a program that people type at a \
             shell; other when it is a service, a page or anything else\n\
             - file: the path of the one source file\n\
             - parts: 1 to 4. Of functions each has a name, a signature with types, as in {}, and its purpose in a sentence. Of \
             commands each has a name, as signature the line that is typed, and a purpose. Of other things each has a short name, \
             an empty signature and a purpose\n\
             - cases: of other things the names of 3 to 6 tests, else leave empty",
            wish.signature_like()
        ),
    };
    let asked = format!("{}\nLanguage: {}\n{fields}", idea(wish), wish.language);
    let part = object(json!({"name": text(60), "signature": text(160), "purpose": text(240)}));
    let parts = if wish.is_bugfix || is_one(wish.idea) {
        1
    } else {
        4
    };
    let form = object(json!({
        "title": text(70),
        "overview": text(500),
        "kind": {"enum": ["functions", "commands", "other"]},
        "file": text(80),
        "parts": list(part, 1, parts),
        "cases": list(text(60), 0, 6),
    }));
    (asked, form)
}

/// Whether an idea speaks of one function.
fn is_one(idea: &str) -> bool {
    let words = idea.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    let one = |pair: &[String]| matches!(pair[0].as_str(), "a" | "one") && pair[1] == "function";
    words.windows(2).filter(|it| one(it)).count() == 1 && !words.iter().any(|it| it == "functions")
}

/// A whole call of a part, or a line that runs its program.
fn call(shape: &Shape, part: usize) -> Value {
    let pattern = match shape.kind {
        Kind::Functions => format!("^{}\\(.*\\)$", plain(&shape.parts[part].name)),
        Kind::Commands | Kind::Other => format!("^(\\$ )?{}( .*)?$", plain(shape.program())),
    };
    json!({"type": "string", "pattern": pattern, "maxLength": 200})
}

/// A text that stands for itself in a pattern.
fn plain(text: &str) -> String {
    let escaped = |c: char| match c.is_alphanumeric() || c == '_' {
        true => c.to_string(),
        false => format!("\\{c}"),
    };
    text.chars().map(escaped).collect()
}

fn rule(shape: &Shape, part: usize, most: usize) -> Value {
    let mut fields = json!({"when": text(200), "shall": text(240)});
    if shape.kind != Kind::Other {
        let example = object(json!({"call": call(shape, part), "gives": text(200)}));
        fields["examples"] = list(example, 1, most);
    }
    object(fields)
}

fn refusal(shape: &Shape, part: usize) -> Value {
    let mut fields = json!({"when": text(200)});
    match shape.kind {
        Kind::Functions => {
            fields["call"] = call(shape, part);
            fields["raises"] = text(60);
        }
        Kind::Commands => {
            fields["call"] = call(shape, part);
            fields["exit"] = json!({"type": "integer", "minimum": 1, "maximum": 125});
        }
        Kind::Other => fields["shall"] = text(240),
    }
    object(fields)
}

/// How many arguments a signature has.
pub(super) fn arguments(signature: &str) -> usize {
    let spec = spec::Spec::parse("x", &format!("### FR-1: A\n\n`{signature}`\n\n- x\n"));
    let declared = spec
        .requirements
        .first()
        .and_then(|it| it.functions.first());
    declared.map_or(0, |it| it.parameters().len())
}

/// The rules of one part.
pub(super) fn rules(wish: &Wish<'_>, shape: &Shape, part: usize) -> (String, Value) {
    let one = &shape.parts[part];
    let head = match one.signature.is_empty() {
        true => one.name.clone(),
        false => one.signature.clone(),
    };
    let examples = match shape.kind {
        Kind::Functions => format!(
            " `examples`, 1 to 3: `call`, a whole call of {} with {} and real values in it, no names, and `gives`, the value that \
             it returns, written as in code.",
            one.name,
            match arguments(&one.signature) {
                1 => "its one argument".to_owned(),
                count => format!("its {count} arguments"),
            }
        ),
        Kind::Commands => format!(
            " `examples`, 1 to 2: `call`, the whole line that is typed: {} and what follows it, which must work in an empty folder \
             without anything typed before, and `gives`, the one line that is printed.",
            shape.program()
        ),
        Kind::Other => String::new(),
    };
    let refusals = match shape.kind {
        Kind::Functions => {
            "`call`, a call with such input, and `raises`, the name of the error, such as ValueError"
        }
        Kind::Commands => "`call`, such a line, and `exit`, the exit code",
        Kind::Other => "`shall`, what happens instead",
    };
    let story = match wish.has_story {
        true => " `who`, a role, `want`, what they want, and `why`, each a few words.",
        false => "",
    };
    let (first, second) = match wish.is_bugfix {
        true => (
            "`defects`, 1 or 2: `when`, and `what` happens today that is wrong. `criteria`, 1 to 3, the right behaviour",
            "`unchanged`, 1 to 2, in the same form: what works today and must stay. ",
        ),
        false => ("`criteria`, 2 to 4 rules", ""),
    };
    let asked = format!(
        "{}\nThe whole: {}\nThe part: {head}: {}\nGive its rules.{story} {first}: `when`, the condition in words; `shall`, a \
         verb and exactly what happens then, another thing in every rule.{examples} {second}`refusals`, at \
         most 2, for input that is wrong: `when`; {refusals}. No vague words such as fast, simple or correctly.",
        idea(wish),
        shape.overview,
        one.purpose
    );
    let mut fields = json!({
        "criteria": list(rule(shape, part, 3), 1, 4),
        "refusals": list(refusal(shape, part), 0, 2),
    });
    if wish.is_bugfix {
        let defect = object(json!({"when": text(200), "what": text(240)}));
        fields["defects"] = list(defect, 1, 2);
        fields["unchanged"] = list(rule(shape, part, 2), 1, 2);
    }
    if wish.has_story {
        for name in ["who", "want", "why"] {
            fields[name] = text(80);
        }
    }
    (asked, object(fields))
}

/// The same again, with what is wrong with the last answer.
pub(super) fn again(asked: &str, last: &str, wrong: &[String]) -> String {
    format!(
        "{asked}\n\nYour last answer was:\n{last}\n\nThe program checked it and found:\n- {}\nWrite the whole answer anew, with \
         that mended.",
        wrong.join("\n- ")
    )
}

/// The rules of a part, one a line.
fn said(rules: &Rules) -> String {
    let said: Vec<String> = rules
        .criteria
        .iter()
        .chain(&rules.unchanged)
        .map(|it| format!("- {}: {}", condition(&it.when), it.shall))
        .chain(
            rules
                .refusals
                .iter()
                .map(|it| format!("- {}: raise {}", condition(&it.when), it.raises)),
        )
        .collect();
    said.join("\n")
}

/// A condition with its word before it.
pub(super) fn condition(when: &str) -> String {
    let lower = when.to_lowercase();
    match ["when ", "if ", "whenever "]
        .iter()
        .any(|it| lower.starts_with(it))
    {
        true => when.to_owned(),
        false => format!("when {when}"),
    }
}

/// A function by the rules alone.
pub(super) fn code(shape: &Shape, part: usize, rules: &Rules) -> String {
    let one = &shape.parts[part];
    format!(
        "{}: {}\n{}\n\nWrite this Python function by these rules, whole, in one code block, with the imports that it needs. No \
         tests and no examples.",
        one.signature,
        one.purpose,
        said(rules)
    )
}

/// What calls give by the rules alone.
pub(super) fn worked_out(
    shape: &Shape,
    part: usize,
    rules: &Rules,
    calls: &[String],
) -> (String, Value) {
    let one = &shape.parts[part];
    let asked = format!(
        "{}: {}\n{}\n\nWhat does each of these calls give by these rules? In `steps` work it out in a few words, in `gives` write the \
         value as in code, or the name of the error.\n{}",
        one.signature,
        one.purpose,
        said(rules),
        calls.join("\n")
    );
    // Each answer names its call first, so that none is about another one.
    let answers: Vec<Value> = calls
        .iter()
        .map(|it| object(json!({"call": {"const": it}, "steps": text(200), "gives": text(200)})))
        .collect();
    let answers = json!({
        "type": "array", "prefixItems": answers, "items": false,
        "minItems": calls.len(), "maxItems": calls.len(),
    });
    (asked, object(json!({"answers": answers})))
}

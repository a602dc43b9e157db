//! Programs that call a candidate on derived inputs and print what came of each, a line a call. They judge
//! nothing; they let candidates be compared.

use code::Language;

use super::{module_of, relative};

/// The name of the error that stands for a call which changed what it was given.
const CHANGED: &str = "ChangedArgument";

/// What is watched, and how.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// The file, relative to the project.
    pub file: &'a str,
    /// The function in it.
    pub function: &'a str,
    /// Whether a call that changes what it is given counts as one that fails.
    pub keeps_arguments: bool,
    /// Calls with names that every object of its language has, which must be to it as any other.
    pub inherited: &'a [String],
}

/// A program that watches one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its file, relative to the project.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The program that runs it.
    program: &'static str,
    /// The calls that it makes.
    pub calls: Vec<String>,
    /// How many of them candidates are compared on; the others are with inherited names.
    pub compared: usize,
}

/// What came of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// A value, written out.
    Value(String),
    /// An error of this name, or no end.
    Error(String),
}

impl Came {
    /// Whether the call changed what it was given, where that is watched.
    fn is_change(&self) -> bool {
        matches!(self, Came::Error(name) if name == CHANGED)
    }

    /// Whether it gave a function of the language itself.
    fn is_native(&self) -> bool {
        matches!(self, Came::Value(value) if value.contains("[native code]"))
    }
}

const PYTHON: &str = r#"import importlib, io, itertools, os, signal, sys

out, sys.stdout, sys.stderr = sys.stdout, io.StringIO(), io.StringIO()
sys.path.insert(0, ROOT)


def shown(value, depth=0):
    if depth > 20:
        return "..."
    if isinstance(value, float):
        return "%.9g" % value
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(shown(it, depth + 1) for it in value)) + "}"
    if isinstance(value, dict):
        pairs = [shown(k, depth + 1) + ": " + shown(v, depth + 1) for k, v in value.items()]
        return "{" + ", ".join(sorted(pairs)) + "}"
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "[" + ", ".join(shown(it, depth + 1) for it in value) + "]"
    if hasattr(value, "__next__"):
        return shown(list(itertools.islice(value, 100)), depth + 1)
    if type(value).__repr__ is object.__repr__:
        return type(value).__name__
    return ascii(value)


def stop(*_):
    raise TimeoutError


class ChangedArgument(Exception):
    pass


def keeping(subject):
    def call(*given, **named):
        before = repr((given, named))
        value = subject(*given, **named)
        if repr((given, named)) != before:
            raise ChangedArgument
        return value

    return call if KEEPS else subject


def main():
    try:
        subject = getattr(importlib.import_module("MODULE"), "FUNCTION")
    except BaseException as error:
        out.write("import ! " + type(error).__name__ + "\n")
        out.flush()
        os._exit(1)
    signal.signal(signal.SIGALRM, stop)
    late = 0
    for number, call in enumerate(CALLS):
        line = "! TimeoutError"
        if late < 3:
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            try:
                line = "= " + shown(eval(call, {"FUNCTION": keeping(subject)}))[:400]
            except BaseException as error:
                late += isinstance(error, TimeoutError)
                line = "! " + type(error).__name__
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        out.write("%d %s\n" % (number, line))
        out.flush()


main()
os._exit(0)
"#;

const SCRIPT: &str = r#"import vm from "node:vm";

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write = () => true;

function shown(value, depth = 0) {
  if (depth > 20) return "...";
  if (typeof value === "number") return String(Number(value.toPrecision(9)));
  if (Array.isArray(value)) return "[" + value.map((it) => shown(it, depth + 1)).join(", ") + "]";
  if (value instanceof Set) return "Set" + shown([...value].map((it) => shown(it, depth + 1)).sort());
  if (value instanceof Map) return "Map" + shown([...value], depth + 1);
  if (value && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return "{" + keys.map((key) => key + ": " + shown(value[key], depth + 1)).join(", ") + "}";
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

let subject;
try {
  const module = await import("MODULE");
  subject = module["FUNCTION"] ?? module.default?.["FUNCTION"];
  if (subject === undefined) throw new TypeError("not exported");
} catch (error) {
  write("import ! " + error?.name + "\n");
  process.exit(1);
}
function keeping(...given) {
  const before = shown(given);
  const value = subject(...given);
  if (shown(given) !== before) throw Object.assign(new Error(), { name: "ChangedArgument" });
  return value;
}
const context = vm.createContext({ ["FUNCTION"]: KEEPS ? keeping : subject });
let late = 0;
for (const [number, call] of CALLS.entries()) {
  let line = "! TimeoutError";
  if (late < 3) {
    try {
      line = "= " + shown(await vm.runInContext(call, context, { timeout: 500 })).slice(0, 400);
    } catch (error) {
      const isLate = error?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
      late += isLate ? 1 : 0;
      line = "! " + (isLate ? "TimeoutError" : error?.name);
    }
  }
  write(number + " " + line + "\n");
}
process.exit(0);
"#;

/// The program for `calls` of what is watched, to stand in `folder`; none where its language has none, or without calls.
pub fn probe(
    language: Language,
    watched: Watched<'_>,
    calls: &[String],
    folder: &str,
) -> Option<Probe> {
    let Watched { file, function, .. } = watched;
    let compared = calls.len();
    let calls = [calls, watched.inherited].concat();
    let listed: Vec<String> = calls.iter().map(|it| super::python::literal(it)).collect();
    let listed = format!("[{}]", listed.join(", "));
    let name = function.to_ascii_lowercase();
    let (path, program, template, module) = match language {
        _ if compared == 0 => return None,
        Language::Python => {
            let up = "..".to_owned() + &"/..".repeat(folder.matches('/').count());
            let keeps = match watched.keeps_arguments {
                true => "True",
                false => "False",
            };
            let root =
                format!("os.path.join(os.path.dirname(os.path.abspath(__file__)), \"{up}\")");
            (
                format!("{folder}/probe_{name}.py"),
                "python3",
                PYTHON.replace("ROOT", &root).replace("KEEPS", keeps),
                module_of(file),
            )
        }
        Language::JavaScript => {
            let path = format!("{folder}/probe_{name}.mjs");
            let module = relative(&path, file);
            let keeps = watched.keeps_arguments.to_string();
            (path, "node", SCRIPT.replace("KEEPS", &keeps), module)
        }
        Language::TypeScript | Language::Rust => return None,
    };
    Some(Probe {
        text: template
            .replace("MODULE", &module)
            .replace("FUNCTION", function)
            .replace("CALLS", &listed),
        path,
        program,
        calls,
        compared,
    })
}

impl Probe {
    /// Words that run it when the project stands in `root`; the first names a program. It is best run from another
    /// folder, so that what a candidate writes does not end up in the project.
    pub fn argv(&self, root: &str) -> Vec<String> {
        vec![self.program.to_owned(), format!("{root}/{}", self.path)]
    }

    /// Reads what the program printed; none when the function could not even be imported. A call that it says
    /// nothing of did not end.
    pub fn read(&self, printed: &str) -> Option<Vec<Came>> {
        if printed.starts_with("import ! ") {
            return None;
        }
        let mut came = vec![Came::Error("no end".to_owned()); self.calls.len()];
        for line in printed.lines() {
            let mut words = line.splitn(3, ' ');
            let number = words.next().and_then(|it| it.parse::<usize>().ok());
            let Some(place) = number.and_then(|it| came.get_mut(it)) else {
                continue;
            };
            match (words.next(), words.next()) {
                (Some("="), Some(value)) => *place = Came::Value(value.to_owned()),
                (Some("!"), Some(name)) => *place = Came::Error(name.to_owned()),
                _ => {}
            }
        }
        Some(came)
    }

    /// What speaks against a candidate of which this came, whatever it is for: it changed what it was given, where that must stay
    /// as it is, or it looks a name up in an object and finds what every object has.
    pub fn objection(&self, came: &[Came]) -> Option<String> {
        let calls = || self.calls.iter().zip(came);
        let changed = calls().find(|(_, it)| it.is_change());
        let native = || calls().skip(self.compared).find(|(_, it)| it.is_native());
        let (call, what) = match (changed, native()) {
            (Some((call, _)), _) => (
                call,
                "it changes what it is given, which must stay as it is",
            ),
            (None, Some((call, _))) => (call, "it gives what every object has by that name"),
            (None, None) => return None,
        };
        Some(format!("{call}: {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_probe_printed_is_read_line_by_line() {
        let calls = ["f(1)", "f(2)", "f(\"a\\\"b\")"].map(str::to_owned);
        let watched = Watched {
            file: "kit/f.py",
            function: "f",
            keeps_arguments: true,
            inherited: &["f(\"toString\")".to_owned()],
        };
        let probe = probe(Language::Python, watched, &calls, "t").expect("a program");
        assert!(probe.text.contains("import_module(\"kit.f\"), \"f\")"));
        assert!(probe.text.contains(
            "enumerate([\"f(1)\", \"f(2)\", \"f(\\\"a\\\\\\\"b\\\")\", \"f(\\\"toString\\\")\"])"
        ));
        let came = probe
            .read("0 = 1 ! 2\n2 ! KeyError\n9 = 1\nx\n")
            .expect("read");
        let expected = [
            Came::Value("1 ! 2".to_owned()),
            Came::Error("no end".to_owned()),
            Came::Error("KeyError".to_owned()),
            Came::Error("no end".to_owned()),
        ];
        assert_eq!(came, expected);
        assert_eq!(probe.compared, 3);
        let objection = |printed: &str| probe.objection(&probe.read(printed).expect("read"));
        let changed = "f(2): it changes what it is given, which must stay as it is";
        assert_eq!(objection("1 ! ChangedArgument\n").as_deref(), Some(changed));
        let native = "function toString() { [native code] }\n";
        let found = "f(\"toString\"): it gives what every object has by that name";
        assert_eq!(objection(&format!("3 = {native}")).as_deref(), Some(found));
        assert_eq!(objection(&format!("2 = {native}3 = 0\n")), None);
        assert_eq!(probe.read("import ! SyntaxError\n"), None);
    }
}

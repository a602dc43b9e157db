//! Options of programs, read as getopt reads them, over arguments of which not all is known.

use super::value::Field;

/// Which options of a program take a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    /// Letters whose value is attached or the next argument.
    pub(crate) short: &'static str,
    /// Names whose value stands behind `=` or is the next argument.
    pub(crate) long: &'static [&'static str],
}

impl Spec {
    /// No option takes a value.
    pub(crate) const NONE: Spec = Spec::new("", &[]);

    pub(crate) const fn new(short: &'static str, long: &'static [&'static str]) -> Spec {
        Spec { short, long }
    }
}

/// One option that was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// A letter, or a name as typed.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Option<Field>,
}

/// Options, and the operands in whatever form they are held.
#[derive(Debug)]
pub(crate) struct Parsed<Operands> {
    pub(crate) options: Vec<Given>,
    pub(crate) operands: Operands,
}

impl<Operands> Parsed<Operands> {
    /// The values of an option, by its letter or its name; a name may have been shortened.
    pub(crate) fn values(&self, names: &[&str]) -> Vec<Field> {
        self.options
            .iter()
            .filter(|given| given.is_any(names))
            .filter_map(|given| given.value.clone())
            .collect()
    }

    /// Whether an option was given.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|given| given.is_any(names))
    }
}

impl Given {
    /// Whether it is one of these, by its letter or its name.
    pub(crate) fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| means(&self.name, name))
    }
}

/// Whether what was typed means the option of that name: a name may be shortened.
fn means(typed: &str, name: &str) -> bool {
    typed == name || (typed.len() > 2 && name.starts_with(typed))
}

/// Reads options up to the first operand, as programs do that start another program.
pub(crate) fn leading<'a>(arguments: &'a [Field], spec: &Spec) -> Parsed<&'a [Field]> {
    let mut options = Vec::new();
    let mut at = 0;
    while let Some(field) = arguments.get(at) {
        let prefix = field.prefix();
        if prefix == "--" {
            at += 1;
            break;
        }
        if !prefix.starts_with('-') || prefix == "-" {
            break;
        }
        at += 1 + option(field, &prefix, arguments.get(at + 1), spec, &mut options);
    }
    Parsed {
        options,
        operands: &arguments[at.min(arguments.len())..],
    }
}

/// Reads options wherever they stand.
pub(crate) fn anywhere(arguments: &[Field], spec: &Spec) -> Parsed<Vec<Field>> {
    let mut options = Vec::new();
    let mut operands = Vec::new();
    let mut at = 0;
    while let Some(field) = arguments.get(at) {
        let prefix = field.prefix();
        at += 1;
        if prefix == "--" {
            operands.extend_from_slice(&arguments[at..]);
            break;
        }
        if !prefix.starts_with('-') || prefix == "-" {
            operands.push(field.clone());
            continue;
        }
        at += option(field, &prefix, arguments.get(at), spec, &mut options);
    }
    Parsed { options, operands }
}

/// Reads one argument that begins with `-`; gives how many more it takes.
fn option(
    field: &Field,
    prefix: &str,
    next: Option<&Field>,
    spec: &Spec,
    options: &mut Vec<Given>,
) -> usize {
    if let Some(long) = prefix.strip_prefix("--") {
        if let Some(end) = long.find('=') {
            options.push(Given {
                name: long[..end].to_owned(),
                value: Some(field.after(2 + end + 1)),
            });
            return 0;
        }
        let takes = spec.long.iter().any(|name| means(long, name));
        options.push(Given {
            name: long.to_owned(),
            value: next.cloned().filter(|_| takes),
        });
        return usize::from(takes);
    }
    for (at, letter) in prefix.char_indices().skip(1) {
        let takes = spec.short.contains(letter);
        let attached = field.after(at + letter.len_utf8());
        let is_attached = attached.text().is_none_or(|text| !text.is_empty());
        let value = match (takes, is_attached) {
            (false, _) => None,
            (true, true) => Some(attached),
            (true, false) => next.cloned(),
        };
        options.push(Given {
            name: letter.to_string(),
            value,
        });
        if takes {
            return usize::from(!is_attached);
        }
    }
    0
}

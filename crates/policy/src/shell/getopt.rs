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

/// One option that was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// A letter, or a name as typed.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Option<Field>,
}

/// The options before the first operand, and the rest.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) options: Vec<Given>,
    pub(crate) operands: &'a [Field],
}

impl Parsed<'_> {
    /// The values of an option, by its letter or its name; a name may have been shortened.
    pub(crate) fn values(&self, names: &[&str]) -> Vec<Field> {
        self.options
            .iter()
            .filter(|given| names.iter().any(|name| given.is(name)))
            .filter_map(|given| given.value.clone())
            .collect()
    }

    /// Whether an option was given.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.options
            .iter()
            .any(|given| names.iter().any(|name| given.is(name)))
    }
}

impl Given {
    fn is(&self, name: &str) -> bool {
        self.name == name || (self.name.len() > 2 && name.starts_with(self.name.as_str()))
    }
}

/// Reads options up to the first operand, as programs do that start another program.
pub(crate) fn leading<'a>(arguments: &'a [Field], spec: &Spec) -> Parsed<'a> {
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

/// Reads options wherever they stand; gives them and the operands.
pub(crate) fn anywhere(arguments: &[Field], spec: &Spec) -> (Vec<Given>, Vec<Field>) {
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
    (options, operands)
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
        let takes = spec
            .long
            .iter()
            .any(|name| *name == long || (long.len() > 2 && name.starts_with(long)));
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

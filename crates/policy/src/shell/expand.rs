//! What a word may become: brace expansion, values of variables as far as they are known, splitting into fields.

use super::brace;
use super::value::{ALTERNATIVES_MAX, Field, Origin, Part};
use super::walk::Walk;
use super::word::{self, Mode, Piece};

/// One way that a word may come out: its fields.
pub(crate) type Fields = Vec<Field>;

/// What stands in a row before it is split into fields.
#[derive(Clone, Debug)]
enum Item {
    Part(Part),
    /// A new field begins here.
    Break,
}

impl Walk<'_> {
    /// Every way that a word of a command may come out.
    pub(crate) fn expand_word(&mut self, text: &str) -> Vec<Fields> {
        let mut ways: Vec<Fields> = vec![Vec::new()];
        for word in brace::expand(text) {
            let of_word = self.expand_braceless(&word);
            ways = combine(ways, &of_word);
        }
        ways
    }

    /// Every way that a list of words may come out.
    pub(crate) fn expand_words<'w>(
        &mut self,
        words: impl IntoIterator<Item = &'w str>,
    ) -> Vec<Fields> {
        let mut ways: Vec<Fields> = vec![Vec::new()];
        for word in words {
            let of_word = self.expand_word(word);
            ways = combine(ways, &of_word);
        }
        ways
    }

    /// Every text that a word may be where it is not split: in an assignment, behind a redirection.
    pub(crate) fn expand_value(&mut self, text: &str, mode: Mode) -> Vec<Field> {
        let rows = self.rows(text, mode);
        rows.into_iter()
            .map(|row| Field {
                parts: row
                    .into_iter()
                    .map(|item| match item {
                        Item::Part(part) => part,
                        Item::Break => text_part(" ", true),
                    })
                    .collect(),
            })
            .collect()
    }

    fn expand_braceless(&mut self, text: &str) -> Vec<Fields> {
        let rows = self.rows(text, Mode::Word);
        rows.into_iter().map(split).collect()
    }

    fn rows(&mut self, text: &str, mode: Mode) -> Vec<Vec<Item>> {
        let read = word::pieces(text, mode);
        if read.broken {
            self.doubt("a quote or substitution is opened and never closed");
        }
        let mut rows: Vec<Vec<Item>> = vec![Vec::new()];
        for piece in read.pieces {
            let ways = self.piece(piece);
            if let [only] = ways.as_slice() {
                for row in &mut rows {
                    row.extend(only.iter().cloned());
                }
                continue;
            }
            let so_far: usize = rows.iter().map(Vec::len).sum();
            if !self.produce(16 * so_far * ways.len()) {
                for row in &mut rows {
                    row.push(hole(quoted_of(&ways), 0));
                }
                continue;
            }
            let mut longer = Vec::new();
            for row in &rows {
                for way in &ways {
                    if longer.len() < ALTERNATIVES_MAX {
                        longer.push(row.iter().chain(way).cloned().collect());
                    }
                }
            }
            rows = longer;
        }
        rows
    }

    /// Every row of items that a piece may be. Never empty.
    fn piece(&mut self, piece: Piece) -> Vec<Vec<Item>> {
        match piece {
            Piece::Text { text, quoted } => vec![vec![Item::Part(text_part(&text, quoted))]],
            Piece::Tilde => vec![vec![hole(true, 0)]],
            Piece::Arithmetic { source } => {
                self.substitutions_of(&source);
                vec![vec![hole(true, 0)]]
            }
            Piece::Command { source, quoted } => {
                let output = self.substitution(&source);
                let texts: Vec<String> = output
                    .texts
                    .iter()
                    .map(|text| text.trim_end_matches('\n').to_owned())
                    .collect();
                self.known_or_hole(texts, quoted, output.origin)
            }
            Piece::Process { source, output } => {
                let number = self.process_substitution(&source, output);
                vec![vec![Item::Part(Part::Channel(number))]]
            }
            Piece::Parameter { source, quoted } => self.parameter_rows(&source, quoted),
        }
    }

    fn known_or_hole(&self, texts: Vec<String>, quoted: bool, origin: Origin) -> Vec<Vec<Item>> {
        if texts.is_empty() {
            return vec![vec![hole(quoted, origin)]];
        }
        texts
            .iter()
            .map(|text| self.items_of_text(text, quoted))
            .collect()
    }

    fn items_of_text(&self, text: &str, quoted: bool) -> Vec<Item> {
        if quoted {
            return vec![Item::Part(text_part(text, true))];
        }
        let separators = self.field_separators();
        let mut items = Vec::new();
        for (n, field) in text.split(|c| separators.contains(&c)).enumerate() {
            if n > 0 {
                items.push(Item::Break);
            }
            if !field.is_empty() {
                items.push(Item::Part(text_part(field, false)));
            }
        }
        items
    }

    fn parameter_rows(&mut self, source: &str, quoted: bool) -> Vec<Vec<Item>> {
        if let Some(fields) = self.all_arguments(source)
            && self.produce(fields.iter().map(Field::bytes).sum())
        {
            return vec![separated(&fields, quoted)];
        }
        let values = self.parameter(source);
        values
            .into_iter()
            .map(|value| {
                let parts = value.parts.into_iter().flat_map(|part| match part {
                    Part::Text { text, .. } => self.items_of_text(&text, quoted),
                    Part::Hole { origin, .. } => vec![hole(quoted, origin)],
                    Part::Channel(number) => vec![Item::Part(Part::Channel(number))],
                });
                let mut items: Vec<Item> = parts.collect();
                if quoted {
                    items.push(Item::Part(text_part("", true)));
                }
                items
            })
            .collect()
    }

    /// The positional parameters, for `$@` and `$*`, where they are known.
    fn all_arguments(&self, source: &str) -> Option<Vec<Field>> {
        let list = source.strip_suffix("[@]").or(source.strip_suffix("[*]"));
        if let Some(list) = list.and_then(|name| self.lists.get(name)) {
            return Some(list.clone());
        }
        let known = self.arguments.as_ref()?;
        match source {
            "@" | "*" => Some(known.iter().skip(1).cloned().collect()),
            _ => {
                let from = source.strip_prefix(['@', '*'])?.strip_prefix(':')?;
                let from: usize = from.trim().parse().ok()?;
                Some(known.iter().skip(from).cloned().collect())
            }
        }
    }

    fn field_separators(&self) -> Vec<char> {
        let mut separators = vec![' ', '\t', '\n'];
        for value in self.variables.get("IFS").into_iter().flatten() {
            separators.extend(value.prefix().chars());
        }
        separators
    }
}

/// Every way of one list followed by every way of another, as long as there are not too many.
pub(crate) fn combine(mut ways: Vec<Fields>, next: &[Fields]) -> Vec<Fields> {
    if let [only] = next {
        for way in &mut ways {
            way.extend(only.iter().cloned());
        }
        return ways;
    }
    let mut all = Vec::new();
    for first in &ways {
        for second in next {
            if all.len() < ALTERNATIVES_MAX {
                all.push(first.iter().chain(second).cloned().collect());
            }
        }
    }
    all
}

fn separated(fields: &[Field], quoted: bool) -> Vec<Item> {
    let mut items = Vec::new();
    for (n, field) in fields.iter().enumerate() {
        if n > 0 {
            items.push(Item::Break);
        }
        let parts = field.parts.iter().map(|part| match part {
            Part::Hole { origin, .. } => hole(quoted, *origin),
            part => Item::Part(part.clone()),
        });
        items.extend(parts);
    }
    items
}

fn split(row: Vec<Item>) -> Fields {
    let mut fields = Vec::new();
    let mut field = Field::default();
    for item in row {
        match item {
            Item::Part(part) => field.parts.push(part),
            Item::Break => push_field(&mut fields, std::mem::take(&mut field)),
        }
    }
    push_field(&mut fields, field);
    fields
}

fn push_field(fields: &mut Fields, field: Field) {
    let is_something = field.parts.iter().any(|part| match part {
        Part::Text { text, quoted } => *quoted || !text.is_empty(),
        Part::Hole { .. } | Part::Channel(_) => true,
    });
    if is_something {
        fields.push(field);
    }
}

/// Whether what stands for several ways is quoted.
fn quoted_of(ways: &[Vec<Item>]) -> bool {
    ways.iter().flatten().all(|item| match item {
        Item::Part(Part::Text { quoted, .. } | Part::Hole { quoted, .. }) => *quoted,
        Item::Part(Part::Channel(_)) | Item::Break => false,
    })
}

fn text_part(text: &str, quoted: bool) -> Part {
    Part::Text {
        text: text.to_owned(),
        quoted,
    }
}

fn hole(quoted: bool, origin: Origin) -> Item {
    Item::Part(Part::Hole { quoted, origin })
}

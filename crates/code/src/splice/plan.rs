//! Deciding what goes where in the file.

use super::edit::{Edit, apply};
use super::helper::{Helpers, helpers};
use super::item::Item;
use super::place::{
    Block, MemberPlace, append_point, before_statement, insert_blocks, join, member_indentation,
    member_place,
};
use super::{Parsed, SpliceError, Target};
use crate::definition::Definition;
use crate::language::Language;
use crate::layout::{Paragraph, indentation_at, next_line};
use crate::names::mentions;
use crate::symbol::SymbolKind;
use crate::tree::{one_line, slice};

/// The file with the new code in it, imports not yet merged.
pub(super) struct Placed {
    pub(super) text: String,
    /// The pieces of text that are new.
    pub(super) added: Vec<String>,
}

/// Puts the target and its helpers into the file.
pub(super) fn place(
    file: &Parsed<'_>,
    item: &Item,
    target: &Target,
) -> Result<Placed, SpliceError> {
    let wanted = item.wanted(target);
    let helpers = helpers(item, target, &wanted);
    let mut plan = Plan {
        file,
        item,
        target,
        edits: Vec::new(),
        added: Vec::new(),
    };
    plan.refuse_broken_file()?;
    match &target.parent {
        Some(parent)
            if !file.named(&target.full).is_empty()
                || plan.container(parent, &wanted).is_some() =>
        {
            plan.member(parent, &wanted, &helpers)?;
        }
        Some(parent) => plan.whole_parent(parent)?,
        None => plan.top_level(&wanted, &helpers)?,
    }
    Ok(Placed {
        text: apply(file.source, plan.edits),
        added: plan.added,
    })
}

struct Plan<'a> {
    file: &'a Parsed<'a>,
    item: &'a Item,
    target: &'a Target,
    edits: Vec<Edit>,
    added: Vec<String>,
}

impl<'a> Plan<'a> {
    /// A file with an error is edited only where the target stands whole, or added to when it says
    /// nothing of the target yet.
    fn refuse_broken_file(&self) -> Result<(), SpliceError> {
        let Some(error) = self.file.error() else {
            return Ok(());
        };
        let there = self.file.named(&self.target.full);
        let whole = there.iter().all(|it| !it.broken);
        let known = !there.is_empty() || !mentions(self.file.source, &self.target.name);
        if whole && known {
            return Ok(());
        }
        Err(SpliceError::FileSyntax {
            name: self.target.full.clone(),
            error,
        })
    }

    fn top_level(
        &mut self,
        wanted: &[&Definition],
        helpers: &Helpers<'_>,
    ) -> Result<(), SpliceError> {
        let there = self.file.named(&self.target.full);
        let mut blocks = self.top_helpers(helpers);
        let Some(first) = there.first() else {
            blocks.extend(self.blocks(wanted, ""));
            self.insert(append_point(self.file), &blocks);
            return Ok(());
        };
        self.insert(before_statement(self.file, first.top.start), &blocks);
        let fresh = self.replace(wanted)?;
        let last_end = there
            .iter()
            .map(|it| it.top.end)
            .max()
            .unwrap_or(first.top.end);
        let blocks = self.blocks(&fresh, "");
        self.insert(next_line(self.file.source, last_end), &blocks);
        Ok(())
    }

    fn member(
        &mut self,
        parent: &str,
        wanted: &[&Definition],
        helpers: &Helpers<'_>,
    ) -> Result<(), SpliceError> {
        let there = self.file.named(&self.target.full);
        let fresh = self.replace(wanted)?;
        let container = self.container(parent, wanted);
        let top = there
            .first()
            .copied()
            .or(container)
            .map_or(0, |it| it.top.start);
        let blocks = self.top_helpers(helpers);
        self.insert(before_statement(self.file, top), &blocks);
        let missing = self.member_helpers(helpers);
        let new: Vec<&Definition> = missing.into_iter().chain(fresh).collect();
        if new.is_empty() {
            return Ok(());
        }
        let class = container.ok_or_else(|| self.no_parent(parent))?;
        self.add_members(class, &new)
    }

    /// The class itself comes from the item, since the file has none; of a type that the file has,
    /// the implementation that holds the target.
    fn whole_parent(&mut self, parent: &str) -> Result<(), SpliceError> {
        let target = Target::parse(parent);
        let there = self.file.named(parent);
        let methods = self.item.wanted(self.target);
        let holds = |it: &Definition| {
            methods
                .iter()
                .any(|method| it.symbol.span.contains(&method.symbol.span.start))
        };
        let mut wanted = self
            .item
            .definitions
            .iter()
            .filter(|it| it.symbol.qualified() == parent)
            .collect::<Vec<_>>();
        wanted.retain(|it| {
            there
                .iter()
                .all(|old| old.symbol.variant != it.symbol.variant)
        });
        wanted.retain(|it| it.symbol.kind != SymbolKind::Impl || holds(it));
        if self.item.bare || target.parent.is_some() || !wanted.iter().any(|it| holds(it)) {
            return Err(self.no_parent(parent));
        }
        let helpers = helpers(self.item, &target, &wanted);
        let mut blocks = self.top_helpers(&helpers);
        blocks.extend(self.blocks(&wanted, ""));
        let end = there.iter().map(|it| it.top.end).max();
        let at = end.map_or_else(
            || append_point(self.file),
            |end| next_line(self.file.source, end),
        );
        self.insert(at, &blocks);
        Ok(())
    }

    fn no_parent(&self, parent: &str) -> SpliceError {
        SpliceError::NoParent {
            name: self.target.full.clone(),
            parent: parent.to_owned(),
        }
    }

    /// The class or implementation of the file that a new member goes into: for a method of a trait,
    /// the implementation of that trait.
    fn container(&self, parent: &str, wanted: &[&Definition]) -> Option<&'a Definition> {
        let kinds = [
            SymbolKind::Impl,
            SymbolKind::Class,
            SymbolKind::Trait,
            SymbolKind::Module,
            SymbolKind::Interface,
        ];
        let of_trait = wanted.first().and_then(|it| it.symbol.variant.as_deref());
        let found: Vec<&'a Definition> = self
            .file
            .definitions
            .iter()
            .filter(|it| it.symbol.qualified() == parent && kinds.contains(&it.symbol.kind))
            .collect();
        let trait_of = |it: &Definition| {
            let variant = it.symbol.variant.clone().unwrap_or_default();
            variant.split_once(" for ").map(|(name, _)| name.to_owned())
        };
        let exact = found
            .iter()
            .find(|it| it.symbol.kind != SymbolKind::Impl || trait_of(it).as_deref() == of_trait);
        exact.or(found.first().filter(|_| self.item.bare)).copied()
    }

    /// Replaces what the file has of the wanted definitions, and returns those it does not have.
    fn replace<'d>(
        &mut self,
        wanted: &[&'d Definition],
    ) -> Result<Vec<&'d Definition>, SpliceError> {
        let mut fresh = Vec::new();
        let mut variants: Vec<&Option<String>> = Vec::new();
        for it in wanted {
            if !variants.contains(&&it.symbol.variant) {
                variants.push(&it.symbol.variant);
            }
        }
        for variant in variants {
            let new: Vec<&Definition> = wanted
                .iter()
                .copied()
                .filter(|it| it.symbol.variant == *variant)
                .collect();
            let old = self.counterparts(variant)?;
            if old.is_empty() {
                fresh.extend(new);
            } else if old.len() == new.len() {
                for (old, new) in old.iter().zip(&new) {
                    self.replace_one(old, new)?;
                }
            } else if let Some(new) = new.last() {
                let old = self.one_of(&old, new)?;
                self.replace_one(old, new)?;
            }
        }
        Ok(fresh)
    }

    /// Which of several definitions of one name is meant: the only one, the only one with the same
    /// signature, or, where a later definition takes the place of an earlier one, the last.
    fn one_of(
        &self,
        old: &[&'a Definition],
        new: &Definition,
    ) -> Result<&'a Definition, SpliceError> {
        let signed: Vec<_> = old
            .iter()
            .filter(|it| it.symbol.signature == new.symbol.signature)
            .collect();
        // A value made from a function of its name is not that function.
        let alike: Vec<_> = old
            .iter()
            .filter(|it| it.symbol.kind.is_value() == new.symbol.kind.is_value())
            .collect();
        let replaces =
            self.file.language != Language::Rust && !old.iter().any(|it| it.is_conditional());
        match (old, signed.as_slice(), alike.last()) {
            ([only], ..) => Ok(only),
            (_, [only], _) => Ok(only),
            (_, _, Some(last)) if replaces => Ok(last),
            _ => Err(SpliceError::Ambiguous {
                name: self.target.full.clone(),
                count: old.len(),
            }),
        }
    }

    /// The file's definitions of the target in this variant; a bare method fits any.
    fn counterparts(&self, variant: &Option<String>) -> Result<Vec<&'a Definition>, SpliceError> {
        let all = self.file.named(&self.target.full);
        let same: Vec<&'a Definition> = all
            .iter()
            .copied()
            .filter(|it| it.symbol.variant == *variant)
            .collect();
        if !same.is_empty() || !self.item.bare || all.len() < 2 {
            let any = if same.is_empty() && self.item.bare {
                all
            } else {
                same
            };
            return Ok(any);
        }
        Err(SpliceError::Ambiguous {
            name: self.target.full.clone(),
            count: all.len(),
        })
    }

    fn replace_one(&mut self, old: &Definition, new: &Definition) -> Result<(), SpliceError> {
        let shares =
            |it: &Definition| it.statement == old.statement && it.symbol.name != old.symbol.name;
        if self.file.definitions.iter().any(shares) {
            return Err(SpliceError::SharedStatement {
                name: old.symbol.qualified(),
            });
        }
        let (range, text) = self.replacement(old, new);
        self.added.push(text.clone());
        self.edits.push(Edit { range, text });
        Ok(())
    }

    /// What takes the place of `old`. A doc comment and the visibility stay where `new` has none.
    fn replacement(&self, old: &Definition, new: &Definition) -> (std::ops::Range<usize>, String) {
        let documented = new.code > new.symbol.span.start;
        let start = if documented {
            old.symbol.span.start
        } else {
            old.code
        };
        let visibility = if new.visibility.is_empty() {
            old.visibility.as_str()
        } else {
            ""
        };
        let indent = indentation_at(self.file.source, old.symbol.span.start);
        let text = self.item.render(new, indent, &self.file.style, visibility);
        (
            start..old.symbol.span.end,
            text.replace('\n', self.file.style.newline),
        )
    }

    /// Replaces helpers that the file has in another form; returns those it does not have.
    fn top_helpers(&mut self, helpers: &Helpers<'_>) -> Vec<Block> {
        let mut missing = Vec::new();
        for new in &helpers.top {
            let name = &new.symbol.name;
            let local = |it: &&crate::import::Binding| it.local() == Some(name.as_str());
            let imported = self
                .file
                .imports
                .iter()
                .flat_map(|it| &it.bindings)
                .any(|it| local(&it));
            let repeated = missing
                .iter()
                .any(|it: &&Definition| it.statement == new.statement);
            if !imported && !repeated && !self.refresh(new) {
                missing.push(*new);
            }
        }
        self.blocks(&missing, "")
    }

    fn member_helpers<'d>(&mut self, helpers: &Helpers<'d>) -> Vec<&'d Definition> {
        helpers
            .members
            .iter()
            .copied()
            .filter(|new| !self.refresh(new))
            .collect()
    }

    /// Brings the file's definition of a helper up to date; false if it has none.
    fn refresh(&mut self, new: &Definition) -> bool {
        let name = new.symbol.qualified();
        let there = self.file.named(&name);
        let Some(old) = there
            .iter()
            .rev()
            .find(|it| it.symbol.variant == new.symbol.variant)
        else {
            return false;
        };
        let (range, text) = self.replacement(old, new);
        let same = one_line(slice(self.file.source, &range)) == one_line(&text);
        let held = old.symbol.span.contains(&self.target_start());
        let shared = self
            .file
            .definitions
            .iter()
            .any(|it| it.statement == old.statement && it.symbol.name != old.symbol.name);
        if !same && !new.stub && !held && !shared {
            self.added.push(text.clone());
            self.edits.push(Edit { range, text });
        }
        true
    }

    fn target_start(&self) -> usize {
        self.file
            .named(&self.target.full)
            .first()
            .map_or(usize::MAX, |it| it.symbol.span.start)
    }

    fn blocks(&self, definitions: &[&Definition], indent: &str) -> Vec<Block> {
        let block = |it: &&Definition| Block {
            text: self.item.render(it, indent, &self.file.style, ""),
            kind: it.symbol.kind,
        };
        definitions.iter().map(block).collect()
    }

    fn insert(&mut self, at: usize, blocks: &[Block]) {
        self.added
            .extend(blocks.iter().map(|block| block.text.clone()));
        self.edits.extend(insert_blocks(self.file, at, blocks));
    }

    fn add_members(&mut self, class: &Definition, new: &[&Definition]) -> Result<(), SpliceError> {
        let indent = member_indentation(self.file, class, self.item.unit());
        let mut blocks = self.blocks(new, &indent);
        self.added
            .extend(blocks.iter().map(|block| block.text.clone()));
        blocks
            .iter_mut()
            .for_each(|block| block.text.insert_str(0, &indent));
        let newline = self.file.style.newline;
        let text = join(&blocks, 1).replace('\n', newline);
        let edit = match member_place(self.file, class) {
            MemberPlace::Lines { at } => {
                let gap = usize::from(!blocks.iter().all(|block| block.kind.is_value()));
                let paragraph = Paragraph {
                    text: &text,
                    gap: (gap, 0),
                    newline,
                };
                Edit::insert(at, paragraph.fit(self.file.source, at))
            }
            MemberPlace::Body { start, end, close } => {
                let close = close.replace('\n', newline);
                Edit {
                    range: start..end,
                    text: format!("{newline}{text}{close}"),
                }
            }
            MemberPlace::None => {
                return Err(SpliceError::OneLineBody {
                    parent: class.symbol.qualified(),
                });
            }
        };
        self.edits.push(edit);
        Ok(())
    }
}

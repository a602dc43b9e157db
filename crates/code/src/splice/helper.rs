//! What else of the new code must come along.

use std::collections::BTreeSet;

use super::Target;
use super::item::Item;
use crate::definition::Definition;
use crate::names::Names;
use crate::symbol::SymbolKind;

/// The definitions of an item that its target needs, in the order of the item.
pub(super) struct Helpers<'a> {
    /// Those at the top level.
    pub(super) top: Vec<&'a Definition>,
    /// Those in the target's own class.
    pub(super) members: Vec<&'a Definition>,
}

/// Follows names from the target's text to the definitions of the item, and from those on.
pub(super) fn helpers<'a>(item: &'a Item, target: &Target, wanted: &[&Definition]) -> Helpers<'a> {
    let names = item.names();
    let mut free = BTreeSet::new();
    let mut members = BTreeSet::new();
    let mut taken = BTreeSet::new();
    let add = |it: &Definition, free: &mut BTreeSet<_>, members: &mut BTreeSet<_>| {
        free.extend(names.free(&it.symbol.span));
        members.extend(names.members(&it.symbol.span));
    };
    wanted
        .iter()
        .for_each(|it| add(it, &mut free, &mut members));
    loop {
        let before = taken.len();
        for (at, it) in item.definitions.iter().enumerate() {
            let name = it.symbol.name.as_str();
            let needed = top_helper(it, target, &names) && free.contains(name)
                || member_helper(it, target) && members.contains(name);
            if needed && taken.insert(at) {
                add(it, &mut free, &mut members);
            }
        }
        if taken.len() == before {
            break;
        }
    }
    let taken = taken.into_iter().map(|at| &item.definitions[at]);
    let (members, top) = taken.partition(|it| it.symbol.parent.is_some());
    Helpers { top, members }
}

/// Whether a definition at the top level may come along. The target's own class may not, nor a value
/// made with the target: that is a trial of the new code, such as `result = solve(3)`.
fn top_helper(it: &Definition, target: &Target, names: &Names<'_>) -> bool {
    let direct = it.symbol.parent.is_none() && !it.is_conditional();
    let trial =
        it.symbol.kind.is_value() && names.free(&it.symbol.span).contains(target.outermost());
    let own = it.symbol.name == target.outermost()
        || target.parent.is_some() && it.symbol.name == target.name;
    direct && !own && !trial && it.symbol.kind != SymbolKind::Module
}

fn member_helper(it: &Definition, target: &Target) -> bool {
    target.parent.is_some() && it.symbol.parent == target.parent && it.symbol.name != target.name
}

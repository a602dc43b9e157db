//! Trust in what a folder brings along, bound to content.
//!
//! A folder's own allow rules, hooks and servers count only once a person has seen and approved them. What was
//! approved is kept as digests, outside the folder; content that has changed since is not trusted until it is
//! approved again. What tightens the rules counts at once and is no matter of trust.

use std::collections::BTreeMap;

use change::Digest;

/// What sort of thing asks for trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustKind {
    /// The configuration's `trusted_commands`, with the scripts that they run.
    Commands,
    /// The configuration's `allowed_hosts`.
    Hosts,
    /// Allow rules in the form of `permissions.yaml`.
    Rules,
    /// A hook file.
    Hook,
    /// An entry for an MCP server.
    Server,
}

/// Every kind with its name on every surface.
const NAMES: [(&str, TrustKind); 5] = [
    ("commands", TrustKind::Commands),
    ("hosts", TrustKind::Hosts),
    ("rules", TrustKind::Rules),
    ("hook", TrustKind::Hook),
    ("server", TrustKind::Server),
];

impl TrustKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<TrustKind> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
    }
}

/// Something of a folder's that counts only when it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grantable {
    /// What it is.
    pub kind: TrustKind,
    /// What it is called: a file's path, a server's name.
    pub name: String,
    /// What a person has to see before they approve it.
    pub shows: Vec<String>,
    /// Digest of everything that it stands for; none when it could not be read, and then it is never trusted.
    pub digest: Option<Digest>,
}

/// What a person has approved in one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<(TrustKind, String), Digest>);

impl Grants {
    /// Records one approval.
    pub fn add(&mut self, kind: TrustKind, name: impl Into<String>, digest: Digest) {
        self.0.insert((kind, name.into()), digest);
    }

    /// All approvals.
    pub fn iter(&self) -> impl Iterator<Item = (TrustKind, &str, Digest)> {
        self.0
            .iter()
            .map(|((kind, name), digest)| (*kind, name.as_str(), *digest))
    }
}

/// How a thing stands to what was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is what was approved.
    Trusted,
    /// It was never approved.
    New,
    /// Something else was approved under its name.
    Changed,
}

impl Standing {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Trusted => "trusted",
            Standing::New => "new",
            Standing::Changed => "changed",
        }
    }
}

/// What of a folder's is trusted.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    items: Vec<(Grantable, Standing)>,
}

impl Trust {
    /// Compares what stands in the folder with what was approved.
    pub fn of(items: Vec<Grantable>, grants: &Grants) -> Trust {
        let standing = |item: &Grantable| {
            let granted = grants.0.get(&(item.kind, item.name.clone()));
            match (granted, item.digest) {
                (Some(granted), Some(digest)) if *granted == digest => Standing::Trusted,
                (Some(_), _) => Standing::Changed,
                (None, _) => Standing::New,
            }
        };
        let items = items.into_iter().map(|it| {
            let standing = standing(&it);
            (it, standing)
        });
        Trust {
            items: items.collect(),
        }
    }

    /// Everything that asks for trust, with how it stands.
    pub fn items(&self) -> &[(Grantable, Standing)] {
        &self.items
    }

    /// Whether one thing is trusted as it is now.
    pub fn trusts(&self, kind: TrustKind, name: &str) -> bool {
        let is = |(item, standing): &(Grantable, Standing)| {
            item.kind == kind && item.name == name && *standing == Standing::Trusted
        };
        self.items.iter().any(is)
    }

    /// Whether a whole kind is trusted: there is something of it, and all of it is.
    pub fn trusts_all(&self, kind: TrustKind) -> bool {
        let mut of_kind = self
            .items
            .iter()
            .filter(|(it, _)| it.kind == kind)
            .peekable();
        of_kind.peek().is_some() && of_kind.all(|(_, it)| *it == Standing::Trusted)
    }

    /// What is not trusted.
    pub fn pending(&self) -> impl Iterator<Item = &(Grantable, Standing)> {
        self.items.iter().filter(|(_, it)| *it != Standing::Trusted)
    }

    /// What approving everything that is shown here grants; what could not be read is left out.
    pub fn granted(&self) -> Grants {
        let mut grants = Grants::default();
        for (item, _) in &self.items {
            if let Some(digest) = item.digest {
                grants.add(item.kind, item.name.clone(), digest);
            }
        }
        grants
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: TrustKind, name: &str, content: Option<&str>) -> Grantable {
        Grantable {
            kind,
            name: name.to_owned(),
            shows: Vec::new(),
            digest: content.map(|it| Digest::of(it.as_bytes())),
        }
    }

    #[test]
    fn trust_ends_where_content_changes() {
        let first = vec![
            item(TrustKind::Hook, "a.yaml", Some("one")),
            item(TrustKind::Server, "a.yaml", Some("two")),
            item(TrustKind::Hook, "b.yaml", None),
        ];
        let grants = Trust::of(first.clone(), &Grants::default()).granted();
        assert_eq!(grants.iter().count(), 2);
        let trust = Trust::of(first, &grants);
        assert!(trust.trusts(TrustKind::Hook, "a.yaml"));
        assert!(
            !trust.trusts(TrustKind::Hook, "b.yaml"),
            "nobody can have seen it"
        );
        assert!(trust.trusts_all(TrustKind::Server) && !trust.trusts_all(TrustKind::Hook));
        assert!(!trust.trusts_all(TrustKind::Rules), "there are none");
        let later = vec![
            item(TrustKind::Hook, "a.yaml", Some("other")),
            item(TrustKind::Hook, "c.yaml", Some("one")),
        ];
        let trust = Trust::of(later, &grants);
        let standing: Vec<&str> = trust.pending().map(|(_, it)| it.name()).collect();
        assert_eq!(standing, ["changed", "new"]);
    }

    #[test]
    fn names_of_kinds_are_read_back() {
        for (name, kind) in NAMES {
            assert_eq!(TrustKind::parse(name), Some(kind));
            assert_eq!(kind.name(), name);
        }
        assert_eq!(TrustKind::parse("anything"), None);
    }
}

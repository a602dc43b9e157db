//! Servers of the Model Context Protocol: which may be started or connected to, and which calls of their tools happen.
//!
//! What a server says of itself, that a tool only reads for example, is the word of another program and decides nothing.

use std::path::Path;

use change::Digest;

use super::Gate;
use crate::permission::{Capability, Effect, PermissionRule};
use crate::permit::Act;
use crate::trust::TrustKind;
use crate::verdict::{Reason, Verdict};

/// Whether a tool is what it was when it was used with leave before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// It was never used.
    New,
    /// Its description and schema are what they were.
    Known,
    /// Its description or schema is another one.
    Changed,
}

/// A call of a server's tool that is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct ServerCall<'a> {
    /// The server's name in the configuration.
    pub server: &'a str,
    /// The tool's name there.
    pub tool: &'a str,
    /// Digest of the arguments as they are sent.
    pub arguments: Digest,
    /// Whether the server's entry lists the tool under `autoApprove`; counts only for an entry that is itself the
    /// user's own or trusted, or it would not run.
    pub auto_approve: bool,
    /// Whether the tool is what it was.
    pub acquaintance: Acquaintance,
}

impl Gate {
    /// Judges the start of a server's program. `own` says that its entry stands in the user's own file.
    pub fn judge_server(&self, own: bool, server: &str, argv: &[String], cwd: &Path) -> Verdict {
        let act = Act::Run {
            argv: argv.to_vec(),
            cwd: cwd.to_path_buf(),
        };
        let deny = self.distrusts_server(own, server).into_iter().collect();
        let rule = match own {
            true => "a server of the user's own",
            false => "a server of this folder that is trusted",
        };
        Verdict::from_reasons(&act, deny, Vec::new(), rule)
    }

    /// Why a server's entry does not count; none when it is the user's own, or trusted as it is now.
    pub fn distrusts_server(&self, own: bool, server: &str) -> Option<Reason> {
        let counts = own || self.trust().trusts(TrustKind::Server, server);
        (!counts).then(|| Reason {
            rule: "a folder's servers start only when they are trusted".to_owned(),
            why: format!("the entry «{server}» is not trusted as it is now"),
            change: "look at it and run `kiro trust`".to_owned(),
        })
    }

    /// Judges a call of a server's tool: rules about `mcp` with patterns over `server/tool`, then `autoApprove`; all
    /// else asks. A tool that changed since it was used asks again, whatever allows it.
    pub fn judge_server_call(&self, call: &ServerCall<'_>) -> Verdict {
        let act = Act::Call {
            server: call.server.to_owned(),
            tool: call.tool.to_owned(),
            arguments: call.arguments,
        };
        let line = format!("{}/{}", call.server, call.tool);
        let found = |effect| self.rule_about_servers(effect, &line);
        let met = |rule: &PermissionRule| Reason {
            rule: rule.title(),
            why: format!("the tool «{line}» meets this rule"),
            change: "change the rule".to_owned(),
        };
        let deny: Vec<Reason> = found(Effect::Deny).map(met).into_iter().collect();
        let mut ask: Vec<Reason> = found(Effect::Ask).map(met).into_iter().collect();
        if call.acquaintance == Acquaintance::Changed {
            ask.push(Reason {
                rule: "a tool that changed asks again".to_owned(),
                why: format!("the description or the arguments of «{line}» are not what they were"),
                change: "look at what it says now, and approve it".to_owned(),
            });
        }
        let allowed = match (found(Effect::Allow), call.auto_approve) {
            (Some(rule), _) => Some(rule.title()),
            (None, true) => Some(format!("autoApprove of «{}»", call.server)),
            (None, false) => None,
        };
        if allowed.is_none() && ask.is_empty() {
            ask.push(Reason {
                rule: "tools of servers ask unless a rule allows them".to_owned(),
                why: format!("no rule is about «{line}»"),
                change: format!(
                    "approve it, list it under `autoApprove` in mcp.json, or allow `{line}` for `mcp` in permissions.yaml"
                ),
            });
        }
        Verdict::from_reasons(&act, deny, ask, &allowed.unwrap_or_default())
    }

    fn rule_about_servers(&self, effect: Effect, line: &str) -> Option<&PermissionRule> {
        let counts = |it: &&PermissionRule| {
            effect != Effect::Allow
                || !it.is_of_the_folder()
                || self.trust().trusts_all(TrustKind::Rules)
        };
        let mut rules = self.rules().permissions().iter();
        rules.find(|it| {
            it.effect == effect
                && it.speaks_of(Capability::Mcp)
                && it.covers_line(line)
                && counts(it)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;
    use crate::trust::{Grantable, Grants, Trust};

    const RULES: &str = "rules:\n\
        - capability: mcp\n  effect: allow\n  match: [\"notes/*\"]\n\
        - capability: mcp\n  effect: ask\n  match: [\"notes/share\"]\n\
        - capability: mcp\n  effect: deny\n  match: [\"*/delete*\"]\n";

    fn gate(file: &str) -> Gate {
        let mut rules = Rules::parse(None, None).expect("rules");
        rules.add_permissions(file, RULES).expect("permissions");
        Gate::new(Path::new("/ws"), rules)
    }

    fn judged(gate: &Gate, line: &str, auto_approve: bool, acquaintance: Acquaintance) -> String {
        let (server, tool) = line.split_once('/').expect("two parts");
        let arguments = Digest::of(b"{}");
        let verdict = gate.judge_server_call(&ServerCall {
            server,
            tool,
            arguments,
            auto_approve,
            acquaintance,
        });
        match verdict {
            Verdict::Allow(permit) => {
                let act = Act::Call {
                    server: server.to_owned(),
                    tool: tool.to_owned(),
                    arguments: Digest::of(b"{\"other\":1}"),
                };
                let rule = permit.rule().to_owned();
                assert!(permit.redeem(&act).is_err(), "for its arguments only");
                format!("allow: {rule}")
            }
            Verdict::Ask(ask) => format!("ask: {}", ask.reasons[0].rule),
            Verdict::Deny(reasons) => format!("deny: {}", reasons[0].rule),
        }
    }

    #[test]
    fn deny_beats_ask_beats_allow_and_all_else_asks() {
        use Acquaintance::{Changed, Known, New};
        let gate = gate("~/.kiro/settings/permissions.yaml");
        let starts = |line, auto, known, with: &str| {
            let told = judged(&gate, line, auto, known);
            assert!(told.starts_with(with), "{line}: {told}");
        };
        starts("notes/read", false, New, "allow: ~/.kiro/settings");
        starts("notes/share", true, Known, "ask: ~/.kiro/settings");
        starts("notes/delete_all", true, Known, "deny: ~/.kiro/settings");
        starts("web/get", false, Known, "ask: tools of servers");
        starts("web/get", true, New, "allow: autoApprove of «web»");
        starts("web/get", true, Changed, "ask: a tool that changed");
        starts("notes/read", false, Changed, "ask: a tool that changed");
    }

    #[test]
    fn a_folder_allows_nothing_and_starts_nothing_before_it_is_trusted() {
        let mut gate = gate(".kiro/settings/permissions.yaml");
        let asked = judged(&gate, "notes/read", false, Acquaintance::New);
        assert!(asked.starts_with("ask: tools of servers"), "{asked}");
        let denied = judged(&gate, "notes/delete", true, Acquaintance::Known);
        assert!(denied.starts_with("deny: .kiro"), "{denied}");
        let argv = ["/bin/server".to_owned()];
        let start = |gate: &Gate, own| gate.judge_server(own, "notes", &argv, Path::new("/ws"));
        assert!(matches!(start(&gate, false), Verdict::Deny(_)));
        assert!(matches!(start(&gate, true), Verdict::Allow(_)));
        let item = Grantable {
            kind: TrustKind::Server,
            name: "notes".to_owned(),
            shows: Vec::new(),
            digest: Some(Digest::of(b"entry")),
        };
        let grants = Trust::of(vec![item.clone()], &Grants::default()).granted();
        gate.set_trust(Trust::of(vec![item], &grants));
        assert!(matches!(start(&gate, false), Verdict::Allow(_)));
    }
}

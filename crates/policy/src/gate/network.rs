//! Which hosts commands in the sandbox may reach.

use core::net::IpAddr;

use super::Gate;
use crate::host::{HostName, HostPattern, is_public};
use crate::permission::{Capability, Effect, PermissionRule};
use crate::permit::Act;
use crate::trust::TrustKind;
use crate::verdict::{Reason, Verdict};

/// A rule that allows hosts.
#[derive(Clone, Debug)]
pub struct AllowedHost {
    pub(crate) pattern: HostPattern,
    pub(crate) file: String,
}

impl AllowedHost {
    /// Which hosts.
    pub fn pattern(&self) -> &HostPattern {
        &self.pattern
    }

    /// The file that it stands in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether it stands in the folder itself, so that it allows nothing before the folder is trusted.
    pub fn is_of_the_folder(&self) -> bool {
        self.file.starts_with(".kiro/")
    }

    fn rule(&self) -> String {
        format!("security.allowed_hosts: {}", self.pattern)
    }
}

/// Which hosts the commands of one run may reach.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// What counts.
    allowed: Vec<AllowedHost>,
    /// What would count in a folder that is trusted.
    waiting: Vec<AllowedHost>,
    /// Rules that deny or ask.
    held: Vec<PermissionRule>,
}

impl Gate {
    /// Which hosts commands may reach: what the user allows, and what the folder does once it is trusted.
    pub fn hosts(&self) -> Hosts {
        let is_trusted = self.trust.trusts_all(TrustKind::Hosts);
        let counts = |it: &AllowedHost| is_trusted || !it.is_of_the_folder();
        let (allowed, waiting) = self.rules.hosts.iter().cloned().partition(counts);
        let holds =
            |it: &&PermissionRule| it.effect != Effect::Allow && it.speaks_of(Capability::WebFetch);
        Hosts {
            allowed,
            waiting,
            held: self
                .rules
                .permissions
                .iter()
                .filter(holds)
                .cloned()
                .collect(),
        }
    }
}

impl Hosts {
    /// The rules that count; where there are none, no host is reached.
    pub fn allowed(&self) -> &[AllowedHost] {
        &self.allowed
    }

    /// The rules that would count if the folder were trusted.
    pub fn waiting(&self) -> &[AllowedHost] {
        &self.waiting
    }

    /// Judges a connection to a host.
    pub fn judge(&self, host: &HostName, port: u16) -> Verdict {
        let act = Act::Connect {
            host: host.to_string(),
            port,
        };
        let (mut deny, mut ask) = (Vec::new(), Vec::new());
        for rule in self.held.iter().filter(|it| meets(it, host, port)) {
            let reason = Reason {
                rule: rule.title(),
                why: format!("the host {host}:{port} meets this rule"),
                change: "change the rule".to_owned(),
            };
            match rule.effect {
                Effect::Deny => deny.push(reason),
                _ => ask.push(reason),
            }
        }
        let covering = |list: &[AllowedHost]| {
            list.iter()
                .find(|it| it.pattern.covers(host, port))
                .cloned()
        };
        let rule = covering(&self.allowed);
        if rule.is_none() {
            ask.push(self.not_allowed(host, port, covering(&self.waiting).as_ref()));
        }
        let rule = rule.map_or(String::new(), |it| it.rule());
        Verdict::from_reasons(&act, deny, ask, &rule)
    }

    fn not_allowed(&self, host: &HostName, port: u16, waiting: Option<&AllowedHost>) -> Reason {
        let what = match port {
            443 | 80 => host.to_string(),
            port => format!("{host}:{port}"),
        };
        let (rule, change) = match waiting {
            Some(it) => (
                format!("{} (the folder is not trusted yet)", it.rule()),
                "trust the folder with `kiro trust`".to_owned(),
            ),
            None => (
                "security.allowed_hosts".to_owned(),
                format!(
                    "add `{what}` to security.allowed_hosts in .kiro/config.yaml, or in your own config.yaml for all \
                     projects"
                ),
            ),
        };
        Reason {
            rule,
            why: format!("{host}:{port} is not among the allowed hosts"),
            change,
        }
    }

    /// Judges the addresses that an allowed host was found at: it must be in the open network, with all of them.
    ///
    /// # Errors
    /// The reason why it is not reached, whoever allows it.
    pub fn judge_addresses(host: &HostName, addresses: &[IpAddr]) -> Result<(), Reason> {
        let own = addresses.iter().find(|it| !is_public(**it));
        match own {
            None => Ok(()),
            Some(address) => Err(Reason {
                rule: "built in: commands reach no private network".to_owned(),
                why: format!("{host} leads to {address}, which is not in the open network"),
                change: "run the command yourself, outside of Kiro".to_owned(),
            }),
        }
    }
}

/// Whether a rule about fetching speaks of this host, by its name or as an address of the web.
fn meets(rule: &PermissionRule, host: &HostName, port: u16) -> bool {
    let scheme = if port == 80 { "http" } else { "https" };
    let lines = [
        host.to_string(),
        format!("{host}:{port}"),
        format!("{scheme}://{host}"),
        format!("{scheme}://{host}/"),
    ];
    lines.iter().any(|it| rule.covers_line(it))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use change::Digest;

    use super::*;
    use crate::rules::Rules;
    use crate::trust::{Grantable, Trust};

    const CONFIG: &str =
        "security: {allowed_hosts: [api.example.com, '*.pkg.example', 'git.example.com:22']}";

    fn gate(rules: Rules, trusted: bool) -> Gate {
        let mut gate = Gate::new(Path::new("/ws"), rules);
        let item = Grantable {
            kind: TrustKind::Hosts,
            name: "config".to_owned(),
            shows: Vec::new(),
            digest: Some(Digest::of(b"hosts")),
        };
        let grants = Trust::of(vec![item.clone()], &crate::Grants::default()).granted();
        let grants = if trusted {
            grants
        } else {
            crate::Grants::default()
        };
        gate.set_trust(Trust::of(vec![item], &grants));
        gate
    }

    fn said(hosts: &Hosts, host: &str, port: u16) -> (&'static str, String) {
        match hosts.judge(&HostName::parse(host).expect("a name"), port) {
            Verdict::Allow(permit) => ("allow", permit.rule().to_owned()),
            Verdict::Ask(ask) => ("ask", ask.reasons[0].to_string()),
            Verdict::Deny(reasons) => ("deny", reasons[0].rule.clone()),
        }
    }

    #[test]
    fn hosts_count_once_the_folder_is_trusted_and_the_users_own_at_once() {
        let mut rules = Rules::parse(Some(CONFIG), None).expect("rules");
        rules
            .add_own_config(
                "/home/u/.kiro/config.yaml",
                "security: {allowed_hosts: [own.example]}",
            )
            .expect("rules");
        let trusted = gate(rules.clone(), true).hosts();
        assert_eq!(said(&trusted, "api.example.com", 443).0, "allow");
        assert_eq!(
            said(&trusted, "a.pkg.example", 80),
            ("allow", "security.allowed_hosts: *.pkg.example".to_owned())
        );
        assert_eq!(said(&trusted, "git.example.com", 22).0, "allow");
        assert_eq!(said(&trusted, "own.example", 443).0, "allow");
        let (answer, why) = said(&trusted, "evil.example", 8443);
        assert_eq!(answer, "ask");
        assert!(
            why.contains("add `evil.example:8443` to security.allowed_hosts"),
            "{why}"
        );
        let waiting = gate(rules, false).hosts();
        assert_eq!(said(&waiting, "own.example", 443).0, "allow");
        let (answer, why) = said(&waiting, "api.example.com", 443);
        assert_eq!(answer, "ask");
        assert!(
            why.contains("not trusted yet") && why.contains("kiro trust"),
            "{why}"
        );
        assert_eq!((waiting.allowed().len(), waiting.waiting().len()), (1, 3));
    }

    #[test]
    fn rules_about_fetching_hold_allowed_hosts_back() {
        let mut rules = Rules::parse(Some(CONFIG), None).expect("rules");
        let own = "rules:\n  - {capability: web_fetch, effect: deny, match: ['https://api.example.com/*']}\n  \
                   - {capability: web_fetch, effect: ask, match: ['a.pkg.*']}\n  \
                   - {capability: web_fetch, effect: allow}\n";
        rules
            .add_permissions("/home/u/permissions.yaml", own)
            .expect("rules");
        let hosts = gate(rules, true).hosts();
        assert_eq!(said(&hosts, "api.example.com", 443).0, "deny");
        assert_eq!(said(&hosts, "a.pkg.example", 443).0, "ask");
        assert_eq!(said(&hosts, "b.pkg.example", 443).0, "allow");
        assert_eq!(
            said(&hosts, "c.example", 443).0,
            "ask",
            "fetching is not what commands do"
        );
    }

    #[test]
    fn one_private_address_is_enough() {
        let host = HostName::parse("api.example.com").expect("a name");
        let judge = |list: &[&str]| {
            let list: Vec<IpAddr> = list
                .iter()
                .map(|it| it.parse().expect("an address"))
                .collect();
            Hosts::judge_addresses(&host, &list)
        };
        assert!(judge(&["1.1.1.1", "2606:4700::1111"]).is_ok());
        let reason = judge(&["1.1.1.1", "169.254.169.254"]).expect_err("refused");
        assert!(reason.why.contains("169.254.169.254"));
    }
}

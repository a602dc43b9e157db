//! What may happen: the user's rules, and the only mint of [`Permit`]. Pure.
//!
//! [`Rules`] are read from `.kiro/config.yaml` and `.kiro/governance.yaml`; a [`Gate`] holds them
//! together with the grants of one run and answers every act with a [`Verdict`]. Deny beats ask beats
//! allow, and an approval can turn an ask into a permit but never a denial. [`shell`] reads command lines.

mod change_type;
mod fold;
mod gate;
mod glob;
mod host;
mod path;
mod permission;
mod permit;
mod redact;
mod rules;
pub mod shell;
mod trust;
mod verdict;

pub use change_type::{ChangeType, change_type_names};
pub use gate::{
    Acquaintance, AllowedHost, Gate, Hosts, Leave, LineAsk, LineVerdict, OwnProgram, ServerCall,
    Step,
};
pub use host::{HostError, HostName, HostPattern, is_public, parse_port};
pub use path::{FileAct, Found, FoundKind, PathFacts, Place, Trouble};
pub use permission::{Capability, Effect, PermissionRule};
pub use permit::{Act, FileId, Permit, PermitMismatch};
pub use redact::{Redactor, Secret};
pub use rules::{Rules, RulesError, Threshold};
pub use trust::{Grantable, Grants, Standing, Trust, TrustKind};
pub use verdict::{Ask, Reason, Verdict};

//! Arguments of `kiro spec new`.

use clap::Args;

use super::BudgetArgs;

/// What to make or begin.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The idea, in a sentence; with --template the name: letters, digits and hyphens.
    #[arg(value_name = "IDEA")]
    pub(crate) idea: String,
    /// Its name [default: made from the title that the model gives it].
    #[arg(long, conflicts_with = "template")]
    pub(crate) name: Option<String>,
    /// Its title, in a template [default: made from the name].
    #[arg(long, value_name = "TEXT", requires = "template")]
    pub(crate) title: Option<String>,
    /// What it is for.
    #[arg(long, value_enum, default_value_t = PurposeArg::Feature)]
    pub(crate) kind: PurposeArg,
    /// The form that it gets [default: that of the project's other specs; kiro-native in an empty project].
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<DialectArg>,
    /// Write the template, without a model.
    #[arg(long)]
    pub(crate) template: bool,
    /// Ask nothing: what the idea leaves open is assumed, and the specification says so.
    #[arg(long, short, conflicts_with = "template")]
    pub(crate) yes: bool,
    /// The model, as in --model built-in [default: KIRO_MODEL, then the configuration's].
    #[arg(long, value_name = "MODEL", conflicts_with = "template")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
    /// Print JSON; nothing is asked then.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a specification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PurposeArg {
    /// Something new.
    Feature,
    /// Something that is wrong.
    Bugfix,
    /// Something small.
    Quick,
}

/// The forms that a specification can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DialectArg {
    /// specs/NAME.md.
    KiroNative,
    /// .kiro/specs/NAME/ with requirements.md, design.md and tasks.md.
    Kiro,
    /// The same, with the spec.json of cc-sdd.
    CcSdd,
    /// GitHub Spec Kit: specs/001-NAME/spec.md.
    SpecKit,
    /// A change of OpenSpec: openspec/changes/NAME/.
    OpenspecChange,
    /// A spec of OpenSpec that stands: openspec/specs/NAME/spec.md.
    Openspec,
}

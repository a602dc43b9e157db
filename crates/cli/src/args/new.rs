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
    /// In the folder form, .kiro/specs/NAME, instead of specs/NAME.md.
    #[arg(long)]
    pub(crate) folder: bool,
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

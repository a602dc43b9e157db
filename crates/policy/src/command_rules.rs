//! The command rules of a configuration, ready to judge.

use crate::rules::Rules;
use crate::shell::{CommandRuleError, CommandRules};

impl Rules {
    /// The trusted and denied commands.
    ///
    /// # Errors
    /// When one of them is not a command.
    pub fn commands(&self) -> Result<CommandRules, CommandRuleError> {
        CommandRules::compile(&self.trusted, &self.denied)
    }
}

//! The user's own browser.

use host::process::Command;
use policy::OwnProgram;

use super::{Desk, DeskError, Why};
use crate::documents::permitted;

/// Programs that open an address in the browser that the user chose, the usual one first.
const OPENERS: [&str; 4] = ["xdg-open", "open", "wslview", "sensible-browser"];

impl Desk {
    /// Opens an address in the user's browser.
    ///
    /// # Errors
    /// When nothing on this machine does that.
    pub fn browse(&self, address: &str) -> Result<(), DeskError> {
        let roots = [self.root().to_path_buf()];
        let path = &self.environment.path;
        let find = |name: &&str| host::process::toolchain::find_program(name, path, &roots);
        let Some(program) = OPENERS.iter().find_map(find) else {
            return Err(DeskError::new(
                Why::Missing,
                "no program that opens a browser was found",
            ));
        };
        let program = program.display().to_string();
        let command = Command {
            env: self.environment.variables.clone(),
            ..Command::new([program.as_str(), address], self.root())
        };
        let verdict = self
            .gate
            .judge_own(OwnProgram::Browser, &command.argv, &command.cwd);
        let left = host::process::leave(permitted(verdict)?, &command);
        left.map_err(|error| DeskError::new(Why::Failed, error))
    }
}

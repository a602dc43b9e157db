//! `kiro init`: the `.kiro` folder of a project.

use change::RelPath;

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// The configuration a project begins with: the shape people know, with rules that hold at once.
const CONFIG: &str = r#"# What Kiro may do in this project. Rules here add to the built-in ones; they never loosen them.
security:
  # Never read by a model, never copied into an attempt.
  sensitive_files:
    - "**/.env*"
    - "**/*secret*"
    - "**/*credentials*"
    - "**/config/production.yaml"

  # Shell commands that Autopilot may run without asking, exactly as written.
  trusted_commands: []

  # Hosts that commands may reach, such as "example.com" or "*.example.com"; nobody else is reached.
  allowed_hosts: []

  # Commands that never run.
  denied_commands:
    - "rm -rf"
    - "sudo"
    - "curl | bash"

governance:
  # A person approves:
  require_approval:
    - file_changes_over: 10 # more than 10 files in a run
    - lines_changed_over: 500 # more than 500 lines in a run
    - files_matching: ["**/migration/**", "**/schema/**"]
"#;

const GITIGNORE: &str =
    "# Kiro keeps its state outside the repository; this is for local notes.\n*.local\n*.local.*\n";

/// What `init` did.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// The project's folder.
    pub root: std::path::PathBuf,
    /// Paths that were created.
    pub created: Vec<String>,
    /// Paths that were there already and were left as they are.
    pub kept: Vec<String>,
}

/// Creates `.kiro/` in the current folder; what exists is left alone.
///
/// # Errors
/// When the folder cannot be written.
pub fn init(environment: &Environment) -> Result<Initialised, SessionError> {
    let project = Project::at(&environment.cwd, environment)?;
    let gate = documents::built_in_gate(&project.root)?;
    let mut done = Initialised {
        root: project.root.clone(),
        created: Vec::new(),
        kept: Vec::new(),
    };
    for (path, text) in [
        (".kiro/config.yaml", CONFIG),
        (".kiro/.gitignore", GITIGNORE),
    ] {
        if documents::exists(&project.root, path) {
            done.kept.push(path.to_owned());
        } else {
            documents::write(&project, &gate, path, text)?;
            done.created.push(path.to_owned());
        }
    }
    for folder in [".kiro/hooks", ".kiro/specs"] {
        let relative = RelPath::parse(folder).map_err(SessionError::internal)?;
        let place = project.root.join(relative.as_str());
        if place.is_dir() {
            done.kept.push(format!("{folder}/"));
        } else {
            host::files::ensure_folder(&place).map_err(SessionError::input)?;
            done.created.push(format!("{folder}/"));
        }
    }
    for template in hooks::TEMPLATES.iter().filter(|it| it.built_in) {
        let path = format!(".kiro/hooks/{}.yaml", template.name);
        if documents::exists(&project.root, &path) {
            done.kept.push(path);
        } else {
            documents::write(&project, &gate, &path, template.text)?;
            done.created.push(path);
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_it_writes_is_one_it_reads() {
        policy::Rules::parse(Some(CONFIG), None).expect("the written configuration parses");
    }
}

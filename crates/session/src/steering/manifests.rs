//! What manifests say: names, versions, dependencies and commands. Read line by line where the form is TOML, so that no manifest
//! is too odd to be read.

use context::Reader;
use serde_json::Value;

/// What all manifests of a project say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifests {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    /// Programs that it brings.
    pub(super) programs: Vec<String>,
    /// Versions of languages and runtimes that it needs.
    pub(super) versions: Vec<String>,
    pub(super) dependencies: Vec<String>,
    pub(super) development: Vec<String>,
    /// Commands that build, test and check it.
    pub(super) commands: Vec<String>,
}

impl Manifests {
    /// Reads those at the top of a project.
    pub(super) fn read(reader: &Reader) -> Manifests {
        let mut found = Manifests::default();
        let text = |name: &str| reader.text(name).ok().flatten();
        if let Some(text) = text("package.json") {
            found.package(&text);
        }
        if let Some(text) = text("pyproject.toml") {
            found.pyproject(&text);
        }
        if let Some(text) = text("Cargo.toml") {
            found.cargo(&text);
        }
        if let Some(text) = text("go.mod") {
            found.go(&text);
        }
        for name in ["requirements.txt", "requirements-dev.txt"] {
            found.requirements(&text(name).unwrap_or_default(), name.contains("dev"));
        }
        for (name, what) in [
            (".python-version", "Python"),
            (".nvmrc", "Node.js"),
            ("rust-toolchain", "Rust"),
        ] {
            let version =
                text(name).and_then(|it| it.lines().next().map(|it| it.trim().to_owned()));
            found.versions.extend(
                version
                    .filter(|it| !it.is_empty())
                    .map(|it| format!("{what} {it} (`{name}`)")),
            );
        }
        if let Some(text) = text("Makefile") {
            found.makefile(&text);
        }
        found
    }

    fn package(&mut self, text: &str) {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let word = |key: &str| {
            value[key]
                .as_str()
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
        };
        self.name = word("name");
        self.description = word("description");
        let entries = |key: &str| -> Vec<(String, String)> {
            let fields = value[key].as_object().into_iter().flatten();
            fields
                .filter_map(|(name, it)| Some((name.clone(), it.as_str()?.to_owned())))
                .collect()
        };
        self.programs.extend(
            entries("bin")
                .into_iter()
                .map(|(name, file)| format!("`{name}` from `{file}`")),
        );
        self.versions.extend(
            entries("engines")
                .into_iter()
                .map(|(name, version)| format!("{name} {version}")),
        );
        let told = |(name, version): (String, String)| format!("{name} {version}");
        self.dependencies
            .extend(entries("dependencies").into_iter().map(told));
        self.development
            .extend(entries("devDependencies").into_iter().map(told));
        self.commands.extend(
            entries("scripts")
                .into_iter()
                .map(|(name, runs)| format!("`npm run {name}`: `{runs}`")),
        );
    }

    fn pyproject(&mut self, text: &str) {
        for (section, key, value) in toml_lines(text) {
            match (section.as_str(), key.as_str()) {
                ("project" | "tool.poetry", "name") => self.name = Some(value),
                ("project" | "tool.poetry", "description") => self.description = Some(value),
                ("project", "requires-python") => self.versions.push(format!("Python {value}")),
                ("project", "dependencies") => self.dependencies.push(value),
                ("project.scripts" | "tool.poetry.scripts", name) => {
                    self.programs.push(format!("`{name}` from `{value}`"))
                }
                ("project.optional-dependencies" | "dependency-groups", _) => {
                    self.development.push(value)
                }
                ("tool.poetry.dependencies", "python") => {
                    self.versions.push(format!("Python {value}"))
                }
                ("tool.poetry.dependencies", name) => {
                    self.dependencies.push(format!("{name} {value}"))
                }
                ("tool.pytest.ini_options", _)
                    if !self.commands.iter().any(|it| it == "`pytest`") =>
                {
                    self.commands.push("`pytest`".to_owned())
                }
                _ => {}
            }
        }
    }

    fn cargo(&mut self, text: &str) {
        let mut is_crate = false;
        for (section, key, value) in toml_lines(text) {
            is_crate |= section == "package" || section == "workspace";
            match (section.as_str(), key.as_str()) {
                ("package", "name") => self.name = Some(value),
                ("package", "description") => self.description = Some(value),
                ("package" | "workspace.package", "rust-version") => {
                    self.versions.push(format!("Rust {value}"))
                }
                ("dependencies" | "workspace.dependencies", name) => {
                    self.dependencies.push(format!("{name} {value}"))
                }
                ("dev-dependencies", name) => self.development.push(format!("{name} {value}")),
                ("bin", "name") => self.programs.push(format!("`{value}`")),
                _ => {}
            }
        }
        if is_crate {
            self.commands
                .extend(["`cargo build`".to_owned(), "`cargo test`".to_owned()]);
        }
    }

    fn go(&mut self, text: &str) {
        for line in text.lines().map(str::trim) {
            let mut words = line.trim_start_matches("require ").split_whitespace();
            match (words.next(), words.next()) {
                (Some("module"), Some(name)) => self.name = Some(name.to_owned()),
                (Some("go"), Some(version)) => self.versions.push(format!("Go {version}")),
                (Some(name), Some(version))
                    if name.contains('.')
                        && version.starts_with('v')
                        && !line.contains("// indirect") =>
                {
                    self.dependencies.push(format!("{name} {version}"));
                }
                _ => {}
            }
        }
        self.commands
            .extend(["`go build ./...`".to_owned(), "`go test ./...`".to_owned()]);
    }

    fn requirements(&mut self, text: &str, development: bool) {
        let lines = text
            .lines()
            .map(|it| it.split('#').next().unwrap_or_default().trim());
        let named = lines
            .filter(|it| it.starts_with(char::is_alphanumeric))
            .map(str::to_owned);
        match development {
            true => self.development.extend(named),
            false => self.dependencies.extend(named),
        }
    }

    fn makefile(&mut self, text: &str) {
        let plain = |it: &&str| {
            !it.is_empty()
                && it
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        };
        let targets = text
            .lines()
            .filter(|it| !it.contains(":="))
            .filter_map(|it| Some(it.split_once(':')?.0));
        self.commands
            .extend(targets.filter(plain).map(|it| format!("`make {it}`")));
    }
}

/// The lines of a TOML file as section, key and value; each entry of a list is a line of its own.
fn toml_lines(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut section = String::new();
    let mut open: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if let Some(key) = &open {
            let key = key.clone();
            let (list, rest) = line
                .split_once(']')
                .map_or((line, None), |(list, rest)| (list, Some(rest)));
            // A bracket of an extra, as in `uvicorn[standard]`, is none of the list's.
            let closed = rest.is_some_and(|it| !it.contains('"') && !it.contains('\''));
            let list = if closed { list } else { line };
            found.extend(
                entries(list)
                    .into_iter()
                    .map(|it| (section.clone(), key.clone(), it)),
            );
            if closed {
                open = None;
            }
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            section = name
                .split(']')
                .next()
                .unwrap_or_default()
                .trim_matches(['[', ' '])
                .to_owned();
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let (key, value) = (key.trim().trim_matches('"').to_owned(), value.trim());
        if let Some(list) = value.strip_prefix('[') {
            let whole = list.trim_end().strip_suffix(']');
            let inner = whole.unwrap_or(list);
            found.extend(
                entries(inner)
                    .into_iter()
                    .map(|it| (section.clone(), key.clone(), it)),
            );
            if whole.is_none() {
                open = Some(key);
            }
        } else {
            found.push((section.clone(), key, scalar(value)));
        }
    }
    found
}

/// The texts of a list.
fn entries(list: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = list;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = &rest[start..=start];
        let Some(end) = rest[start + 1..].find(quote) else {
            break;
        };
        found.push(rest[start + 1..start + 1 + end].to_owned());
        rest = &rest[start + end + 2..];
    }
    found
}

/// A value without quotes; of a table its version, or what it is.
fn scalar(value: &str) -> String {
    if value.starts_with('{') {
        let version = value
            .split("version")
            .nth(1)
            .map(entries)
            .and_then(|it| it.into_iter().next());
        return version.unwrap_or_else(|| {
            if value.contains("path") {
                "(in this project)".to_owned()
            } else {
                String::new()
            }
        });
    }
    entries(value).into_iter().next().unwrap_or_else(|| {
        value
            .split('#')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_say_names_versions_and_commands() {
        let mut found = Manifests::default();
        found.package("{\"name\": \"web\", \"engines\": {\"node\": \">=20\"}, \"scripts\": {\"test\": \"vitest\"}, \"dependencies\": {\"react\": \"^19\"}}");
        assert_eq!(
            (
                found.name.as_deref(),
                &*found.commands,
                &*found.dependencies
            ),
            (
                Some("web"),
                &["`npm run test`: `vitest`".to_owned()][..],
                &["react ^19".to_owned()][..]
            )
        );
        let mut found = Manifests::default();
        found.pyproject("[project]\nname = \"api\" # x\nrequires-python = '>=3.12'\ndependencies = [\n  \"fastapi>=0.110\",\n  \"uvicorn[standard]\", # y\n]\n[project.scripts]\nserve = \"api:main\"\n[tool.pytest.ini_options]\naddopts = \"-q\"\n");
        assert_eq!(found.name.as_deref(), Some("api"));
        assert_eq!(found.dependencies, ["fastapi>=0.110", "uvicorn[standard]"]);
        assert_eq!(
            (&*found.programs, &*found.versions, &*found.commands),
            (
                &["`serve` from `api:main`".to_owned()][..],
                &["Python >=3.12".to_owned()][..],
                &["`pytest`".to_owned()][..]
            )
        );
        let mut found = Manifests::default();
        found.cargo("[package]\nname = \"kit\"\n[dependencies]\nserde = { version = \"1.0\", features = [\"derive\"] }\nown = { path = \"../own\" }\nlog = \"0.4\"\n");
        assert_eq!(
            found.dependencies,
            ["serde 1.0", "own (in this project)", "log 0.4"]
        );
        let mut found = Manifests::default();
        found.go("module example.org/x\n\ngo 1.22\n\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgithub.com/c/d v0.1.0 // indirect\n)\n");
        assert_eq!(found.dependencies, ["github.com/a/b v1.2.3"]);
        found.makefile("VAR := x\n.PHONY: test\ntest: build\n\tgo test\n");
        assert!(
            found.commands.contains(&"`make test`".to_owned()),
            "{:?}",
            found.commands
        );
    }

    #[test]
    fn torn_manifests_say_what_they_can() {
        for torn in ["", "[", "a = [", "[x]\nb = {", "= =", "a = \"x"] {
            let mut found = Manifests::default();
            found.package(torn);
            found.pyproject(torn);
            found.cargo(torn);
            found.go(torn);
        }
    }
}

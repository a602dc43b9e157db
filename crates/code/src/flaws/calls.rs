//! Calls that are dangerous with what they are given.

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::parts;

use super::scope::{Frame, function, is_caught};
use super::{FlawKind, Search};

/// How deep a value is followed to a request.
const NAMES_MAX: usize = 4;
/// Parts of a request that its sender chooses.
const SENT: [&str; 15] = [
    "query",
    "params",
    "body",
    "args",
    "form",
    "values",
    "files",
    "headers",
    "cookies",
    "GET",
    "POST",
    "data",
    "json",
    "query_params",
    "path_params",
];

impl<'t> Search<'_, 't> {
    /// Looks at a call.
    pub(super) fn called(&mut self, node: Node<'t>, frames: &[Frame<'t>]) {
        if node.kind() == "assignment_expression" {
            return self.inner_html(node, frames);
        }
        if !matches!(node.kind(), "call" | "call_expression" | "new_expression") {
            return;
        }
        let (name, object) = self.callee(node);
        let (name, object) = (
            name.to_owned(),
            object.map_or(String::new(), |it| self.short(it).to_owned()),
        );
        let arguments = node.child_by_field_name("arguments");
        let arguments = arguments.map(parts).unwrap_or_default();
        let first = arguments.first().copied();
        match self.language {
            Language::Python => self.python(node, (&name, &object), &arguments, frames),
            Language::JavaScript | Language::TypeScript => {
                self.script(node, (&name, &object), &arguments, frames)
            }
            Language::Rust => self.rust(node, &name, first, frames),
        }
        let Some(first) = first else { return };
        let asks = matches!(
            name.as_str(),
            "execute"
                | "executemany"
                | "executescript"
                | "raw"
                | "query"
                | "queryRaw"
                | "$queryRawUnsafe"
                | "sql_query"
        );
        if !asks {
            return;
        }
        // What is added to a text stands elsewhere than the text's beginning; other names are told where they are set.
        let within = function(frames);
        let set = self.bound.value(self.source, within, first);
        let asked = set
            .filter(|it| it.kind().starts_with("augmented"))
            .unwrap_or(first);
        if self.is_sql(&self.pieces(asked, within, 40), true, frames) {
            self.add(FlawKind::SqlBuilt, first);
        }
    }

    fn python(
        &mut self,
        node: Node<'t>,
        (name, object): (&str, &str),
        arguments: &[Node<'t>],
        frames: &[Frame<'t>],
    ) {
        let first = arguments.first().copied();
        let wild = first.is_some_and(|it| self.is_wild(it, frames));
        let through_shell = match (object, name) {
            ("os", "system" | "popen") | ("subprocess", "getoutput" | "getstatusoutput") => true,
            ("subprocess", "run" | "call" | "check_call" | "check_output" | "Popen")
            | ("", "Popen" | "check_output" | "check_call") => {
                self.keyword(arguments, "shell") == Some("True")
            }
            (_, "create_subprocess_shell") => true,
            _ => false,
        };
        if (through_shell && wild) || first.is_some_and(|it| self.is_shell_list(it, frames)) {
            self.add(FlawKind::ShellBuilt, node);
        }
        if object.is_empty() && matches!(name, "eval" | "exec") && self.is_open(first, frames) {
            self.add(FlawKind::CodeRun, node);
        }
        let sent = self.is_sent(arguments, frames);
        if matches!(
            (object, name),
            ("pickle" | "marshal" | "dill" | "cPickle", "load" | "loads")
        ) && sent
            || object == "yaml" && self.loads_anything(name, arguments)
        {
            self.add(FlawKind::UnsafeLoad, node);
        }
        let opens = matches!(
            (object, name),
            ("", "open" | "send_file" | "FileResponse" | "Path")
                | ("os", "remove" | "unlink" | "rename" | "listdir" | "rmdir")
                | ("shutil", "rmtree" | "copy" | "move" | "copyfile")
                | ("io" | "codecs", "open")
        );
        if opens && sent && !self.looks_at_paths(frames) {
            self.add(FlawKind::PathFromRequest, node);
        }
        self.python_network(node, (name, object), arguments, frames);
    }

    fn python_network(
        &mut self,
        node: Node<'t>,
        (name, object): (&str, &str),
        arguments: &[Node<'t>],
        frames: &[Frame<'t>],
    ) {
        let verbs = ["get", "post", "put", "delete", "patch", "head", "request"];
        let limited = self.keyword(arguments, "timeout").is_some();
        let unguarded = match (object, name) {
            ("requests" | "httpx", verb) if verbs.contains(&verb) => !self.function_has(
                frames,
                &["raise_for_status", ".status_code", ".ok", ".is_success"],
            ),
            ("" | "urllib.request" | "request", "urlopen" | "urlretrieve") => {
                !limited && !self.function_has(frames, &[".status", ".getcode"])
            }
            _ => false,
        };
        if unguarded && !is_caught(frames) {
            self.add(FlawKind::CallUnguarded, node);
        }
    }

    fn loads_anything(&self, name: &str, arguments: &[Node<'t>]) -> bool {
        match name {
            "unsafe_load" | "full_load_all" | "unsafe_load_all" => true,
            "load" | "load_all" => !arguments
                .iter()
                .skip(1)
                .any(|it| self.text(*it).contains("Safe") || self.text(*it).contains("Base")),
            _ => false,
        }
    }

    fn script(
        &mut self,
        node: Node<'t>,
        (name, object): (&str, &str),
        arguments: &[Node<'t>],
        frames: &[Frame<'t>],
    ) {
        let first = arguments.first().copied();
        let wild = first.is_some_and(|it| self.is_wild(it, frames));
        let of_children = matches!(object, "" | "child_process" | "cp" | "childProcess")
            || object.contains("require('child_process')");
        let shell = match name {
            "exec" | "execSync" | "execAsync" | "execPromise" => of_children,
            "spawn" | "spawnSync" | "execFile" | "execFileSync" => {
                let options = arguments.iter().map(|it| self.text(*it).replace(' ', ""));
                of_children && options.skip(1).any(|it| it.contains("shell:true"))
            }
            _ => false,
        };
        let lists = arguments.get(1).is_some_and(|it| {
            first.is_some_and(|it| self.is_shell(it)) && self.is_shell_list(*it, frames)
        });
        if shell && wild || lists {
            self.add(FlawKind::ShellBuilt, node);
        }
        let runs = match node.kind() {
            "new_expression" => name == "Function",
            _ => object.is_empty() && name == "eval" || object == "vm" && name.starts_with("runIn"),
        };
        if runs
            && self.is_open(
                arguments
                    .last()
                    .copied()
                    .filter(|_| name == "Function")
                    .or(first),
                frames,
            )
        {
            self.add(FlawKind::CodeRun, node);
        }
        let files = matches!(object, "fs" | "fsp" | "fs.promises" | "fsPromises")
            || object.is_empty()
                && matches!(
                    name,
                    "readFile" | "readFileSync" | "createReadStream" | "writeFile" | "unlink"
                )
            || name == "sendFile" && arguments.len() == 1
            || name == "download" && matches!(object, "res" | "response");
        if files
            && self.is_sent(&arguments[..arguments.len().min(1)], frames)
            && !self.looks_at_paths(frames)
        {
            self.add(FlawKind::PathFromRequest, node);
        }
        if object == "document" && matches!(name, "write" | "writeln") && wild {
            self.add(FlawKind::HtmlBuilt, node);
        }
        let fetches = object.is_empty() && name == "fetch";
        if fetches
            && !is_caught(frames)
            && !self.function_has(frames, &[".ok", ".status", ".catch("])
        {
            self.add(FlawKind::CallUnguarded, node);
        }
    }

    fn inner_html(&mut self, node: Node<'t>, frames: &[Frame<'t>]) {
        let field = |name: &str| node.child_by_field_name(name);
        let (Some(left), Some(right)) = (field("left"), field("right")) else {
            return;
        };
        let place = left.child_by_field_name("property").map(|it| self.text(it));
        if matches!(place, Some("innerHTML" | "outerHTML")) && self.is_wild(right, frames) {
            self.add(FlawKind::HtmlBuilt, node);
        }
    }

    /// `Command::new("sh").arg("-c").arg(…)`.
    fn rust(&mut self, node: Node<'t>, name: &str, first: Option<Node<'t>>, frames: &[Frame<'t>]) {
        let Some(first) = first.filter(|_| name == "arg") else {
            return;
        };
        let (_, object) = self.callee(node);
        let before = object.map_or(String::new(), |it| {
            self.text(it).split_whitespace().collect()
        });
        let shell = ["sh", "bash", "/bin/sh", "/bin/bash", "cmd"]
            .iter()
            .any(|it| before.contains(&format!("Command::new(\"{it}\")")));
        let handed = before.ends_with(".arg(\"-c\")") || before.ends_with(".arg(\"/C\")");
        if shell && handed && self.is_wild(first, frames) {
            self.add(FlawKind::ShellBuilt, node);
        }
    }

    /// `["sh", "-c", …]` with a text that is put together.
    fn is_shell_list(&self, node: Node<'t>, frames: &[Frame<'t>]) -> bool {
        if !matches!(node.kind(), "list" | "array" | "tuple") {
            return false;
        }
        let words = parts(node);
        let hands = words.iter().position(|it| {
            matches!(
                self.text(*it).trim_matches(['\'', '"']),
                "-c" | "-lc" | "/c" | "/C"
            )
        });
        let Some(at) = hands else { return false };
        let is_shell = at == 0 || words.first().is_some_and(|it| self.is_shell(*it));
        is_shell
            && words
                .get(at + 1)
                .is_some_and(|it| self.is_wild(*it, frames))
    }

    fn is_shell(&self, node: Node<'t>) -> bool {
        let name = self.text(node).trim_matches(['\'', '"']);
        let name = name.rsplit('/').next().unwrap_or(name);
        matches!(name, "sh" | "bash" | "zsh" | "dash" | "cmd" | "cmd.exe")
    }

    /// Whether text that is to be run is not fixed.
    fn is_open(&self, node: Option<Node<'t>>, frames: &[Frame<'t>]) -> bool {
        node.is_some_and(|it| !self.is_harmless(it, function(frames), NAMES_MAX))
    }

    /// The text of what a call is a part of; a mark where it is longer than any that is known.
    fn short(&self, node: Node<'t>) -> &str {
        let text = self.text(node);
        if text.len() > OBJECT_MAX { "…" } else { text }
    }

    fn keyword(&self, arguments: &[Node<'t>], name: &str) -> Option<&str> {
        let found = arguments.iter().find(|it| {
            it.kind() == "keyword_argument"
                && it
                    .child_by_field_name("name")
                    .is_some_and(|it| self.text(it) == name)
        })?;
        Some(self.text(found.child_by_field_name("value")?))
    }

    fn is_sent(&self, arguments: &[Node<'t>], frames: &[Frame<'t>]) -> bool {
        arguments
            .iter()
            .any(|it| self.is_of_request(*it, function(frames), NAMES_MAX))
    }

    /// Whether a value was chosen by who sent a request: it names a part of one, as do the names in it by what they were set to.
    pub(super) fn is_of_request(
        &self,
        node: Node<'t>,
        within: Option<Node<'t>>,
        names: usize,
    ) -> bool {
        let Some(left) = names.checked_sub(1) else {
            return false;
        };
        let mut stack = vec![(node, 0usize)];
        let mut steps = 0;
        while let Some((node, depth)) = stack.pop() {
            steps += 1;
            if steps > 200 || depth > 20 {
                continue;
            }
            match node.kind() {
                "attribute" | "member_expression" if is_part_of_request(self.text(node)) => {
                    return true;
                }
                "identifier" => {
                    let value = self.bound.value(self.source, within, node);
                    if value.is_some_and(|it| self.is_of_request(it, within, left)) {
                        return true;
                    }
                    continue;
                }
                "call" | "call_expression" => {
                    let (name, _) = self.callee(node);
                    if super::build::tames(name) {
                        continue;
                    }
                }
                _ => {}
            }
            stack.extend(parts(node).into_iter().map(|it| (it, depth + 1)));
        }
        false
    }

    /// Whether the function compares where paths lead.
    fn looks_at_paths(&self, frames: &[Frame<'t>]) -> bool {
        let checks = [
            "startsWith(",
            "startswith(",
            "is_relative_to(",
            "relative_to(",
            "commonpath(",
            "safe_join(",
            "secure_filename(",
            "basename(",
        ];
        self.function_has(frames, &checks)
    }

    /// Whether one of these stands in the function; long ones are looked at in part.
    fn function_has(&self, frames: &[Frame<'t>], words: &[&str]) -> bool {
        let text = function(frames).map_or("", |it| self.text(it));
        let end = text.floor_char_boundary(text.len().min(FUNCTION_MAX));
        words.iter().any(|it| text[..end].contains(it))
    }
}

/// Most bytes of what a call is a part of that are compared.
const OBJECT_MAX: usize = 500;
/// Most bytes of a function that are searched for what guards a call.
const FUNCTION_MAX: usize = 20_000;

/// `req.query…`, `request.args…`, `ctx.request.body…`.
fn is_part_of_request(text: &str) -> bool {
    let mut names = text.split(['.', '[', '?', '!']);
    let first = names.next().unwrap_or_default();
    let of = match first {
        "req" | "request" => names.next(),
        "ctx" | "context" | "self" | "this" => match names.next() {
            Some("req" | "request") => names.next(),
            Some(other @ ("query" | "params")) if first == "ctx" => Some(other),
            _ => None,
        },
        _ => None,
    };
    of.is_some_and(|it| SENT.contains(&it))
}

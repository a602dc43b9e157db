//! What a request mentions, looked up: files, folders, symbols, changes, specs, and whatever the workspace holds about it.

use change::{Changeset, FileChange, FileState, RelPath};
use context::{Index, Mention, MentionKind, Reader};
use model::ImageForm;
use policy::{Gate, Redactor};
use spec::TaskList;

use super::{Piece, cut};
use crate::documents;
use crate::error::SessionError;
use crate::hooking::git_program;
use crate::pictures;
use crate::places::{Environment, Project, SpecPlace};
use crate::{secrets, workspace};

/// Bytes of one piece, of all of them, and of what is told of the workspace.
const ONE: usize = 24_000;
const ALL: usize = 60_000;
const WORKSPACE: usize = 12_000;
/// Names that one mention may have, files of a folder that are listed, and changed files that are shown.
const NAMES_MAX: usize = 20;
const LISTED: usize = 300;
const CHANGED_MAX: usize = 200;
/// Places of one symbol that are shown, and bytes of each.
const PLACES: usize = 4;
const PLACE: usize = 6_000;
/// Files whose syntax is looked at for problems.
const CHECKED_MAX: usize = 2_000;

/// Looks up what is mentioned.
pub(super) struct Desk<'a> {
    pub(super) project: &'a Project,
    pub(super) gate: &'a Gate,
    pub(super) environment: &'a Environment,
    pub(super) reader: &'a Reader,
    /// The request in words.
    pub(super) words: &'a str,
    index: Option<Index>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        project: &'a Project,
        gate: &'a Gate,
        environment: &'a Environment,
        reader: &'a Reader,
        words: &'a str,
    ) -> Desk<'a> {
        Desk {
            project,
            gate,
            environment,
            reader,
            words,
            index: None,
        }
    }

    /// The pieces for these mentions; `around` bytes of the workspace when none of them asks for it.
    pub(super) fn pieces(
        &mut self,
        mentions: &[Mention],
        around: usize,
    ) -> Result<Vec<Piece>, SessionError> {
        let mut pieces: Vec<Piece> = Vec::new();
        for it in mentions {
            for piece in self.looked_up(it)? {
                if !pieces
                    .iter()
                    .any(|known| known.kind == piece.kind && known.name == piece.name)
                {
                    pieces.push(piece);
                }
            }
        }
        let asks = mentions.iter().any(|it| it.kind == MentionKind::Workspace);
        if around > 0 && !asks {
            let reason = "what the project holds about it";
            let piece = self.workspace(&[], around, reason)?;
            pieces.push(piece);
        }
        let mut left = ALL;
        for it in pieces.iter_mut().filter(|it| it.told) {
            if it.text.len() > left {
                it.notes
                    .push("only a part is told: there is much already".to_owned());
                it.text = cut(&it.text, left);
            }
            left = left.saturating_sub(it.text.len());
        }
        Ok(pieces)
    }

    fn looked_up(&mut self, mention: &Mention) -> Result<Vec<Piece>, SessionError> {
        let names: Vec<String> = mention.names.iter().take(NAMES_MAX).cloned().collect();
        let first = names.first().map(String::as_str);
        Ok(match mention.kind {
            // Steering is chosen elsewhere.
            MentionKind::Named => Vec::new(),
            MentionKind::Workspace => vec![self.workspace(&names, WORKSPACE, "@workspace")?],
            MentionKind::Git => vec![self.git(first)],
            MentionKind::Problems => vec![self.problems()?],
            MentionKind::Image => names.iter().map(|it| self.picture(it)).collect(),
            MentionKind::File => names.iter().map(|it| self.file(it)).collect(),
            MentionKind::Folder => names
                .iter()
                .map(|it| self.folder(it))
                .collect::<Result<_, _>>()?,
            MentionKind::Symbol => names
                .iter()
                .map(|it| self.symbol(it))
                .collect::<Result<_, _>>()?,
            MentionKind::Spec => names.iter().map(|it| self.spec(it)).collect(),
        })
    }

    fn index(&mut self) -> Result<&Index, SessionError> {
        if self.index.is_none() {
            let redactor = secrets::redactor(self.project, self.environment)?;
            self.index = Some(workspace::of_project(
                self.project,
                self.gate,
                self.environment,
                &redactor,
            )?);
        }
        self.index
            .as_ref()
            .ok_or_else(|| SessionError::internal("the index is gone"))
    }

    fn workspace(
        &mut self,
        scope: &[String],
        bytes: usize,
        reason: &str,
    ) -> Result<Piece, SessionError> {
        let words = self.words.to_owned();
        let text = workspace::told(self.index()?, &words, scope, bytes);
        let name = match scope.is_empty() {
            true => "workspace".to_owned(),
            false => format!("workspace: {}", scope.join(", ")),
        };
        Ok(Piece::told("workspace", name, reason, text))
    }

    fn picture(&self, name: &str) -> Piece {
        pictures::of_file(self.reader, name, "mentioned")
    }

    fn file(&self, name: &str) -> Piece {
        if ImageForm::is_name_of_one(name) {
            return self.picture(name);
        }
        let path = name.trim_start_matches("./");
        match self.reader.text(path) {
            Ok(Some(text)) => {
                let mut piece = Piece::told("file", path, "mentioned", cut(&text, ONE));
                if text.len() > ONE {
                    piece
                        .notes
                        .push(format!("only {ONE} of its {} bytes are told", text.len()));
                }
                piece
            }
            Ok(None) => Piece::left_out("file", path, "there is no such file"),
            Err(why) => Piece::left_out("file", path, why),
        }
    }

    fn folder(&mut self, name: &str) -> Result<Piece, SessionError> {
        let folder = name
            .trim_start_matches("./")
            .trim_end_matches('/')
            .to_owned();
        let scope = [folder.clone()];
        let index = self.index()?;
        let within = |path: &&RelPath| {
            path.as_str()
                .strip_prefix(folder.as_str())
                .is_some_and(|it| it.starts_with('/'))
        };
        let names: Vec<String> = index
            .paths()
            .filter(within)
            .map(ToString::to_string)
            .collect();
        if names.is_empty() {
            return Ok(Piece::left_out(
                "folder",
                folder,
                "there is no such folder, or nothing in it may be shown",
            ));
        }
        let map = index.map(&scope, WORKSPACE / 2);
        let mut text = names
            .iter()
            .take(LISTED)
            .cloned()
            .collect::<Vec<String>>()
            .join("\n");
        if names.len() > LISTED {
            text.push_str(&format!("\n… and {} more", names.len() - LISTED));
        }
        Ok(Piece::told(
            "folder",
            folder,
            "mentioned",
            format!("{text}\n\n{map}"),
        ))
    }

    fn symbol(&mut self, name: &str) -> Result<Piece, SessionError> {
        let reader = self.reader.clone();
        let places = self.index()?.symbol(name);
        let mut text = String::new();
        for place in places.iter().take(PLACES) {
            let language = code::Language::from_path(place.path.as_str());
            let source = reader
                .text(place.path.as_str())
                .ok()
                .flatten()
                .unwrap_or_default();
            let body = language.and_then(|it| {
                let all = code::symbols(it, &source);
                let found = all.into_iter().find(|it| it.line == place.line as usize)?;
                source.get(found.span).map(str::to_owned)
            });
            let body = cut(&body.unwrap_or_default(), PLACE);
            text.push_str(&format!(
                "{}:{} {} {}\n{body}\n\n",
                place.path, place.line, place.kind, place.name
            ));
        }
        Ok(match places.len() {
            0 => Piece::left_out("symbol", name, "nothing defines it"),
            count => {
                let mut piece = Piece::told("symbol", name, "mentioned", text);
                if count > PLACES {
                    piece
                        .notes
                        .push(format!("{PLACES} of its {count} definitions are told"));
                }
                piece
            }
        })
    }

    fn spec(&self, name: &str) -> Piece {
        let read = SpecPlace::find(name, self.environment).and_then(|place| {
            let (text, _) = documents::spec(&place)?;
            let tasks = documents::read(&place.project, &place.tasks())?;
            Ok((text, tasks.map(|it| TaskList::parse(&it))))
        });
        match read {
            Ok((text, tasks)) => {
                let mut text = cut(&text, ONE);
                for task in tasks.iter().flat_map(TaskList::all) {
                    text.push_str(&format!(
                        "\n- task {} ({:?}): {}",
                        task.id, task.mark, task.title
                    ));
                }
                Piece::told("spec", name, "mentioned", text)
            }
            Err(error) => Piece::left_out("spec", name, error.message),
        }
    }

    /// What changed and is not committed, or what a revision changed. Git tells names and contents only; the rest is ours, so
    /// nothing that the repository configures is run.
    fn git(&self, revision: Option<&str>) -> Piece {
        let name = revision.unwrap_or("changes that are not committed");
        match self.changes(revision) {
            Err(why) => Piece::left_out("git", name, why),
            Ok((changes, _)) if changes.is_empty() => {
                Piece::left_out("git", name, "nothing changed")
            }
            Ok((changes, hidden)) => {
                let mut piece = Piece::told("git", name, "mentioned", cut(&changes.display(), ONE));
                if hidden > 0 {
                    piece.notes.push(format!(
                        "{hidden} changed files are not told: sensitive, no text, or too many"
                    ));
                }
                piece
            }
        }
    }

    fn changes(&self, revision: Option<&str>) -> Result<(Changeset, usize), String> {
        let root = &self.project.root;
        let git = git_program(self.project, self.environment).map_err(|it| it.message)?;
        let ask = |question: &[&str]| {
            let answer =
                host::process::git_answer(&git, root, question).map_err(|it| it.to_string())?;
            answer.ok_or_else(|| {
                "git has no answer: is there a commit, and such a revision?".to_owned()
            })
        };
        let names = match revision {
            None => {
                let changed = ask(&[
                    "diff-index",
                    "--relative",
                    "--name-only",
                    "-z",
                    "HEAD",
                    "--",
                ])?;
                changed + "\0" + &ask(&["ls-files", "--others", "--exclude-standard", "-z"])?
            }
            Some(it) => ask(&[
                "diff-tree",
                "--root",
                "--relative",
                "--no-commit-id",
                "--name-only",
                "-r",
                "-z",
                "--end-of-options",
                it,
            ])?,
        };
        let mut paths: Vec<&str> = names.split('\0').filter(|it| !it.is_empty()).collect();
        paths.sort_unstable();
        paths.dedup();
        let (mut files, mut hidden) = (Vec::new(), 0);
        for path in paths {
            match self.change(&git, revision, path) {
                Some(change) if files.len() < CHANGED_MAX => files.push(change),
                _ => hidden += 1,
            }
        }
        Ok((Changeset::new(files).map_err(|it| it.to_string())?, hidden))
    }

    fn change(
        &self,
        git: &std::path::Path,
        revision: Option<&str>,
        path: &str,
    ) -> Option<FileChange> {
        let relative = RelPath::parse(path)
            .ok()
            .filter(|it| self.reader.shows(it))?;
        let at = |revision: &str| {
            host::process::git_file_at(git, &self.project.root, revision, path).ok()
        };
        let (before, after) = match revision {
            None => (
                at("HEAD")?,
                self.reader.text(path).ok()?.map(String::into_bytes),
            ),
            Some(it) => (at(&format!("{it}^")).flatten(), at(it)?),
        };
        Some(FileChange {
            path: relative,
            before: before.map(FileState::file),
            after: after.map(FileState::file),
        })
    }

    /// Files of the project that cannot be parsed; linters are for the tool `diagnostics`.
    fn problems(&mut self) -> Result<Piece, SessionError> {
        let reader = self.reader.clone();
        let index = self.index()?;
        let mut text = String::new();
        let sources = index
            .paths()
            .filter_map(|it| Some((it, code::Language::from_path(it.as_str())?)));
        for (path, language) in sources.take(CHECKED_MAX) {
            let source = reader
                .text(path.as_str())
                .ok()
                .flatten()
                .unwrap_or_default();
            if let Some(wrong) = code::syntax_error(language, &source) {
                text.push_str(&format!("{path}: {wrong}\n"));
            }
        }
        Ok(match text.is_empty() {
            true => Piece::left_out(
                "problems",
                "problems",
                "every source can be parsed; `diagnostics` asks the linters",
            ),
            false => Piece::told("problems", "problems", "mentioned", cut(&text, ONE)),
        })
    }
}

/// Takes the secrets of the project and the user out of what is told.
pub(super) fn redact(pieces: &mut [Piece], redactor: &Redactor) {
    for it in pieces {
        it.text = redactor.redact(&it.text).into_owned();
    }
}

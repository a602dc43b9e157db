//! The index of a project, or of a worktree of it: where it stands, and what a model is told of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use change::{Digest, visible};
use context::{Hit, Index};
use policy::{Gate, Redactor};
use serde_json::{Value, json};
use tools::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::shop::{Shop, Yard};
use crate::trust;

/// Files that are told for a question, and bytes of a passage.
const HITS: usize = 6;
const PASSAGE: usize = 1_400;

/// The index of the project itself, brought up to date and kept.
pub(crate) fn of_project(
    project: &Project,
    gate: &Gate,
    environment: &Environment,
    redactor: &Redactor,
) -> Result<Index, SessionError> {
    let rules = rules(project, environment)?;
    let folder = folder(project, environment);
    if !folder.exists() {
        // Whoever makes one more looks which are not needed any more.
        context::forget_gone(&indexes(environment));
    }
    let mut index = Index::open(&project.root, gate, redactor, rules, Some(&folder));
    index.refresh(&|| false).map_err(SessionError::input)?;
    // An index that cannot be kept is made anew next time; what is asked now has its answer.
    let _kept = index.save();
    Ok(index)
}

/// The index of a worktree, which shares what is known of contents and is never kept: the worktree will be gone.
fn of_tree(shop: &Shop, tree: &Path) -> Result<Index, SessionError> {
    let rules = rules(&shop.project, shop.environment())?;
    let folder = folder(&shop.project, shop.environment());
    let gate = shop.gate.in_attempt(tree);
    let mut index = Index::open(tree, &gate, &shop.redactor, rules, Some(&folder));
    let cancel = &shop.cancel;
    index
        .refresh(&|| cancel.is_cancelled())
        .map_err(SessionError::internal)?;
    Ok(index)
}

/// Where the index of a project stands: in one place for all worktrees of a repository.
fn folder(project: &Project, environment: &Environment) -> PathBuf {
    let shared = shared_git(&project.root).unwrap_or_else(|| project.root.clone());
    let digest = Digest::of(shared.as_os_str().as_encoded_bytes()).to_string();
    indexes(environment).join(&digest[..16])
}

fn indexes(environment: &Environment) -> PathBuf {
    environment.kiro_home().join("state/index")
}

/// The git directory that the worktrees of a repository share, and the way from its top to this folder.
fn shared_git(root: &Path) -> Option<PathBuf> {
    const POINTER_MAX: u64 = 4096;
    let top = root
        .ancestors()
        .find(|it| it.join(".git").symlink_metadata().is_ok())?;
    let git = top.join(".git");
    let shared = if git.is_dir() {
        git
    } else {
        let text = String::from_utf8(host::files::read(&git, POINTER_MAX).ok()?).ok()?;
        let own = top.join(text.strip_prefix("gitdir:")?.trim());
        let common = host::files::read(&own.join("commondir"), POINTER_MAX).ok();
        match common.and_then(|it| String::from_utf8(it).ok()) {
            Some(common) => own.join(common.trim()),
            None => own,
        }
    };
    let inside = root.strip_prefix(top).ok()?;
    Some(shared.canonicalize().ok()?.join(inside))
}

/// A digest of everything that says which files may be shown.
fn rules(project: &Project, environment: &Environment) -> Result<[u8; 16], SessionError> {
    let own = environment.kiro_home().join("settings/permissions.yaml");
    let mut texts = vec![env!("CARGO_PKG_VERSION").to_owned()];
    for path in [trust::CONFIG, ".kiro/governance.yaml", trust::PERMISSIONS] {
        texts.push(documents::read(project, path)?.unwrap_or_default());
    }
    let own = host::files::read(&own, 16 << 20).unwrap_or_default();
    texts.push(String::from_utf8_lossy(&own).into_owned());
    let mut rules = [0; 16];
    rules.copy_from_slice(&trust::digest_of(&texts).as_bytes()[..16]);
    Ok(rules)
}

/// What a model is told of a workspace for a question, in at most `bytes` bytes: a map, and the passages that fit best.
pub(crate) fn told(index: &Index, question: &str, scope: &[String], bytes: usize) -> String {
    let map = index.map(scope, bytes / 3);
    let hits = index.find(question, scope, HITS);
    let mut text = map;
    for it in &hits {
        let entry = format!("\n{}", passage(it));
        if text.len() + entry.len() > bytes {
            break;
        }
        text.push_str(&entry);
    }
    text
}

/// A passage with its place and why it is shown.
fn passage(hit: &Hit) -> String {
    let (first, last) = hit.lines;
    let cut = crate::briefing::cut(&hit.passage, PASSAGE);
    format!(
        "{}:{first}-{last} (has {})\n{cut}\n",
        hit.path,
        hit.words.join(", ")
    )
}

/// The tool `find`: questions in words to the index of a worktree, made when it is first asked.
pub(crate) struct Finder<'s> {
    shop: &'s Shop,
    tree: PathBuf,
    index: Mutex<Option<Index>>,
}

const NAME: &str = "find";
const LIMIT: usize = 8;
const LIMIT_MAX: usize = 20;

impl<'s> Finder<'s> {
    /// Over a yard's worktree.
    pub(crate) fn of_yard(shop: &'s Shop, yard: &Yard) -> Finder<'s> {
        Finder {
            shop,
            tree: yard.tree.clone(),
            index: Mutex::new(None),
        }
    }

    fn answer(&self, arguments: &Value) -> Result<Answer, String> {
        let question = arguments["question"]
            .as_str()
            .map(str::trim)
            .filter(|it| !it.is_empty());
        let question = question.ok_or("`question` is missing; say in words what you look for")?;
        let scope: Vec<String> = arguments["path"]
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .collect();
        let limit = arguments["limit"]
            .as_u64()
            .map_or(LIMIT, |it| it as usize)
            .clamp(1, LIMIT_MAX);
        let mut slot = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let index = match slot.take() {
            // The worktree is the agent's to change, so it is looked through before each answer.
            Some(mut index) => {
                index
                    .refresh(&|| self.shop.cancel.is_cancelled())
                    .map_err(|it| it.to_string())?;
                index
            }
            None => of_tree(self.shop, &self.tree).map_err(|it| it.message)?,
        };
        let index = slot.insert(index);
        let hits = index.find(question, &scope, limit);
        if hits.is_empty() {
            return Ok(Answer::done(
                "no file is about that; `search` looks for exact text\n",
                "nothing found",
            ));
        }
        let mut text = String::new();
        for it in &hits {
            let _ = writeln!(text, "{}", passage(it));
        }
        let first = visible(hits[0].path.as_str()).into_owned();
        let more = match hits.len() {
            1 => String::new(),
            several => format!(" and {} more", several - 1),
        };
        Ok(Answer::done(text, format!("{first}{more}")))
    }
}

impl Toolbox for Finder<'_> {
    fn specs(&self) -> Vec<ToolSpec> {
        vec![ToolSpec {
            name: NAME.to_owned(),
            description: "Files and passages that a question in words is about, best first."
                .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "question": {"type": "string"},
                    "path": {"type": "string", "description": "only below this folder"},
                    "limit": {"type": "integer"},
                },
                "required": ["question"],
            }),
        }]
    }

    fn effect(&self, _: &str, _: &Value) -> Effect {
        Effect::Reads
    }

    fn call(
        &self,
        _: &str,
        arguments: &Value,
        _: Stop<'_>,
        _: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        self.answer(arguments).unwrap_or_else(Answer::failed)
    }
}

/// What a model is told of a worktree for a question, in at most `bytes` bytes.
pub(crate) fn told_of_yard(
    shop: &Shop,
    yard: &Yard,
    question: &str,
    scope: &[String],
    bytes: usize,
) -> Result<String, SessionError> {
    Ok(told(&of_tree(shop, &yard.tree)?, question, scope, bytes))
}

/// Names of a project that a person may mention, for completion.
#[derive(Clone, Debug, Default)]
pub struct Nameable {
    /// The words by which things are mentioned.
    pub mentions: Vec<String>,
    /// Files.
    pub files: Vec<String>,
    /// Folders.
    pub folders: Vec<String>,
    /// What sources define.
    pub symbols: Vec<String>,
    /// Specifications.
    pub specs: Vec<String>,
    /// Steering that is told when it is named.
    pub steering: Vec<String>,
}

impl Nameable {
    /// The names of the project around the current folder.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn of(environment: &Environment) -> Result<Nameable, SessionError> {
        let project = Project::around(environment)?;
        let gate = documents::gate(&project, environment)?;
        let redactor = crate::secrets::redactor(&project, environment)?;
        let index = of_project(&project, &gate, environment, &redactor)?;
        let files: Vec<String> = index.paths().map(ToString::to_string).collect();
        let mut folders: Vec<String> = files
            .iter()
            .filter_map(|it| Some(it.rsplit_once('/')?.0.to_owned()))
            .collect();
        folders.dedup();
        let briefing =
            crate::briefing::briefing(&crate::briefing::BriefingOptions::default(), environment)?;
        let names = briefing
            .pieces
            .iter()
            .filter_map(|it| it.reason.split_once("as #").map(|it| it.1.to_owned()));
        Ok(Nameable {
            mentions: context::MentionKind::words().map(str::to_owned).collect(),
            symbols: index.names(),
            specs: crate::specs::all(&project, environment)?
                .into_iter()
                .map(|it| it.name)
                .collect(),
            steering: names.collect(),
            files,
            folders,
        })
    }
}

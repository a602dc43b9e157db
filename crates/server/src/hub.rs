//! What all conversations of one process share: what is going on, what waits for an answer, and who listens.
//!
//! Nothing is sent while the state is locked: whoever turns out to be gone is forgotten on the way.

mod asks;
mod follow;
mod front;
mod operations;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use session::{Environment, Inline, Project};

use self::asks::OpenAsk;
pub(crate) use self::front::{Beside, HubFront, Spoken};
pub(crate) use self::operations::{Begin, Work};
use crate::rpc::{Peer, RpcError};
use crate::wire::{Here, Operation};

/// What all conversations of one process share. Clones are the same.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    environment: Environment,
    /// What suggests while a person types.
    inline: Inline,
    /// The one folder that requests may be about; any of this machine's without.
    within: Option<PathBuf>,
    state: Mutex<State>,
    /// Told when an ask was answered or an operation ended.
    moved: Condvar,
}

#[derive(Default)]
struct State {
    last: u64,
    operations: VecDeque<operations::Operating>,
    asks: Vec<OpenAsk>,
    listeners: Vec<Listener>,
    followed: Vec<PathBuf>,
    closing: bool,
}

struct Listener {
    peer: Peer,
    root: PathBuf,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

impl Hub {
    /// One for the project around the environment's folder, and for those that requests name.
    pub fn new(environment: Environment) -> Hub {
        Hub::made(environment, None)
    }

    /// One for the project in the environment's folder alone: whoever reaches it over a network asks about no other.
    pub(crate) fn within(environment: Environment) -> Hub {
        let folder = environment.cwd.clone();
        Hub::made(environment, Some(folder))
    }

    fn made(environment: Environment, within: Option<PathBuf>) -> Hub {
        Hub(Arc::new(Shared {
            within,
            // An editor in this process's terminal is nobody's: its streams carry messages.
            environment: Environment {
                editor: None,
                ..environment
            },
            inline: Inline::default(),
            state: Mutex::default(),
            moved: Condvar::new(),
        }))
    }

    pub(crate) fn inline(&self) -> &Inline {
        &self.0.inline
    }

    /// The environment of requests about the folder `root`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn environment(&self, root: Option<&str>) -> Result<Environment, RpcError> {
        let Some(root) = root else {
            return Ok(self.0.environment.clone());
        };
        let folder = Path::new(root);
        if !folder.is_absolute() {
            return Err(RpcError::params(format!("{root} is no absolute path")));
        }
        let cwd = folder
            .canonicalize()
            .map_err(|error| RpcError::params(format!("{root} cannot be used: {error}")))?;
        if !cwd.is_dir() {
            return Err(RpcError::params(format!("{root} is no folder")));
        }
        if let Some(within) = self.0.within.as_ref().filter(|it| !cwd.starts_with(it)) {
            return Err(RpcError::params(format!(
                "{root} lies outside of {}; `kiro ide {root}` opens it",
                within.display()
            )));
        }
        Ok(Environment {
            cwd,
            ..self.0.environment.clone()
        })
    }

    /// `peer` hears from now on what happens in the project around the environment's folder; gives the project's folder.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn listen(&self, peer: &Peer, environment: &Environment) -> Result<PathBuf, RpcError> {
        let root = Project::around(environment)?.root;
        let is_new = {
            let mut state = self.lock();
            let known = |it: &Listener| it.peer == *peer && it.root == root;
            if !state.listeners.iter().any(known) {
                state.listeners.push(Listener {
                    peer: peer.clone(),
                    root: root.clone(),
                });
            }
            let is_new = !state.followed.contains(&root);
            if is_new {
                state.followed.push(root.clone());
            }
            is_new
        };
        if is_new {
            self.follow(root.clone(), environment.clone());
        }
        Ok(root)
    }

    /// The folder of the project that is meant.
    pub(crate) fn root(&self, here: &Here) -> Result<PathBuf, RpcError> {
        let environment = self.environment(here.root.as_deref())?;
        Ok(Project::around(&environment)?.root)
    }

    /// `peer` is gone.
    pub fn forget(&self, peer: &Peer) {
        self.lock().listeners.retain(|it| it.peer != *peer);
    }

    /// Whether anybody listens to the project in `root`.
    fn is_heard(&self, root: &Path) -> bool {
        self.lock().listeners.iter().any(|it| it.root == root)
    }

    /// Tells everybody who listens to the project in `root`.
    fn tell(&self, root: &Path, method: &str, params: impl serde::Serialize) {
        let listeners: Vec<Peer> = {
            let state = self.lock();
            let of_root = state.listeners.iter().filter(|it| it.root == root);
            of_root.map(|it| it.peer.clone()).collect()
        };
        for peer in listeners {
            peer.notify(method, &params);
        }
    }

    /// Ends everything that goes on, as an interruption does, and waits until it has ended.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        state.operations.iter().for_each(|it| it.cancel.cancel());
        self.0.moved.notify_all();
        let goes_on = |state: &mut State| state.operations.iter().any(|it| it.told.ended.is_none());
        drop(
            self.0
                .moved
                .wait_while(state, goes_on)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self, operation: &Operation) {
        self.tell(Path::new(&operation.root), "_kiro/operation", operation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(cwd: &Path) -> Environment {
        Environment {
            cwd: cwd.to_path_buf(),
            home: cwd.join("home"),
            kiro_home: None,
            cache_home: None,
            path: std::ffi::OsString::new(),
            model: None,
            editor: None,
            variables: Vec::new(),
            program: PathBuf::new(),
        }
    }

    #[test]
    fn a_page_asks_about_its_own_folder_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        for name in ["own/deep", "other"] {
            std::fs::create_dir_all(root.join(name)).expect("a folder");
        }
        let own = root.join("own");
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        let hub = Hub::within(environment(&own));
        assert!(hub.environment(None).is_ok());
        assert!(hub.environment(Some(&text(&own.join("deep")))).is_ok());
        for outside in [root.join("other"), own.join("../other"), root.clone()] {
            assert!(
                hub.environment(Some(&text(&outside))).is_err(),
                "{outside:?}"
            );
        }
        let any = Hub::new(environment(&own));
        assert!(any.environment(Some(&text(&root.join("other")))).is_ok());
    }
}

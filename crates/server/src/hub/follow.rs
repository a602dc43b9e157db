//! What other processes do, and what changes on the disk: looked at while somebody listens.

use std::path::{Path, PathBuf};
use std::time::Duration;

use session::{Environment, Follower, News};

use super::Hub;
use crate::wire::{Changed, FactEntry, Facts};

/// How often is looked.
const PAUSE: Duration = Duration::from_millis(250);

impl Hub {
    /// Looks, on a thread of its own, until nobody listens to the project in `root` any more.
    pub(super) fn follow(&self, root: PathBuf, environment: Environment) {
        let hub = self.clone();
        std::thread::spawn(move || {
            let mut follower = Follower::begin(&environment);
            let mut trouble = String::new();
            while hub.is_followed(&root) {
                let looked = follower
                    .as_mut()
                    .map_err(|error| error.message.clone())
                    .and_then(|it| it.look().map_err(|error| error.message));
                match looked {
                    Ok(news) => hub.told(&root, news),
                    Err(error) if error != trouble => {
                        hub.tell(&root, "_kiro/trouble", serde_json::json!({ "text": error }));
                        trouble = error;
                    }
                    Err(_) => {}
                }
                std::thread::sleep(PAUSE);
                if follower.is_err() {
                    follower = Follower::begin(&environment);
                }
            }
        });
    }

    /// Whether somebody listens still; when not, it is no longer followed.
    fn is_followed(&self, root: &Path) -> bool {
        let mut state = self.lock();
        let is_heard = state.listeners.iter().any(|it| it.root == root) && !state.closing;
        if !is_heard {
            state.followed.retain(|it| it != root);
        }
        is_heard
    }

    fn told(&self, root: &Path, news: News) {
        let shown = root.display().to_string();
        if !news.facts.is_empty() {
            let facts = Facts {
                root: shown.clone(),
                facts: news.facts.into_iter().map(FactEntry::from).collect(),
            };
            self.tell(root, "_kiro/facts", &facts);
        }
        let changed = Changed {
            root: shown,
            specs: news.specs,
            hooks: news.hooks,
            config: news.config,
        };
        if !(changed.specs.is_empty() && changed.hooks.is_empty() && changed.config.is_empty()) {
            self.tell(root, "_kiro/changed", &changed);
        }
    }
}

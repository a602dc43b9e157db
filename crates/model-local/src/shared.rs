//! One model for everybody in a process who opens the same file: weights are large, and one turn at a time has them anyway.

use crate::LocalModel;
use crate::resident::Stamp;
use model::{ModelError, ModelId};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The models of this process.
static SHELF: Shelf = Shelf(Mutex::new(Vec::new()));

/// Models that were opened, one of each file and id.
struct Shelf(Mutex<Vec<Place>>);

struct Place {
    path: PathBuf,
    stamp: Stamp,
    model: Arc<LocalModel>,
}

impl LocalModel {
    /// The model of the file at `path` that this process has open already, or else opens now and keeps: its weights are given
    /// back when nobody asks, and what is left of it is small. A file that changed since is opened anew.
    ///
    /// # Errors
    ///
    /// As [`LocalModel::open`].
    pub fn shared(path: &Path, id: &ModelId) -> Result<Arc<Self>, ModelError> {
        SHELF.get(path, id, &|| Self::open(path, id.clone()))
    }
}

impl Shelf {
    /// Whoever comes while a model is being opened waits for it.
    fn get(
        &self,
        path: &Path,
        id: &ModelId,
        open: &dyn Fn() -> Result<LocalModel, ModelError>,
    ) -> Result<Arc<LocalModel>, ModelError> {
        // Places are only added and removed as a whole, so they hold after a panic too.
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that cannot be looked at is for `open` to complain of.
        let Ok(stamp) = Stamp::of(path) else {
            return open().map(Arc::new);
        };
        let same = |it: &Place| it.path == path && it.model.id == *id;
        if let Some(found) = places.iter().find(|it| same(it) && it.stamp == stamp) {
            return Ok(Arc::clone(&found.model));
        }
        places.retain(|it| !same(it));
        let model = Arc::new(open()?);
        places.push(Place {
            path: path.to_owned(),
            stamp,
            model: Arc::clone(&model),
        });
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Storage, Tiny};
    use std::cell::Cell;
    use std::fs::File;

    /// A shelf that counts what is opened.
    struct Counted {
        shelf: Shelf,
        opened: Cell<usize>,
    }

    impl Counted {
        fn get(&self, path: &Path, id: &str) -> Result<Arc<LocalModel>, ModelError> {
            let id: ModelId = id.parse().unwrap();
            self.shelf.get(path, &id, &|| {
                self.opened.set(self.opened.get() + 1);
                LocalModel::open(path, id.clone())
            })
        }
    }

    #[test]
    fn a_file_is_opened_once_until_it_changes() {
        let tiny = Tiny::write(Storage::Quantised, false, 34);
        let counted = Counted {
            shelf: Shelf(Mutex::default()),
            opened: Cell::new(0),
        };
        let one = counted.get(&tiny.path, "local/tiny").unwrap();
        let other = counted.get(&tiny.path, "local/tiny").unwrap();
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(counted.opened.get(), 1);
        let named = counted.get(&tiny.path, "local/other").unwrap();
        assert!(!Arc::ptr_eq(&one, &named));
        assert_eq!(counted.opened.get(), 2);

        let length = std::fs::metadata(&tiny.path).unwrap().len();
        let file = File::options().write(true).open(&tiny.path).unwrap();
        file.set_len(length + 1).unwrap();
        let fresh = counted.get(&tiny.path, "local/tiny").unwrap();
        assert!(!Arc::ptr_eq(&one, &fresh));
        assert_eq!(counted.opened.get(), 3);
        assert_eq!(counted.shelf.0.lock().unwrap().len(), 2, "the old one went");
        assert!(counted.get(Path::new("none.gguf"), "local/tiny").is_err());
    }

    #[test]
    fn threads_that_come_together_open_one() {
        let tiny = Tiny::write(Storage::Quantised, false, 34);
        let id: ModelId = "local/tiny".parse().unwrap();
        let models: Vec<Arc<LocalModel>> = std::thread::scope(|scope| {
            let one = || LocalModel::shared(&tiny.path, &id).unwrap();
            let all: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(models.iter().all(|it| Arc::ptr_eq(it, &models[0])));
    }
}

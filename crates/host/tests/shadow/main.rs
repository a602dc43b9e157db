//! Snapshots of every kind of folder, with every git on the search path.

mod folder;
mod hostile;
mod place;
mod repository;
mod store;

//! The page's server as a browser meets it, and as a hostile page would.

mod door;
mod editors;
mod language;
mod page;
mod window;

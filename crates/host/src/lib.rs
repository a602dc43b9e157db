//! .

pub mod clock;
pub mod download;
pub mod files;
pub mod lease;
pub mod process;
pub mod sandbox;
pub mod shadow;

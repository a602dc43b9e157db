//! A walk over the workspace's files, as far as policy lets them be shown.

use std::ops::ControlFlow;

use change::RelPath;
pub(crate) use context::{Found, Walked as Walk};

use super::Workspace;
use crate::Stop;
use crate::error::ToolError;

type Visit<'a> = &'a mut dyn FnMut(&Found) -> ControlFlow<()>;

impl Workspace {
    /// Walks from `start` (`None`: the root) down, at most `depth` folders deep.
    pub(crate) fn walk(
        &self,
        start: Option<&RelPath>,
        depth: usize,
        stop: Stop<'_>,
        visit: Visit<'_>,
    ) -> Result<Walk, ToolError> {
        let walk = context::Walk {
            root: &self.root,
            start,
            depth,
            readable: &|path| self.is_readable(path),
            stop,
        };
        Ok(walk.go(&mut |found| visit(&found))?)
    }
}

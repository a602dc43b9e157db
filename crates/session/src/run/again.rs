//! Tasks that are done and under which somebody changed the code: proven again before a run builds on them, and before it says
//! that it is done. What no longer holds is worked on again.

use super::Running;
use crate::error::SessionError;
use crate::stale::{self, StaleWhy};
use crate::verify::confirm::{VerifiedTask, confirm};
use crate::view::View;

impl Running<'_> {
    /// Proves again what changed under its tick, says what came of it, and opens the boxes of what no longer holds, each once a
    /// run. Gives whether it opened any.
    pub(super) fn look_again(&mut self) -> Result<bool, SessionError> {
        if self.shop.proves_others() {
            return Ok(false);
        }
        let folder = self.run_folder().join("again");
        let looked = confirm(self.place, self.spec, self.shop, &mut self.journal, &folder)?;
        let mut opened = false;
        for it in looked {
            let opens = it.is_broken() && self.opened.insert(it.task.clone());
            if opens {
                let gate = &self.shop.gate;
                stale::open_again(self.place, gate, &mut self.journal, &it.task, &it.done)?;
            }
            opened |= opens;
            self.front.show(&told(&it, opens));
        }
        Ok(opened)
    }
}

fn told(task: &VerifiedTask, opens: bool) -> View {
    let why: Vec<String> = task.why.iter().map(StaleWhy::told).collect();
    let why = why.join("; ");
    let id = &task.task;
    match task.checks {
        Some((passed, _)) if task.confirmed => {
            let passed = match passed {
                1 => "its check passes".to_owned(),
                some => format!("its {some} checks pass"),
            };
            View::Notice(format!(
                "task {id} is proven again: {why}, and {passed} on what stands now"
            ))
        }
        Some((passed, failed)) => View::Warning(format!(
            "task {id} {}: {why}, and {failed} of its {} checks fail on what stands now",
            match opens {
                true => "is to be worked on again",
                false => "does not hold",
            },
            passed + failed
        )),
        None => View::Warning(format!(
            "task {id} cannot be proven again: {why}, and nothing that can be run checks it; look at it, then \
             `kiro tasks {} set {id} done`",
            task.spec
        )),
    }
}

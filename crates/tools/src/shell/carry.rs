//! Carrying out a command as its plan says: program by program, without a shell that could read anything into it.

use std::cell::Cell;
use std::time::Duration;

use host::process::{Command, Ended, Finished, Watch};
use policy::shell::Plan;
use policy::{Permit, Step};

use super::setting::Refusals;
use super::words::plain;
use super::{Call, Shell, Wish};
use crate::Progress;
use crate::error::ToolError;

/// Bytes of output that are passed on while a command runs.
const LIVE_BYTES: usize = 256 << 10;

/// A command under way.
pub(super) struct Carry<'a> {
    shell: &'a Shell,
    call: &'a Call<'a>,
    wish: &'a Wish,
    /// The programs that ended, in order.
    pub(super) ran: Vec<Finished>,
    /// Whom they did not reach.
    pub(super) refusals: Refusals,
    live: Cell<usize>,
    left: Duration,
    /// Whether one of them was stopped, so that no other begins.
    halted: bool,
}

impl<'a> Carry<'a> {
    pub(super) fn new(shell: &'a Shell, call: &'a Call<'a>, wish: &'a Wish) -> Carry<'a> {
        Carry {
            shell,
            call,
            wish,
            ran: Vec::new(),
            refusals: Refusals::default(),
            live: Cell::new(0),
            left: wish.wall,
            halted: false,
        }
    }

    /// Carries a plan out; says whether it succeeded.
    pub(super) fn out(&mut self, plan: Plan<Step>) -> Result<bool, ToolError> {
        if self.halted {
            return Ok(false);
        }
        match plan {
            Plan::Run(step) => {
                let command = self.shell.command(self.call, step, self.wish)?;
                self.run(command)
            }
            Plan::Pipe(steps) => {
                let command = self.shell.tied(self.call, steps, self.wish)?;
                self.run(command)
            }
            Plan::Not(inner) => Ok(!self.out(*inner)? && !self.halted),
            Plan::And(first, second) => Ok(self.out(*first)? && self.out(*second)?),
            Plan::Or(first, second) => Ok(self.out(*first)? || self.out(*second)?),
            Plan::Each(plans) => {
                let mut is_success = true;
                for plan in plans {
                    is_success = self.out(plan)?;
                }
                Ok(is_success)
            }
        }
    }

    fn run(&mut self, (mut command, permit): (Command, Permit)) -> Result<bool, ToolError> {
        command.limits.wall = self.left;
        let watch = Watch {
            cancelled: &|| (self.call.stop)(),
            output: &|_, bytes| self.show(bytes),
        };
        let walls = self.shell.setting.walls_telling(&self.refusals);
        let sandbox = &self.shell.setting.sandbox;
        let finished = sandbox.follow(permit, &command, &walls, &watch)?;
        self.left = self.left.saturating_sub(finished.wall);
        let ended = finished.ended;
        self.halted |= !matches!(ended, Ended::Code(_) | Ended::Signal(_));
        self.ran.push(finished);
        Ok(ended.success())
    }

    fn show(&self, bytes: &[u8]) {
        let left = LIVE_BYTES.saturating_sub(self.live.get());
        if left > 0 {
            let piece = &bytes[..bytes.len().min(left)];
            self.live.set(self.live.get() + piece.len());
            (self.call.on)(Progress::Output(plain(piece)));
        }
    }
}

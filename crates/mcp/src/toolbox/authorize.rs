//! A call that a server refuses until a person has logged in, or granted more: the person is asked once more, and the call made
//! again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

use change::visible;
use tools::Stop;

use super::ServerTools;
use crate::link::{Link, RequestError};

/// How often a person is asked to log in for one call: once because the time is over, and once for more rights.
const LOGINS_MAX: usize = 2;

impl ServerTools {
    /// Does `ask`, and again after each time that a person logged in for it. Gives the connection that answered as well.
    pub(super) fn authorized<T>(
        &self,
        server: &str,
        link: Arc<Link>,
        ask: &dyn Fn(&Link) -> Result<T, RequestError>,
        stop: Stop<'_>,
    ) -> Result<(T, Arc<Link>), RequestError> {
        let mut link = link;
        for _ in 0..LOGINS_MAX {
            let challenge = match ask(&link) {
                Err(RequestError::Unauthorized(challenge)) => challenge,
                other => return other.map(|it| (it, link)),
            };
            let refused = |why| RequestError::Refused(format!("it wants authorization: {why}"));
            if self.unwanted().contains(server) {
                return Err(refused("nobody wanted to log in".to_owned()));
            }
            self.let_log_in(server, &challenge, stop).map_err(|why| {
                self.unwanted().insert(server.to_owned());
                refused(why)
            })?;
            let fleet = &self.setting.fleet;
            fleet.anew(server);
            link = fleet
                .link(server)
                .map_err(|trouble| RequestError::Refused(trouble.to_string()))?;
        }
        ask(&link).map(|it| (it, link))
    }

    fn unwanted(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unwanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a person where to log in, and waits until they have, or say that they will not.
    fn let_log_in(&self, server: &str, challenge: &str, stop: Stop<'_>) -> Result<(), String> {
        let challenge = Some(challenge).filter(|it| !it.is_empty());
        let log_in = self.setting.fleet.log_in(server, challenge)?;
        let server = visible(server);
        let question = format!(
            "The server «{server}» wants you to log in for this. Open this address in your browser: {}",
            log_in.address()
        );
        let options = ["done".to_owned(), "no".to_owned()];
        let (came, is_refused) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let (came, is_refused) = (&came, &is_refused);
            let waiting = scope.spawn(move || {
                let ended = log_in.wait(&|| stop() || is_refused.load(Ordering::Relaxed));
                came.store(true, Ordering::Relaxed);
                ended
            });
            let is_over = || stop() || came.load(Ordering::Relaxed);
            let answer = self.setting.person.ask(&question, &options, &is_over);
            let says_no = answer.is_none_or(|it| it.trim().eq_ignore_ascii_case("no"));
            is_refused.store(says_no && !came.load(Ordering::Relaxed), Ordering::Relaxed);
            let ended = waiting.join();
            ended.unwrap_or_else(|_| Err("the wait for the browser broke down".to_owned()))
        })
        .map_err(|why| format!("{why}; `kiro mcp login {server}` does it beforehand"))
    }
}

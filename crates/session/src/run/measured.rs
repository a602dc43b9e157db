//! Measurements of success criteria: coverage, security, time and size, each by a command that is recorded with its end.

use engine::checks::CheckFile;
use engine::{Coverer, Grade, Lines, grades, timer};
use spec::{Limit, Size, Timing};

use super::prove::{Prover, runners};
use crate::error::SessionError;
use crate::scans::{self, Scan};
use crate::shop::Yard;

/// What a measurement showed: the proof, or why there is none.
type Shown = Result<Result<String, String>, SessionError>;

impl Prover<'_> {
    /// The share of lines that the tests run, over all languages that the spec's checks are in.
    pub(super) fn coverage(&mut self, yard: &Yard, checks: &[CheckFile], limit: &Limit) -> Shown {
        let mut all = Lines::default();
        let mut by = Vec::new();
        for runner in runners(checks) {
            let coverer = Coverer(runner);
            match self.covered(yard, coverer)? {
                Ok(lines) => {
                    all.all += lines.all;
                    all.ran += lines.ran;
                }
                Err(why) => return Ok(Err(why)),
            }
            by.push(coverer.name());
        }
        let share = format!(
            "{} of {} lines are run by the tests, {:.1} %, as {} counts",
            all.ran,
            all.all,
            all.share() as f64 / 1000.0,
            by.join(" and ")
        );
        Ok(match limit.holds(all.share()) {
            true => Ok(share),
            false => Err(share),
        })
    }

    fn covered(
        &mut self,
        yard: &Yard,
        coverer: Coverer,
    ) -> Result<Result<Lines, String>, SessionError> {
        let absent = format!(
            "{} is not installed, so coverage was not measured",
            coverer.name()
        );
        let Ok(argv) = self.shop.resolved(coverer.presence()) else {
            return Ok(Err(absent));
        };
        if !self.shop.check(yard, argv)?.ended.success() {
            return Ok(Err(absent));
        }
        if let Some((path, text)) = coverer.settings() {
            self.shop.write(yard, path, text)?;
        }
        let mut printed = String::new();
        for step in coverer.steps() {
            let argv = self.shop.resolved(step)?;
            let finished = self.shop.check(yard, argv.clone())?;
            self.success_check(argv, &finished, 1)?;
            if !finished.ended.success() {
                return Ok(Err(format!(
                    "coverage was not measured: the tests ended with {}{}",
                    finished.ended,
                    last_line(&finished.stderr)
                )));
            }
            printed = String::from_utf8_lossy(&finished.stdout).into_owned();
        }
        let read = coverer.read(&printed);
        Ok(read.map_err(|why| format!("coverage was not measured: {why}")))
    }

    /// What the security scanners say that are installed.
    pub(super) fn security(&mut self, yard: &Yard) -> Shown {
        let scans = scans::all(self.shop, yard, &self.files()?)?;
        if scans.is_empty() {
            let why =
                "nothing was scanned: no security scanner is installed that looks at these files";
            return Ok(Err(why.to_owned()));
        }
        let told: Result<Vec<String>, String> = scans.iter().map(clean).collect();
        Ok(told.map(|it| it.join("; ")))
    }

    /// How long a call takes.
    pub(super) fn time(&mut self, yard: &Yard, timing: &Timing) -> Shown {
        let timer = match timer(self.spec, timing) {
            Ok(timer) => timer,
            Err(why) => return Ok(Err(why)),
        };
        self.shop.write(yard, &timer.path, &timer.text)?;
        let argv = self.shop.resolved(timer.argv())?;
        let finished = self.shop.check(yard, argv.clone())?;
        self.success_check(argv, &finished, 1)?;
        let shown = timing.shown();
        if !finished.ended.success() {
            return Ok(Err(format!(
                "{shown} was not timed ({}){}",
                finished.ended,
                last_line(&finished.stderr)
            )));
        }
        let times = match timer.read(&String::from_utf8_lossy(&finished.stdout)) {
            Ok(times) => times,
            Err(why) => return Ok(Err(format!("{shown} was not timed: {why}"))),
        };
        let time = timing.statistic.of(&times).unwrap_or(u64::MAX);
        let told = format!(
            "{} of {} calls of {shown} is {}",
            timing.statistic.name(),
            times.len(),
            spec::duration(time)
        );
        Ok(match timing.limit.holds(time) {
            true => Ok(told),
            false => Err(told),
        })
    }

    /// How big a file is.
    pub(super) fn size(&mut self, yard: &Yard, size: &Size) -> Shown {
        let option = if size.lines { "-l" } else { "-c" };
        let argv = ["wc", option, &format!("./{}", size.path)].map(str::to_owned);
        let argv = self.shop.resolved(argv.to_vec())?;
        let finished = self.shop.check(yard, argv.clone())?;
        self.success_check(argv, &finished, 1)?;
        let printed = String::from_utf8_lossy(&finished.stdout);
        let count = printed
            .split_whitespace()
            .next()
            .and_then(|it| it.parse().ok());
        let Some(count) = count.filter(|_| finished.ended.success()) else {
            return Ok(Err(format!(
                "{} cannot be read, so it was not measured",
                size.path
            )));
        };
        let told = format!("{} has {count} {}", size.path, size.unit());
        Ok(match size.limit.holds(count) {
            true => Ok(told),
            false => Err(told),
        })
    }
}

/// What a scanner said, where nothing of it fails.
fn clean(scan: &Scan) -> Result<String, String> {
    let name = scan.scanner.name();
    let found = scan
        .found
        .as_ref()
        .map_err(|why| format!("{name} could not scan: {why}"))?;
    let counts: Vec<String> = grades(found)
        .iter()
        .rev()
        .map(|(grade, count)| format!("{count} {}", grade.name()))
        .collect();
    let told = match counts.is_empty() {
        true => format!("{name} finds nothing"),
        false => format!("{name} finds {}", counts.join(", ")),
    };
    match found.iter().any(|it| Grade::fails(it.grade)) {
        true => Err(told),
        false => Ok(told),
    }
}

/// The last thing that a program said of its end, as the rest of a sentence.
fn last_line(stderr: &[u8]) -> String {
    let said = String::from_utf8_lossy(stderr);
    match said.lines().rfind(|it| !it.trim().is_empty()) {
        Some(last) => format!(": {}", host::files::shown(last.trim())),
        None => String::new(),
    }
}

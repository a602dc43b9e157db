//! Why a server is not there, in words that say what to do.

use std::fmt;
use std::time::Duration;

use host::process::Ended;

/// Why a server cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its entry is switched off.
    Disabled,
    /// Its entry cannot be used.
    Entry(String),
    /// Its entry is not trusted as it is now.
    Distrusted(String),
    /// There is no such program.
    NotFound(String),
    /// The program was there and could not be started.
    NotStarted(String),
    /// It ended before it had answered.
    Exited {
        /// How.
        ended: Option<Ended>,
        /// The end of what it wrote to its standard error.
        said: String,
        /// The first thing that it wrote to its standard output, and that is no message.
        noise: Option<String>,
    },
    /// It said nothing that is an answer, for so long.
    Silent {
        /// How long was waited.
        waited: Duration,
        /// The end of what it wrote to its standard error.
        said: String,
        /// The first thing that it wrote to its standard output, and that is no message.
        noise: Option<String>,
    },
    /// It answers, but not as the protocol says.
    Protocol(String),
    /// It wants authorization that it was not given.
    Unauthorized(String),
    /// Its address cannot be reached.
    Unreachable(String),
    /// It died twice and is not started again.
    GaveUp(String),
}

impl Trouble {
    /// Its kind in one word, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Trouble::Disabled => "disabled",
            Trouble::Entry(_) => "entry",
            Trouble::Distrusted(_) => "not-trusted",
            Trouble::NotFound(_) => "command-not-found",
            Trouble::NotStarted(_) => "not-started",
            Trouble::Exited { .. } => "exited",
            Trouble::Silent { .. } => "no-answer",
            Trouble::Protocol(_) => "protocol",
            Trouble::Unauthorized(_) => "unauthorized",
            Trouble::Unreachable(_) => "unreachable",
            Trouble::GaveUp(_) => "gave-up",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Trouble::Disabled => "set `disabled` to false in its entry",
            Trouble::Entry(_) => "mend the entry; `kiro mcp doctor` names its place",
            Trouble::Distrusted(_) => "look at it and run `kiro trust`",
            Trouble::NotFound(_) => {
                "install it, or write its whole path; what stands in the project itself is found by `./PATH` only"
            }
            Trouble::Exited { noise: Some(_), .. } | Trouble::Silent { noise: Some(_), .. } => {
                "a server's standard output is for messages alone; what it logs belongs to its standard error"
            }
            Trouble::Silent { .. } => {
                "give it longer with `startTimeout` (milliseconds), or run its command by hand"
            }
            Trouble::Unauthorized(_) => {
                "run `kiro mcp login SERVER`, or give it a key under `headers`"
            }
            Trouble::Protocol(_) => {
                "see whether this is the address or the command of an MCP server"
            }
            Trouble::NotStarted(_)
            | Trouble::Exited { .. }
            | Trouble::Unreachable(_)
            | Trouble::GaveUp(_) => return None,
        })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = |f: &mut fmt::Formatter<'_>, said: &str, noise: &Option<String>| {
            if let Some(noise) = noise {
                write!(
                    f,
                    "; on its standard output it wrote «{noise}», which is no message"
                )?;
            }
            match said.trim() {
                "" => Ok(()),
                said => write!(f, "; it said: {said}"),
            }
        };
        match self {
            Trouble::Disabled => f.write_str("it is switched off"),
            Trouble::Entry(why) => write!(f, "its entry cannot be used: {why}"),
            Trouble::Distrusted(why) => write!(f, "it is not started: {why}"),
            Trouble::NotFound(command) => write!(f, "the command «{command}» was not found"),
            Trouble::NotStarted(why) => write!(f, "it could not be started: {why}"),
            Trouble::Exited { ended, said, noise } => {
                let how = ended.map_or(String::new(), |it| format!(" with {it}"));
                write!(f, "it ended{how} before it had answered")?;
                more(f, said, noise)
            }
            Trouble::Silent {
                waited,
                said,
                noise,
            } => {
                write!(f, "it did not answer within {} s", waited.as_secs_f64())?;
                more(f, said, noise)
            }
            Trouble::Protocol(why) => write!(f, "it does not speak the protocol: {why}"),
            Trouble::Unauthorized(why) => write!(f, "it wants authorization: {why}"),
            Trouble::Unreachable(why) => write!(f, "it cannot be reached: {why}"),
            Trouble::GaveUp(why) => {
                write!(f, "it died again and is not started a third time: {why}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn troubles_read_as_sentences() {
        let exited = Trouble::Exited {
            ended: Some(Ended::Code(1)),
            said: "no config\n".into(),
            noise: Some("hello".into()),
        };
        assert_eq!(
            exited.to_string(),
            "it ended with exit code 1 before it had answered; on its standard output it wrote «hello», which is no \
             message; it said: no config"
        );
        let silent = Trouble::Silent {
            waited: Duration::from_millis(1500),
            said: String::new(),
            noise: None,
        };
        assert_eq!(silent.to_string(), "it did not answer within 1.5 s");
        assert!(silent.hint().is_some_and(|it| it.contains("startTimeout")));
    }
}

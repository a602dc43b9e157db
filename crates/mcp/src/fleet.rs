//! All servers of a project and its user: started when they are first needed, together, and started again at most once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use host::clock::Stopwatch;
use rmcp::model::{
    GetPromptRequestParams, PaginatedRequestParams, PromptArgument, ReadResourceRequestParams,
};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;
use tools::{Person, Progress, Stop};

use crate::connect::{Ground, Reach, Target, connect};
use crate::link::{Link, RemoteTool, RequestError};
use crate::login::LogIn;
use crate::render::{bounded, plain, resource};
use crate::settings::Entry;
use crate::trouble::Trouble;

/// How often a server is started again after it died.
const AGAIN_MAX: u32 = 1;
/// Most resources or prompts that are listed of one server.
const LISTED_MAX: usize = 500;

/// A server as it is known before it is started.
#[derive(Clone)]
pub struct Member {
    /// Its entry.
    pub entry: Entry,
    /// The file that it stands in, for people.
    pub file: String,
    /// Whether that is the user's own.
    pub own: bool,
    /// What is to be started, or why it is not.
    pub target: Result<Target, Trouble>,
}

/// What a server that answers is and has.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// Name and version that it gives itself.
    pub calls_itself: String,
    /// The version of the protocol.
    pub protocol: String,
    /// Its tools.
    pub tools: Vec<RemoteTool>,
    /// What of them is left out, and why.
    pub notes: Vec<String>,
    /// Its resources: address and name.
    pub resources: Vec<Listed>,
    /// Its prompts: name and description.
    pub prompts: Vec<Listed>,
    /// Where its standard error is kept.
    pub log: Option<std::path::PathBuf>,
    /// Milliseconds until its tools were known.
    pub started_ms: u64,
}

/// A resource or a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its address or name.
    pub name: String,
    /// What it says of itself, in one line.
    pub about: String,
    /// What of a prompt is filled in, with whether there is nothing without it.
    pub fields: Vec<(String, bool)>,
}

/// The servers, with what they run on. When this is dropped, all of them end.
pub struct Fleet {
    berths: Vec<Berth>,
    ground: Ground,
    // In an option only so that it can be shut down without waiting.
    runtime: Option<Runtime>,
}

struct Berth {
    member: Member,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<Arc<Link>>,
    trouble: Option<Trouble>,
    deaths: u32,
    started_ms: u64,
}

impl Fleet {
    /// The servers; none is started yet.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn of(members: Vec<Member>, ground: Ground) -> Result<Fleet, std::io::Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("mcp")
            .enable_all()
            .build()?;
        let berth = |member| Berth {
            member,
            state: Mutex::default(),
        };
        Ok(Fleet {
            berths: members.into_iter().map(berth).collect(),
            ground,
            runtime: Some(runtime),
        })
    }

    /// The servers, in the order of their names.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.berths.iter().map(|it| &it.member)
    }

    /// Starts all that may be started, beside each other, and waits for each no longer than its own limit.
    pub fn start(&self) {
        std::thread::scope(|scope| {
            for berth in self.berths.iter().filter(|it| it.member.target.is_ok()) {
                scope.spawn(|| drop(self.raise(berth)));
            }
        });
    }

    /// Whether none was started yet.
    pub fn is_fresh(&self) -> bool {
        self.berths.iter().all(|it| {
            let state = lock(&it.state);
            state.link.is_none() && state.trouble.is_none()
        })
    }

    /// Why a server is not there, after it was to be started.
    pub fn trouble(&self, server: &str) -> Option<Trouble> {
        let berth = self.berth(server)?;
        let trouble = lock(&berth.state).trouble.clone();
        trouble.or_else(|| berth.member.target.as_ref().err().cloned())
    }

    fn berth(&self, server: &str) -> Option<&Berth> {
        self.berths.iter().find(|it| it.member.entry.name == server)
    }

    /// The connection to a server, made or made again where it is not there.
    pub(crate) fn link(&self, server: &str) -> Result<Arc<Link>, Trouble> {
        match self.berth(server) {
            Some(berth) => self.raise(berth),
            None => Err(Trouble::Entry("there is no such server".to_owned())),
        }
    }

    fn raise(&self, berth: &Berth) -> Result<Arc<Link>, Trouble> {
        let target = berth.member.target.as_ref().map_err(Clone::clone)?;
        let mut state = lock(&berth.state);
        if let Some(link) = state.link.take_if(|it| it.is_closed()) {
            state.deaths += 1;
            drop(link);
        }
        if let Some(link) = &state.link {
            return Ok(Arc::clone(link));
        }
        if state.deaths > AGAIN_MAX {
            let why = format!("it died {} times", state.deaths);
            return Err(state.trouble.insert(Trouble::GaveUp(why)).clone());
        }
        if let Some(trouble) = &state.trouble {
            return Err(trouble.clone());
        }
        let clock = Stopwatch::start();
        match self.connected(target, berth.member.entry.timeout) {
            Ok(link) => {
                state.started_ms = clock.elapsed_ms();
                Ok(Arc::clone(state.link.insert(Arc::new(link))))
            }
            Err(trouble) => Err(state.trouble.insert(trouble).clone()),
        }
    }

    fn connected(&self, target: &Target, limit: Duration) -> Result<Link, Trouble> {
        let Some(runtime) = &self.runtime else {
            return Err(Trouble::NotStarted(
                "there is nothing to run it on".to_owned(),
            ));
        };
        let link = connect(target, &self.ground, runtime.handle())?;
        link.list_tools(limit).map_err(|error| match error {
            RequestError::Unauthorized(challenge) => Trouble::Unauthorized(plain(&challenge)),
            error => Trouble::Protocol(format!("its tools could not be listed: {error}")),
        })?;
        Ok(link)
    }

    /// What a server that answers is and has; it is started where it is not there yet.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn introduction(&self, server: &str) -> Result<Introduction, Trouble> {
        let link = self.link(server)?;
        let (calls_itself, protocol) = link.introduces();
        let (has_resources, has_prompts) = link.offers();
        let told = |error: RequestError| Trouble::Protocol(error.to_string());
        let started_ms = self
            .berth(server)
            .map_or(0, |it| lock(&it.state).started_ms);
        Ok(Introduction {
            calls_itself,
            protocol,
            tools: link.tools(),
            notes: link.notes(),
            resources: match has_resources {
                true => self.resources(server).map_err(told)?,
                false => Vec::new(),
            },
            prompts: match has_prompts {
                true => self.prompts(server).map_err(told)?,
                false => Vec::new(),
            },
            log: link.log.clone(),
            started_ms,
        })
    }

    /// Begins to let a person log in at a server behind HTTP; `challenge` is what it refused a request with.
    ///
    /// # Errors
    /// When it is none, or offers no way of logging in.
    pub fn log_in(&self, server: &str, challenge: Option<&str>) -> Result<LogIn, String> {
        let target = self.berth(server).map(|it| &it.member.target);
        let Some(Ok(Target {
            reach: Reach::Http {
                url, oauth, keys, ..
            },
            ..
        })) = target
        else {
            return Err(format!("«{server}» is no server that is logged in at"));
        };
        LogIn::begin(url, oauth, challenge, keys)
    }

    /// Forgets the connection to a server, so that the next request makes it anew: with what was granted meanwhile.
    pub fn anew(&self, server: &str) {
        if let Some(berth) = self.berth(server) {
            let mut state = lock(&berth.state);
            state.trouble = None;
            drop(state.link.take());
        }
    }

    fn limit(&self, server: &str) -> Duration {
        let berth = self.berth(server);
        berth.map_or(crate::settings::REQUEST_TIMEOUT, |it| {
            it.member.entry.timeout
        })
    }

    fn reached(&self, server: &str) -> Result<Arc<Link>, RequestError> {
        self.link(server).map_err(|trouble| {
            RequestError::Refused(format!("the server «{server}» is not there: {trouble}"))
        })
    }

    /// A server's resources.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn resources(&self, server: &str) -> Result<Vec<Listed>, RequestError> {
        let link = self.reached(server)?;
        let service = link.service()?;
        let work = async move {
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let params = PaginatedRequestParams::default().with_cursor(cursor);
                let page = service.list_resources(Some(params)).await?;
                all.extend(page.resources);
                cursor = page.next_cursor;
                if cursor.is_none() || all.len() >= LISTED_MAX {
                    return Ok(all);
                }
            }
        };
        let all = link.soon(self.limit(server), work)?;
        let listed = all.into_iter().take(LISTED_MAX).map(|it| Listed {
            about: line(it.description.as_deref().unwrap_or(&it.name)),
            name: plain(&it.uri),
            fields: Vec::new(),
        });
        Ok(listed.collect())
    }

    /// A server's prompts.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn prompts(&self, server: &str) -> Result<Vec<Listed>, RequestError> {
        let link = self.reached(server)?;
        let service = link.service()?;
        let work = async move {
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let params = PaginatedRequestParams::default().with_cursor(cursor);
                let page = service.list_prompts(Some(params)).await?;
                all.extend(page.prompts);
                cursor = page.next_cursor;
                if cursor.is_none() || all.len() >= LISTED_MAX {
                    return Ok(all);
                }
            }
        };
        let all = link.soon(self.limit(server), work)?;
        let field = |it: PromptArgument| (plain(&it.name), it.required == Some(true));
        let listed = all.into_iter().take(LISTED_MAX).map(|it| Listed {
            about: line(it.description.as_deref().unwrap_or_default()),
            name: plain(&it.name),
            fields: it.arguments.into_iter().flatten().map(field).collect(),
        });
        Ok(listed.collect())
    }

    /// What of a prompt is filled in.
    pub(crate) fn fields(
        &self,
        server: &str,
        name: &str,
    ) -> Result<Vec<(String, bool)>, RequestError> {
        let link = self.reached(server)?;
        let none = || RequestError::Refused("there is no such prompt".to_owned());
        if !link.offers().1 {
            return Err(none());
        }
        let prompts = self.prompts(server)?;
        let found = prompts.into_iter().find(|it| it.name == name);
        found.map(|it| it.fields).ok_or_else(none)
    }

    /// The texts of a prompt, with who is to say them.
    ///
    /// # Errors
    /// When the server does not give it.
    pub fn prompt(
        &self,
        server: &str,
        name: &str,
        arguments: Map<String, Value>,
    ) -> Result<String, RequestError> {
        let link = self.reached(server)?;
        let service = link.service()?;
        let mut params = GetPromptRequestParams::new(name);
        params.arguments = Some(arguments);
        let work = async move { service.get_prompt(params).await };
        let prompt = link.soon(self.limit(server), work)?;
        let said = prompt.messages.iter().map(|it| {
            let who = format!("{:?}", it.role).to_lowercase();
            format!("{who}: {}", crate::render::block(&it.content))
        });
        Ok(plain(&said.collect::<Vec<_>>().join("\n")))
    }

    /// A resource's text.
    pub(crate) fn read_resource(
        &self,
        server: &str,
        uri: &str,
        person: Arc<dyn Person>,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Result<String, RequestError> {
        let link = self.reached(server)?;
        let service = link.service()?;
        let params = ReadResourceRequestParams::new(uri);
        let work = async move { service.read_resource(params).await };
        let read = link.follow(self.limit(server), person, work, stop, on)?;
        let parts: Vec<String> = read.contents.iter().map(resource).collect();
        Ok(plain(&parts.join("\n")))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // Beside each other: each may take a moment to say farewell.
        std::thread::scope(|scope| {
            for berth in &self.berths {
                scope.spawn(|| drop(lock(&berth.state).link.take()));
            }
        });
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A text as one short line.
fn line(text: &str) -> String {
    let words: Vec<String> = plain(text).split_whitespace().map(str::to_owned).collect();
    bounded(&words.join(" "), 200)
}

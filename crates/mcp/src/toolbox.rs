//! The servers' tools as an agent is offered them: each call judged, pinned to what the tool said of itself, bounded and
//! marked. Where they would take too much room, they are found by a search instead of being listed.

mod authorize;
mod naming;
mod search;
mod typed;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use change::{Digest, visible};
use policy::shell::Answer as Said;
use policy::{Acquaintance, Act, Gate, Permit, Reason, Redactor, ServerCall, Verdict};
use serde_json::{Map, Value, json};
use tools::{
    Answer, Consent, Effect, Person, Progress, Recorder, Ruling, Stop, ToolSpec, Toolbox, Wish,
};

use crate::fleet::Fleet;
use crate::link::{Link, RemoteTool};
use crate::render::{bounded, marked, pictures, plain, result};
use crate::settings::Entry;

pub use typed::Typed;

/// Looks for tools where they are too many to be listed.
const FIND: &str = "find_tool";
/// Calls one that was found.
const USE: &str = "use_tool";
/// Lists the servers' resources, and reads one.
const RESOURCES: &str = "mcp_resources";
const RESOURCE: &str = "mcp_resource";
/// How reading a resource is called in rules: `server/resources/read`.
const READING: &str = "resources/read";
/// The share of a model's context that descriptions of servers' tools may take, as one in so many.
const SHARE: usize = 10;
/// Bytes of a token, about.
const TOKEN_BYTES: usize = 4;
/// Bytes of arguments that a person is shown.
const SHOWN_MAX: usize = 600;

/// Remembers what tools said of themselves when they were used with leave.
pub trait Pins: Send + Sync {
    /// What a tool said; none when it was never used.
    fn known(&self, server: &str, tool: &str) -> Option<Digest>;

    /// Remembers it from now on.
    fn keep(&self, server: &str, tool: &str, digest: Digest);
}

/// What the toolbox works with.
pub struct Setting {
    /// The servers.
    pub fleet: Arc<Fleet>,
    /// Judges calls.
    pub gate: Gate,
    /// Whoever is asked.
    pub person: Arc<dyn Person>,
    /// Takes secrets out of answers.
    pub redactor: Redactor,
    /// Is told what policy said.
    pub recorder: Option<Recorder>,
    /// What tools said of themselves before.
    pub pins: Arc<dyn Pins>,
    /// Tokens that the model's context has.
    pub context_tokens: u32,
}

/// A tool with the server that has it, and the name by which a model calls it.
#[derive(Clone, Debug)]
struct Offered {
    name: String,
    server: String,
    tool: RemoteTool,
}

/// The servers' tools.
pub struct ServerTools {
    setting: Setting,
    offered: Vec<Offered>,
    is_lazy: bool,
    resources: Vec<String>,
    /// Servers at which nobody wanted to log in: they are not asked about again.
    unwanted: Mutex<BTreeSet<String>>,
}

impl ServerTools {
    /// Starts the servers and takes stock of their tools, once: what a model is told stays the same for a conversation.
    pub fn open(setting: Setting) -> ServerTools {
        setting.fleet.start();
        let mut offered = Vec::new();
        let mut resources = Vec::new();
        for member in setting.fleet.members() {
            let server = &member.entry.name;
            let Ok(link) = setting.fleet.link(server) else {
                continue;
            };
            if link.offers().0 {
                resources.push(server.clone());
            }
            let shown = link
                .tools()
                .into_iter()
                .filter(|it| !member.entry.disables(&it.name));
            offered.extend(shown.map(|tool| Offered {
                name: String::new(),
                server: server.clone(),
                tool,
            }));
        }
        naming::name(&mut offered);
        let bytes: usize = offered.iter().map(|it| it.spec().bytes()).sum();
        let room = setting.context_tokens as usize * TOKEN_BYTES / SHARE;
        ServerTools {
            is_lazy: bytes > room,
            setting,
            offered,
            resources,
            unwanted: Mutex::default(),
        }
    }

    /// What to tell the person about servers that are not there.
    pub fn troubles(&self) -> Vec<String> {
        let fleet = &self.setting.fleet;
        let told = fleet.members().filter_map(|it| {
            let trouble = fleet.trouble(&it.entry.name)?;
            (trouble != crate::Trouble::Disabled).then(|| {
                format!(
                    "the server «{}» is not there: {trouble}",
                    visible(&it.entry.name)
                )
            })
        });
        told.collect()
    }

    /// Whether there is nothing to offer.
    pub fn is_empty(&self) -> bool {
        self.offered.is_empty() && self.resources.is_empty()
    }

    fn found(&self, name: &str) -> Option<&Offered> {
        self.offered.iter().find(|it| it.name == name)
    }

    /// The tool that a call means, and its arguments.
    fn meant<'a>(&'a self, name: &str, arguments: &Value) -> Option<(&'a Offered, Value)> {
        match name {
            USE if self.is_lazy => {
                let found = self.found(arguments["name"].as_str()?)?;
                let inner = arguments.get("arguments").cloned();
                Some((found, inner.unwrap_or_else(|| json!({}))))
            }
            name => Some((self.found(name)?, arguments.clone())),
        }
    }

    fn call_tool(
        &self,
        offered: &Offered,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        let Some(arguments) = arguments.as_object() else {
            return Answer::failed("the arguments are no object");
        };
        let (server, tool) = (&offered.server, &offered.tool.name);
        let (link, entry, now) = match self.as_it_is_now(offered) {
            Ok(found) => found,
            Err(why) => return Answer::failed(why),
        };
        let asked = Asked {
            server,
            tool,
            auto_approve: entry.auto_approves(tool),
            arguments,
            now: Some(&now),
        };
        if let Err(refusal) = self.permitted(&asked, stop) {
            return Answer::failed(refusal);
        }
        on(Progress::Waiting(format!("{server}/{tool}")));
        let ask = |link: &Link| {
            let person = Arc::clone(&self.setting.person);
            link.call(tool, arguments.clone(), entry.timeout, person, stop, on)
        };
        match self.authorized(server, link, &ask, stop) {
            Ok((came, link)) => {
                let text = result(&came);
                let summary = summary(server, tool, &text, &self.setting.redactor);
                let text = marked(
                    &format!("{}/{}", link.name(), tool),
                    &text,
                    &self.setting.redactor,
                );
                Answer {
                    text,
                    summary,
                    failed: came.is_error == Some(true),
                    changed: Vec::new(),
                    pictures: pictures(&came),
                }
            }
            Err(error) => {
                let told = self
                    .setting
                    .redactor
                    .redact(&error.to_string())
                    .into_owned();
                Answer::failed(format!("{server}/{tool}: {told}"))
            }
        }
    }

    /// The connection, the entry, and what the tool says of itself now, not what the model was told when the conversation
    /// began.
    fn as_it_is_now(&self, offered: &Offered) -> Result<(Arc<Link>, &Entry, RemoteTool), String> {
        let (server, tool) = (&offered.server, &offered.tool.name);
        let fleet = &self.setting.fleet;
        let link = fleet
            .link(server)
            .map_err(|trouble| format!("the server «{server}» is not there: {trouble}"))?;
        let member = fleet.members().find(|it| it.entry.name == *server);
        let entry = member
            .map(|it| &it.entry)
            .ok_or("there is no such server")?;
        link.refresh(entry.timeout).map_err(|error| {
            format!("«{server}» changed its tools, and they cannot be listed: {error}")
        })?;
        let now = link.tools().into_iter().find(|it| it.name == *tool);
        let now =
            now.ok_or_else(|| format!("the server «{server}» no longer has the tool «{tool}»"))?;
        Ok((link, entry, now))
    }

    /// Leave for exactly this call, used up; or why there is none.
    fn permitted(&self, asked: &Asked<'_>, stop: Stop<'_>) -> Result<(), String> {
        let act = asked.act();
        let acquaintance = self.acquaintance(asked);
        let verdict = self.setting.gate.judge_server_call(&ServerCall {
            server: asked.server,
            tool: asked.tool,
            arguments: asked.digest(),
            auto_approve: asked.auto_approve,
            acquaintance,
        });
        let told = asked.told(acquaintance);
        let record = |answer, rule: String, used| {
            if let Some(recorder) = &self.setting.recorder {
                let act = self.setting.redactor.redact(&told).into_owned();
                recorder(Ruling {
                    act,
                    answer,
                    rule,
                    used,
                });
            }
        };
        let permit: Permit = match verdict {
            Verdict::Allow(permit) => {
                record(Said::Allow, permit.rule().to_owned(), true);
                permit
            }
            Verdict::Deny(reasons) => {
                record(Said::Deny, first(&reasons), false);
                return Err(refusal("policy does not let this call happen", &reasons));
            }
            Verdict::Ask(ask) => {
                let wish = Wish {
                    act: told.clone(),
                    reasons: ask.reasons.clone(),
                    offers: Vec::new(),
                };
                let yes = self.setting.person.approve(&wish, stop) != Consent::No;
                record(Said::Ask, first(&ask.reasons), yes);
                if !yes {
                    return Err(refusal("nobody approved this call", &ask.reasons));
                }
                ask.approved()
            }
        };
        permit.redeem(&act).map_err(|error| error.to_string())?;
        if let Some(now) = asked.now {
            self.setting.pins.keep(asked.server, asked.tool, now.digest);
        }
        Ok(())
    }

    fn acquaintance(&self, asked: &Asked<'_>) -> Acquaintance {
        let Some(now) = asked.now else {
            return Acquaintance::Known;
        };
        match self.setting.pins.known(asked.server, asked.tool) {
            None => Acquaintance::New,
            Some(known) if known == now.digest => Acquaintance::Known,
            Some(_) => Acquaintance::Changed,
        }
    }

    fn list_resources(&self, arguments: &Value) -> Answer {
        let wanted = arguments["server"].as_str();
        let servers = self
            .resources
            .iter()
            .filter(|it| wanted.is_none_or(|name| name == *it));
        let mut text = String::new();
        for server in servers {
            match self.setting.fleet.resources(server) {
                Ok(listed) => listed.iter().for_each(|it| {
                    text.push_str(&format!("{server} {}  {}\n", it.name, it.about));
                }),
                Err(error) => text.push_str(&format!("{server}: {error}\n")),
            }
        }
        Answer::done(
            marked("servers", &text, &self.setting.redactor),
            "resources listed",
        )
    }

    fn read_resource(
        &self,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        let (Some(server), Some(uri)) = (arguments["server"].as_str(), arguments["uri"].as_str())
        else {
            return Answer::failed("`server` and `uri` are needed, as mcp_resources lists them");
        };
        let fleet = &self.setting.fleet;
        let member = fleet.members().find(|it| it.entry.name == server);
        let Some(member) = member else {
            return Answer::failed(format!("there is no server «{}»", visible(server)));
        };
        let inner = Map::from_iter([("uri".to_owned(), json!(uri))]);
        let asked = Asked {
            server,
            tool: READING,
            auto_approve: member.entry.auto_approves(READING),
            arguments: &inner,
            now: None,
        };
        if let Err(refusal) = self.permitted(&asked, stop) {
            return Answer::failed(refusal);
        }
        let person = Arc::clone(&self.setting.person);
        match fleet.read_resource(server, uri, person, stop, on) {
            Ok(text) => Answer::done(
                marked(server, &text, &self.setting.redactor),
                format!("{} of {}", visible(uri), visible(server)),
            ),
            Err(error) => Answer::failed(format!("{server}: {error}")),
        }
    }
}

/// A call on its way to be judged.
struct Asked<'a> {
    server: &'a str,
    tool: &'a str,
    auto_approve: bool,
    arguments: &'a Map<String, Value>,
    /// What the tool says of itself now; a resource says nothing.
    now: Option<&'a RemoteTool>,
}

impl Asked<'_> {
    fn digest(&self) -> Digest {
        Digest::of(Value::Object(self.arguments.clone()).to_string().as_bytes())
    }

    fn act(&self) -> Act {
        Act::Call {
            server: self.server.to_owned(),
            tool: self.tool.to_owned(),
            arguments: self.digest(),
        }
    }

    /// The call in one line; of a tool that changed, with what it says now.
    fn told(&self, acquaintance: Acquaintance) -> String {
        let arguments = Value::Object(self.arguments.clone()).to_string();
        let mut told = format!(
            "call {}/{} with {}",
            self.server,
            self.tool,
            bounded(&arguments, SHOWN_MAX)
        );
        if let (Acquaintance::Changed, Some(now)) = (acquaintance, self.now) {
            told.push_str(&format!("; it now says of itself: {}", now.description));
        }
        visible(&plain(&told)).into_owned()
    }
}

fn first(reasons: &[Reason]) -> String {
    reasons
        .first()
        .map_or_else(String::new, |it| it.rule.clone())
}

fn refusal(what: &str, reasons: &[Reason]) -> String {
    let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    format!("{what}: {}", told.join("; "))
}

fn summary(server: &str, tool: &str, text: &str, redactor: &Redactor) -> String {
    let line = text
        .lines()
        .find(|it| !it.trim().is_empty())
        .unwrap_or_default();
    let line = bounded(&redactor.redact(line), 120).replace('\n', " ");
    visible(&format!("{server}/{tool}: {line}")).into_owned()
}

impl Offered {
    fn spec(&self) -> Spec {
        Spec(ToolSpec {
            name: self.name.clone(),
            description: format!(
                "Of the server «{}», in its own words: {}",
                self.server, self.tool.description
            ),
            parameters: self.tool.schema.clone(),
        })
    }
}

struct Spec(ToolSpec);

impl Spec {
    fn bytes(&self) -> usize {
        self.0.name.len() + self.0.description.len() + self.0.parameters.to_string().len()
    }
}

impl Toolbox for ServerTools {
    fn specs(&self) -> Vec<ToolSpec> {
        let mut specs: Vec<ToolSpec> = match self.is_lazy {
            false => self.offered.iter().map(|it| it.spec().0).collect(),
            true => search::specs(&self.offered).to_vec(),
        };
        if !self.resources.is_empty() {
            specs.extend(resource_specs(&self.resources));
        }
        specs
    }

    fn effect(&self, name: &str, _: &Value) -> Effect {
        // What a server says of its tools, that they only read for example, is only its word.
        match name {
            FIND | RESOURCES => Effect::Reads,
            USE | RESOURCE => Effect::Changes,
            name if self.found(name).is_some() => Effect::Changes,
            _ => Effect::Reads,
        }
    }

    fn title(&self, name: &str, arguments: &Value) -> String {
        match self.meant(name, arguments) {
            Some((it, _)) => format!("@{}/{}", it.server, it.tool.name),
            None => name.to_owned(),
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        match name {
            RESOURCES => self.list_resources(arguments),
            RESOURCE => self.read_resource(arguments, stop, on),
            FIND if self.is_lazy => {
                search::answer(&self.offered, arguments, &self.setting.redactor)
            }
            name => match self.meant(name, arguments) {
                Some((offered, inner)) => self.call_tool(offered, &inner, stop, on),
                None if name == USE => Answer::failed(
                    "there is no tool of this `name`; look for one with find_tool, and take its name letter for letter",
                ),
                None => Answer::unknown(name, &self.specs()),
            },
        }
    }
}

fn resource_specs(servers: &[String]) -> [ToolSpec; 2] {
    let one_of = json!({"type": "string", "enum": servers});
    [
        ToolSpec {
            name: RESOURCES.to_owned(),
            description: "Lists what servers have to read, as server and address.".to_owned(),
            parameters: json!({"type": "object", "properties": {"server": one_of}}),
        },
        ToolSpec {
            name: RESOURCE.to_owned(),
            description: "Reads one of them.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {"server": one_of, "uri": {"type": "string"}},
                "required": ["server", "uri"],
            }),
        },
    ]
}

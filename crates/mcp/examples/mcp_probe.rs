//! Connects to the address that is its last argument, as an agent of Kiro's would, calls each tool once, and says what came of
//! it: the client that the protocol's conformance suite asks for. What the suite wants done otherwise it says in variables.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use change::Digest;
use host::process::Supervisor;
use mcp::{
    Entry, Fleet, Ground, Member, Oauth, Pins, Reach, ServerTools, Setting, Target, Trouble,
};
use policy::{Gate, Redactor, Rules};
use serde_json::{Value, json};
use tools::{Consent, Person, Stop, Toolbox, Wish};

const NAME: &str = "suite";
const LIMIT: Duration = Duration::from_secs(20);
/// How often a person would have patience to log in.
const LOGINS_MAX: usize = 2;
/// What the suite takes for the address that describes this client.
const METADATA: &str = "https://conformance-test.local/client-metadata.json";
/// The scenario in which no tool is there to be called, and the one in which what is known of one tool is told to another.
const NO_CALLS: &str = "json-schema-ref-no-deref";
const ECHO: &str = "json-schema-2020-12-preservation";

/// Takes every default, approves every call, and logs in wherever it is told to.
struct Willing;

impl Person for Willing {
    fn ask(&self, question: &str, _: &[String], _: Stop<'_>) -> Option<String> {
        if question.contains("Open this address")
            && let Some(address) = question.split_whitespace().next_back()
        {
            agree(address);
        }
        Some(String::new())
    }

    fn approve(&self, _: &Wish, _: Stop<'_>) -> Consent {
        Consent::Once
    }
}

struct Forgetful;

impl Pins for Forgetful {
    fn known(&self, _: &str, _: &str) -> Option<Digest> {
        None
    }

    fn keep(&self, _: &str, _: &str, _: Digest) {}
}

fn main() -> ExitCode {
    let Some(url) = std::env::args()
        .next_back()
        .filter(|it| it.starts_with("http"))
    else {
        return say("usage: mcp_probe URL", false);
    };
    match tried(url) {
        Ok(told) => say(&told, true),
        Err(why) => say(&why, false),
    }
}

fn tried(url: String) -> Result<String, String> {
    let rules = Rules::parse(None, None).map_err(|error| error.to_string())?;
    let gate = Gate::new(&PathBuf::from("/"), rules);
    let ground = Ground {
        supervisor: Supervisor {
            program: PathBuf::from("/nowhere"),
            args: Vec::new(),
        },
        gate: gate.clone(),
        redactor: Redactor::default(),
        logs: PathBuf::from("/nowhere"),
        roots: Vec::new(),
    };
    let keys = keys();
    let open = |ground: &Ground| {
        let member = member(url.clone(), keys.clone());
        Fleet::of(vec![member], ground.clone()).map_err(|error| error.to_string())
    };
    let fleet = open(&ground)?;
    let mut came = fleet.introduction(NAME);
    for _ in 0..LOGINS_MAX {
        let Err(Trouble::Unauthorized(challenge)) = &came else {
            break;
        };
        let log_in = fleet.log_in(NAME, Some(challenge))?;
        agree(&log_in.address());
        log_in.wait(&|| false)?;
        fleet.anew(NAME);
        came = fleet.introduction(NAME);
    }
    let introduction = came.map_err(|trouble| trouble.to_string())?;
    let fleet = Arc::new(fleet);
    let tools = ServerTools::open(Setting {
        fleet: Arc::clone(&fleet),
        gate,
        person: Arc::new(Willing),
        redactor: Redactor::default(),
        recorder: None,
        pins: Arc::new(Forgetful),
        context_tokens: u32::MAX,
    });
    let mut told = String::new();
    for (tool, arguments) in wanted(&introduction.tools) {
        let answer = tools.call(&called(&tool), &arguments, &|| false, &|_| {});
        told.push_str(&format!("{tool}: {}\n", answer.summary));
        if answer.failed {
            return Err(told);
        }
    }
    for it in &introduction.resources {
        let arguments = json!({"server": NAME, "uri": it.name});
        let answer = tools.call("mcp_resource", &arguments, &|| false, &|_| {});
        told.push_str(&format!("{}: {}\n", it.name, answer.summary));
    }
    for it in &introduction.prompts {
        let came = fleet.prompt(NAME, &it.name, serde_json::Map::new());
        told.push_str(&format!("{}: {came:?}\n", it.name));
    }
    Ok(told)
}

/// The name by which an agent calls a tool.
fn called(tool: &str) -> String {
    let letter = |c: char| match c.is_ascii_alphanumeric() {
        true => c,
        false => '_',
    };
    let name: String = tool.chars().map(letter).collect();
    format!("mcp_{NAME}_{name}")
}

/// What is to be called, with what.
fn wanted(tools: &[mcp::RemoteTool]) -> Vec<(String, Value)> {
    let scenario = std::env::var("MCP_CONFORMANCE_SCENARIO").unwrap_or_default();
    if let Some(calls) = context()["toolCalls"].as_array() {
        let call = |it: &Value| {
            let name = it["name"].as_str()?.to_owned();
            Some((name, it["arguments"].clone()))
        };
        return calls.iter().filter_map(call).collect();
    }
    let each = tools
        .iter()
        .map(|it| (it.name.clone(), arguments(&it.schema)));
    match scenario.as_str() {
        NO_CALLS => Vec::new(),
        ECHO => {
            let (echo, focal): (Vec<_>, Vec<_>) = tools
                .iter()
                .partition(|it| it.schema["properties"].get("schema").is_some());
            let pairs = echo.iter().zip(&focal);
            let told = |(echo, focal): (&&mcp::RemoteTool, &&mcp::RemoteTool)| {
                (echo.name.clone(), json!({"schema": focal.schema}))
            };
            pairs.map(told).collect()
        }
        _ => each.collect(),
    }
}

/// What the suite says beside the scenario.
fn context() -> Value {
    let text = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn member(url: String, keys: PathBuf) -> Member {
    let said = context();
    let text = |key: &str| said[key].as_str().map(str::to_owned);
    let target = Target {
        name: NAME.to_owned(),
        own: true,
        reach: Reach::Http {
            url,
            headers: Vec::new(),
            oauth: Oauth {
                client_id: text("client_id"),
                client_secret: text("client_secret"),
                client_metadata_url: Some(METADATA.to_owned()),
                ..Oauth::default()
            },
            keys,
        },
        start_timeout: LIMIT,
    };
    Member {
        entry: Entry {
            name: NAME.to_owned(),
            way: None,
            timeout: LIMIT,
            start_timeout: LIMIT,
            disabled: false,
            auto_approve: Vec::new(),
            disabled_tools: Vec::new(),
            trouble: None,
        },
        file: String::new(),
        own: true,
        target: Ok(target),
    }
}

/// A file of this process alone, in the folder for such files.
fn keys() -> PathBuf {
    let name = format!("mcp_probe-{}/keys.json", std::process::id());
    std::env::temp_dir().join(name)
}

/// Does what a person with a browser would: opens the address, and follows where it leads, once.
fn agree(address: &str) {
    let address = address.to_owned();
    // On a thread of its own: whoever waits for the browser waits on this one.
    std::thread::spawn(move || {
        let answer = get(&address);
        let lines = answer
            .lines()
            .map(|it| it.split_once(": ").unwrap_or_default());
        let next = lines
            .filter(|it| it.0.eq_ignore_ascii_case("location"))
            .map(|it| it.1.to_owned());
        next.for_each(|it| drop(get(&it)));
    });
}

fn get(address: &str) -> String {
    let rest = address.strip_prefix("http://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Ok(mut stream) = TcpStream::connect(host) else {
        return String::new();
    };
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    // What does not come is not there.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// Arguments of the right form, for every field.
fn arguments(schema: &Value) -> Value {
    let value = |field: &Value| match field["type"].as_str() {
        Some("number" | "integer") => json!(2),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("text"),
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields
        .map(|(name, field)| (name.clone(), value(field)))
        .collect()
}

fn say(text: &str, well: bool) -> ExitCode {
    // Without anybody who reads, the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    ExitCode::from(u8::from(!well))
}

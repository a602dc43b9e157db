//! Connects to the address that is its last argument, as an agent of Kiro's would, calls each tool once, and says what came of
//! it: the client that the protocol's conformance suite asks for.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use change::Digest;
use host::process::Supervisor;
use mcp::{Entry, Fleet, Ground, Member, Pins, Reach, ServerTools, Setting, Target, Trouble};
use policy::{Gate, Redactor, Rules};
use serde_json::{Value, json};
use tools::{Consent, Person, Stop, Toolbox, Wish};

const NAME: &str = "suite";
const LIMIT: Duration = Duration::from_secs(20);

/// Takes every default and approves every call.
struct Willing;

impl Person for Willing {
    fn ask(&self, _: &str, _: &[String], _: Stop<'_>) -> Option<String> {
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
    };
    let keys = keys();
    let open = |ground: &Ground| {
        let member = member(url.clone(), keys.clone());
        Fleet::of(vec![member], ground.clone()).map_err(|error| error.to_string())
    };
    let mut fleet = open(&ground)?;
    if let Err(Trouble::Unauthorized(_)) = fleet.introduction(NAME) {
        mcp::log_in(&url, &[], &keys, &mut |address| agree(address), &|| false)?;
        fleet = open(&ground)?;
    }
    if let Err(trouble) = fleet.introduction(NAME) {
        return Err(trouble.to_string());
    }
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
    for spec in tools
        .specs()
        .iter()
        .filter(|it| it.name.starts_with("mcp_suite_"))
    {
        let answer = tools.call(&spec.name, &arguments(&spec.parameters), &|| false, &|_| {});
        told.push_str(&format!("{}: {}\n", spec.name, answer.summary));
        if answer.failed {
            return Err(told);
        }
    }
    Ok(told)
}

fn member(url: String, keys: PathBuf) -> Member {
    let target = Target {
        name: NAME.to_owned(),
        own: true,
        reach: Reach::Http {
            url,
            headers: Vec::new(),
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

//! One server, named «double», and an agent's tools over it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use change::Digest;
use host::process::Supervisor;
use mcp::{Entry, Fleet, Ground, Member, Pins, Reach, ServerTools, Setting, Target};
use policy::{Gate, Redactor, Rules};
use serde_json::{Value, json};
use tempfile::TempDir;
use tools::{Answer, Consent, Person, Ruling, Stop, Toolbox, Wish};

/// A person with a fixed mind.
pub(crate) struct Says {
    pub(crate) consents: bool,
    pub(crate) answer: Option<&'static str>,
    pub(crate) wishes: Mutex<Vec<String>>,
}

impl Person for Says {
    fn ask(&self, _: &str, _: &[String], _: Stop<'_>) -> Option<String> {
        self.answer.map(str::to_owned)
    }

    fn approve(&self, wish: &Wish, _: Stop<'_>) -> Consent {
        self.wishes.lock().expect("whole").push(wish.act.clone());
        match self.consents {
            true => Consent::Once,
            false => Consent::No,
        }
    }
}

/// What tools said of themselves, in memory.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<BTreeMap<(String, String), Digest>>);

impl Pins for Remembered {
    fn known(&self, server: &str, tool: &str) -> Option<Digest> {
        let pins = self.0.lock().expect("whole");
        pins.get(&(server.to_owned(), tool.to_owned())).copied()
    }

    fn keep(&self, server: &str, tool: &str, digest: Digest) {
        let mut pins = self.0.lock().expect("whole");
        pins.insert((server.to_owned(), tool.to_owned()), digest);
    }
}

/// A machine for one test.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) entry: Entry,
    pub(crate) rules: Rules,
    pub(crate) person: Arc<Says>,
    pub(crate) pins: Arc<Remembered>,
    pub(crate) rulings: Arc<Mutex<Vec<Ruling>>>,
    pub(crate) argv: Vec<String>,
    pub(crate) context_tokens: u32,
}

impl World {
    /// The double, doing what `how` says; its calls need no approval.
    pub(crate) fn of(how: &str) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/double.py");
        let state = folder.path().join("starts").display().to_string();
        let argv = ["/usr/bin/env", "python3", script, how, &state];
        World {
            argv: argv.map(str::to_owned).to_vec(),
            folder,
            entry: Entry {
                name: "double".to_owned(),
                way: None,
                timeout: Duration::from_secs(60),
                start_timeout: Duration::from_secs(60),
                disabled: false,
                auto_approve: vec!["*".to_owned()],
                disabled_tools: Vec::new(),
                trouble: None,
            },
            rules: Rules::parse(None, None).expect("rules"),
            person: Arc::new(Says {
                consents: false,
                answer: None,
                wishes: Mutex::default(),
            }),
            pins: Arc::default(),
            rulings: Arc::default(),
            context_tokens: 200_000,
        }
    }

    /// How often the double was started.
    pub(crate) fn starts(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("starts")).unwrap_or_default()
    }

    fn gate(&self) -> Gate {
        Gate::new(self.folder.path(), self.rules.clone())
    }

    pub(crate) fn fleet(&self) -> Fleet {
        self.fleet_of(true)
    }

    pub(crate) fn fleet_of(&self, own: bool) -> Fleet {
        let path = std::env::var("PATH").unwrap_or_default();
        let target = Target {
            name: "double".to_owned(),
            own,
            reach: Reach::Program {
                argv: self.argv.clone(),
                cwd: self.folder.path().to_path_buf(),
                env: vec![("PATH".to_owned(), path)],
            },
            start_timeout: self.entry.start_timeout,
        };
        let member = Member {
            entry: self.entry.clone(),
            file: "mcp.json".to_owned(),
            own,
            target: Ok(target),
        };
        let ground = Ground {
            supervisor: Supervisor {
                program: PathBuf::from(env!("CARGO_BIN_EXE_kiro-mcp-supervisor")),
                args: Vec::new(),
            },
            gate: self.gate(),
            redactor: Redactor::default(),
            logs: self.folder.path().join("logs"),
            roots: vec![self.folder.path().to_path_buf()],
        };
        Fleet::of(vec![member], ground).expect("a runtime")
    }

    pub(crate) fn tools(&self) -> ServerTools {
        let rulings = Arc::clone(&self.rulings);
        ServerTools::open(Setting {
            fleet: Arc::new(self.fleet()),
            gate: self.gate(),
            person: Arc::clone(&self.person) as Arc<dyn Person>,
            redactor: Redactor::default(),
            recorder: Some(Arc::new(move |it| rulings.lock().expect("whole").push(it))),
            pins: Arc::clone(&self.pins) as Arc<dyn Pins>,
            context_tokens: self.context_tokens,
        })
    }

    pub(crate) fn echo(&self) -> Answer {
        call(&self.tools(), "mcp_double_echo", json!({"text": "hello"}))
    }
}

pub(crate) fn call(tools: &ServerTools, name: &str, arguments: Value) -> Answer {
    tools.call(name, &arguments, &|| false, &|_| {})
}

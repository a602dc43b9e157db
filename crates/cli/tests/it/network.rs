//! Hosts that commands may reach, through the binary: what is configured, what waits for trust, what is recorded. No
//! test here needs a network: what is refused is refused before anybody is asked.

use std::io::Write;

use serde_json::{Value, json};
use testkit::World;

use crate::driven::drives;
use crate::world;

const CONFIG: &str = "security:\n  allowed_hosts: [api.example.com, '*.packages.example:8443']\n  \
                      trusted_commands: [bash ask.sh]\n";

/// Asks the proxy for a host that is not allowed, for an address, and for one that is allowed at another port.
const ASKS: &str = "ask() { exec 3<>/dev/tcp/127.0.0.1/3128 || return; printf 'CONNECT %s HTTP/1.1\\r\\n\\r\\n' $1 >&3; \
                    head -n 1 <&3; }\necho $HTTPS_PROXY\nask other.example:443\nask 127.0.0.1:443\nask api.example.com:22\n";

/// Writes the user's own configuration.
fn own_config(world: &World, text: &str) {
    let folder = world.home().join(".kiro");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut file = std::fs::File::create(folder.join("config.yaml")).expect("a file");
    file.write_all(text.as_bytes()).expect("written");
}

fn hosts(world: &World) -> Vec<(String, bool)> {
    let told = world.kiro(&["policy", "explain", "ls", "--json"]);
    let value: Value =
        serde_json::from_str(&told.stdout).unwrap_or_else(|_| panic!("{}", told.stderr));
    let rows = value["network"]["hosts"]
        .as_array()
        .cloned()
        .expect("hosts");
    let row = |it: &Value| {
        let host = it["host"].as_str().expect("a host").to_owned();
        (host, it["counts"].as_bool().expect("told"))
    };
    rows.iter().map(row).collect()
}

#[test]
fn a_folders_hosts_count_once_it_is_trusted_and_the_users_own_at_once() {
    let world = world();
    assert!(hosts(&world).is_empty());
    let plain = world.kiro(&["policy", "explain", "ls"]).stdout;
    assert!(plain.contains("commands reach no host"), "{plain}");
    world.write(".kiro/config.yaml", CONFIG);
    world.write("ask.sh", ASKS);
    own_config(&world, "security: {allowed_hosts: [own.example]}\n");
    let of = |counts: bool| {
        [
            ("api.example.com", counts),
            ("*.packages.example:8443", counts),
            ("own.example", true),
        ]
        .map(|(host, counts)| (host.to_owned(), counts))
    };
    let sorted = |mut rows: Vec<(String, bool)>| {
        rows.sort();
        rows
    };
    assert_eq!(sorted(hosts(&world)), sorted(of(false).to_vec()));
    let trust = world.kiro(&["trust"]).stdout;
    assert!(
        trust.contains("lets commands reach *.packages.example:8443"),
        "{trust}"
    );
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    assert_eq!(sorted(hosts(&world)), sorted(of(true).to_vec()));
    world.write(
        ".kiro/config.yaml",
        CONFIG.replace("api.example.com", "evil.example"),
    );
    assert!(
        hosts(&world)
            .iter()
            .all(|(host, counts)| *counts == (host == "own.example"))
    );
    let doctor = world.kiro(&["doctor"]).stdout;
    assert!(
        doctor.contains("commands reach own.example; not trusted yet: evil.example"),
        "{doctor}"
    );
}

#[test]
fn what_is_no_host_is_told_with_its_place() {
    let world = world();
    for (text, place, why) in [
        ("https://a.example", "2:19", "write the host alone"),
        ("10.0.0.1", "2:19", "it is an address"),
        ("'*'", "2:19", "`*.` stands at the beginning"),
        ("localhost:80", "2:19", "it means this machine"),
        ("a.example:0", "2:19", "a port is a number"),
        (
            "{rule: a.example, match: [b.example]}",
            "2:",
            "does not match «b.example»",
        ),
    ] {
        world.write(
            ".kiro/config.yaml",
            format!("security:\n  allowed_hosts: [{text}]\n"),
        );
        let told = world.kiro(&["policy", "explain", "ls"]);
        assert_eq!(told.code, Some(2), "{text}");
        assert!(
            told.stderr.contains(&format!("config.yaml:{place}")),
            "{text}: {}",
            told.stderr
        );
        assert!(told.stderr.contains(why), "{text}: {}", told.stderr);
    }
    world.write(".kiro/config.yaml", "");
    own_config(&world, "security: {trusted_commands: [ls]}\n");
    let told = world.kiro(&["policy", "explain", "ls"]);
    assert_eq!(told.code, Some(2));
    assert!(
        told.stderr.contains("a folder's own .kiro/config.yaml"),
        "{}",
        told.stderr
    );
}

#[test]
fn whom_a_command_asked_for_is_on_record() {
    let world = world();
    world.write(".kiro/config.yaml", CONFIG);
    world.write("ask.sh", ASKS);
    let call = json!({"calls": [{"name": "shell", "arguments": {"command": "bash ask.sh"}}]});
    let chat = |lines: &[Value]| {
        let model = world.script(&drives(lines));
        world.kiro(&[
            "chat",
            "-p",
            "do it",
            "--json",
            "--model",
            &model,
            "--autopilot",
        ])
    };
    let lines = [call, json!({"when": "not reached", "reply": "refused"})];
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    let ran = chat(&lines);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let log = world.kiro(&["log", "--policy", "--json"]);
    let log: Value = serde_json::from_str(&log.stdout).expect("JSON");
    let facts = log["facts"]
        .as_array()
        .expect("facts")
        .iter()
        .map(|it| &it["fact"]);
    let ruled: Vec<(&str, &str, bool)> = facts
        .filter(|it| {
            it["act"]
                .as_str()
                .is_some_and(|act| act.starts_with("connect"))
        })
        .map(|it| {
            let text = |key: &str| it[key].as_str().expect("a text");
            (text("act"), text("ruling"), it["used"] == true)
        })
        .collect();
    let wanted = [
        ("connect to other.example:443", "ask", false),
        ("connect to 127.0.0.1", "deny", false),
        ("connect to api.example.com:22", "ask", false),
    ];
    if ruled.is_empty() && ran.stderr.contains("commands reach none") {
        return;
    }
    assert_eq!(ruled, wanted);
}

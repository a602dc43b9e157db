//! Models of the user's own: registered by file or by name on a hub, chosen, listed, tried, and refused.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use testkit::{Gguf, Output, World};

use crate::{SPEC, autopilot, good_replies, numbers, world};

fn list(world: &World) -> Vec<Value> {
    let shown = world.kiro(&["model", "list", "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    value["models"].as_array().expect("models").clone()
}

fn default(world: &World) -> String {
    let models = list(world);
    let chosen: Vec<_> = models.iter().filter(|it| it["default"] == true).collect();
    assert_eq!(chosen.len(), 1, "{models:?}");
    chosen[0]["id"].as_str().expect("an id").to_owned()
}

#[track_caller]
fn check(output: &Output, code: i32, words: &str) {
    let (out, error) = (&output.stdout, &output.stderr);
    assert_eq!(output.code, Some(code), "{out}{error}");
    assert!(
        out.contains(words) || error.contains(words),
        "{words:?} is not in {out}{error}"
    );
}

#[test]
fn a_file_is_registered_chosen_and_left_again() {
    let world = world();
    world.write("my models/Tiny Modell ü.gguf", Gguf::tiny().bytes());
    assert_eq!(default(&world), "local/qwen2.5-coder-1.5b");
    let used = world.kiro(&["model", "use", "my models/Tiny Modell ü.gguf"]);
    check(&used, 0, "later runs take local/tiny_modell\n");
    check(&used, 0, "qwen2, F32, ChatML chat, by slower kernels");
    assert_eq!(default(&world), "local/tiny_modell");
    let models = list(&world);
    let (built_in, own) = (&models[0], &models[1]);
    assert_eq!(
        (&built_in["state"], &built_in["built_in"]),
        (&json!("missing"), &json!(true))
    );
    let bytes = world.read_bytes("my models/Tiny Modell ü.gguf").len();
    assert_eq!(own["bytes"], json!(bytes));
    assert_eq!(
        (&own["state"], &own["architecture"], &own["quantisation"]),
        (&json!("present"), &json!("qwen2"), &json!("F32"))
    );
    assert_eq!(own["sha256"].as_str().map(str::len), Some(64));
    let shown = world.kiro(&["model", "list"]);
    check(&shown, 0, "* local/tiny_modell");
    check(&world.kiro(&["model", "use", "built-in"]), 0, "qwen2.5");
    assert_eq!(default(&world), "local/qwen2.5-coder-1.5b");
    for name in ["tiny_modell", "local/tiny_modell"] {
        check(&world.kiro(&["model", "use", name]), 0, "local/tiny_modell");
    }
    let absolute = world.project().join("my models/Tiny Modell ü.gguf");
    let again = world.kiro(&["model", "use", &absolute.display().to_string()]);
    check(&again, 0, "local/tiny_modell");
    assert_eq!(list(&world).len(), 2);
}

#[test]
fn every_supported_architecture_is_taken() {
    let world = world();
    for (name, gguf) in [
        ("a", Gguf::of("qwen3")),
        ("b", Gguf::of("llama")),
        (
            "c",
            Gguf::of("llama").with_markers(&[
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eot_id|>",
            ]),
        ),
        (
            "d",
            Gguf::of("llama").with_markers(&["[INST]", "[/INST]", "</s>"]),
        ),
    ] {
        world.write(&format!("{name}.gguf"), gguf.bytes());
        let used = world.kiro(&["model", "use", &format!("./{name}.gguf")]);
        check(&used, 0, &format!("later runs take local/{name}"));
    }
}

#[test]
fn files_that_are_no_models_are_refused() {
    let world = world();
    let good = Gguf::tiny().bytes();
    let counts = |tensors: u64, entries: u64| {
        let mut bytes = good.clone();
        bytes[8..16].copy_from_slice(&tensors.to_le_bytes());
        bytes[16..24].copy_from_slice(&entries.to_le_bytes());
        bytes
    };
    let format = "it is cut short, altered or not in the GGUF format";
    for (name, bytes, words) in [
        ("empty.gguf", Vec::new(), format),
        ("text.gguf", b"only words\n".to_vec(), format),
        ("cut.gguf", good[..good.len() / 2].to_vec(), format),
        ("cut2.gguf", good[..good.len() - 1].to_vec(), format),
        ("head.gguf", good[..30].to_vec(), format),
        ("many.gguf", counts(u64::MAX, 1), format),
        ("many2.gguf", counts(1, u64::MAX), format),
        ("many3.gguf", counts(1 << 29, 1 << 29), format),
        (
            "bert.gguf",
            Gguf::of("bert").bytes(),
            "its architecture is \"bert\"",
        ),
        (
            "gemma.gguf",
            Gguf::of("llama")
                .with_markers(&["<start_of_turn>", "<end_of_turn>"])
                .bytes(),
            "its chat format is not known (it has no template, and its markers are \"<start_of_turn>\"",
        ),
    ] {
        world.write(name, bytes);
        check(&world.kiro(&["model", "use", name]), 2, words);
    }
    world.write("folder.gguf/x", "");
    let folder = world.kiro(&["model", "use", "folder.gguf"]);
    check(&folder, 2, "it is a folder, not a file");
    let project = world.project();
    symlink("round.gguf", project.join("round.gguf")).expect("a link");
    let round = world.kiro(&["model", "use", "round.gguf"]);
    check(&round, 2, "it is a link that leads to no file");
    for missing in ["absent.gguf", "./absent", "/absent/x.gguf"] {
        let refused = world.kiro(&["model", "use", missing]);
        check(&refused, 2, "it does not exist");
    }
    assert_eq!(list(&world).len(), 1);
    for unknown in ["nothing", "local/nothing", "scripted/x.jsonl:y", "a/b/c"] {
        let refused = world.kiro(&["model", "use", unknown]);
        check(&refused, 4, &format!("there is no model {unknown}"));
        check(&refused, 4, "the models here are: local/qwen2.5-coder-1.5b");
    }
    check(&world.kiro(&["model", "use", ""]), 4, "there is no model");
}

#[test]
fn a_link_registers_what_it_leads_to() {
    let world = world();
    world.write("real.gguf", Gguf::tiny().bytes());
    symlink("real.gguf", world.project().join("link.gguf")).expect("a link");
    let used = world.kiro(&["model", "use", "link.gguf"]);
    check(&used, 0, "later runs take local/real");
}

#[test]
fn a_file_that_changed_is_not_run() {
    let world = world();
    world.write("tiny.gguf", Gguf::tiny().bytes());
    assert_eq!(world.kiro(&["model", "use", "tiny.gguf"]).code, Some(0));
    // Written again with the same content: another time, the same model.
    world.write("tiny.gguf", Gguf::tiny().bytes());
    check(&world.kiro(&["model", "test", "tiny"]), 1, "failed: 0 of 2");
    let mut other = Gguf::tiny().bytes();
    if let Some(last) = other.last_mut() {
        *last ^= 1;
    }
    world.write("tiny.gguf", &other);
    let changed = world.kiro(&["model", "test"]);
    check(&changed, 4, "registered as local/tiny: its SHA-256 is");
    check(&changed, 4, "`kiro model use WORLD/project/tiny.gguf`");
    world.write("tiny.gguf", &other[1..]);
    let shorter = world.kiro(&["model", "test"]);
    check(&shorter, 4, "bytes instead of");
    assert_eq!(list(&world)[1]["state"], json!("changed"));
    std::fs::rename(
        world.project().join("tiny.gguf"),
        world.project().join("moved.gguf"),
    )
    .expect("moves");
    world.write("specs/numbers.md", SPEC);
    let run = world.kiro(&["run", "numbers", "--autopilot"]);
    check(&run, 4, "it is not there");
    assert_eq!(list(&world)[1]["state"], json!("missing"));
}

#[test]
fn the_command_line_comes_before_the_variable_and_that_before_the_choice() {
    let world = numbers();
    world.write("tiny.gguf", Gguf::tiny().bytes());
    assert_eq!(world.kiro(&["model", "use", "tiny.gguf"]).code, Some(0));
    world.remove("tiny.gguf");
    let script = world.script(&good_replies());
    let with_variable = |args: &[&str], model: &str| {
        let output = world.command(args).env("KIRO_MODEL", model).output();
        let output = output.expect("kiro starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), told)
    };
    let run = ["run", "numbers", "--autopilot"];
    let (code, told) = with_variable(&run, "local/another");
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("there is no model local/another"), "{told}");
    let (code, told) = with_variable(&run, "nonsense");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("KIRO_MODEL"), "{told}");
    let (_, told) = with_variable(&["model", "list"], "local/another");
    assert!(told.contains("runs take local/another"), "{told}");
    check(&world.kiro(&run), 4, "registered as local/tiny");
    let (code, told) = with_variable(
        &["run", "numbers", "--autopilot", "--model", &script],
        "local/another",
    );
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn a_damaged_list_is_told_and_kept() {
    let world = world();
    world.write("tiny.gguf", Gguf::tiny().bytes());
    let place = world.home().join(".kiro/models.json");
    assert_eq!(world.kiro(&["model", "use", "tiny.gguf"]).code, Some(0));
    let good = std::fs::read_to_string(&place).expect("is there");
    for damage in [
        "",
        "{",
        "[]",
        &good[..good.len() / 2],
        &good.replace(": 1,", ": 9,"),
    ] {
        plant(&place, damage);
        for args in [
            &["model", "list"][..],
            &["model", "use", "tiny.gguf"],
            &["model", "test", "tiny"],
        ] {
            check(
                &world.kiro(args),
                2,
                "the list of models WORLD/home/.kiro/models.json cannot be used",
            );
        }
        assert_eq!(std::fs::read_to_string(&place).expect("is there"), damage);
    }
    world.write("specs/numbers.md", SPEC);
    let script = world.script(&good_replies());
    let run = autopilot(&world, &script, &[]);
    check(&run, 0, "every success criterion proven");
}

#[test]
fn a_test_says_whether_the_function_works() {
    let world = world();
    let good = testkit::two_answers(
        "sum_even",
        "def sum_even(numbers):\n    return sum(n for n in numbers if n % 2 == 0)",
    );
    let script = world.script(&good);
    let tried = world.kiro(&["model", "test", &script, "--json"]);
    assert_eq!(tried.code, Some(0), "{}", tried.stderr);
    let value: Value = serde_json::from_str(&tried.stdout).expect("JSON");
    assert_eq!(
        (&value["passed"], &value["examples"]),
        (&json!(true), &json!({"held": 2, "all": 2}))
    );
    assert!(value["resident_bytes"].as_u64() > Some(1 << 20), "{value}");
    let mut bad = testkit::two_answers("sum_even", "def sum_even(numbers):\n    return 6");
    bad.push(json!({"when": "sum_even", "reply": "I cannot."}));
    let script = world.script(&bad);
    let tried = world.kiro(&["model", "test", &script]);
    check(&tried, 1, "failed: 1 of 2 examples hold");
    check(
        &world.kiro(&["model", "test"]),
        4,
        "`kiro model pull` fetches it",
    );
    check(
        &world.kiro(&["model", "test", "none"]),
        4,
        "there is no model none",
    );
    let left = std::fs::read_dir(world.home().join(".kiro/state")).expect("is there");
    assert_eq!(left.count(), 0);
}

#[test]
fn a_file_of_the_hub_is_fetched_by_name() {
    let world = world();
    let hub = Hub::start(Gguf::tiny().bytes());
    let used = hub.kiro(&world, &["model", "use", "someone/some-GGUF:some.gguf"]);
    check(&used, 0, "later runs take local/some");
    check(
        &used,
        0,
        "is what the hub says of it, and is recorded from now on",
    );
    let stands = world
        .home()
        .join(".cache/kiro/models/hub/someone--some-GGUF/some.gguf");
    assert!(stands.is_file());
    let again = hub.kiro(&world, &["model", "use", "someone/some-GGUF"]);
    check(&again, 0, "later runs take local/some");
    let other = hub.kiro(&world, &["model", "use", "someone/some-GGUF:other.gguf"]);
    check(&other, 2, "has no file other.gguf; it has some.gguf");
    let wrong = hub.kiro(&world, &["model", "use", "someone/liar"]);
    check(&wrong, 4, "its SHA-256 is");
    let absent = hub.kiro(&world, &["model", "use", "someone/absent"]);
    check(&absent, 4, "the server answered 404 (Not Found)");
    check(&absent, 4, "then `kiro model use PATH.gguf`");
}

/// A hub of one file, which it lists truly for one repository and falsely for another.
struct Hub {
    url: String,
}

impl Hub {
    fn start(file: Vec<u8>) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up early has what it wanted.
                let _ = serve(stream, &file);
            }
        });
        Hub { url }
    }

    fn kiro(&self, world: &World, args: &[&str]) -> Output {
        let mut command = world.command(args);
        world.run(command.env("HF_ENDPOINT", &self.url))
    }
}

fn serve(mut stream: TcpStream, file: &[u8]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?.take(8192));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let listed = |digest: &str| {
        let lfs = json!({"oid": digest, "size": file.len(), "pointerSize": 134});
        json!([
            {"type": "file", "oid": "1", "size": 3, "path": "README.md"},
            {"type": "file", "oid": "2", "size": file.len(), "path": "some.gguf", "lfs": lfs},
        ])
        .to_string()
        .into_bytes()
    };
    let body = match first.split(' ').nth(1).unwrap_or_default() {
        "/api/models/someone/some-GGUF/tree/main?recursive=true" => listed(&testkit::sha256(file)),
        "/api/models/someone/liar/tree/main?recursive=true" => listed(&"0".repeat(64)),
        "/someone/some-GGUF/resolve/main/some.gguf" | "/someone/liar/resolve/main/some.gguf" => {
            file.to_vec()
        }
        _ => {
            return stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

#[expect(clippy::disallowed_methods, reason = "a test plants its files")]
fn plant(path: &Path, text: &str) {
    std::fs::write(path, text).expect("writes");
}

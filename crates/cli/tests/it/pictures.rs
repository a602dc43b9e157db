//! Pictures in a conversation: from a file or a client to the model that takes them, and to no other; what is kept of them.

use serde_json::{Value, json};
use testkit::{Output, Scene, World};

use crate::client::{Client, Framing};
use crate::double::{Double, KEY};
use crate::driven::drives;
use crate::world;

/// A picture of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// The catalogue says of it that it takes pictures.
const SEES: &str = "openai/gpt-4o";
/// Of this one nobody has said so.
const BLIND: &str = "openai/words-only";

/// The bytes of [`PIXEL`].
fn pixel() -> Vec<u8> {
    let value = |it: u8| match it {
        b'A'..=b'Z' => it - b'A',
        b'a'..=b'z' => it - b'a' + 26,
        b'0'..=b'9' => it - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters = PIXEL.trim_end_matches('=').bytes().map(value);
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for it in letters {
        held = held << 6 | u32::from(it);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

fn with_picture() -> World {
    let world = world();
    world.write("docs/login.png", pixel());
    world
}

fn answers(count: usize) -> Double {
    Double::start(vec![json!({"reply": "A pixel."}); count])
}

/// How many pictures each request shows.
fn shown(double: &Double) -> Vec<usize> {
    let requests = double.requests();
    let of = |it: &Value| it.to_string().matches(PIXEL).count();
    requests.iter().map(of).collect()
}

fn chat(double: &Double, world: &World, args: &[&str]) -> Output {
    double.kiro(world, &[&["chat", "--json"], args].concat(), &[])
}

#[test]
fn a_mentioned_picture_reaches_the_model_and_only_its_digest_is_kept() {
    let world = with_picture();
    let double = answers(1);
    let args = ["--model", SEES, "-p", "what is #docs/login.png?"];
    let ran = chat(&double, &world, &args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(shown(&double), [1]);
    let request = double.requests()[0].to_string();
    assert!(
        request.contains("picture 1 of this message: image/png, 1 x 1 pixels"),
        "{request}"
    );
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let sha256 = told["pictures"][0]["sha256"].as_str().expect("a digest");
    assert_eq!(told["pictures"][0]["name"], "docs/login.png");
    let transcript = told["transcript"].as_str().expect("a path");
    let home = world.home().canonicalize().expect("a folder");
    let folder = home.parent().expect("a folder").display().to_string();
    let transcript = std::fs::read_to_string(transcript.replace("WORLD", &folder));
    let transcript = transcript.expect("a transcript");
    assert!(transcript.contains(sha256) && transcript.contains("docs/login.png"));
    assert!(!transcript.contains(PIXEL), "{transcript}");
    let log = world.kiro(&["log", "--policy"]).stdout;
    assert!(
        log.contains("show the picture docs/login.png") && log.contains(sha256),
        "{log}"
    );
}

#[test]
fn what_cannot_be_shown_is_refused_before_anything_is_sent() {
    let world = with_picture();
    world.write(
        ".kiro/config.yaml",
        "security: {sensitive_files: ['private/**']}\n",
    );
    world.write("private/plan.png", pixel());
    world.write("words.png", "no picture at all");
    world.write("cut.png", &pixel()[..20]);
    let link = world.project().join("link.png");
    std::os::unix::fs::symlink("private/plan.png", link).expect("a link");
    let double = answers(1);
    let why = |args: &[&str]| {
        let ran = chat(&double, &world, args);
        assert_ne!(ran.code, Some(0), "{args:?}");
        (ran.code, ran.stderr)
    };
    let (code, told) = why(&["--model", BLIND, "-p", "what is #docs/login.png?"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("openai/words-only takes no pictures") && told.contains("catalogue.json"),
        "{told}"
    );
    let (_, told) = why(&["-p", "what is it?", "--image", "docs/login.png"]);
    assert!(told.contains("takes no pictures"), "the built-in: {told}");
    for (picture, because) in [
        ("private/plan.png", "sensitive"),
        ("link.png", "sensitive"),
        ("none.png", "no such file"),
        ("words.png", "it is no PNG"),
        ("cut.png", "cut short"),
        ("docs", "is a folder"),
        ("../outside.png", "outside the project"),
    ] {
        let (_, told) = why(&["--model", SEES, "-p", "see", "--image", picture]);
        assert!(told.contains(because), "{picture}: {told}");
        let mention = format!("see #image:{picture}");
        let (_, told) = why(&["--model", SEES, "-p", &mention]);
        assert!(told.contains(because), "{picture}: {told}");
    }
    assert_eq!(double.requests().len(), 0);
    let context = world.kiro(&["context", "see #docs/login.png and #cut.png"]);
    assert!(
        context.stdout.contains("picture: mentioned") && context.stdout.contains("cut short"),
        "{}",
        context.stdout
    );
}

fn talk(double: &Double, world: &World, more: &[&str], scenes: &[Scene<'_>]) -> Output {
    let mut command = world.command(&[&["chat", "--model", SEES], more].concat());
    command
        .env("OPENAI_API_KEY", KEY)
        .env("OPENAI_BASE_URL", double.base());
    world.at_terminal(command, scenes)
}

#[test]
fn a_conversation_goes_on_about_a_picture_also_when_it_is_resumed() {
    let world = with_picture();
    let double = answers(5);
    let scenes = [
        ("›", "/image docs/none.png"),
        ("no such file", "/image docs/login.png"),
        ("your next request shows it", "what is it?"),
        ("A pixel.", ""),
        ("›", "which colour?"),
        ("A pixel.", "/quit"),
    ];
    let ran = talk(&double, &world, &[], &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(shown(&double), [1, 1]);
    let scenes = [("2 exchanges so far", "and now?"), ("A pixel.", "/quit")];
    let ran = talk(&double, &world, &["--resume"], &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(shown(&double), [1, 1, 1]);

    // Another picture under its name is not what was spoken of.
    let mut other = pixel();
    other.push(0);
    world.write("docs/login.png", other);
    let scenes = [
        ("3 exchanges so far", "still?"),
        ("does not see it again", ""),
        ("A pixel.", "/quit"),
    ];
    let ran = talk(&double, &world, &["--resume"], &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(shown(&double), [1, 1, 1, 0]);
    let exported = world.kiro(&["chat", "--export"]).stdout;
    assert!(exported.contains("Shown: docs/login.png"), "{exported}");
}

/// The texts of all lines that are kept below a folder.
fn all_kept(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => all_kept(&path),
        false if path.extension().is_some_and(|it| it == "jsonl") => {
            vec![std::fs::read_to_string(path).expect("a text")]
        }
        false => Vec::new(),
    };
    entries.flat_map(|it| of(it.path())).collect()
}

/// The profile of a script, with pictures or not.
fn script(world: &World, images: bool, replies: &[&str]) -> String {
    let mut lines = drives(&[]);
    lines[0]["profile"]["images"] = json!(images);
    lines.extend(replies.iter().map(|it| json!({"reply": it})));
    world.script(&lines)
}

#[test]
fn a_client_is_told_whether_pictures_are_taken_and_may_paste_them() {
    let world = world();
    let start = |model: &str| {
        let mut command = world.command(&["acp"]);
        command.env("KIRO_MODEL", model);
        let mut client = Client::of(command, Framing::Lines);
        let told = client.call("initialize", json!({"protocolVersion": 1}));
        let images = told["agentCapabilities"]["promptCapabilities"]["image"].clone();
        let new = json!({"cwd": world.project(), "mcpServers": []});
        let new = client.call("session/new", new);
        let session = new["sessionId"].as_str().expect("an id").to_owned();
        (client, session, images)
    };
    let say = |client: &mut Client, session: &str, text: &str, data: Option<&str>| {
        let mut blocks = vec![json!({"type": "text", "text": text})];
        blocks.extend(data.map(|it| json!({"type": "image", "data": it, "mimeType": "image/png"})));
        let id = client.begin(
            "session/prompt",
            json!({"sessionId": session, "prompt": blocks}),
        );
        loop {
            let message = client.next().expect("a message");
            if message["id"] == id {
                return message;
            }
        }
    };
    let model = script(&world, false, &["words"]);
    let (mut client, session, images) = start(&model);
    assert_ne!(images, true);
    let told = say(&mut client, &session, "what?", Some(PIXEL));
    let why = told["error"]["message"].as_str().expect("an error");
    assert!(why.contains("takes no pictures"), "{told}");
    drop(client);

    let model = script(&world, true, &["seen", "still seen"]);
    let (mut client, session, images) = start(&model);
    assert_eq!(images, true);
    let told = say(&mut client, &session, "/status", Some(PIXEL));
    assert!(told["error"]["message"].as_str().is_some(), "{told}");
    for data in [Some(PIXEL), None] {
        let told = say(&mut client, &session, "what?", data);
        assert_eq!(told["result"]["stopReason"], "end_turn", "{told}");
    }
    let kept = all_kept(&world.home().join(".kiro/state"));
    let transcripts = kept.iter().filter(|it| it.contains("\"role\":\"user\""));
    let pasted = transcripts.filter(|it| it.contains("pasted picture 1") && it.contains("sha256"));
    assert_eq!(pasted.count(), 2, "one a request");
    assert!(kept.iter().all(|it| !it.contains(PIXEL)));
}

//! What a model is told of the network: whom commands may reach, and whom one of them did not.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use host::sandbox::{Door, Outside, Passage, Upstream};
use policy::{Gate, Rules};
use serde_json::json;
use tools::Toolbox;

use crate::yard::{Anything, Yard};

/// A network in which nobody is.
struct Desert;

impl Outside for Desert {
    fn resolve(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn connect(&self, _: SocketAddr, _: Duration) -> io::Result<TcpStream> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

const ASKS: &str = "ask() { exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT %s HTTP/1.1\\r\\n\\r\\n' $1 >&3; head -n 1 <&3; }";

#[test]
fn whom_a_command_did_not_reach_stands_in_its_answer() {
    let mut rules = Rules::parse(None, None).expect("sound");
    let allowed = "security: {allowed_hosts: [listed.test, '*.below.test']}";
    rules.add_own_config("own", allowed).expect("sound");
    let hosts = Gate::new(Path::new("/"), rules).hosts();
    let told: Arc<Mutex<Vec<Passage>>> = Arc::default();
    let kept = Arc::clone(&told);
    let bell = Arc::new(move |it| kept.lock().expect("whole").push(it));
    let door = Door::new(hosts, Arc::new(Desert), Upstream::default(), bell);
    let yard = Yard::through(Some(door), Box::new(Anything), None);
    let described = yard.bench.specs();
    let shell = described
        .iter()
        .find(|it| it.name == "shell")
        .expect("a shell");
    assert!(
        shell
            .description
            .contains("of the network only listed.test, *.below.test"),
        "{}",
        shell.description
    );
    if yard.opens_no_doors() {
        println!("no doors on this machine");
        return;
    }
    let answer = yard.shell(&format!(
        "{ASKS}; ask other.test:443; ask listed.test:443; echo $HTTPS_PROXY $no_proxy"
    ));
    assert!(
        answer
            .text
            .contains("HTTP/1.1 403 Kiro: other.test:443 is not among"),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("http://127.0.0.1:3128 localhost,"),
        "{}",
        answer.text
    );
    let (_, after) = answer.text.split_once("--- not reached\n").expect("told");
    assert!(
        after.contains("other.test:443: ") && after.contains("add `other.test`"),
        "{after}"
    );
    assert!(
        after.contains("listed.test:443: listed.test was not reached"),
        "{after}"
    );
    let quiet = yard.shell("true");
    assert!(!quiet.text.contains("not reached"), "{}", quiet.text);
    let started = yard.call(
        "shell",
        &json!({"command": format!("{ASKS}; ask third.test:443; sleep 60"), "background": true}),
    );
    let later = yard.call("shell_output", &json!({"id": "b1", "wait_seconds": 2}));
    let both = started.text + &later.text;
    assert!(both.contains("third.test:443: "), "{both}");
    assert_eq!(told.lock().expect("whole").len(), 3);
}

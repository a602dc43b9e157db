//! What the trials of a door do inside.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use super::super::door;

/// A host that the door of the trials leads to.
pub(in super::super) const LISTED: &str = "listed.test";
/// One that it would lead to, if it were in the open network.
pub(in super::super) const PRIVATE: &str = "private.test";

const PATIENCE: Duration = Duration::from_secs(5);

/// One trial of a door; the port is one of the machine that somebody listens on.
pub(in super::super) struct DoorTrial {
    pub(in super::super) name: &'static str,
    pub(in super::super) question: &'static str,
    /// Whether it has to come through.
    must_work: bool,
    attempt: fn(u16) -> io::Result<String>,
}

pub(in super::super) const TRIALS: &[DoorTrial] = &[
    DoorTrial {
        name: "host-listed",
        question: "reach an allowed host",
        must_work: true,
        attempt: |_| tunnel(LISTED),
    },
    DoorTrial {
        name: "host-unlisted",
        question: "reach a host that is not allowed",
        must_work: false,
        attempt: |_| tunnel("other.test"),
    },
    DoorTrial {
        name: "host-private",
        question: "reach a private network by an allowed host's name",
        must_work: false,
        attempt: |_| tunnel(PRIVATE),
    },
    DoorTrial {
        name: "host-address",
        question: "reach an address instead of a host",
        must_work: false,
        attempt: |_| tunnel("127.0.0.1"),
    },
    DoorTrial {
        name: "past-the-door",
        question: "reach the machine past the door",
        must_work: false,
        attempt: |port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            TcpStream::connect_timeout(&address, PATIENCE).map(|_| "connected".to_owned())
        },
    },
    DoorTrial {
        name: "past-the-door-udp",
        question: "ask the network for a name",
        must_work: false,
        attempt: |_| {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            let sent = socket.send_to(b"x", "192.0.2.1:53")?;
            Ok(format!("sent {sent} bytes"))
        },
    },
];

/// Tries everything, a line for each.
pub(super) fn run(port: u16) -> String {
    let line = |trial: &DoorTrial| {
        let outcome = (trial.attempt)(port);
        let held = outcome.is_ok() == trial.must_work;
        let detail = outcome.unwrap_or_else(|error| error.to_string());
        format!("{}\t{held}\t{detail}\n", trial.name)
    };
    TRIALS.iter().map(line).collect()
}

/// Asks the door for a tunnel.
fn tunnel(host: &str) -> io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, door::PORT));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\n\r\n").as_bytes())?;
    let mut said = [0; 1024];
    let count = stream.read(&mut said)?;
    let said = String::from_utf8_lossy(&said[..count]);
    let first = said.lines().next().unwrap_or_default();
    match first.starts_with("HTTP/1.1 200 ") {
        true => Ok("it was reached".to_owned()),
        false => Err(io::Error::other(first.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn without_walls_the_machine_is_reached_past_the_door() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let said = run(listener.local_addr().expect("it has one").port());
        assert!(said.contains("past-the-door\tfalse\tconnected"), "{said}");
        assert!(said.contains("host-listed\tfalse"), "{said}");
    }
}

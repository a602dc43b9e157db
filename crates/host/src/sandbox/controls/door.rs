//! Trials of the way to allowed hosts, with a network that is made up: nothing of the real one is asked or reached.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use policy::{Gate, Hosts, Rules};

use super::super::door::{Door, Outside, Upstream};
use super::super::probe::{self, door as trials};
use super::super::walls::Network;
use super::super::{Control, Sandbox};
use super::{WALL, answer, failed};

/// A network in which every address is one listener of this process.
struct MadeUp(SocketAddr);

impl Outside for MadeUp {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let address = match host {
            trials::PRIVATE => Ipv4Addr::new(169, 254, 169, 254),
            _ => Ipv4Addr::new(1, 1, 1, 1),
        };
        Ok(vec![(address, port).into()])
    }

    fn connect(&self, _: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
        TcpStream::connect_timeout(&self.0, patience)
    }
}

/// Runs all trials of a door in `sandbox`, which opens doors.
pub(in super::super) fn run(sandbox: &Sandbox) -> Vec<Control> {
    let failed = |why: &dyn ToString| vec![failed("door", "open a door to hosts", why)];
    if let Err(why) = sandbox.opens_doors() {
        return failed(&why);
    }
    let (listener, hosts) = match (TcpListener::bind("127.0.0.1:0"), hosts()) {
        (Ok(listener), Ok(hosts)) => (listener, hosts),
        (Err(error), _) => return failed(&error),
        (_, Err(error)) => return failed(&error),
    };
    let address = match listener.local_addr() {
        Ok(address) => address,
        Err(error) => return failed(&error),
    };
    let outside = Arc::new(MadeUp(address));
    let door = Door::new(hosts, outside, Upstream::default(), Arc::new(|_| {}));
    let port = address.port().to_string();
    let (mut command, mut walls) = sandbox.probe([probe::DOOR, &port]);
    command.limits.wall = WALL;
    walls.network = Network::Hosts(door);
    let outcome = sandbox.run_permitted(&command, &walls, &|| false);
    let all = trials::TRIALS.iter();
    match outcome {
        Ok(finished) => all
            .map(|it| answer(it.name, it.question, &finished))
            .collect(),
        Err(error) => failed(&error),
    }
}

fn hosts() -> Result<Hosts, policy::RulesError> {
    let mut rules = Rules::parse(None, None)?;
    let text = format!(
        "security: {{allowed_hosts: [{}, {}]}}",
        trials::LISTED,
        trials::PRIVATE
    );
    rules.add_own_config("the trials' own", &text)?;
    Ok(Gate::new(Path::new("/"), rules).hosts())
}

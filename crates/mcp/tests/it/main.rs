//! Real programs as servers: a double that keeps no library between itself and the wire, well and ill behaved.

mod calls;
mod starts;
mod world;

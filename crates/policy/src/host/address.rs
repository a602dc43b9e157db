//! Which addresses are somewhere in the open network, and which belong to a machine or to somebody's own network.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 in which nothing is public: first address, and how many of its bits count.
///
/// The three networks that are kept for examples are not among them: by their standard nobody has anything there.
const NOT_PUBLIC_4: [([u8; 4], u32); 13] = [
    // This host and this network.
    ([0, 0, 0, 0], 8),
    // Private, carriers' own, and this machine.
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Link-local, where clouds keep the metadata of their machines.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    // For protocols themselves, metadata of one cloud among them.
    ([192, 0, 0, 0], 24),
    // Relays of 6to4, which lead on to what the name does not say.
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    // For measurements, and in use behind some tunnels.
    ([198, 18, 0, 0], 15),
    // A public address at which one cloud answers its own machines.
    ([168, 63, 129, 16], 32),
    // Groups, and what is kept for later.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Networks of IPv6 within the public ones in which nothing is: they carry an address of IPv4, or are protocols' own.
const NOT_PUBLIC_6: [(u128, u32); 2] = [
    // Protocols' own, Teredo among them.
    (0x2001_0000 << 96, 23),
    // 6to4.
    (0x2002 << 112, 16),
];

/// Whether an address is one of the open network. What belongs to this machine, to a network of somebody's own or to
/// the machine's host is not, nor is an address that stands for another one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => is_public_4(it),
        IpAddr::V6(it) => is_public_6(it),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let within = |(network, length): &([u8; 4], u32)| {
        let shift = 32 - length;
        bits >> shift == u32::from_be_bytes(*network) >> shift
    };
    !NOT_PUBLIC_4.iter().any(within)
}

fn is_public_6(address: Ipv6Addr) -> bool {
    /// 64:ff9b::/96, behind which a network without IPv4 reaches it.
    const TRANSLATED: u128 = 0x0064_ff9b << 96;
    let bits = address.to_bits();
    if bits >> 32 == TRANSLATED >> 32 {
        let [.., a, b, c, d] = address.octets();
        return is_public_4(Ipv4Addr::new(a, b, c, d));
    }
    // Of all addresses only 2000::/3 were ever given out.
    let given_out = bits >> 125 == 1;
    let within = |(network, length): &(u128, u32)| {
        let shift = 128 - length;
        bits >> shift == network >> shift
    };
    given_out && !NOT_PUBLIC_6.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    #[test]
    fn what_is_somebodys_own_is_not_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "168.63.129.16",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn what_is_in_the_open_is_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.17",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.113.9",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2400:cb00::1",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ] {
            assert!(public(text), "{text}");
        }
    }
}

//! Which addresses are public: everybody's, and no machine's or network's own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), length)
}

const fn v6(a: u16, b: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

/// What is not everybody's in IPv4 (RFC 6890 and the registry that follows it).
const NOT_PUBLIC_V4: [Ipv4Net; 14] = [
    v4(0, 0, 0, 8),       // this network
    v4(10, 0, 0, 8),      // private
    v4(100, 64, 0, 10),   // shared by customers of one provider
    v4(127, 0, 0, 8),     // loopback
    v4(169, 254, 0, 16),  // link-local, and what clouds tell their machines
    v4(172, 16, 0, 12),   // private
    v4(192, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 24),    // documentation
    v4(192, 168, 0, 16),  // private
    v4(198, 18, 0, 15),   // benchmarks
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
    v4(224, 0, 0, 4),     // multicast
    v4(240, 0, 0, 4),     // reserved, and broadcast
];

/// The same in IPv6. What carries an IPv4 address is judged by that, see [`carried`].
const NOT_PUBLIC_V6: [Ipv6Net; 9] = [
    v6(0, 0, 8),            // loopback, unspecified, and forms of IPv4 that nobody routes
    v6(0x0064, 0xff9b, 32), // networks' own ways to IPv4
    v6(0x0100, 0, 8),       // discarded, and reserved
    v6(0x2001, 0, 23),      // Teredo and other protocol assignments
    v6(0x2001, 0x0db8, 32), // documentation
    v6(0x3fff, 0, 20),      // documentation
    v6(0xfc00, 0, 7),       // private
    v6(0xfe80, 0, 9),       // link-local, and site-local of old
    v6(0xff00, 0, 8),       // multicast
];

/// The addresses that requests may go to: public ones, and listed networks.
#[derive(Debug, Clone, Default)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// Public addresses, and these.
    #[must_use]
    pub fn new(listed: &[IpNet]) -> Self {
        Self(listed.into())
    }

    /// Whether a request may go to this address.
    #[must_use]
    pub fn allow(&self, address: IpAddr) -> bool {
        let plain = address.to_canonical();
        self.0.iter().any(|network| network.contains(&plain)) || is_public(plain)
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => match carried(address) {
            Some(inner) => is_public(IpAddr::V4(inner)),
            None => !NOT_PUBLIC_V6.iter().any(|network| network.contains(&address)),
        },
    }
}

/// The IPv4 address that a gateway makes of this one: NAT64 (RFC 6052), 6to4 (RFC 3056).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_everybodys_is_public() {
        let none = Networks::default();
        for public in
            ["8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]
        {
            assert!(none.allow(public.parse().unwrap()), "{public}");
        }
        for private in [
            "127.0.0.1",
            "127.1.2.3",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!none.allow(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn a_listed_network_may_be_reached_and_no_more() {
        let listed = Networks::new(&["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        for good in ["127.0.0.1", "::ffff:127.0.0.1", "fd00::1"] {
            assert!(listed.allow(good.parse().unwrap()), "{good}");
        }
        for bad in ["10.0.0.1", "::1", "169.254.169.254"] {
            assert!(!listed.allow(bad.parse().unwrap()), "{bad}");
        }
    }
}

//! Client addresses, and the partitions they count in.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A client's address, brought to the form that is counted.
///
/// IPv4-mapped (`::ffff:0:0/96`) and NAT64 (`64:ff9b::/96`, RFC 6052) addresses are IPv4; else one /64 cut
/// from `::ffff:a.b.c.d` would be one partition for all of IPv4. A zone (`%eth0`) is dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Address(IpAddr);

/// One partition that an address counts in.
#[derive(Clone, PartialEq, Eq)]
pub struct Scope {
    /// What is named: an IPv4 address, or an IPv6 network.
    pub id: String,
    /// By how much the limits are multiplied.
    pub factor: u32,
}

impl Address {
    /// Reads an address; `None` if it is not one (a port or brackets are not part of it).
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = match text.split_once('%') {
            Some((bare, zone)) if bare.contains(':') && !zone.is_empty() => bare,
            Some(_) => return None,
            None => text,
        };
        Some(Self(match bare.parse().ok()? {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => embedded(v6).map_or(IpAddr::V6(v6), IpAddr::V4),
        }))
    }

    /// Returns the partitions: IPv4 whole; IPv6 by /64 and, at ten times the limit, by /48.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        match self.0 {
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                vec![Scope { id: format!("{a}.{b}.{c}.{d}"), factor: 1 }]
            }
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                let (small, large) = (network(&[a, b, c, d]), network(&[a, b, c]));
                vec![Scope { id: small, factor: 1 }, Scope { id: large, factor: 10 }]
            }
        }
    }
}

/// Shows the family only.
impl core::fmt::Debug for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.0.is_ipv4() { "Address(IPv4)" } else { "Address(IPv6)" })
    }
}

/// Shows the factor only.
impl core::fmt::Debug for Scope {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Scope(times {})", self.factor)
    }
}

/// Writes an IPv6 network of whole segments as RFC 5952 does.
///
/// At least four zero segments follow, the longest run there can be, so the `::` is theirs and stands at the end.
fn network(segments: &[u16]) -> String {
    let length = segments.iter().rposition(|segment| *segment != 0).map_or(0, |last| last + 1);
    let mut out = String::with_capacity(24);
    for (at, segment) in segments.iter().take(length).enumerate() {
        out.push_str(if at > 0 { ":" } else { "" });
        out.push_str(&format!("{segment:x}"));
    }
    out.push_str(if segments.len() == 4 { "::/64" } else { "::/48" });
    out
}

fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let nat64 = |v6: Ipv6Addr| match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    };
    v6.to_ipv4_mapped().or_else(|| nat64(v6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        Address::read(text).unwrap().scopes().into_iter().map(|scope| scope.id).collect()
    }

    #[test]
    fn forms_of_one_address_are_one_partition() {
        for text in ["192.0.2.7", " 192.0.2.7 ", "::ffff:192.0.2.7", "64:ff9b::192.0.2.7", "::ffff:c000:207"]
        {
            assert_eq!(ids(text), ["192.0.2.7"], "{text}");
        }
        assert_ne!(ids("::ffff:192.0.2.7"), ids("::ffff:192.0.2.8"));
        assert_eq!(ids("2001:db8:1:2:3:4:5:6"), ["2001:db8:1:2::/64", "2001:db8:1::/48"]);
        assert_eq!(ids("fe80::1%eth0"), ids("fe80::2"));
    }

    #[test]
    fn networks_are_written_as_the_library_writes_them() {
        for text in ["::1", "1::", "0:1::", "0:0:0:1::", "1:0:0:2:3::", "1:0:2::", "::1:0:0:0:0", "fe80::1"] {
            let [a, b, c, d, ..] = text.parse::<Ipv6Addr>().unwrap().segments();
            let written = |d, bits| format!("{}/{bits}", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0));
            assert_eq!(ids(text), [written(d, 64), written(0, 48)], "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "localhost", "1.2.3", "1.2.3.4:80", "[::1]", "1.2.3.4%x", "01.2.3.4", "1.2.3.4, 5.6.7.8"]
        {
            assert_eq!(Address::read(text), None, "{text}");
        }
    }
}

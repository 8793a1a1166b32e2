//! Client addresses, and the partitions they count in.

use crate::text::{cut_last, decimal, digits};
use alloc::string::String;
use alloc::vec::Vec;
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

/// Returns the client's address as the outermost of `proxies` own proxies saw it; empty text when it can't be read.
///
/// `peer` is who is connected; `forwarded` is `X-Forwarded-For`, its lines joined by commas. Each proxy adds the
/// address that called it at the right end, and what stands further left is whatever the client wrote. With fewer
/// addresses than proxies the header proves nothing, and the address is the peer's. `None` when there is no address
/// at all. A port is dropped, and the address written as RFC 5952 does, in the form that is counted.
#[must_use]
pub fn client_ip(peer: Option<&str>, forwarded: &str, proxies: usize) -> Option<String> {
    let peer = peer.map(str::trim).filter(|peer| !peer.is_empty());
    let hops = forwarded.trim();
    let hop = match proxies.checked_sub(1) {
        Some(skip) if !hops.is_empty() => from_the_right(hops, skip),
        _ => None,
    };
    match hop.or(peer) {
        Some(text) => {
            Some(Address::read(bare(text.trim())).map_or(String::new(), |address| address.to_text()))
        }
        None => (proxies > 0 && !hops.is_empty()).then(String::new),
    }
}

/// Returns the part after `skip` others from the right, of those that commas separate.
fn from_the_right(hops: &str, skip: usize) -> Option<&str> {
    let mut rest = hops;
    for _ in 0..skip {
        (rest, _) = cut_last(rest, b',')?;
    }
    Some(cut_last(rest, b',').map_or(rest, |(_, last)| last))
}

/// Takes the port away: `192.0.2.1:1234`, `[2001:db8::1]:1234`.
fn bare(text: &str) -> &str {
    let (inner, rest) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or((text, "")),
        None => match text.split_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte != b':') => {
                (host, text.get(host.len()..).unwrap_or(""))
            }
            _ => (text, ""),
        },
    };
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if rest.is_empty() || rest.strip_prefix(':').is_some_and(digits) { inner } else { text }
}

impl Address {
    /// Reads an address; `None` if it is not one (a port or brackets are not part of it).
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = match text.split_once('%') {
            Some((bare, zone)) if bare.as_bytes().contains(&b':') && !zone.is_empty() => bare,
            Some(_) => return None,
            None => text,
        };
        if let Some(octets) = v4(bare) {
            return Some(Self(IpAddr::V4(octets.into())));
        }
        let v6 = Ipv6Addr::from(v6(bare)?);
        Some(Self(embedded(v6).map_or(IpAddr::V6(v6), IpAddr::V4)))
    }

    /// Returns the partitions: IPv4 whole; IPv6 by /64 and, at ten times the limit, by /48.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        match self.0 {
            IpAddr::V4(_) => vec![Scope { id: self.to_text(), factor: 1 }],
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                let network = |segments, bits| written(segments) + bits;
                let (small, large) = ([a, b, c, d, 0, 0, 0, 0], [a, b, c, 0, 0, 0, 0, 0]);
                let (small, large) = (network(small, "/64"), network(large, "/48"));
                vec![Scope { id: small, factor: 1 }, Scope { id: large, factor: 10 }]
            }
        }
    }

    /// Returns the address as RFC 5952 writes it.
    fn to_text(self) -> String {
        match self.0 {
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                [a, b, c, d].map(|byte| decimal(byte.into())).join(".")
            }
            IpAddr::V6(v6) => written(v6.segments()),
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

/// Reads four decimal numbers up to 255, without zeros in front; the standard library's reader is 2 kB at the edge.
pub(crate) fn v4(text: &str) -> Option<[u8; 4]> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        let plain = part == "0" || !part.starts_with('0');
        if part.len() > 3 || !plain || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = u8::try_from(part.parse::<u64>().ok()?).ok()?;
    }
    parts.next().is_none().then_some(octets)
}

/// Reads the text form of RFC 4291, 2.2: eight groups, of which `::` stands for one or more, the last two perhaps as
/// IPv4.
fn v6(text: &str) -> Option<[u16; 8]> {
    // By bytes: `str::split_once` with a text is 7 kB of code at the edge.
    let gap = text.as_bytes().windows(2).position(|two| two == b"::");
    let (head, tail) = match gap {
        Some(gap) => (text.get(..gap)?, text.get(gap + 2..)),
        None => (text, None),
    };
    let mut segments = [0; 8];
    let before = groups(head, &mut segments, tail.is_none())?;
    let Some(tail) = tail else { return (before == 8).then_some(segments) };
    let mut last = [0; 8];
    let after = groups(tail, &mut last, true)?;
    let start = 8_usize.checked_sub(after).filter(|start| before < *start)?;
    segments.iter_mut().skip(start).zip(last).for_each(|(segment, group)| *segment = group);
    Some(segments)
}

/// Reads groups of hex from the first place on, `at_end` perhaps with IPv4 last, and tells how many; no text is none.
fn groups(text: &str, out: &mut [u16; 8], at_end: bool) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    let mut places = out.iter_mut();
    let mut count = 0;
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        if at_end && parts.peek().is_none() && part.as_bytes().contains(&b'.') {
            let [a, b, c, d] = v4(part)?;
            *places.next()? = u16::from_be_bytes([a, b]);
            *places.next()? = u16::from_be_bytes([c, d]);
            return Some(count + 2);
        }
        if part.is_empty() || part.len() > 4 {
            return None;
        }
        let place = places.next()?;
        for byte in part.bytes() {
            *place = *place << 4 | u16::try_from(char::from(byte).to_digit(16)?).ok()?;
        }
        count += 1;
    }
    Some(count)
}

/// Writes an IPv6 address as RFC 5952 does: the first of the longest runs of two zeros or more is `::`.
fn written(segments: [u16; 8]) -> String {
    let zeros = |from: usize| segments.iter().skip(from).take_while(|segment| **segment == 0).count();
    let (mut start, mut length) = (8, 1);
    for from in 0..8 {
        if zeros(from) > length {
            (start, length) = (from, zeros(from));
        }
    }
    let mut out = String::with_capacity(43);
    for (at, segment) in segments.iter().enumerate() {
        if at == start {
            out.push_str("::");
        } else if at < start || at >= start + length {
            out.push_str(if at == 0 || out.ends_with(':') { "" } else { ":" });
            let mut hex = String::new();
            digits(&mut hex, u64::from(*segment), 16, 1);
            out.push_str(&hex.to_ascii_lowercase());
        }
    }
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
            let network = |d, bits| format!("{}/{bits}", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0));
            assert_eq!(ids(text), [network(d, 64), network(0, 48)], "{text}");
        }
    }

    #[test]
    fn addresses_are_read_as_the_library_reads_them() {
        let reads = |text: &str| {
            let own = v4(text).map(|octets| IpAddr::V4(octets.into()));
            let own = own.or_else(|| v6(text).map(|segments| IpAddr::V6(segments.into())));
            assert_eq!(own, text.parse().ok(), "{text:?}");
        };
        let texts = [
            "0.0.0.0",
            "255.255.255.255",
            "256.1.1.1",
            "1.2.3.4.5",
            "1..2.3",
            "+1.2.3.4",
            "00.1.2.3",
            "0001.2.3.4",
            ".1.2.3.4",
            "::",
            ":::",
            "::1",
            "1::",
            ":1",
            "1:",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1:2:3:4:5:6:7:8::",
            "::1::",
            "1::2::3",
            "12345::",
            "g::",
            "::ffff:1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1.2.3.4::",
            "::1.2.3.4:5",
            "::1.2.3",
            "1.2.3.4::1",
            "+1::",
            "::ABCD:ef",
            "1:2:3:4:5:1.2.3.4",
            "::1:2:3:4:5:1.2.3.4",
            "1::2:3:4:5:1.2.3.4",
            "1:2:3:4:5:6::1.2.3.4",
            "1:2:3:4:5::1.2.3.4",
            "",
        ];
        texts.into_iter().for_each(reads);
        // Everything that a few of the pieces make up.
        let pieces = [":", "::", "1", "ffff", "1.2.3.4", "0", "7:8", "4:5:6:7"];
        for number in 0..8_usize.pow(4) {
            let text: String = (0..4).map(|at| pieces[number / 8_usize.pow(at) % 8]).collect();
            reads(&text);
        }
    }

    /// Every pattern of zeros, against the standard library's own writer.
    #[test]
    fn addresses_are_written_as_the_library_writes_them() {
        for pattern in 0..256_u16 {
            let segments: [u16; 8] =
                core::array::from_fn(|at| if pattern >> at & 1 == 1 { 0xa0 + at as u16 } else { 0 });
            let v6 = Ipv6Addr::from(segments);
            // The library writes `::a.b.c.d` for a few; we never do.
            if segments.iter().take(6).any(|segment| *segment != 0) {
                assert_eq!(written(segments), v6.to_string());
            }
            assert_eq!(written(segments).parse(), Ok(v6));
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

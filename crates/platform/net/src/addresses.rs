//! Which addresses are public.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use url::{Host, Url};

use crate::NetError;

/// What may be reached.
#[derive(Debug, Clone, Default)]
pub struct Reachable {
    any: bool,
    hosts: Arc<HashSet<String>>,
}

impl Reachable {
    /// Public addresses only.
    pub fn public() -> Self {
        Self::default()
    }

    /// Everything but where clouds keep a machine's secrets: for a person at this machine's own command line, whose
    /// feed may redirect elsewhere.
    pub fn any() -> Self {
        Self { any: true, ..Self::default() }
    }

    /// Public addresses, and these hosts whatever they resolve to.
    pub fn with_hosts(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { any: false, hosts: Arc::new(hosts.into_iter().map(|h| h.into().to_ascii_lowercase()).collect()) }
    }

    /// Whether private addresses are allowed for this host.
    pub fn allows_private(&self, host: &str) -> bool {
        self.any || self.hosts.contains(&host.to_ascii_lowercase())
    }

    /// The addresses of a URL's host, all of them allowed.
    ///
    /// # Errors
    /// When it is no HTTP(S) address, the name is unknown, or any of its answers is not allowed: a name that has one
    /// private answer is not trusted with the others.
    pub async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, NetError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NetError::NotHttp { url: url.to_string() });
        }
        let port = url.port_or_known_default().unwrap_or(443);
        self.resolve_host(url.host().ok_or_else(|| NetError::NotHttp { url: url.to_string() })?, port).await
    }

    /// The same for a host that is not part of an HTTP address.
    ///
    /// # Errors
    /// When the name is unknown or an answer is not allowed.
    pub async fn resolve_host(&self, host: Host<&str>, port: u16) -> Result<Vec<SocketAddr>, NetError> {
        let shown = host.to_string();
        let found: Vec<SocketAddr> = match host {
            Host::Ipv4(ip) => vec![SocketAddr::new(ip.into(), port)],
            Host::Ipv6(ip) => vec![SocketAddr::new(ip.into(), port)],
            Host::Domain(name) => tokio::net::lookup_host((name, port))
                .await
                .map_err(|_| NetError::Unknown { host: shown.clone() })?
                .collect(),
        };
        if found.is_empty() {
            return Err(NetError::Unknown { host: shown });
        }
        if !self.allows_private(&shown)
            && let Some(private) = found.iter().find(|a| !is_public(a.ip()))
        {
            return Err(NetError::Private { host: shown, address: private.ip().to_string() });
        }
        if self.any
            && let Some(link) = found.iter().find(|a| is_metadata(a.ip()))
        {
            return Err(NetError::Metadata { host: shown, address: link.ip().to_string() });
        }
        Ok(found)
    }
}

/// Whether an address is one of the public internet: not this machine, a private network, a link, a carrier's inner
/// network, a documentation or benchmarking range, multicast or reserved. The ranges are those of the IANA
/// special-purpose address registries (RFC 6890 and later).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// Whether an address is of the link itself or one at which clouds answer with a machine's own credentials.
fn is_metadata(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.octets() == [100, 100, 100, 200],
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_metadata(ip.into()),
            None => ip.is_unicast_link_local() || ip.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT; also Alibaba's metadata
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    // Addresses that carry an IPv4 address: translated (64:ff9b::/96), 6to4, and the old compatible form.
    let carried = match s {
        [0x64, 0xff9b, 0, 0, 0, 0, hi, lo] => Some((hi, lo)),
        [0x2002, hi, lo, ..] => Some((hi, lo)),
        [0, 0, 0, 0, 0, 0, hi, lo] if hi != 0 => Some((hi, lo)),
        _ => None,
    };
    if let Some((hi, lo)) = carried {
        let ([a, b], [c, d]) = (hi.to_be_bytes(), lo.to_be_bytes());
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Only 2000::/3 is given out; in it, Teredo (2001::/32), ORCHID, benchmarking and documentation are not hosts.
    let global = s[0] & 0xe000 == 0x2000;
    let special = (s[0] == 0x2001 && (s[1] < 0x0200 || s[1] == 0x0db8)) || s[0] == 0x3fff;
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_ranges_are_not_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "fec0::1",
        ] {
            assert!(!is_public(ip.parse().expect("an address")), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(ip.parse().expect("an address")), "{ip}");
        }
    }

    #[tokio::test]
    async fn hosts_are_judged_however_they_are_written() {
        let public = Reachable::public();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://localhost/",
            "http://169.254.169.254/latest/meta-data",
            "http://017700000001/",
        ] {
            let url = Url::parse(url).expect("an address");
            assert!(matches!(public.resolve(&url).await, Err(NetError::Private { .. })), "{url}");
        }
        let file = Url::parse("file:///etc/passwd").expect("an address");
        assert!(matches!(public.resolve(&file).await, Err(NetError::NotHttp { .. })));
        let anything = Reachable::any();
        for url in ["http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/"] {
            let url = Url::parse(url).expect("an address");
            assert!(matches!(anything.resolve(&url).await, Err(NetError::Metadata { .. })), "{url}");
        }
        assert!(anything.resolve(&Url::parse("http://127.0.0.1/").expect("an address")).await.is_ok());
        let allowed = Reachable::with_hosts(["LOCALHOST"]);
        assert!(allowed.resolve(&Url::parse("http://localhost/").expect("an address")).await.is_ok());
        assert!(allowed.resolve(&Url::parse("http://127.0.0.1/").expect("an address")).await.is_err());
    }
}

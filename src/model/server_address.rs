//! The address of a server, parsed once by the parser of the HTTP client: what is checked, what is shown and what is asked
//! are this one value. `http://EVIL?@ALLOWED` and `http://EVIL#@ALLOWED` read as two servers to two parsers; here such an
//! address is an error. Two texts of one address (case of the host, default port, slash at the end) are equal. Must not
//! know whose server it is.

use core::net::Ipv6Addr;
use http::Uri;
use std::fmt;

/// An address of a server: scheme, host, port and the path below which it answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerAddress {
    scheme: Scheme,
    /// In lower case; an IPv6 address with its brackets.
    host: String,
    port: u16,
    /// Without slashes at its end; empty for the root.
    path: String,
}

/// How it is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Why a text is no address of a server. Never holds the text: what stands before an `@` is a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not for the client's parser.
    #[error("is no address of a server: it looks like \"https://HOST:PORT\"")]
    Malformed,
    /// Another one, or none.
    #[error("needs http:// or https:// in front")]
    Scheme,
    /// `user:password@`.
    #[error(
        "holds user info (what stands before an @): give credentials by arguments of their own"
    )]
    UserInfo,
    /// `?...`.
    #[error("holds a query (what follows a ?), which an address of a server does not have")]
    Query,
    /// `#...`.
    #[error("holds a fragment (what follows a #), which an address of a server does not have")]
    Fragment,
    /// Neither a DNS name nor an IP address.
    #[error("names no host: a DNS name or an IP address is needed, an IPv6 one in brackets")]
    Host,
    /// Not 1 to 65535.
    #[error("has a port that is none: it is a number from 1 to 65535")]
    Port,
}

impl ServerAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// Where it is none, or says more than scheme, host, port and path.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        // The client's parser drops it in silence.
        if text.contains('#') {
            return Err(AddressError::Fragment);
        }
        let uri: Uri = text.parse().map_err(|_| AddressError::Malformed)?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(_) | None => return Err(AddressError::Scheme),
        };
        let authority = uri.authority().ok_or(AddressError::Host)?;
        if authority.as_str().contains('@') {
            return Err(AddressError::UserInfo);
        }
        if uri.query().is_some() {
            return Err(AddressError::Query);
        }
        let after = authority.as_str().strip_prefix(authority.host());
        Ok(Self {
            scheme,
            host: host(authority.host())?,
            port: port(after.ok_or(AddressError::Malformed)?, scheme)?,
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// As the HTTP client takes it.
    ///
    /// # Errors
    /// Never for one that was parsed; the builder cannot know.
    pub fn uri(&self) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme(self.scheme.name())
            .authority(self.authority())
            .path_and_query(format!("{}/", self.path))
            .build()
    }

    fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// How it is talked to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port, the scheme's own where the address says none.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Scheme {
    /// As an address begins with it.
    pub const fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The port of an address that says none.
    pub const fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// What a resolver could read in a second way (`%2e`, a user name, a zone) is no host.
fn host(text: &str) -> Result<String, AddressError> {
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let address: Ipv6Addr = inner.parse().map_err(|_| AddressError::Host)?;
        return Ok(format!("[{address}]"));
    }
    let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if text.is_empty() || !text.bytes().all(of_a_name) {
        return Err(AddressError::Host);
    }
    Ok(text.to_ascii_lowercase())
}

/// What stands after the host: nothing, or a colon and a number.
fn port(after: &str, scheme: Scheme) -> Result<u16, AddressError> {
    if after.is_empty() {
        return Ok(scheme.default_port());
    }
    let digits = after.strip_prefix(':').ok_or(AddressError::Port)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AddressError::Port);
    }
    match digits.parse() {
        Ok(port) if port > 0 => Ok(port),
        Ok(_) | Err(_) => Err(AddressError::Port),
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}://{}{}",
            self.scheme.name(),
            self.authority(),
            self.path
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address as it is shown, or why it is none.
    fn check(text: &str, expected: Result<&str, AddressError>) {
        let found = ServerAddress::parse(text);
        let shown = found.as_ref().map(ToString::to_string);
        assert_eq!(
            shown.as_deref().map_err(|error| **error),
            expected,
            "{text}"
        );
        if let Ok(address) = found {
            assert_eq!(ServerAddress::parse(&address.to_string()), Ok(address));
        }
    }

    #[test]
    fn one_address_is_one_text() {
        for text in [
            "https://host",
            "https://HOST:443/",
            "HTTPS://Host:0443//",
            "https://host/",
        ] {
            check(text, Ok("https://host"));
        }
        check("http://host:80", Ok("http://host"));
        check("http://host:443", Ok("http://host:443"));
        check(
            "https://host:6443/k8s/c-1/",
            Ok("https://host:6443/k8s/c-1"),
        );
        check("https://[::1]:6443", Ok("https://[::1]:6443"));
        check("https://[0:0::0:1]", Ok("https://[::1]"));
        check("https://10.0.0.1", Ok("https://10.0.0.1"));
    }

    #[test]
    fn what_two_parsers_could_read_in_two_ways_is_none() {
        use AddressError as No;
        check("http://evil?@allowed", Err(No::Query));
        check("http://evil?", Err(No::Query));
        check("http://evil#@allowed", Err(No::Fragment));
        check("http://evil/#", Err(No::Fragment));
        check("http://evil@allowed", Err(No::UserInfo));
        check("http://user:password@allowed", Err(No::UserInfo));
        check("http://@allowed", Err(No::UserInfo));
        for text in ["https://host:", "https://host:0", "https://host:65536"] {
            check(text, Err(No::Port));
        }
        for text in ["host", "host:6443", "ftp://host", "/path"] {
            check(text, Err(No::Scheme));
        }
        for text in [
            "",
            " ",
            " https://host",
            "https://host ",
            "https://",
            "https:///path",
            "https:// host",
            "https://h\u{f6}st",
            "https://evil\\@allowed",
            "https://%65vil",
            "https://[::1%25eth0]",
            "https://[::1]evil",
            "https://ho\nst",
        ] {
            assert!(ServerAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_asked_is_what_is_shown() {
        for text in ["https://HOST", "http://[::1]:8080/a/", "https://h:6443"] {
            let address = ServerAddress::parse(text).unwrap();
            let uri = address.uri().unwrap();
            assert_eq!(uri.host(), Some(address.host()));
            let port = uri.port_u16().unwrap_or(address.scheme().default_port());
            assert_eq!(port, address.port());
            assert_eq!(ServerAddress::parse(&uri.to_string()), Ok(address));
        }
    }
}

//! References to images, as container runtimes read them: `HOST[:PORT]/PATH/NAME[:TAG][@DIGEST]`. What comes first is a
//! host only where it has a dot or a port, or is `localhost`. Must not know where a host is.

/// Host of the registry that a reference names, without its port; `None`: the runtime's own, Docker Hub mostly.
pub(super) fn host(reference: &str) -> Option<&str> {
    let (first, _) = reference.split_once('/')?;
    let is_host = first.contains(['.', ':']) || first == "localhost";
    let host = match first.rsplit_once(':') {
        // A bare IPv6 address stands in brackets.
        Some((host, port)) if !port.contains(']') => host,
        Some(_) | None => first,
    };
    is_host.then_some(host)
}

/// Its last name, without tag and digest: `postgres` of `docker.io/library/postgres:17@sha256:...`.
pub(super) fn name(reference: &str) -> &str {
    let tagged = reference.split('@').next().unwrap_or(reference);
    let last = tagged.rsplit('/').next().unwrap_or(tagged);
    last.split(':').next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let digest = "sha256:0123456789abcdef";
        for (reference, wanted_host, wanted_name) in [
            ("postgres", None, "postgres"),
            ("postgres:17.2", None, "postgres"),
            ("library/postgres:17", None, "postgres"),
            (
                "docker.io/library/postgres:17",
                Some("docker.io"),
                "postgres",
            ),
            (
                "registry.tools.svc:5000/shop",
                Some("registry.tools.svc"),
                "shop",
            ),
            ("registry:5000/a/b/shop:1", Some("registry"), "shop"),
            ("localhost/shop", Some("localhost"), "shop"),
            ("[::1]:5000/shop", Some("[::1]"), "shop"),
            ("[::1]/shop", Some("[::1]"), "shop"),
            ("", None, ""),
        ] {
            assert_eq!(host(reference), wanted_host, "{reference}");
            assert_eq!(name(reference), wanted_name, "{reference}");
            let pinned = format!("{reference}@{digest}");
            assert_eq!(host(&pinned), wanted_host, "{pinned}");
            assert_eq!(name(&pinned), wanted_name, "{pinned}");
        }
    }
}

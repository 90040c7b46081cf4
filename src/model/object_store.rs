//! Which object store settings name: a location's or a provider's. Two texts of one address are one store, and an empty one
//! is none. Must not know what lives there.

use super::server_address::ServerAddress;

/// An object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// AWS, where a bucket's name is one of a partition, whatever the endpoint.
    Aws(Partition),
    /// Another one: host and port. The scheme says how it is talked to, not which one it is.
    At(String, u16),
    /// A text that is no address; Velero's plugin will say so.
    Unread(String),
}

/// A part of AWS with names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// All but China.
    World,
    /// `amazonaws.com.cn`.
    China,
}

impl Store {
    /// The store of `s3Url` and `region`; the plugin takes AWS where no URL is said.
    pub fn of(url: Option<&str>, region: Option<&str>) -> Self {
        let Some(url) = url.map(str::trim).filter(|url| !url.is_empty()) else {
            let in_china = region.is_some_and(|region| region.starts_with("cn-"));
            return Store::Aws(if in_china {
                Partition::China
            } else {
                Partition::World
            });
        };
        let Ok(address) = ServerAddress::parse(url) else {
            return Store::Unread(url.trim_end_matches('/').to_owned());
        };
        let host = address.host();
        if is_below(host, "amazonaws.com") {
            Store::Aws(Partition::World)
        } else if is_below(host, "amazonaws.com.cn") {
            Store::Aws(Partition::China)
        } else {
            Store::At(host.to_owned(), address.port())
        }
    }

    /// Whether it is Hetzner's.
    pub fn is_at_hetzner(&self) -> bool {
        match self {
            Store::Aws(_) | Store::Unread(_) => false,
            Store::At(host, _) => is_below(host, "your-objectstorage.com"),
        }
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|name| name.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_store_is_one_whatever_the_text() {
        let at = |host: &str, port| Store::At(host.to_owned(), port);
        for (url, region, expected) in [
            (None, None, Store::Aws(Partition::World)),
            (Some(""), None, Store::Aws(Partition::World)),
            (Some(" "), Some("cn-north-1"), Store::Aws(Partition::China)),
            (
                Some("https://s3.eu-central-1.amazonaws.com"),
                None,
                Store::Aws(Partition::World),
            ),
            (
                Some("https://S3.cn-north-1.amazonaws.com.CN:443/"),
                None,
                Store::Aws(Partition::China),
            ),
            (
                Some("https://amazonaws.com.evil.test"),
                None,
                at("amazonaws.com.evil.test", 443),
            ),
            (
                Some("https://notamazonaws.com"),
                None,
                at("notamazonaws.com", 443),
            ),
            (Some("https://Minio:443/"), None, at("minio", 443)),
            (Some("https://minio"), None, at("minio", 443)),
            (Some("http://minio:9000"), None, at("minio", 9000)),
            (
                Some("minio:9000/"),
                None,
                Store::Unread("minio:9000".to_owned()),
            ),
        ] {
            assert_eq!(Store::of(url, region), expected, "{url:?} {region:?}");
        }
        assert!(Store::of(Some("https://fsn1.your-objectstorage.com/"), None).is_at_hetzner());
        assert!(!Store::of(Some("https://x.test/.your-objectstorage.com"), None).is_at_hetzner());
    }
}

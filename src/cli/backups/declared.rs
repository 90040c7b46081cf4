//! What the configuration says about backups: where they are, and whose they are. Asks nobody.

use crate::catalog::velero::catalog::Location;
use crate::catalog::velero::directory;
use crate::catalog::velero::ownership::{Installation, Owner, Rhythm};
use crate::catalog::velero::point::Known;
use crate::kinds;
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::object_store::Store;
use crate::model::resource::{Configuration, Provider, Resource};
use crate::model::text::quote;
use std::collections::BTreeMap;

const LOCATION: &str = "velero_backup_storage_location";
const SCHEDULE: &str = "velero_schedule";
const SERVER: &str = "velero_server";
const APPLICATION: &str = "velero_application";
/// Settings of a location whose objects nobody can read without a key that only Velero has.
const CUSTOMER_KEYS: [&str; 2] = ["customerKeyEncryptionFile", "customerKeyEncryptionSecret"];

/// A location, and how to read it.
pub(super) struct Place {
    /// The location.
    pub(super) location: Location,
    /// Its bucket, or why it cannot be read.
    pub(super) bucket: Known<Bucket>,
}

/// A bucket and the part of it that a location is.
#[derive(Clone)]
pub(super) struct Bucket {
    /// Who reads it.
    pub(super) provider: ProviderRef,
    /// Its name.
    pub(super) name: String,
    /// What keys begin with.
    pub(super) root: String,
}

/// Every location, in order of address.
pub(super) fn places(
    configuration: &Configuration,
    environment: &BTreeMap<String, String>,
) -> Vec<Place> {
    let locations = configuration.resources.iter();
    locations
        .filter(|resource| resource.address.kind == LOCATION)
        .map(|resource| place(resource, &configuration.providers, environment))
        .collect()
}

fn place(
    resource: &Resource,
    providers: &BTreeMap<ProviderRef, Provider>,
    environment: &BTreeMap<String, String>,
) -> Place {
    let text = |name: &str| resource.text(name).unwrap_or_default();
    let config = |name: &str| {
        let value = resource.body.member("config")?.member(name)?;
        let text = value.known()?.as_str()?.trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    let (url, region) = (config("s3Url"), config("region"));
    let root = directory::root(&text("prefix"));
    let title = format!(
        "{}/{root} at {}",
        text("bucket"),
        url.as_deref().unwrap_or("AWS")
    );
    let bucket = bucket(resource, config).and_then(|name| {
        let wanted = At {
            url: url.as_deref(),
            region: region.as_deref(),
        };
        let named = resource.in_block("catalog", "provider");
        let named = named.and_then(|named| named.known()?.as_str().map(str::to_owned));
        let provider = match named {
            Some(named) => ProviderRef::from(named),
            None => reader(&wanted, providers, environment)?,
        };
        Ok(Bucket {
            provider,
            name,
            root,
        })
    });
    Place {
        location: Location {
            address: resource.address.clone(),
            name: text("name"),
            installation: installation(resource),
            title,
        },
        bucket,
    }
}

/// The bucket, where it is one that can be read.
fn bucket(resource: &Resource, config: impl Fn(&str) -> Option<String>) -> Known<String> {
    let plugin = resource.text("provider_name").unwrap_or_default();
    if !matches!(plugin.as_str(), "aws" | "velero.io/aws") {
        return Err(format!(
            "its plugin is {}; sk-dr reads S3 only, which is plugin \"aws\"",
            quote(&plugin)
        ));
    }
    if let Some(setting) = CUSTOMER_KEYS
        .into_iter()
        .find(|name| config(name).is_some())
    {
        return Err(format!(
            "SSE-C: {setting} encrypts its objects with a key that only Velero has, so what is there is unknown"
        ));
    }
    let bucket = resource.text("bucket").filter(|name| !name.is_empty());
    bucket.ok_or_else(|| "its bucket is known only after an apply".to_owned())
}

/// Where a location's settings point to.
struct At<'a> {
    url: Option<&'a str>,
    region: Option<&'a str>,
}

/// The one provider block that reads there.
fn reader(
    wanted: &At<'_>,
    providers: &BTreeMap<ProviderRef, Provider>,
    environment: &BTreeMap<String, String>,
) -> Known<ProviderRef> {
    let store = Store::of(wanted.url, wanted.region);
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let reads = |provider: &Provider| {
        let said = |name: &str| {
            let value = provider.arguments.member(name)?.into_known()?;
            value.as_str().map(str::to_owned)
        };
        let endpoint = said("endpoint")
            .or_else(|| variable("AWS_ENDPOINT_URL_S3").cloned())
            .or_else(|| variable("AWS_ENDPOINT_URL").cloned());
        let region = said("region").or_else(|| variable("AWS_REGION").cloned());
        // The connection reads an endpoint without a scheme as https.
        let endpoint = endpoint.map(|text| match text.contains("://") {
            true => text,
            false => format!("https://{text}"),
        });
        let is_there = Store::of(endpoint.as_deref(), region.as_deref()) == store;
        let is_in = match (region.as_deref(), wanted.region) {
            (Some(region), Some(wanted)) => region == wanted,
            (None, _) | (_, None) => true,
        };
        is_there && is_in
    };
    let s3 = providers
        .iter()
        .filter(|(reference, _)| reference.provider == "s3");
    let found: Vec<&ProviderRef> = s3
        .filter(|(_, provider)| reads(provider))
        .map(|(reference, _)| reference)
        .collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(format!(
            "no provider block reads there; declare\n{}",
            block(wanted)
        )),
        [first, ..] => {
            let names: Vec<String> = found.iter().map(ToString::to_string).collect();
            Err(format!(
                "several provider blocks read there: {}; say in the location which one has its credentials:\ncatalog {{\n  provider = {first}\n}}",
                names.join(", ")
            ))
        }
    }
}

/// The provider block of a location's settings. Credentials are read from the environment where it says none.
fn block(wanted: &At<'_>) -> String {
    let line = |name: &str, value: Option<&str>| {
        value.map_or_else(String::new, |value| {
            format!("  {name} = {}\n", quote(value))
        })
    };
    format!(
        "provider \"s3\" {{\n{}{}}}",
        line("endpoint", wanted.url),
        line("region  ", wanted.region)
    )
}

fn installation(resource: &Resource) -> Installation {
    let namespace = resource.text("namespace");
    Installation {
        provider: resource.provider.clone(),
        namespace: namespace.unwrap_or_else(|| "velero".to_owned()),
    }
}

/// The password that a declared server of this installation encrypts volume data with.
pub(super) fn repository_password(
    configuration: &Configuration,
    installation: &Installation,
) -> Option<Expr> {
    let servers = configuration.resources.iter();
    let mut servers = servers.filter(|resource| resource.address.kind == SERVER);
    let server = servers.find(|server| self::installation(server) == *installation)?;
    server.in_block("repository_credentials", "repository_password")
}

/// Everything that backups are of, in order of address.
pub(super) fn owners(configuration: &Configuration) -> Vec<Owner> {
    let resources = configuration.resources.iter();
    resources
        .filter(|resource| matches!(resource.address.kind.as_str(), APPLICATION | SCHEDULE))
        .map(owner)
        .collect()
}

fn owner(resource: &Resource) -> Owner {
    let parts = kinds::parts(resource);
    let schedules = parts.iter().map(|part| Rhythm {
        name: part.resource.text("name").unwrap_or_default(),
        cron: part.resource.text("schedule"),
        paused: part
            .resource
            .body
            .member("paused")
            .and_then(|paused| paused.known()?.as_bool())
            .unwrap_or_default(),
    });
    let label = |name: &str| {
        let labels = parts.first()?.resource.body.member("backup_labels")?;
        Some(labels.member(name)?.known()?.as_str()?.to_owned())
    };
    let is_application = resource.address.kind == APPLICATION;
    Owner {
        address: resource.address.clone(),
        installation: installation(resource),
        labels: label("application")
            .zip(label("profile"))
            .filter(|_| is_application),
        schedules: schedules.collect(),
        rpo: resource.text("rpo").and_then(|rpo| rpo.parse().ok()),
    }
}

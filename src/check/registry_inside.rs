//! Images that come from the cluster that they are to run in (R48).

use super::image;
use super::manifests::{JOBS, Object, SERVERS, objects, protected};
use super::scene::Scene;
use super::view::View;
use super::{Hit, Lint, Severity, Sight};
use crate::model::identity::ProviderRef;
use std::collections::BTreeMap;

pub(super) const LINT: Lint = Lint {
    code: "registry-inside",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Image comes from the cluster itself",
    cause: "The registry runs in the cluster that pulls from it. When the cluster is lost the registry is lost with it: the \
            pods wait for an image that nobody serves until the registry is back with its data, and the registry itself may \
            be among those that wait (R48).",
    cure: "Keep the image in a registry outside of the cluster too, and name that one, or make it the mirror that the nodes \
           pull from.",
    blind: "A registry is known by the names and addresses of Services, Ingresses and HTTPRoutes that are declared or found \
            beside declared ones, by names that end in `.svc` or `.cluster.local`, and by `localhost`. A mirror that is set up \
            at the nodes, and images in objects of other types, are not seen.",
    check,
};

const SERVICE: (&str, &str) = ("", "Service");
const INGRESS: (&str, &str) = ("networking.k8s.io", "Ingress");
const ROUTE: (&str, &str) = ("gateway.networking.k8s.io", "HTTPRoute");
const HOSTNAMES: &str = "external-dns.alpha.kubernetes.io/hostname";

/// What answers for a host in a cluster, by the host in small letters.
type Hosts<'a> = BTreeMap<(&'a ProviderRef, String), String>;

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let serving = objects(scene, &[SERVICE, INGRESS, ROUTE]);
    let mut hosts = Hosts::new();
    for object in &serving {
        for host in answers_for(object) {
            hosts
                .entry((object.provider, host.to_ascii_lowercase()))
                .or_insert_with(|| object.title());
        }
    }
    protected(scene, objects(scene, &[SERVERS, JOBS].concat()))
        .iter()
        .flat_map(|workload| {
            images(workload).into_iter().filter_map(|reference| {
                let host = image::host(reference)?.to_ascii_lowercase();
                let whose = whose(&hosts, workload, &host)?;
                let title = workload.title();
                Some(workload.hit(format!("{title} runs {reference}: {host} is {whose}.")))
            })
        })
        .collect()
}

/// Every image that its pods need.
fn images<'a>(workload: &Object<'a>) -> Vec<&'a str> {
    let containers = ["containers", "initContainers"].into_iter();
    let containers = containers.flat_map(|list| workload.list_in_pod(&["spec", list]));
    let containers = containers.filter_map(|container| container.member("image"));
    let volumes = workload.list_in_pod(&["spec", "volumes"]).into_iter();
    let volumes = volumes.filter_map(|volume| volume.at(&["image", "reference"]));
    containers.chain(volumes).filter_map(View::text).collect()
}

/// Whose a host is, where it is the cluster's own.
fn whose(hosts: &Hosts<'_>, workload: &Object<'_>, host: &str) -> Option<String> {
    let named = |name: String| hosts.get(&(workload.provider, name));
    // `*.example.org` stands for one label.
    let wildcard = || {
        host.split_once('.')
            .map(|(_, domain)| format!("*.{domain}"))
    };
    // Of a name of a Service only its first two labels tell it: `registry.tools.svc.example.org`.
    let service = || {
        let mut labels = host.split('.');
        let (name, namespace) = (labels.next()?, labels.next()?);
        (labels.next()? == "svc").then(|| format!("{name}.{namespace}"))
    };
    let sibling = || format!("{host}.{}", workload.namespace);
    let found = named(host.to_owned())
        .or_else(|| named(wildcard()?))
        .or_else(|| named(service()?))
        .or_else(|| named(sibling()).filter(|_| !host.contains('.')));
    if let Some(object) = found {
        return Some(format!("{object} of the same cluster"));
    }
    if host.ends_with(".svc") || host.ends_with(".cluster.local") {
        return Some("a name that only the cluster knows".to_owned());
    }
    (host == "localhost" || host == "[::1]" || host.starts_with("127."))
        .then(|| "the node that it runs on".to_owned())
}

/// Hosts that an object answers for; a Service also as `NAME.NAMESPACE`.
fn answers_for(object: &Object<'_>) -> Vec<String> {
    let text = |view: Option<View<'_>>| view.and_then(View::text).map(str::to_owned);
    let all = |views: Vec<View<'_>>| {
        views
            .into_iter()
            .filter_map(View::text)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    match object.kind {
        "Ingress" => {
            let rules = object.list(&["spec", "rules"]).into_iter();
            rules.filter_map(|rule| text(rule.member("host"))).collect()
        }
        "HTTPRoute" => all(object.list(&["spec", "hostnames"])),
        _service => {
            let entries = object
                .list(&["status", "loadBalancer", "ingress"])
                .into_iter();
            let entries = entries.flat_map(|entry| [entry.member("ip"), entry.member("hostname")]);
            let single = ["clusterIP", "loadBalancerIP"].into_iter();
            let single = single.map(|field| object.at(&["spec", field]));
            let annotated = text(object.at(&["metadata", "annotations", HOSTNAMES]));
            let annotated = annotated.unwrap_or_default();
            let annotated = annotated.split(',').map(|host| host.trim().to_owned());
            std::iter::once(format!("{}.{}", object.name, object.namespace))
                .chain(entries.chain(single).filter_map(text))
                .chain(all(object.list(&["spec", "externalIPs"])))
                .chain(annotated.filter(|host| !host.is_empty()))
                // A headless Service says so where its address would stand.
                .filter(|host| host != "None")
                .collect()
        }
    }
}

//! A load balancer that is found again only by what a restore changes.

use super::manifests::{Object, objects, protected};
use super::scene::Scene;
use super::view::View;
use super::{Hit, Lint, Severity, Sight};

pub(super) const LINT: Lint = Lint {
    code: "load-balancer-name",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Load balancer has no name of its own",
    cause: "Hetzner's cloud controller finds the load balancer of a Service by the Service's UID, then by the name in its \
            annotation `load-balancer.hetzner.cloud/name`. A Service that is restored or made anew has another UID: without \
            the annotation it gets a new load balancer with a new public address, DNS points to the old one, and the old one \
            goes on costing.",
    cure: "Add the annotation `load-balancer.hetzner.cloud/name` with the name that its load balancer has today, and protect \
           that load balancer against deletion.",
    blind: "That the cluster runs at Hetzner is told by a location in Hetzner's object storage, or by another annotation of \
            Hetzner's on the Service. A controller that is set up to make no load balancers is not known.",
    check,
};

const PREFIX: &str = "load-balancer.hetzner.cloud/";
const NAME: &str = "load-balancer.hetzner.cloud/name";
/// Annotations of others that give a Service its address.
const OTHERS: [&str; 3] = ["kube-vip.io/", "metallb.io/", "metallb.universe.tf/"];

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let at_hetzner = scene.at_hetzner();
    protected(scene, objects(scene, &[("", "Service")]))
        .iter()
        .filter(|service| at_hetzner || annotated(service, &[PREFIX]))
        .filter(|service| is_nameless(service))
        .map(|service| {
            let name = match service.at(&["metadata", "uid"]).and_then(View::text) {
                Some(uid) => format!("a{}", uid.replace('-', "")),
                None => "one made of its UID".to_owned(),
            };
            let detail = format!(
                "{} says no name for its load balancer, which has {name}.",
                service.title()
            );
            service.hit(detail)
        })
        .collect()
}

fn is_nameless(service: &Object<'_>) -> bool {
    let is = |path: &[&str], wanted: &str| service.at(path).and_then(View::text) == Some(wanted);
    let annotations = service.at(&["metadata", "annotations"]);
    let name = ["metadata", "annotations", NAME];
    is(&["spec", "type"], "LoadBalancer")
        // Another class is another controller's.
        && service.at(&["spec", "loadBalancerClass"]).is_none()
        && !annotations.is_some_and(View::is_open)
        && (service.at(&name).is_none() || is(&name, ""))
        && !annotated(service, &OTHERS)
}

fn annotated(service: &Object<'_>, prefixes: &[&str]) -> bool {
    let annotations = service.at(&["metadata", "annotations"]);
    let annotations = annotations.map(View::entries).unwrap_or_default();
    let is_of = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix));
    annotations.iter().any(|(key, _)| is_of(key))
}

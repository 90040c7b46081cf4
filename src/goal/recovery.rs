//! `recovery` blocks against kinds: what can be lost, and what has points (R9, R16, R17). Asks nobody.

use crate::diag::Diagnostic;
use crate::kinds;
use crate::model::address::{Address, Target};
use crate::model::recovery::Recovery;
use crate::model::resource::{Configuration, Resource};

/// The kind whose backups a recovery restores.
pub const RESTORED: &str = "velero_application";
/// The kind whose backups only [`RESTORED`] can be restored from.
const ALONE: &str = "velero_schedule";
/// The only type of provider that a recovery rebuilds.
const REBUILT: &str = "kubernetes";

/// What a recovery cannot do with what it names. `damaged` are resources of which not all is known: they are declared all
/// the same.
pub fn check(configuration: &Configuration, damaged: &[Resource]) -> Vec<Diagnostic> {
    let recoveries = configuration.recoveries.values();
    recoveries
        .flat_map(|recovery| mistakes(recovery, configuration, damaged))
        .collect()
}

/// The same of one recovery.
pub fn mistakes(
    recovery: &Recovery,
    configuration: &Configuration,
    damaged: &[Resource],
) -> Vec<Diagnostic> {
    let checked = Checked {
        recovery,
        resources: configuration.resources.iter().chain(damaged).collect(),
    };
    let mut all: Vec<Diagnostic> = checked.lost().into_iter().collect();
    all.extend(checked.points());
    all.extend(checked.named("fresh", &recovery.fresh));
    all.extend(checked.named("quiesce", &recovery.quiesce));
    all.extend(checked.quiet_infra());
    all.extend(checked.scope());
    all
}

/// What a recovery restores: the applications in its scope, in order of address.
pub fn restored<'a>(
    recovery: &'a Recovery,
    configuration: &'a Configuration,
) -> impl Iterator<Item = &'a Resource> {
    let resources = configuration.resources.iter();
    resources.filter(|resource| is_restored(recovery, resource))
}

fn is_restored(recovery: &Recovery, resource: &Resource) -> bool {
    resource.address.kind == RESTORED
        && is_lost(recovery, resource)
        && recovery.covers(&resource.address)
}

fn is_lost(recovery: &Recovery, resource: &Resource) -> bool {
    let provider = resource.provider.as_ref();
    provider.is_some_and(|provider| recovery.lost.contains(provider))
}

/// Why an address has no points.
fn unrestored(address: &Address) -> Option<String> {
    match address.kind.as_str() {
        RESTORED => None,
        ALONE => Some(format!(
            "backups of {address} are restored by no recovery: declare a `{RESTORED}`, which says what belongs together"
        )),
        _other => Some(format!(
            "{address} has no restore points: only a `{RESTORED}` has"
        )),
    }
}

/// A recovery and everything that is declared. What names nothing is told by the language.
struct Checked<'a> {
    recovery: &'a Recovery,
    resources: Vec<&'a Resource>,
}

impl Checked<'_> {
    fn wrong(&self, argument: &str, detail: String) -> Diagnostic {
        let found = Diagnostic::error("invalid-recovery", "Invalid recovery", detail);
        let span = self.recovery.span_of(argument);
        found.at(span).within(self.recovery.span)
    }

    /// Whether a name stands for resources, and for none that is as asked for.
    fn is_idle(&self, target: &Target, is: impl Fn(&Resource) -> bool) -> bool {
        let covered = self.resources.iter();
        let mut covered = covered
            .filter(|resource| target.covers(&resource.address))
            .peekable();
        covered.peek().is_some() && !covered.any(|resource| is(resource))
    }

    fn lost(&self) -> Option<Diagnostic> {
        let other = self.recovery.lost.iter();
        let mut other = other.filter(|provider| provider.provider != REBUILT);
        other.next().map(|provider| {
            let detail = format!(
                "`{provider}` cannot be rebuilt: what is lost is a cluster, such as lost = [{REBUILT}]; what a lost bucket held comes from nowhere"
            );
            self.wrong("lost", detail)
        })
    }

    fn points(&self) -> Vec<Diagnostic> {
        let recovery = self.recovery;
        let named = recovery.points.keys().chain(recovery.moments.keys());
        let details = named.filter_map(|address| {
            let target = Target::from(address.clone());
            let idle = || {
                self.is_idle(&target, |resource| is_restored(recovery, resource)).then(|| {
                    format!(
                        "{address} is not restored by this recovery, so that its point has no effect: it is not in `scope`, or its provider is not `lost`"
                    )
                })
            };
            let detail = unrestored(address).or_else(idle)?;
            Some(self.wrong(&Recovery::point_span(address), detail))
        });
        details.collect()
    }

    /// A list of applications that are restored.
    fn named(&self, argument: &str, targets: &[Target]) -> Option<Diagnostic> {
        let recovery = self.recovery;
        let mut targets = targets.iter();
        let idle = targets
            .find(|target| self.is_idle(target, |resource| is_restored(recovery, resource)))?;
        let detail = match idle {
            Target::Resource(address) => unrestored(address),
            Target::Module(_) => None,
        };
        let detail = detail.unwrap_or_else(|| {
            format!(
                "{idle} holds nothing that this recovery restores, so that `{argument}` has no effect"
            )
        });
        Some(self.wrong(argument, detail))
    }

    /// First and last at once.
    fn quiet_infra(&self) -> Option<Diagnostic> {
        let recovery = self.recovery;
        let mut resources = self.resources.iter();
        let both = resources.find(|resource| {
            is_restored(recovery, resource)
                && recovery.is_quiesced(&resource.address)
                && kinds::restore_order(resource) < 0
        })?;
        let detail = format!(
            "{} is restored before all others, since its `restore {{ order }}` is below 0, and cannot come back after them as well",
            both.address
        );
        Some(self.wrong("quiesce", detail))
    }

    fn scope(&self) -> Option<Diagnostic> {
        let recovery = self.recovery;
        let mut scope = recovery.scope.iter();
        let idle =
            scope.find(|target| self.is_idle(target, |resource| is_lost(recovery, resource)))?;
        let detail = format!(
            "{idle} is in no cluster that is `lost`, so that this recovery has nothing to do for it"
        );
        Some(self.wrong("scope", detail))
    }
}

#[cfg(test)]
mod tests {
    use crate::diag::has_errors;
    use crate::kinds;
    use crate::lang::sources::MemorySources;
    use crate::lang::{GivenVariables, Inputs, Missing, load};

    const HEAD: &str = "sk_dr {\n  stack = \"s\"\n}\nprovider \"kubernetes\" {}\nprovider \"kubernetes\" {\n  alias = \"eu\"\n}\nprovider \"s3\" {}\nresource \"kubernetes_namespace\" \"shop\" {\n  metadata {\n    name = \"shop\"\n  }\n}\nresource \"velero_schedule\" \"alone\" {\n  name = \"alone\"\n  schedule = \"0 1 * * *\"\n}\nresource \"velero_application\" \"shop\" {\n  namespaces = [\"shop\"]\n  retention {\n    daily = 7\n  }\n}\nresource \"velero_application\" \"eu\" {\n  provider = kubernetes.eu\n  namespaces = [\"eu\"]\n  retention {\n    daily = 7\n  }\n}\nresource \"velero_application\" \"first\" {\n  namespaces = [\"first\"]\n  retention {\n    daily = 7\n  }\n  restore {\n    order = -1\n  }\n}\n";

    fn check(rest: &str, expected: &[&str]) {
        let text = format!("{HEAD}recovery \"r\" {{\n  mode = \"rebuild\"\n{rest}}}\n");
        let loaded = load(&Inputs {
            sources: &MemorySources::new([("main.hcl", text.as_str())]),
            schemas: &kinds::Registry,
            variables: GivenVariables::default(),
            missing: Missing::Report,
            version: "0.1.0",
        });
        assert!(
            !has_errors(&loaded.diagnostics),
            "{text}\n{:#?}",
            loaded.diagnostics
        );
        let found = super::check(&loaded.configuration, &loaded.damaged);
        let found: Vec<&str> = found.iter().map(|one| one.detail.as_str()).collect();
        assert_eq!(found, expected, "{rest}");
    }

    #[test]
    fn what_a_recovery_names_it_can_restore() {
        check("lost = [kubernetes]\n", &[]);
        check(
            "lost = [kubernetes]\nscope = [velero_application.shop]\nfresh = [velero_application.shop]\npoint \"velero_application.shop\" {\nname = \"a\"\n}\n",
            &[],
        );
        check(
            "lost = [s3]\n",
            &[
                "`s3` cannot be rebuilt: what is lost is a cluster, such as lost = [kubernetes]; what a lost bucket held comes from nowhere",
            ],
        );
        check(
            "lost = [kubernetes]\npoint \"velero_schedule.alone\" {\nname = \"a\"\n}\npoint \"kubernetes_namespace.shop\" {\nname = \"a\"\n}\npoint \"velero_application.eu\" {\nat = \"2026-11-20T00:00:00Z\"\n}\n",
            &[
                "kubernetes_namespace.shop has no restore points: only a `velero_application` has",
                "backups of velero_schedule.alone are restored by no recovery: declare a `velero_application`, which says what belongs together",
                "velero_application.eu is not restored by this recovery, so that its point has no effect: it is not in `scope`, or its provider is not `lost`",
            ],
        );
        check(
            "lost = [kubernetes]\nscope = [velero_application.eu]\nfresh = [velero_schedule.alone]\n",
            &[
                "backups of velero_schedule.alone are restored by no recovery: declare a `velero_application`, which says what belongs together",
                "velero_application.eu is in no cluster that is `lost`, so that this recovery has nothing to do for it",
            ],
        );
        check(
            "lost = [kubernetes]\nscope = [kubernetes_namespace.shop]\nfresh = [velero_application.shop]\n",
            &[
                "velero_application.shop holds nothing that this recovery restores, so that `fresh` has no effect",
            ],
        );
        check(
            "lost = [kubernetes]\nquiesce = [velero_application.shop, velero_application.first]\n",
            &[
                "velero_application.first is restored before all others, since its `restore { order }` is below 0, and cannot come back after them as well",
            ],
        );
        check(
            "lost = [kubernetes]\nquiesce = [velero_application.eu]\n",
            &[
                "velero_application.eu holds nothing that this recovery restores, so that `quiesce` has no effect",
            ],
        );
    }
}

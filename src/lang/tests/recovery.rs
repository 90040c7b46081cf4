//! `recovery`: what it declares, and what it may not say or name (R17).

use super::{HEAD, listed, load_files, shown};
use crate::model::address::Target;
use crate::model::recovery::{At, Recovery};

const THINGS: &str = "provider \"cloud\" {\n  alias = \"eu\"\n}\nresource \"cloud_thing\" \"one\" { name = \"one\" }\nresource \"cloud_thing\" \"each\" {\n  for_each = toset([\"k\", \"l\"])\n  name = each.key\n}\nmodule \"m\" {\n  source = \"./m\"\n}\n";
const INSIDE: &str = "resource \"cloud_thing\" \"in\" { name = \"in\" }\n";
const WHOLE: &str = "mode = \"rebuild\"\nlost = [cloud]\n";

fn line(recovery: &Recovery) -> String {
    let targets = |targets: &[Target]| {
        let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
        targets.join(",")
    };
    let at = match recovery.at {
        At::Latest => "latest".to_owned(),
        At::Time(time) => time.to_string(),
    };
    let lost: Vec<String> = recovery.lost.iter().map(ToString::to_string).collect();
    let volumes = match recovery.volumes.is_empty() {
        true => String::new(),
        false => format!(" volumes={:?}", recovery.volumes),
    };
    let quiesce = match recovery.quiesce.as_slice() {
        [] => String::new(),
        some => format!(" quiesce={}", targets(some)),
    };
    format!(
        "{} lost={} at={at} scope={} fresh={}{quiesce} exist={:?} points={:?} moments={:?} rpo={:?} {:?}{volumes}",
        recovery.name,
        lost.join(","),
        targets(&recovery.scope),
        targets(&recovery.fresh),
        recovery.may_exist,
        recovery
            .points
            .iter()
            .map(|(of, name)| format!("{of}={name}"))
            .collect::<Vec<_>>(),
        recovery
            .moments
            .iter()
            .map(|(of, at)| format!("{of}={at}"))
            .collect::<Vec<_>>(),
        recovery.rpo.map(|rpo| rpo.seconds_rounded_up()),
        recovery.description,
    )
}

/// What the blocks declare, else the mistakes.
fn check(text: &str, expected: &[&str]) {
    let text = format!("{HEAD}{THINGS}{text}");
    let loaded = load_files(&[("main.hcl", &text), ("m/main.hcl", INSIDE)], &[]);
    let found: Vec<String> = if loaded.diagnostics.is_empty() {
        let recoveries = loaded.configuration.recoveries.values();
        recoveries.map(line).collect()
    } else {
        listed(&loaded)
    };
    assert_eq!(found, expected, "{text}\n{}", shown(&loaded));
}

/// The same, of what stands beside what every block has.
fn check_with(rest: &str, expected: &[&str]) {
    check(&format!("recovery \"r\" {{\n{WHOLE}{rest}\n}}\n"), expected);
}

#[test]
fn a_recovery_is_what_it_says() {
    check_with(
        "",
        &["r lost=cloud at=latest scope= fresh= exist={} points=[] moments=[] rpo=None None"],
    );
    check(
        "recovery \"all\" {\nmode = \"rebuild\"\nlost = [cloud, cloud.eu]\nat = \"2026-11-21T02:00:00+01:00\"\nscope = [cloud_thing.each, module.m]\nfresh = [cloud_thing.one]\nquiesce = [module.m]\nmay_exist = [\"monitoring\"]\ndescription = \"all gone\"\npoint \"cloud_thing.each[\\\"k\\\"]\" {\nname = \"k-20261121010000\"\n}\npoint \"module.m.cloud_thing.in\" {\nat = \"2026-11-20T00:00:00Z\"\n}\nobjective {\nrpo = \"26h\"\n}\nvolume \"shop/data\" {\nuse = \"adopt\"\n}\n}\nrecovery \"other\" {\nmode = \"rebuild\"\nlost = [cloud]\nat = \"latest\"\n}\n",
        &[
            "all lost=cloud,cloud.eu at=2026-11-21T01:00:00Z scope=cloud_thing.each,module.m fresh=cloud_thing.one quiesce=module.m exist={\"monitoring\"} points=[\"cloud_thing.each[\\\"k\\\"]=k-20261121010000\"] moments=[\"module.m.cloud_thing.in=2026-11-20T00:00:00Z\"] rpo=Some(93600) Some(\"all gone\") volumes={\"shop/data\": Adopt}",
            "other lost=cloud at=latest scope= fresh= exist={} points=[] moments=[] rpo=None None",
        ],
    );
}

#[test]
fn what_comes_later_says_so() {
    let later: &[(&str, &str)] = &[
        ("existing = \"keep\"", "`existing` comes later"),
        (
            "volume \"a/b\" {\nuse = \"empty\"\n}",
            "`use = \"empty\"` comes later",
        ),
        ("into {}", "`into` comes later"),
        ("isolate {}", "`isolate` comes later"),
        ("at = \"consistent\"", "`at = \"consistent\"` comes later"),
        ("objective {\nrto = \"2h\"\n}", "`rto` comes later"),
    ];
    for (rest, expected) in later {
        let text = format!("{HEAD}{THINGS}recovery \"r\" {{\n{WHOLE}{rest}\n}}\n");
        let loaded = load_files(&[("main.hcl", &text), ("m/main.hcl", INSIDE)], &[]);
        let found = listed(&loaded);
        let [only] = found.as_slice() else {
            panic!("{rest}: {found:?}");
        };
        assert!(
            only.starts_with(&format!("not-available: {expected}")),
            "{rest}: {only}"
        );
    }
    for mode in ["in_place", "clone", "migrate", "drill"] {
        check(
            &format!("recovery \"r\" {{\nmode = \"{mode}\"\nlost = [cloud]\n}}\n"),
            &[&format!(
                "not-available: `mode = \"{mode}\"` comes later: today a recovery is a \"rebuild\", the same platform again in place of what is gone"
            )],
        );
    }
}

#[test]
fn what_a_recovery_may_not_say() {
    check(
        "recovery \"r\" {\nmode = \"rebiuld\"\nlost = []\n}\nrecovery \"r\" {\nmode = \"rebuild\"\nlost = \"cloud\"\n}\nrecovery {\n}\n",
        &[
            "invalid-recovery: there is no mode \"rebiuld\": write mode = \"rebuild\"",
            "invalid-recovery: `lost` names nothing: a rebuild says which cluster is gone, such as lost = [kubernetes]",
            "duplicate: recovery.r is already declared at main.hcl:14",
            "invalid-recovery: `lost` is a list of provider blocks without quotes: [kubernetes], [kubernetes.eu]",
            "wrong-labels: this block is written recovery \"NAME\" { }",
        ],
    );
    let wrong: &[(&str, &[&str])] = &[
        (
            "scope = []",
            &["invalid-recovery: `scope` names nothing: leave it out"],
        ),
        (
            "lost_too = 1",
            &["unsupported-argument: `recovery` has no argument `lost_too`"],
        ),
        (
            "points {}",
            &["unsupported-block: `recovery` has no block `points`"],
        ),
        (
            "volume \"data\" {\nuse = \"adopt\"\n}",
            &[
                "invalid-recovery: this block is written volume \"NAMESPACE/CLAIM\" { use = \"adopt\" }",
            ],
        ),
        (
            "volume \"a/b\" {\nuse = \"keep\"\n}",
            &["invalid-recovery: there is no use \"keep\" of a volume: write use = \"adopt\""],
        ),
        (
            "volume \"a/b\" {\nuse = \"adopt\"\n}\nvolume \"a/b\" {\nuse = \"adopt\"\n}",
            &["duplicate: the volume a/b is already declared at main.hcl:17"],
        ),
        (
            "may_exist = [1, \"\"]",
            &["invalid-recovery: `may_exist` is a list of names of namespaces: [\"monitoring\"]"],
        ),
        (
            "at = \"2026-11-21\"",
            &[
                "invalid-recovery: `at` is \"latest\", or a moment with its offset, such as \"2026-11-21T01:00:00Z\" or \"2026-11-21T02:00:00+01:00\"",
            ],
        ),
        (
            "objective {\nrpo = \"1d\"\n}",
            &["invalid-recovery: time: unknown unit \"d\" in duration \"1d\""],
        ),
        (
            "point \"cloud_thing.one\" {\nname = \"a\"\nat = \"2026-11-20T00:00:00Z\"\n}\npoint \"cloud_thing.one\" {\nname = \"a\"\n}\npoint \"nothing\" {\nname = \"a\"\n}\npoint \"module.m.cloud_thing.in\" {}\n",
            &[
                "invalid-recovery: a point has either `name`, the name of a backup, or `at`, a moment",
                "duplicate: the point of cloud_thing.one is already declared at main.hcl:17",
                "invalid-recovery: this block is written point \"ADDRESS\" { }, such as point \"velero_application.shop\" { }",
                "invalid-recovery: a point has either `name`, the name of a backup, or `at`, a moment",
            ],
        ),
    ];
    for (rest, expected) in wrong {
        check_with(rest, expected);
    }
}

#[test]
fn what_a_recovery_names_is_declared() {
    check(
        "recovery \"r\" {\nmode = \"rebuild\"\nlost = [cloud.eus, clowd]\nscope = [cloud_thing.on, module.n]\nfresh = [cloud_thing.each[0]]\npoint \"cloud_thing.each[\\\"z\\\"]\" {\nname = \"a\"\n}\n}\n",
        &[
            "undeclared: there is no provider block `cloud.eus`",
            "undeclared: there is no provider block `clowd`",
            "undeclared: there is no resource `cloud_thing.on`",
            "undeclared: there is no module `module.n`",
            "invalid-index: `cloud_thing.each[0]` has no instances of that form",
            "invalid-index: there is no instance `cloud_thing.each[\"z\"]`",
        ],
    );
}

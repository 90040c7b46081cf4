//! What takes the place of a lost cluster, and how a recovery ends: it stays open until all of it is done.

use super::fake::{Fake, Fault, place};
use super::outcomes::{check, tell};
use super::plans::{Kube, create, every_verb, gate, marked, plan, provider, taking, world};
use super::{Attempt, another, first, live, paused};
use crate::apply::admission::no_open_run;
use crate::goal::{GoalMode, Recover};
use crate::journal::runs::{earlier, load};
use crate::journal::status::RunState;
use crate::model::address::Address;
use crate::model::condition::Condition;
use crate::model::expression::Expr;
use crate::model::identity::Instance;
use crate::plan::document::Plan;
use crate::plan::event::Event;
use crate::world::op::{Ground, KubeVerb};
use crate::world::query::FailureClass;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The same plan as that of a recovery, whose provider `kubernetes` is lost.
fn recovering(mut plan: Plan) -> Plan {
    let lost = "identity-of-lost".to_owned();
    let names = |name: &str| BTreeSet::from([name.to_owned()]);
    plan.goal.mode = GoalMode::Recover;
    plan.goal.recovery = Some(Recover {
        name: "total_loss".to_owned(),
        incarnation: "0a1b2c3d".to_owned(),
        lost: BTreeMap::from([(provider("kubernetes"), Some(lost.clone()))]),
        may_exist: names("known"),
        scope_namespaces: ["known", "shop"].map(str::to_owned).into(),
    });
    let planned = plan.providers.get_mut(&provider("kubernetes")).unwrap();
    let replacement = match &planned.instance {
        Instance::MadeBy(cluster) => Some(cluster.clone()),
        Instance::Known { .. }
        | Instance::Lost { .. }
        | Instance::Store
        | Instance::Unknown { .. } => None,
    };
    planned.instance = Instance::Lost {
        identity: Some(lost),
        replacement,
    };
    plan.digest = plan.compute_digest().unwrap();
    plan
}

/// Makes a namespace that is in the scope of the recovery, in the cluster that takes the place of the lost one, and one that
/// is not.
pub fn replacing() -> Plan {
    let namespace = |id: &'static str, name: &'static str, after: &'static [&'static str]| {
        Kube {
            id,
            verb: KubeVerb::Create,
            provider: "kubernetes",
            plural: "namespaces",
            name,
            body: marked(
                id,
                &provider("kubernetes"),
                "Namespace",
                Expr::Value(json!({})),
            ),
            takes: &[],
            after,
            ground: Ground::AbsentAtFirstTouch,
            wait: Some(Condition::NamespaceActive),
        }
        .step()
    };
    let (shop, wiki) = ("kubernetes_namespace.shop#1", "kubernetes_namespace.wiki#1");
    recovering(plan(vec![
        namespace(shop, "shop", &[]),
        namespace(wiki, "wiki", &["kubernetes_namespace.shop#1"]),
    ]))
}

/// A world with a new cluster.
pub fn new_cluster() -> Fake {
    let fake = world();
    let identity = "identity-of-new".to_owned();
    fake.inside()
        .clusters
        .insert("kubernetes".to_owned(), identity);
    fake
}

fn put(fake: &Fake, plural: &str, name: &str) {
    let place = place(&provider("kubernetes"), plural, None, name);
    let object = json!({"metadata": {"name": name, "uid": name}, "status": {"phase": "Active"}});
    fake.inside().objects.insert(place, object);
}

/// Carries it out in a world with a new cluster that was made worse; what is noticed, and what comes of it.
fn touch(worse: impl FnOnce(&Fake), noticed: &[&str], expected: &str) -> Fake {
    paused(async {
        let fake = new_cluster();
        worse(&fake);
        let plan = replacing();
        let mut heard = Vec::new();
        let attempt = Attempt {
            fake: &fake,
            parallelism: 4,
            stop: None,
            events: &mut |event| {
                if let Event::Noticed { text } = event {
                    heard.push(text);
                }
            },
        };
        let life = live(attempt, &plan, RunState::fresh(&plan), 1).await;
        assert_eq!(tell(life), expected);
        assert_eq!(heard, noticed);
        fake
    })
}

const DONE: &str = "done 2 · Complete · exit 0";

#[test]
fn an_empty_cluster_takes_the_place_of_the_lost_one() {
    let given = |fake: &Fake| {
        for name in ["default", "kube-system", "known"] {
            put(fake, "namespaces", name);
        }
        put(fake, "customresourcedefinitions", "widgets.example.com");
    };
    let fake = touch(given, &[], DONE);
    let (_, state) = paused(load(&fake, super::RUN)).unwrap();
    assert_eq!(state.identities[&provider("kubernetes")], "identity-of-new");
    let other = "the new cluster has other namespaces already: cilium";
    touch(|fake| put(fake, "namespaces", "cilium"), &[other], DONE);
}

#[test]
fn nothing_is_done_where_the_lost_cluster_answers() {
    let answers = |fake: &Fake| {
        let identity = "identity-of-lost".to_owned();
        fake.inside()
            .clusters
            .insert("kubernetes".to_owned(), identity);
    };
    let refused = "provider `kubernetes` was declared lost, and the lost cluster answers: identity-of-lost is its identity; \
                   nothing was changed · exit 3";
    let fake = touch(answers, &[], refused);
    assert!(fake.inside().effects.is_empty() && fake.inside().runs.is_empty());
    // What takes its place cannot be asked: there is nowhere to write to.
    let silent = |fake: &Fake| drop(fake.inside().clusters.remove("kubernetes"));
    let refused = "provider `kubernetes` cannot be asked which cluster it is: no kubeconfig; nothing was changed · exit 1";
    touch(silent, &[], refused);
}

#[test]
fn nothing_is_done_in_a_cluster_that_is_not_empty() {
    let full = |fake: &Fake| {
        put(fake, "namespaces", "shop");
        put(fake, "namespaces", "known");
        put(fake, "customresourcedefinitions", "backups.velero.io");
        (1..=7).for_each(|number| put(fake, "persistentvolumes", &format!("pv-{number}")));
    };
    let refused = "the cluster behind provider `kubernetes` is to take the place of a lost one, and is not empty: namespaces \
                   that are to be restored: shop; types of Velero: backups.velero.io; volumes: pv-1, pv-2, pv-3, pv-4, pv-5 \
                   and 2 more; nothing was changed · exit 3";
    let fake = touch(full, &[], refused);
    assert!(fake.inside().effects.is_empty() && fake.inside().runs.is_empty());
    // What cannot be listed is not taken for empty.
    let silent = |fake: &Fake| {
        let list = place(&provider("kubernetes"), "persistentvolumes", None, "");
        fake.inside().silent_after.insert(list, (0, 1));
    };
    let refused = "provider `kubernetes` cannot be asked which cluster it is: connection refused; nothing was changed · exit 1";
    touch(silent, &[], refused);
}

/// A cluster that the run itself makes is proved when it is reached for the first time.
#[test]
fn a_cluster_that_the_run_makes_is_proved_at_first_touch() {
    check(
        &recovering(every_verb()),
        |_| {},
        "done 8 · Complete · exit 0",
    );
    // A cluster that is made elsewhere in the plan excuses no silence here.
    let mut elsewhere = recovering(every_verb());
    elsewhere
        .providers
        .get_mut(&provider("kubernetes"))
        .unwrap()
        .instance = Instance::Lost {
        identity: None,
        replacement: None,
    };
    elsewhere.digest = elsewhere.compute_digest().unwrap();
    check(
        &elsewhere,
        |_| {},
        "provider `kubernetes` cannot be asked which cluster it is: no kubeconfig; nothing was changed · exit 1",
    );
    let mut same = every_verb();
    same.providers
        .get_mut(&provider("kubernetes"))
        .unwrap()
        .instance = Instance::Lost {
        identity: Some("identity-of-kubernetes".to_owned()),
        replacement: Some(Address::new("kubernetes_cluster", "main")),
    };
    same.digest = same.compute_digest().unwrap();
    let stopped = "done 5, kubernetes_namespace.velero#1 failed WrongIdentity, velero_schedule.one#1 skipped: \
                   `kubernetes_namespace.velero` failed, velero_schedule.two#1 skipped: `kubernetes_namespace.velero` failed \
                   · Partial · exit 6";
    check(&same, |_| {}, stopped);
}

/// Steps in the cluster that is there; two of them wait for one that may fail.
fn bits() -> Plan {
    let exists = crate::model::guard::Guard::Exists {
        resource: super::plans::resource("schedules"),
        namespace: Some("velero".to_owned()),
        name: "outside".to_owned(),
    };
    let mut behind = taking("velero_schedule.behind#1", "behind");
    behind.after = vec![crate::plan::document::StepId(
        "velero_schedule.gate#1".to_owned(),
    )];
    let mut plan = recovering(plan(vec![
        create("velero_schedule.a#1", "a", &[]),
        create("velero_schedule.b#1", "b", &["velero_schedule.a#1"]),
        gate("velero_schedule.gate#1", vec![exists], &[]),
        behind,
    ]));
    plan.providers.remove(&provider("kubernetes"));
    plan.digest = plan.compute_digest().unwrap();
    plan
}

#[test]
fn a_recovery_stays_open_until_all_of_it_is_done() {
    paused(async {
        let (fake, plan) = (world(), bits());
        let refused = vec![Fault::Refused(FailureClass::Forbidden)];
        let schedule = |name: &str| {
            let at = provider("kubernetes.old");
            place(&at, "schedules", Some("velero"), name)
        };
        let write = format!("create {}", schedule("b"));
        fake.inside().faults.insert(write, refused);
        let told = tell(first(&fake, &plan, 4).await);
        assert_eq!(
            told,
            "done 1, velero_schedule.b#1 failed Forbidden, velero_schedule.gate#1 failed Wait, velero_schedule.behind#1 \
             skipped: `velero_schedule.gate` failed · open · exit 6"
        );
        let open = earlier(&fake).await.unwrap().open;
        assert_eq!(open[0].open_recovery(), Some("total_loss"));
        let refusal = no_open_run(&open).unwrap_err();
        assert_eq!(
            (refusal.to_string().as_str(), refusal.exit_code()),
            (
                "run run-1 of recovery \"total_loss\" is open: until it is done nothing else is applied",
                4
            )
        );
        // Gone on with: what failed is tried again, the gate is asked again, what was skipped gets its turn.
        let told = tell(another(&fake, 4, 2).await);
        assert_eq!(
            told,
            "done 2, velero_schedule.gate#1 failed Wait, velero_schedule.behind#1 skipped: `velero_schedule.gate` failed \
             · open · exit 6"
        );
        let object = json!({"metadata": {"name": "outside"}});
        fake.inside().objects.insert(schedule("outside"), object);
        let told = tell(another(&fake, 4, 3).await);
        assert_eq!(told, "done 4 · Complete · exit 0");
        let effects = &fake.inside().effects;
        assert!(effects.values().all(|count| *count == 1), "{effects:?}");
    });
}

#[test]
fn a_recovery_that_did_nothing_is_over() {
    let refuse = |fake: &Fake| {
        let at = provider("kubernetes.old");
        for name in ["a", "behind"] {
            let write = format!("create {}", place(&at, "schedules", Some("velero"), name));
            let refused = vec![Fault::Refused(FailureClass::Forbidden)];
            fake.inside().faults.insert(write, refused);
        }
    };
    let told = "done 0, velero_schedule.a#1 failed Forbidden, velero_schedule.gate#1 failed Wait, velero_schedule.b#1 \
                skipped: `velero_schedule.a` failed, velero_schedule.behind#1 skipped: `velero_schedule.gate` failed · \
                Partial · exit 1";
    check(&bits(), refuse, told);
}

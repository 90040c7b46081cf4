//! What is sent for each question and write, and what each answer means.

use super::{
    Step, client, failure, kube_system, lines, namespaces, not_found, operation, read_version,
    schedules, shop, with,
};
use crate::world::op::KubeVerb;
use crate::world::query::{Answer, Conflict, DryRun, Effect, Fact, FailureClass, ManagerOperation};
use crate::world::redactor::Redactor;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

const SHOP: &str = "/apis/velero.io/v1/namespaces/velero/schedules/shop";
const SCHEDULES: &str = "/apis/velero.io/v1/namespaces/velero/schedules";

/// `present`, `absent`, `not served`, or the class of the unknown.
fn name(answer: &Answer) -> String {
    match answer {
        Answer::Present(_) => "present".to_owned(),
        Answer::Absent => "absent".to_owned(),
        Answer::NotServed => "not served".to_owned(),
        Answer::Unknown(why) => format!("{:?}", why.class),
    }
}

async fn check_get(steps: Vec<Step>, expected: &str) {
    let (client, log) = client(steps);
    let answer = client.get(&schedules(), Some("velero"), "shop").await;
    assert_eq!(
        name(&answer),
        expected,
        "{answer:?} after {:?}",
        lines(&log)
    );
}

async fn check_list(steps: Vec<Step>, expected: &str) {
    let (client, log) = client(steps);
    let answer = client.list(&schedules(), None).await;
    assert_eq!(
        name(&answer),
        expected,
        "{answer:?} after {:?}",
        lines(&log)
    );
}

fn groups(group: &str, version: &str) -> Json {
    json!({ "kind": "APIGroupList", "groups": [{ "name": group, "versions": [{ "version": version }] }] })
}

fn resources(plural: &str) -> Json {
    json!({ "kind": "APIResourceList", "groupVersion": "velero.io/v1", "resources": [{ "name": plural }] })
}

/// A name that looks like a part of a secret is struck out of the answer, and is the name that was asked for all the same.
#[tokio::test(start_paused = true)]
async fn an_absence_is_understood_where_a_secret_looks_like_the_name() {
    let name = "volumesnapshotlocations.velero.io";
    for (secret, named, expected) in [
        ("password-of-volumes", name, "absent"),
        ("password-of-volumes", "volumes-of-another", "Unavailable"),
    ] {
        let (client, _) = client(vec![
            Step::Reply(404, not_found(named)),
            Step::Reply(503, failure("ServiceUnavailable")),
            Step::Reply(503, failure("ServiceUnavailable")),
            Step::Reply(503, failure("ServiceUnavailable")),
            Step::Reply(503, failure("ServiceUnavailable")),
            Step::Reply(503, failure("ServiceUnavailable")),
        ]);
        let client = client.knowing(&Redactor::new([&Zeroizing::new(secret.to_owned())]));
        let answer = client.get(&schedules(), Some("velero"), name).await;
        assert_eq!(self::name(&answer), expected, "{secret} {named}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_status_about_the_object_proves_its_absence() {
    let bare = || Step::Raw(404, "404 page not found");
    check_get(vec![Step::Reply(200, shop())], "present").await;
    check_get(vec![Step::Reply(404, not_found("shop"))], "absent").await;
    check_get(
        vec![
            Step::Reply(404, not_found("other")),
            Step::Reply(200, resources("schedules")),
        ],
        "Malformed",
    )
    .await;
    check_get(
        vec![bare(), Step::Reply(200, resources("backups"))],
        "not served",
    )
    .await;
    check_get(
        vec![bare(), Step::Reply(200, resources("schedules"))],
        "Malformed",
    )
    .await;
    check_get(
        vec![Step::Reply(200, json!("no object")), Step::Silent],
        "Malformed",
    )
    .await;
    check_get(vec![Step::Raw(200, "<html>")], "Malformed").await;
    for (status, class) in [
        (401, "Unauthenticated"),
        (403, "Forbidden"),
        (429, "Unavailable"),
        (503, "Unavailable"),
    ] {
        check_get(vec![Step::Reply(status, failure("Whatever"))], class).await;
    }
    check_get(vec![Step::Refused], "Unreachable").await;
    check_get(vec![Step::Silent], "Unreachable").await;
}

#[tokio::test(start_paused = true)]
async fn not_served_is_proven_by_discovery_alone() {
    let bare = || Step::Raw(404, "404 page not found");
    check_list(
        vec![bare(), Step::Reply(200, resources("backups"))],
        "not served",
    )
    .await;
    check_list(
        vec![bare(), bare(), Step::Reply(200, groups("apps", "v1"))],
        "not served",
    )
    .await;
    check_list(
        vec![bare(), bare(), Step::Reply(200, groups("velero.io", "v2"))],
        "not served",
    )
    .await;
    // Discovery says that it is there, or says nothing: unknown.
    check_list(
        vec![bare(), Step::Reply(200, resources("schedules"))],
        "Malformed",
    )
    .await;
    check_list(
        vec![bare(), bare(), Step::Reply(200, groups("velero.io", "v1"))],
        "NotFound",
    )
    .await;
    check_list(
        vec![bare(), Step::Reply(503, failure("ServiceUnavailable"))],
        "Unavailable",
    )
    .await;
    check_list(
        vec![
            bare(),
            bare(),
            Step::Reply(503, failure("ServiceUnavailable")),
        ],
        "Unavailable",
    )
    .await;
    check_list(
        vec![bare(), bare(), Step::Reply(403, failure("Forbidden"))],
        "Forbidden",
    )
    .await;
    check_list(vec![bare()], "NotFound").await;
    check_list(
        vec![Step::Reply(503, failure("ServiceUnavailable"))],
        "Unavailable",
    )
    .await;
    check_list(
        vec![Step::Reply(200, json!({ "kind": "List" }))],
        "Malformed",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_core_group_is_always_there() {
    let (client, log) = client(vec![Step::Raw(404, "404 page not found")]);
    assert_eq!(name(&client.list(&namespaces(), None).await), "NotFound");
    assert_eq!(
        lines(&log).len(),
        2,
        "LIST and /api/v1; a 404 to that is no API server's"
    );
}

#[tokio::test(start_paused = true)]
async fn pages_are_joined_sorted_and_completed() {
    let page = |names: &[&str], token: &str| {
        let items: Vec<Json> = names
            .iter()
            .map(|name| json!({ "metadata": { "name": name, "uid": name } }))
            .collect();
        Step::Reply(
            200,
            json!({ "metadata": { "continue": token }, "items": items }),
        )
    };
    let (client, log) = client(vec![page(&["c", "a"], "t=1&x"), page(&["b"], "")]);
    let Answer::Present(Fact::List(objects)) = client.list(&namespaces(), None).await else {
        panic!("no list")
    };
    let names: Vec<&str> = objects
        .iter()
        .map(|object| object["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(
        (
            objects[0]["apiVersion"].as_str(),
            objects[0]["kind"].as_str()
        ),
        (Some("v1"), Some("Namespace"))
    );
    assert_eq!(
        lines(&log),
        [
            "GET /api/v1/namespaces?limit=500 - ",
            "GET /api/v1/namespaces?limit=500&continue=t%3D1%26x - "
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_expired_page_begins_the_list_again_once() {
    let first = || Step::Reply(200, json!({ "metadata": { "continue": "t" }, "items": [] }));
    let gone = || Step::Reply(410, failure("Expired"));
    let last = || Step::Reply(200, json!({ "metadata": {}, "items": null }));
    check_list(vec![first(), gone(), first(), last()], "present").await;
    check_list(
        vec![first(), gone(), first(), gone(), first(), last()],
        "Invalid",
    )
    .await;
    check_list(vec![gone(), last()], "Invalid").await;
    check_list(vec![first()], "Malformed").await;
}

#[tokio::test(start_paused = true)]
async fn identity_is_a_uid_or_unknown() {
    for (step, expected) in [
        (Step::Reply(200, kube_system()), "present"),
        (Step::Reply(200, json!({ "metadata": {} })), "Malformed"),
        (
            Step::Reply(200, with(kube_system(), "/metadata/uid", Json::Null)),
            "Malformed",
        ),
        (
            Step::Reply(200, with(kube_system(), "/metadata/name", "default".into())),
            "Malformed",
        ),
        (Step::Reply(404, not_found("kube-system")), "NotFound"),
        (Step::Refused, "Unreachable"),
    ] {
        let (client, log) = client(vec![step]);
        assert_eq!(name(&client.identity().await), expected);
        assert_eq!(lines(&log)[0], "GET /api/v1/namespaces/kube-system - ");
    }
}

/// Performs a write against these answers and compares the requests.
async fn check_sent(verb: KubeVerb, steps: Vec<Step>, expected: &[String]) {
    let (client, log) = client(steps);
    let body = json!({ "metadata": { "labels": { "x": "y" } }, "spec": { "paused": true } });
    let effect = client
        .perform(&operation(verb), body, Some(&read_version()))
        .await;
    assert_eq!(lines(&log), expected, "{effect:?}");
}

#[tokio::test(start_paused = true)]
async fn writes_are_these_bytes() {
    let done = || vec![Step::Reply(200, shop())];
    let strict = "fieldManager=sk-dr&fieldValidation=Strict";
    let body = r#"{"apiVersion":"velero.io/v1","kind":"Schedule","metadata":{"labels":{"x":"y"},"name":"shop","namespace":"velero""#;
    let post = format!(
        r#"POST {SCHEDULES}?{strict} application/json {body}}},"spec":{{"paused":true}}}}"#
    );
    check_sent(KubeVerb::Create, done(), &[post]).await;
    let apply = format!(
        r#"PATCH {SHOP}?{strict}&force=true application/apply-patch+yaml {body},"resourceVersion":"41","uid":"u-1"}},"spec":{{"paused":true}}}}"#
    );
    check_sent(KubeVerb::Apply, done(), &[apply]).await;
    let remove = format!(
        r#"PATCH {SHOP}?{strict} application/merge-patch+json {{"metadata":{{"labels":{{"a/b":null}},"resourceVersion":"41","uid":"u-1"}},"spec":{{"template":{{"ttl":null}}}}}}"#
    );
    check_sent(KubeVerb::Remove, done(), &[remove]).await;
    let delete = format!(
        r#"DELETE {SHOP} application/json {{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{{"uid":"u-1"}},"propagationPolicy":"Orphan"}}"#
    );
    check_sent(KubeVerb::Delete, done(), &[delete]).await;
}

fn marked(managers: &[&str]) -> Json {
    let entries: Vec<Json> = managers
        .iter()
        .map(|manager| json!({ "manager": manager }))
        .collect();
    json!({ "apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {
        "name": "shop", "namespace": "velero",
        "uid": "u-1", "resourceVersion": "44", "managedFields": entries,
        "labels": { "app.kubernetes.io/managed-by": "sk-dr", "sk-dr.io/stack": "s", "keep": "k" }, "annotations": { "sk-dr.io/owner": "o" },
    } })
}

#[tokio::test(start_paused = true)]
async fn a_release_takes_marks_and_our_entries_and_nothing_else() {
    let patch = |entries: &str| {
        format!(
            r#"PATCH {SHOP}?fieldManager=sk-dr application/json-patch+json [{{"op":"test","path":"/metadata/uid","value":"u-1"}},{{"op":"test","path":"/metadata/resourceVersion","value":"44"}},{{"op":"remove","path":"/metadata/labels/app.kubernetes.io~1managed-by"}},{{"op":"remove","path":"/metadata/labels/sk-dr.io~1stack"}},{{"op":"remove","path":"/metadata/annotations/sk-dr.io~1owner"}},{{"op":"replace","path":"/metadata/managedFields","value":{entries}}}]"#
        )
    };
    let look = || format!("GET {SHOP} - ");
    let done = || Step::Reply(200, shop());
    let live = Step::Reply(200, marked(&["sk-dr", "velero-server", "sk-dr"]));
    check_sent(
        KubeVerb::Release,
        vec![live, done()],
        &[look(), patch(r#"[{"manager":"velero-server"}]"#)],
    )
    .await;
    // An empty list would read as "not sent".
    let live = || Step::Reply(200, marked(&["sk-dr"]));
    check_sent(
        KubeVerb::Release,
        vec![live(), done()],
        &[look(), patch("[{}]")],
    )
    .await;
    // Changed between the two requests: read again.
    let mut moved = failure("Invalid");
    moved["message"] = json!("the server rejected our request due to an error in our request");
    let steps = vec![live(), Step::Reply(422, moved), live(), done()];
    check_sent(
        KubeVerb::Release,
        steps,
        &[look(), patch("[{}]"), look(), patch("[{}]")],
    )
    .await;
    // Another object of that name: nothing is sent.
    let other = Step::Reply(200, with(shop(), "/metadata/uid", "u-2".into()));
    check_sent(KubeVerb::Release, vec![other], &[look()]).await;
}

/// `done`, or refused or in doubt with a class.
async fn check_effect(step: Step, expected: &str) {
    let (client, _) = client(vec![step]);
    let effect = client
        .perform(
            &operation(KubeVerb::Apply),
            json!({}),
            Some(&read_version()),
        )
        .await;
    let seen = match &effect {
        Effect::Done(_) => "done".to_owned(),
        Effect::Refused(why) => format!("refused {:?}", why.class),
        Effect::InDoubt(why) => format!("in doubt {:?}", why.class),
    };
    assert_eq!(seen, expected, "{effect:?}");
}

#[tokio::test(start_paused = true)]
async fn each_answer_to_a_write_has_one_meaning() {
    check_effect(Step::Reply(200, shop()), "done").await;
    check_effect(Step::Reply(409, failure("Conflict")), "refused Conflict").await;
    check_effect(
        Step::Reply(409, failure("AlreadyExists")),
        "refused Conflict",
    )
    .await;
    let mut uid = failure("Invalid");
    uid["details"] = json!({ "causes": [{ "field": "metadata.uid" }] });
    check_effect(Step::Reply(422, uid), "refused Conflict").await;
    check_effect(Step::Reply(422, failure("Invalid")), "refused Invalid").await;
    check_effect(Step::Reply(400, failure("BadRequest")), "refused Invalid").await;
    check_effect(
        Step::Reply(401, failure("Unauthorized")),
        "refused Unauthenticated",
    )
    .await;
    check_effect(Step::Reply(403, failure("Forbidden")), "refused Forbidden").await;
    check_effect(Step::Reply(404, failure("NotFound")), "refused NotFound").await;
    check_effect(Step::Later(1), "refused Unavailable").await;
    check_effect(
        Step::Raw(500, "failed to create typed patch object: no such field"),
        "refused Invalid",
    )
    .await;
    check_effect(
        Step::Raw(500, "etcdserver: request timed out"),
        "in doubt Unavailable",
    )
    .await;
    check_effect(Step::Raw(502, "bad gateway"), "in doubt Unavailable").await;
    check_effect(
        Step::Reply(503, failure("ServiceUnavailable")),
        "in doubt Unavailable",
    )
    .await;
    check_effect(Step::Raw(504, ""), "in doubt Unavailable").await;
    check_effect(Step::Raw(200, "<html>"), "in doubt Malformed").await;
    check_effect(Step::Raw(302, ""), "refused Malformed").await;
    check_effect(Step::Refused, "refused Unreachable").await;
    check_effect(Step::Unsent, "refused Unauthenticated").await;
    check_effect(Step::Broken, "in doubt Unreachable").await;
    check_effect(Step::Silent, "in doubt Unreachable").await;
}

#[tokio::test(start_paused = true)]
async fn a_bound_write_without_its_read_sends_nothing() {
    for verb in [
        KubeVerb::Apply,
        KubeVerb::Remove,
        KubeVerb::Delete,
        KubeVerb::Release,
    ] {
        let (client, log) = client(vec![Step::Reply(200, json!({}))]);
        let Effect::Refused(why) = client.perform(&operation(verb), json!({}), None).await else {
            panic!("{verb:?}")
        };
        assert_eq!((why.class, lines(&log).len()), (FailureClass::Ground, 0));
    }
}

/// Rehearses and compares the outcome and the queries sent.
async fn check_rehearsal(verb: KubeVerb, steps: Vec<Step>, expected: &str, requests: usize) {
    let (client, log) = client(steps);
    let outcome = client
        .dry_run(&operation(verb), json!({}), Some(&read_version()))
        .await;
    let seen = match &outcome {
        DryRun::Object { conflicts, .. } => format!("object, {} conflicts", conflicts.len()),
        DryRun::Forbidden(_) => "forbidden".to_owned(),
        DryRun::Skipped(_) => "skipped".to_owned(),
        DryRun::Refused(_) => "refused".to_owned(),
        DryRun::Unknown(_) => "unknown".to_owned(),
    };
    assert_eq!(
        (seen.as_str(), lines(&log).len()),
        (expected, requests),
        "{outcome:?}"
    );
    assert!(
        lines(&log).iter().all(|line| line.contains("&dryRun=All")),
        "a rehearsal that counts: {:?}",
        lines(&log)
    );
}

fn conflict() -> Json {
    let mut status = failure("Conflict");
    let cause = |field: &str, message: &str| json!({ "reason": "FieldManagerConflict", "field": field, "message": message });
    status["details"] = json!({ "causes": [
        cause(".spec.schedule", r#"conflict with "argocd""#),
        cause(".spec.paused", r#"conflict with "kubectl-edit" using velero.io/v1"#),
        cause(".spec.template.ttl", r#"conflict with "sk-dr" using velero.io/v1"#),
    ] });
    status
}

#[tokio::test(start_paused = true)]
async fn rehearsals_tell_what_the_server_would_do() {
    let ok = || Step::Reply(200, shop());
    check_rehearsal(KubeVerb::Create, vec![ok()], "object, 0 conflicts", 1).await;
    check_rehearsal(KubeVerb::Remove, vec![ok()], "object, 0 conflicts", 1).await;
    check_rehearsal(KubeVerb::Apply, vec![ok()], "object, 0 conflicts", 1).await;
    check_rehearsal(
        KubeVerb::Apply,
        vec![Step::Reply(409, conflict()), ok()],
        "object, 2 conflicts",
        2,
    )
    .await;
    check_rehearsal(
        KubeVerb::Apply,
        vec![Step::Reply(409, failure("Conflict"))],
        "refused",
        1,
    )
    .await;
    check_rehearsal(
        KubeVerb::Apply,
        vec![Step::Reply(403, failure("Forbidden"))],
        "forbidden",
        1,
    )
    .await;
    check_rehearsal(
        KubeVerb::Apply,
        vec![Step::Reply(422, failure("Invalid"))],
        "refused",
        1,
    )
    .await;
    check_rehearsal(
        KubeVerb::Apply,
        vec![Step::Reply(503, failure("ServiceUnavailable")), ok()],
        "object, 0 conflicts",
        2,
    )
    .await;
    check_rehearsal(KubeVerb::Apply, vec![Step::Silent], "unknown", 5).await;
    let mut namespace = failure("NotFound");
    namespace["details"] = json!({ "name": "velero", "kind": "namespaces" });
    check_rehearsal(
        KubeVerb::Create,
        vec![Step::Reply(404, namespace)],
        "skipped",
        1,
    )
    .await;
    check_rehearsal(
        KubeVerb::Create,
        vec![Step::Raw(400, "admission webhook does not support dry run")],
        "skipped",
        1,
    )
    .await;
    check_rehearsal(KubeVerb::Delete, vec![ok()], "skipped", 0).await;
    check_rehearsal(KubeVerb::Release, vec![ok()], "skipped", 0).await;
}

#[tokio::test(start_paused = true)]
async fn conflicts_name_field_manager_and_kind_of_write() {
    let (client, log) = client(vec![Step::Reply(409, conflict()), Step::Reply(200, shop())]);
    let outcome = client
        .dry_run(
            &operation(KubeVerb::Apply),
            json!({}),
            Some(&read_version()),
        )
        .await;
    let held = |field: &str, manager: &str, operation| Conflict {
        field: field.into(),
        manager: manager.into(),
        operation,
    };
    let conflicts = vec![
        held(".spec.schedule", "argocd", ManagerOperation::Apply),
        held(".spec.paused", "kubectl-edit", ManagerOperation::Update),
    ];
    assert_eq!(
        outcome,
        DryRun::Object {
            object: shop(),
            conflicts
        }
    );
    let forced: Vec<bool> = lines(&log)
        .iter()
        .map(|line| line.contains("&force=true"))
        .collect();
    assert_eq!(forced, [false, true]);
}

/// What is ours elsewhere is asked for by its label, in every namespace but those that are listed whole.
#[tokio::test(start_paused = true)]
async fn the_mark_is_asked_for_where_nothing_else_is() {
    let page = || Step::Reply(200, json!({ "items": [], "metadata": {} }));
    let (client, log) = client(vec![page(), page()]);
    let except = ["shop".to_owned(), "velero".to_owned()];
    let many: Vec<String> = (0..500).map(|n| format!("namespace-{n}")).collect();
    for except in [&except[..], &many] {
        let answer = client.marked(&schedules(), "acme", except).await;
        assert_eq!(answer, Answer::Present(Fact::List(Vec::new())));
    }
    assert_eq!(
        lines(&log),
        [
            "GET /apis/velero.io/v1/schedules?limit=500&labelSelector=sk-dr.io%2Fstack%3Dacme\
             &fieldSelector=metadata.namespace%21%3Dshop%2Cmetadata.namespace%21%3Dvelero - ",
            // More than fit into an address: what is answered twice is told once.
            "GET /apis/velero.io/v1/schedules?limit=500&labelSelector=sk-dr.io%2Fstack%3Dacme - ",
        ]
    );
}

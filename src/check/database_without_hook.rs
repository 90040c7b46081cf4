//! A running database whose files are copied one after the other while it writes to them.

use super::image;
use super::manifests::{Object, Reached, SERVERS, objects};
use super::names::lets_through;
use super::scene::{Declared, SCHEDULE, Scene};
use super::selector;
use super::view::View;
use super::{Hit, Lint, Severity, Sight};

pub(super) const LINT: Lint = Lint {
    code: "database-without-hook",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "Database is copied while it writes",
    cause: "A file-system backup reads a volume file by file. A database that runs meanwhile changes files that were read \
            and files that were not: the copy is of no one moment. The backup ends as Completed, and the database may not \
            start from it, or start without some of its data. A hook before the backup writes a dump, or stops the writing.",
    cure: "Add a hook that selects its pods (of a `velero_application`, a `ready_hook` knows the commands: `use = \
           \"postgres\"`, `mysql`, `mariadb`, `mongodb`), or annotate the pods with `pre.hook.backup.velero.io/command`.",
    blind: "A database is known by the name of its image, and by a persistent volume that the container mounts: PostgreSQL, \
            MySQL, MariaDB, MongoDB, Elasticsearch, OpenSearch. Redis and Valkey are none of them: they write a dump beside \
            and rename it. Snapshots are of one moment, and a resource policy may choose them: not said of either. Objects \
            that a chart or an operator makes are seen where a plan has listed their type in that namespace.",
    check,
};

/// What people call it, names of its images, programs that are its server.
struct Engine {
    name: &'static str,
    images: &'static [&'static str],
    servers: &'static [&'static str],
}

const ENGINES: &[Engine] = &[
    Engine {
        name: "PostgreSQL",
        images: &[
            "pgvector",
            "postgis",
            "postgres",
            "postgresql",
            "timescaledb",
            "timescaledb-ha",
        ],
        servers: &["postgres"],
    },
    Engine {
        name: "MySQL",
        images: &["mysql", "mysql-server", "percona", "percona-server"],
        servers: &["mysqld"],
    },
    Engine {
        name: "MariaDB",
        images: &["mariadb"],
        servers: &["mariadbd", "mysqld"],
    },
    Engine {
        name: "MongoDB",
        images: &[
            "mongo",
            "mongodb",
            "mongodb-community-server",
            "percona-server-mongodb",
        ],
        servers: &["mongod"],
    },
    Engine {
        name: "Elasticsearch",
        images: &["elasticsearch"],
        servers: &["elasticsearch", "eswrapper"],
    },
    Engine {
        name: "OpenSearch",
        images: &["opensearch"],
        servers: &["opensearch", "opensearch-docker-entrypoint.sh"],
    },
];

/// Annotations of a pod that are a hook before its backup, the second as it was before hooks had phases.
const HOOKS: [&str; 2] = [
    "pre.hook.backup.velero.io/command",
    "hook.backup.velero.io/command",
];
/// Annotation with the volumes to copy.
const CHOSEN: &str = "backup.velero.io/backup-volumes";
/// Annotation with the volumes to leave out.
const LEFT_OUT: &str = "backup.velero.io/backup-volumes-excludes";
/// Label of what no backup holds.
const NOT_IN_BACKUPS: &str = "velero.io/exclude-from-backup";

/// A container that runs one on volumes that outlive it.
struct Database<'a> {
    workload: &'a Object<'a>,
    engine: &'static str,
    volumes: Vec<&'a str>,
}

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let workloads = objects(scene, SERVERS);
    let databases: Vec<Database<'_>> = workloads.iter().flat_map(databases).collect();
    if databases.is_empty() {
        return Vec::new();
    }
    scene
        .of(SCHEDULE)
        .filter(|schedule| schedule.runs())
        .filter_map(|schedule| Some((schedule, Reached::of(schedule)?)))
        .flat_map(|(schedule, reached)| {
            let reached = databases
                .iter()
                .filter(|database| reached.has(database.workload.namespace));
            let bare = reached.filter_map(|database| {
                let volume = copied(schedule, database)?;
                (!may_be_hooked(schedule, database.workload)).then(|| {
                    let detail = format!(
                        "{} runs {} on its volume \"{volume}\", and no hook before the backup selects it.",
                        database.workload.title(),
                        database.engine
                    );
                    schedule.hit("hook", detail)
                })
            });
            bare.collect::<Vec<Hit>>()
        })
        .collect()
}

fn databases<'a>(workload: &'a Object<'a>) -> Vec<Database<'a>> {
    let claims = workload.list(&["spec", "volumeClaimTemplates"]).into_iter();
    let claims = claims.filter_map(|claim| claim.at(&["metadata", "name"])?.text());
    let volumes = workload.list_in_pod(&["spec", "volumes"]).into_iter();
    let volumes = volumes
        .filter(|volume| volume.member("persistentVolumeClaim").is_some())
        .filter_map(|volume| volume.member("name")?.text());
    let persistent: Vec<&str> = claims.chain(volumes).collect();
    let containers = workload.list_in_pod(&["spec", "containers"]).into_iter();
    containers
        .filter_map(|container| {
            let engine = engine(container)?;
            let mounts = container.member("volumeMounts").map(View::items);
            let mounts = mounts.unwrap_or_default().into_iter();
            let volumes = mounts
                .filter_map(|mount| mount.member("name")?.text())
                .filter(|volume| persistent.contains(volume))
                .collect();
            Some(Database {
                workload,
                engine,
                volumes,
            })
        })
        .collect()
}

/// What a container runs; one with such an image that runs another program (a dump, a shell) is none.
fn engine(container: View<'_>) -> Option<&'static str> {
    let image = container.member("image")?.text()?;
    let name = image::name(image);
    let engine = ENGINES
        .iter()
        .find(|engine| engine.images.contains(&name))?;
    let words = |field: &str| container.member(field).map(View::items).unwrap_or_default();
    let program = [words("command"), words("args")]
        .concat()
        .into_iter()
        .map(|word| word.text().unwrap_or_default())
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .find(|word| !word.ends_with("entrypoint.sh") || engine.servers.contains(word));
    // Options alone are the server's.
    let is_server = |word: &str| word.starts_with('-') || engine.servers.contains(&word);
    program.is_none_or(is_server).then_some(engine.name)
}

/// A volume of it that a schedule copies file by file, as far as that is known.
fn copied<'a>(schedule: &Declared<'_>, database: &Database<'a>) -> Option<&'a str> {
    let workload = database.workload;
    let is_it = schedule.resource.provider.as_ref() == Some(workload.provider)
        && holds_pods(schedule)
        && !schedule.says("resource_policy")
        && chooses(schedule, workload);
    let annotation = |key: &str| workload.in_pod(&["metadata", "annotations", key]);
    let lists = |value: Option<View<'_>>, volume: &str| {
        let listed = value.and_then(View::text).unwrap_or_default();
        listed.split(',').any(|name| name.trim() == volume)
    };
    let all = schedule.flag("default_volumes_to_fs_backup") == Some(true);
    let left_out = annotation(LEFT_OUT);
    let is_copied = |volume: &&str| match all {
        true => !left_out.is_some_and(View::is_open) && !lists(left_out, volume),
        false => lists(annotation(CHOSEN), volume),
    };
    database
        .volumes
        .iter()
        .copied()
        .find(|volume| is_it && is_copied(volume))
}

/// Whether pods are among the types that a schedule backs up.
fn holds_pods(schedule: &Declared<'_>) -> bool {
    let through = |included: &str, excluded: &str| {
        let lists = schedule.texts(included).zip(schedule.texts(excluded));
        lists.is_some_and(|(included, excluded)| takes_pods(&included, &excluded))
    };
    through("included_resources", "excluded_resources")
        && through(
            "included_namespace_scoped_resources",
            "excluded_namespace_scoped_resources",
        )
}

/// Whether filters of types let pods through, by any name that the API has for them.
fn takes_pods(included: &[String], excluded: &[String]) -> bool {
    let names = ["pods", "pod", "po"];
    let is_included = names.iter().any(|name| lets_through(included, &[], name));
    is_included && names.iter().all(|name| lets_through(&[], excluded, name))
}

/// Whether the selectors of a schedule choose these pods, as far as that is known.
fn chooses(schedule: &Declared<'_>, workload: &Object<'_>) -> bool {
    let label = workload.in_pod(&["metadata", "labels", NOT_IN_BACKUPS]);
    let chosen = |attribute: &str| {
        let selectors = blocks(View::of(&schedule.resource.body), attribute);
        let any = || {
            selectors
                .iter()
                .any(|one| selects(*one, workload) == Some(true))
        };
        !schedule.says(attribute) || any()
    };
    label.and_then(View::text) != Some("true")
        && !label.is_some_and(View::is_open)
        && chosen("label_selector")
        && chosen("or_label_selector")
}

/// Whether a command may run in these pods before their backup: what is not known may be one.
fn may_be_hooked(schedule: &Declared<'_>, workload: &Object<'_>) -> bool {
    let annotated = |key: &str| workload.in_pod(&["metadata", "annotations", key]).is_some();
    if HOOKS.iter().any(|key| annotated(key)) {
        return true;
    }
    let body = View::of(&schedule.resource.body);
    body.member("hook").is_some_and(View::is_open)
        || blocks(body, "hook")
            .into_iter()
            .any(|hook| may_select(hook, workload))
}

fn may_select(hook: View<'_>, workload: &Object<'_>) -> bool {
    let texts = |attribute: &str| -> Option<Vec<String>> {
        let Some(list) = hook.member(attribute) else {
            return Some(Vec::new());
        };
        let texts = list
            .items()
            .into_iter()
            .map(|item| Some(item.text()?.to_owned()));
        (!list.is_open()).then(|| texts.collect())?
    };
    let through =
        |included: &str, excluded: &str, let_through: &dyn Fn(&[String], &[String]) -> bool| {
            let lists = texts(included).zip(texts(excluded));
            lists.is_none_or(|(included, excluded)| let_through(&included, &excluded))
        };
    let namespace = workload.namespace;
    let selector = blocks(hook, "label_selector").into_iter().next();
    (hook.member("pre").is_some_and(View::is_open) || !blocks(hook, "pre").is_empty())
        && through(
            "included_namespaces",
            "excluded_namespaces",
            &|included, excluded| lets_through(included, excluded, namespace),
        )
        && through("included_resources", "excluded_resources", &takes_pods)
        && selector.is_none_or(|selector| selects(selector, workload) != Some(false))
}

fn blocks<'a>(body: View<'a>, name: &str) -> Vec<View<'a>> {
    body.member(name).map(View::items).unwrap_or_default()
}

fn selects(selector: View<'_>, workload: &Object<'_>) -> Option<bool> {
    selector::selects(selector, |key| {
        workload.in_pod(&["metadata", "labels", key])
    })
}

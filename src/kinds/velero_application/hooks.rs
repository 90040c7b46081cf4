//! Hooks that are known by name: the commands that make a volume or a database fit to be copied. Pure texts; each command
//! reads passwords from the container's own environment, so that none stands in a Schedule.

use crate::kinds::table;
use crate::model::expression::Expr;
use crate::model::schema::Literal;
use serde_json::json;
use std::collections::BTreeMap;

/// Their names.
pub(super) const NAMES: &[&str] = &["fsfreeze", "mariadb", "mongodb", "mysql", "postgres"];

/// What each does, for the reference page.
pub(super) const DOC: &str = "Which one. `fsfreeze`: `/sbin/fsfreeze --freeze PATH`, after the backup `--unfreeze`; the container must be privileged. \
`postgres`: `PGPASSWORD=\"$POSTGRES_PASSWORD\" pg_dumpall --clean --if-exists -U \"${POSTGRES_USER:-postgres}\" -f PATH`. \
`mysql`: `MYSQL_PWD=\"$MYSQL_ROOT_PASSWORD\" mysqldump --all-databases --single-transaction -u root -r PATH`. \
`mariadb`: `MYSQL_PWD=\"${MARIADB_ROOT_PASSWORD:-$MYSQL_ROOT_PASSWORD}\" mariadb-dump --all-databases --single-transaction -u root -r PATH`. \
`mongodb`: `mongodump --gzip --archive=PATH`, with `MONGO_INITDB_ROOT_USERNAME` and `MONGO_INITDB_ROOT_PASSWORD` where they are set. \
A dump is taken away after the backup; one that fails makes the backup fail.";

const TIMEOUT: Literal = Literal::Text("10m");

/// Command before the pod is backed up, and after it. `path` holds no character that a shell would take.
fn commands(name: &str, path: &str) -> Option<(Vec<String>, Vec<String>)> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let shell = |script: &str| words(&["/bin/sh", "-c", &script.replace("PATH", path)]);
    let dumped = |script: &str| Some((shell(script), words(&["/bin/rm", "-f", path])));
    match name {
        "fsfreeze" => Some((
            words(&["/sbin/fsfreeze", "--freeze", path]),
            words(&["/sbin/fsfreeze", "--unfreeze", path]),
        )),
        "postgres" => dumped(
            r#"PGPASSWORD="$POSTGRES_PASSWORD" pg_dumpall --clean --if-exists -U "${POSTGRES_USER:-postgres}" -f PATH"#,
        ),
        "mysql" => dumped(
            r#"MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysqldump --all-databases --single-transaction -u root -r PATH"#,
        ),
        "mariadb" => dumped(
            r#"MYSQL_PWD="${MARIADB_ROOT_PASSWORD:-$MYSQL_ROOT_PASSWORD}" mariadb-dump --all-databases --single-transaction -u root -r PATH"#,
        ),
        "mongodb" => dumped(
            r#"if [ -n "$MONGO_INITDB_ROOT_USERNAME" ]; then printf 'password: %s\n' "$MONGO_INITDB_ROOT_PASSWORD" | mongodump --gzip --archive=PATH --authenticationDatabase admin -u "$MONGO_INITDB_ROOT_USERNAME" --config /dev/stdin; else mongodump --gzip --archive=PATH; fi"#,
        ),
        _other => None,
    }
}

/// A `ready_hook` block as the `hook` block that it stands for; `None` where its name or path is a mistake.
pub(super) fn expanded(block: &Expr) -> Option<Expr> {
    let text = |name: &str| {
        let value = block.member(name)?;
        value.known()?.as_str().map(str::to_owned)
    };
    let name = text("use")?;
    let (pre, post) = commands(&name, &text("path")?)?;
    let mut exec = BTreeMap::from([
        ("on_error".to_owned(), Expr::Value(json!("Fail"))),
        (
            "timeout".to_owned(),
            block
                .member("timeout")
                .unwrap_or_else(|| Expr::Value(table::literal_json(TIMEOUT))),
        ),
    ]);
    if let Some(container) = block.member("container") {
        exec.insert("container".to_owned(), container);
    }
    let step = |command: Vec<String>| {
        let mut exec = exec.clone();
        exec.insert("command".to_owned(), Expr::Value(json!(command)));
        let exec = BTreeMap::from([("exec".to_owned(), Expr::list(vec![Expr::object(exec)]))]);
        Expr::list(vec![Expr::object(exec)])
    };
    let selector = BTreeMap::from([("match_labels".to_owned(), block.member("match_labels")?)]);
    Some(Expr::object(BTreeMap::from([
        ("name".to_owned(), Expr::Value(name.into())),
        (
            "label_selector".to_owned(),
            Expr::list(vec![Expr::object(selector)]),
        ),
        ("pre".to_owned(), step(pre)),
        ("post".to_owned(), step(post)),
    ])))
}

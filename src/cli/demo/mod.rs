//! `demo`: the whole story in a sandbox. Every command in it is a child process of this same program, and the kill is a
//! SIGKILL of such a child, sent at the wire: the server has carried out its request, the answer never arrives.

mod loss;
mod stage;

use super::arguments::DemoFlags;
use super::exit::Exit;
use super::process::{Process, Trouble};
use super::sandbox::{Claim, House, Ports};
use super::{example, system};
use crate::model::advice::Advice;
use crate::sandbox::Sandbox;
use crate::sandbox::faults::Matching;
use crate::world::local::files::{self, Boundary, Folder};
use serde_json::json;
use stage::Stage;
use std::path::{Path, PathBuf};

/// The shop's daily schedule, as the API names it.
const SHOP: &str = "/apis/velero.io/v1/namespaces/velero/schedules/shop-daily";

/// A line before and after a request.
const WIKI: [&str; 2] = [
    "    wiki = { hour = 2, keep_days = 14 }\n",
    "    wiki = { hour = 2, keep_days = 21 }\n",
];

/// What the team adds, and the line that it is added after.
const AFTER: &str = WIKI[1];
const ADDED: &str = "    mail = { hour = 3, keep_days = 30 }\n    chat = { hour = 4, keep_days = 14 }\n    docs = { hour = 5, keep_days = 14 }\n";

/// Runs it.
///
/// # Errors
/// Where there is no place for it, or a scene ends otherwise than it should.
pub(crate) async fn run(process: &mut Process, flags: &DemoFlags) -> Result<Exit, Trouble> {
    let directory = directory(process, flags.dir.as_deref())?;
    example::write(&directory).map_err(|error| no_place(&directory, &error.to_string()))?;
    let program =
        system::program().map_err(|error| Trouble::error("No program", error.to_string()))?;
    let sandbox = Sandbox::new("demo", 1, process.clock.now());
    sandbox.install_velero();
    sandbox.add_bucket(example::BUCKET);
    let house = House::open(sandbox, Claim::take(&directory)?, Ports::free()).await?;
    let ending = ending(process, &directory, &program);
    let colour = flags.colour.flag();
    let place = (directory.clone(), program.clone());
    let mut stage = Stage::new(process, &house, place, colour);
    let told = story(&mut stage).await;
    let scenes = stage.scenes();
    house.close().await?;
    told?;
    loss::play(process, (&directory, program), (colour, scenes)).await?;
    process.stdout.print(&ending);
    Ok(Exit::Done)
}

async fn story(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.scene("What is to be protected, in HCL (main.hcl has the provider and the location)");
    stage.file("applications.hcl")?;

    stage.scene(
        "The first plan. Velero is installed already: its namespace is adopted on request, never in silence",
    );
    let namespace = "kubernetes_namespace.velero";
    let plan = format!("sk-dr plan -adopt={namespace} -target={namespace} -out=velero.plan");
    stage.command(&plan, 0).await?;
    stage.command("sk-dr apply velero.plan", 0).await?;

    stage.scene(
        "Then the rest: apply does exactly what the saved plan says, and waits until Velero agrees",
    );
    stage
        .command("sk-dr plan -out=acme.plan >/dev/null", 0)
        .await?;
    stage.command("sk-dr apply acme.plan", 0).await?;

    stage.scene("Nothing is left to do");
    stage.command("sk-dr plan", 0).await?;

    stage.scene("A pull request: the wiki is kept for three weeks. Its plan, as a comment on it");
    stage.replace("applications.hcl", WIKI)?;
    stage
        .command("sk-dr plan -out=wiki.plan >/dev/null", 0)
        .await?;
    stage.command("sk-dr show -markdown wiki.plan", 0).await?;

    stage.scene("After the merge exactly that plan is applied");
    stage.command("sk-dr apply wiki.plan", 0).await?;

    stage.scene("Somebody pauses the shop's backups by hand, as `kubectl edit` does");
    stage.edit(SHOP, "kubectl-edit", &json!({"spec": {"paused": true}}))?;

    stage.scene("The nightly check sees it, names who did it, and ends with 2");
    stage.command("sk-dr drift", 2).await?;

    stage.scene("Apply repairs it");
    stage.command("sk-dr apply -auto-approve", 0).await?;

    stage.scene("Three more applications, and the machine dies half-way (kill -9)");
    stage.add("applications.hcl", AFTER, ADDED)?;
    stage
        .command("sk-dr plan -out=three.plan >/dev/null", 0)
        .await?;
    stage.forget_requests();
    let second_create = (Matching::new("POST", "/schedules"), 2);
    stage
        .killed("sk-dr apply -parallelism=1 three.plan", second_create)
        .await?;

    stage.scene("What the journal knows");
    stage.command("sk-dr runs", 0).await?;

    stage.scene("Resume: what is in doubt is looked up, not done again");
    stage.command("sk-dr resume", 0).await?;
    stage.count_creates("/schedules");

    stage.scene("And nothing is left to do");
    stage.command("sk-dr plan", 0).await
}

/// A directory of its own: the one asked for, if nothing is in it, else a new one under the temporary directory.
fn directory(process: &Process, asked: Option<&Path>) -> Result<PathBuf, Trouble> {
    if let Some(asked) = asked {
        let directory = process.directory.join(asked);
        let names = Folder::open_or_make(&Boundary::Machine, &directory)
            .and_then(|folder| folder.names())
            .map_err(|error| no_place(&directory, &error.to_string()))?;
        return if names.is_empty() {
            Ok(directory)
        } else {
            Err(no_place(&directory, "it is not empty"))
        };
    }
    let under = PathBuf::from(process.variable("TMPDIR").unwrap_or("/tmp"));
    files::own_directory(&under, "sk-dr-demo-")
        .map_err(|error| no_place(&under, &error.to_string()))
}

fn no_place(directory: &Path, why: &str) -> Trouble {
    let detail = format!(
        "{}: {why}. Name another directory with {}.",
        directory.display(),
        Advice::another_place()
    );
    Trouble::error("No place for the demo", detail)
}

fn ending(process: &Process, directory: &Path, program: &Path) -> String {
    let directory = directory.display().to_string();
    let sandbox = Advice::sandbox(&directory);
    let destroy = Advice::destroy_demo(&directory);
    let mut text = format!(
        "\nThis was played in {directory}. To go on there:\n\n\
         \x20 {sandbox}    # then, in another terminal:\n\
         \x20 {destroy}    # shows what goes, and asks\n"
    );
    let path = process.variable("PATH").unwrap_or_default();
    let mut found = path.split(':').map(|place| Path::new(place).join("sk-dr"));
    if !found.any(|candidate| files::without_links(&candidate).is_ok_and(|found| found == program))
    {
        text.push_str(&format!("\n`sk-dr` is {} here.\n", program.display()));
    }
    text
}

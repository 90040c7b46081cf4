//! A story as a text file: prose behind `#`, what others do behind `@`, command lines behind `$`, and below each what it
//! prints: standard output indented, standard error behind `!`, the exit code where it is not 0. A command line that ends in
//! `>/dev/null` shows no standard output; `RUN` in it stands for the newest run.
//!
//! | line | does |
//! |---|---|
//! | `@ copy DIR` | copies a directory of the repository |
//! | `@ write FILE`, then lines behind a bar | writes a file |
//! | `@ remove FILE` | removes it |
//! | `@ mode FILE` | shows its permissions |
//! | `@ edit PATH MANAGER JSON` | a merge patch by somebody else |
//! | `@ apply PATH MANAGER JSON` | the same by server-side apply |
//! | `@ create PATH JSON`, `@ delete PATH` | somebody else's POST, DELETE |
//! | `@ user VERBS TYPES` | the commands' credentials may do this and nothing else; `@ user admin`; `@ user expired` |
//! | `@ full N`, `@ full` | the journal's disk takes N more writes; it has room again |
//! | `@ mv FROM TO` | renames a file |
//! | `@ host JOURNAL NAME` | the runs of that journal were recorded on that host |
//! | `@ dead`, `@ alive` | whether the server answers |
//! | `@ store backup ROOT NAME SCHEDULE JSON` | a backup ends now; of no schedule: `-`; JSON: what differs of it |
//! | `@ store object PATH`, then lines behind a bar | an object |
//! | `@ store forbid BUCKET`, `@ store allow` | the credentials may not read it; they may |
//! | `@ store requests` | what stores were asked since the last `@ store requests` |
//! | `@ velero stop`, `remove`, `install` | Velero's server; its types |
//! | `@ wipe` | another cluster is in its place |
//! | `@ lose` | the same, but nothing is in it yet |
//! | `@ pass DURATION` | time passes |
//! | `@ fault METHOD TARGET NTH FAULT` | a fault at the wire, rehearsals not counted |
//! | `@ crash METHOD TARGET NTH` | the next command ends there, the request being carried out |
//! | `@ answer TEXT` | what the next command reads |
//! | `@ env NAME=VALUE`, `@ env NAME` | a variable of the environment from here on; none of that name |
//! | `@ terminal COLUMNS` | the next command prints to a terminal |
//! | `@ writes` | what was sent to the server since the last `@ writes`, reads left out |

use crate::place::{Place, Said};

/// Plays a story; the whole text with what was printed now.
pub async fn play(text: &str) -> String {
    let mut place = Place::new();
    let mut played = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            separate(&mut played);
            played.push_str(&format!("{line}\n"));
            while let Some(more) = lines.next_if(|line| line.starts_with('#')) {
                played.push_str(&format!("{more}\n"));
            }
        } else if let Some(act) = line.strip_prefix("@ ") {
            played.push_str(&format!("{line}\n"));
            let mut body = String::new();
            while let Some(more) = lines.next_if(|line| line.starts_with('|')) {
                played.push_str(&format!("{more}\n"));
                let more = more.strip_prefix("| ").unwrap_or_default();
                body.push_str(&format!("{more}\n"));
            }
            let said = place.act(act, &body).await;
            played.push_str(&indented(&said, "    "));
        } else if let Some(command) = line.strip_prefix("$ ") {
            played.push_str(&format!("{line}\n"));
            let Said {
                stdout,
                stderr,
                code,
                raw: _,
            } = place.run(command).await;
            played.push_str(&indented(&stdout, "    "));
            played.push_str(&indented(&stderr, "  ! "));
            match code {
                Some(0) => {}
                Some(code) => played.push_str(&format!("[exit {code}]\n")),
                None => played.push_str("[crashed]\n"),
            }
            separate(&mut played);
        }
        // Everything else is what was printed when the story was written.
    }
    format!("{}\n", played.trim_end())
}

fn separate(played: &mut String) {
    if !played.is_empty() && !played.ends_with("\n\n") {
        played.push('\n');
    }
}

fn indented(text: &str, by: &str) -> String {
    let line = |line: &str| format!("{}\n", format!("{by}{line}").trim_end());
    text.lines().map(line).collect()
}

//! What a person is told to type: a command line, a flag or a block. Every such text is made here, so that it is quoted as a
//! shell or the language needs it, and each has a name in [`Told`], for which `tests/commands/advice.rs` takes it out of
//! what the program printed, does it, and looks whether it does what was promised. Must not know which sentence it stands in.

use super::address::Address;
use super::command_line::{CommandLine, JournalLine, Word, not_a_flag, shell_word};
use super::instruction::Instruction;
use super::text::quote;
use std::fmt;

macro_rules! told {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Everything that a person is told to type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Told {
            $($(#[$doc])* $name,)*
        }

        impl Told {
            /// All of it.
            pub const ALL: &[Told] = &[$(Told::$name,)*];
        }
    };
}

told! {
    /// What was typed, once more, without what is blocked.
    LeaveOut,
    /// A plan without what others have yet to make.
    LeaveOutFlag,
    /// What exists without our mark becomes ours.
    Adopt,
    /// What is held back is done.
    Consent,
    /// Fields are taken that another applies.
    ForceConflicts,
    /// Another stack lets an object go.
    Release,
    /// A cluster takes another's place on purpose.
    Identity,
    /// A saved plan is applied.
    Apply,
    /// A saved plan is applied if it is the one that was reviewed.
    ApplyExpected,
    /// What a plan that was not saved says is done.
    ApplyUnsaved,
    /// What changed outside is taken back.
    Undo,
    /// A plan is saved.
    Save,
    /// A run goes on.
    Resume,
    /// A run is taken from its holder.
    TakeOver,
    /// A restore is made once more.
    Retry,
    /// A run is given up.
    Close,
    /// Runs are listed.
    Runs,
    /// Another journal is read.
    Journal,
    /// The bucket of a journal is made.
    MakeJournal,
    /// A lock is waited for.
    Wait,
    /// Nobody is asked.
    AutoApprove,
    /// Another directory is gone to.
    Directory,
    /// A file of Terraform's becomes one of ours.
    Rename,
    /// Each document of a text is read.
    Documents,
    /// A variable is given on the command line.
    Variable,
    /// A variable is given in the environment.
    VariableOfEnvironment,
    /// A file of variables is given.
    VariableFile,
    /// Resource types are listed.
    Schema,
    /// The flags of a command are listed.
    Help,
    /// The manifests of a server are rendered with a node agent.
    NodeAgent,
    /// A program may be started with `-safe`.
    AllowProgram,
    /// A variable may be set for such a program.
    AllowEnvironment,
    /// Where the repository of a request ends.
    Repository,
    /// A file outside of the repository may be read with `-safe`.
    AllowFile,
    /// A server may be asked with `-safe`.
    AllowServer,
    /// What is rendered takes the place of what is there.
    Overwrite,
    /// Another program renders it.
    Program,
    /// A sandbox or demo is kept in another directory.
    AnotherPlace,
    /// A sandbox is served on another port.
    AnotherPort,
    /// The buckets of a sandbox are served on another port.
    AnotherS3Port,
    /// A sandbox is served again.
    Sandbox,
    /// Velero's namespace becomes ours in a new sandbox.
    AdoptSandbox,
    /// What a demo left behind is destroyed.
    DestroyDemo,
    /// Every backup is read.
    AllBackups,
    /// One of several locations is chosen.
    OneLocation,
}

/// One thing that a person is told to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    told: Told,
    text: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Advice> for String {
    fn from(advice: Advice) -> Self {
        advice.text
    }
}

impl Advice {
    /// What it is.
    pub fn told(&self) -> Told {
        self.told
    }

    /// The command line that was typed, narrowed by what is blocked.
    pub fn leave_out<'a>(
        typed: &CommandLine,
        addresses: impl IntoIterator<Item = &'a Address>,
    ) -> Self {
        let addresses = addresses.into_iter();
        let line = addresses.fold(typed.clone(), |line, one| line.flag("exclude", one));
        Self {
            told: Told::LeaveOut,
            text: line.to_string(),
        }
    }

    /// `-exclude=ADDR`.
    pub fn leave_out_flag(address: &Address) -> Self {
        flags(Told::LeaveOutFlag, &[Word::flag("exclude", address)])
    }

    /// `-adopt=ADDR`.
    pub fn adopt(address: &Address) -> Self {
        flags(Told::Adopt, &[Word::flag("adopt", address)])
    }

    /// `-consent=HEX`, for a plan to converge.
    pub fn consent(consent: &str) -> Self {
        flags(Told::Consent, &[Word::flag("consent", consent)])
    }

    /// `-destroy -consent=HEX`: a plan to destroy is made with `-destroy`, and a consent is for that.
    pub fn consent_to_destroy(consent: &str) -> Self {
        let words = [Word::switch("destroy"), Word::flag("consent", consent)];
        flags(Told::Consent, &words)
    }

    /// `-force-conflicts`.
    pub fn force_conflicts() -> Self {
        flags(Told::ForceConflicts, &[Word::switch("force-conflicts")])
    }

    /// The block by which a stack lets an object go that it made or adopted: the object stays, without a mark (R28).
    pub fn release(address: &Address) -> Self {
        Self {
            told: Told::Release,
            text: format!(
                "removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}"
            ),
        }
    }

    /// `identity = "UID"`, in a provider block.
    pub fn identity(uid: &str) -> Self {
        Self {
            told: Told::Identity,
            text: format!("identity = {}", quote(uid)),
        }
    }
}

/// Command lines.
impl Advice {
    /// `sk-dr apply "FILE"`, as Terraform's users know it.
    pub fn apply(line: &JournalLine, file: &str) -> Self {
        let file = not_a_flag(file);
        let word = match shell_word(&file) {
            plain if plain == file => format!("\"{file}\""),
            quoted => quoted,
        };
        Self {
            told: Told::Apply,
            text: format!("{} {word}", line.of("apply")),
        }
    }

    /// `sk-dr apply -expect=DIGEST FILE`.
    pub fn apply_expected(digest: &str, file: &str) -> Self {
        // A name as long as no file system has it would be more than the rest of a comment.
        let file = if shell_word(file).len() <= 255 {
            file
        } else {
            "PLAN"
        };
        let line = CommandLine::bare().word("apply").flag("expect", digest);
        command(Told::ApplyExpected, line.file(file))
    }

    /// `sk-dr apply`: plans anew.
    pub fn apply_unsaved(line: &JournalLine) -> Self {
        command(Told::ApplyUnsaved, line.of("apply"))
    }

    /// `sk-dr apply -recover=NAME`: plans a recovery anew.
    pub fn recover_unsaved(line: &JournalLine, name: &str) -> Self {
        command(Told::ApplyUnsaved, line.of("apply").flag("recover", name))
    }

    /// `sk-dr destroy`: plans anew, to destroy.
    pub fn destroy_unsaved(line: &JournalLine) -> Self {
        command(Told::ApplyUnsaved, line.of("destroy"))
    }

    /// `sk-dr apply`, where live differs.
    pub fn undo() -> Self {
        command(Told::Undo, CommandLine::bare().word("apply"))
    }

    /// `sk-dr plan -out=FILE`.
    pub fn save() -> Self {
        let line = CommandLine::bare().word("plan").flag("out", "FILE");
        command(Told::Save, line)
    }

    /// `sk-dr resume RUN`.
    pub fn resume(line: &JournalLine, run: &str) -> Self {
        command(Told::Resume, line.of("resume").word(run))
    }

    /// `sk-dr resume -takeover=SERIAL RUN`, with what a person decided who was told so.
    pub fn take_over(
        line: &JournalLine,
        run: &str,
        serial: u64,
        instruction: Instruction<'_>,
    ) -> Self {
        let line = instruction.on(line.of("resume"));
        let line = line.flag("takeover", serial);
        command(Told::TakeOver, line.word(run))
    }

    /// `sk-dr resume -retry=ADDR RUN`.
    pub fn retry(line: &JournalLine, run: &str, address: &Address) -> Self {
        let line = line.of("resume").flag("retry", address);
        command(Told::Retry, line.word(run))
    }

    /// `sk-dr runs close RUN`.
    pub fn close(line: &JournalLine, run: &str) -> Self {
        command(Told::Close, line.of("runs").word("close").word(run))
    }

    /// `sk-dr runs`.
    pub fn runs(line: &JournalLine) -> Self {
        command(Told::Runs, line.of("runs"))
    }

    /// `sk-dr init -journal`.
    pub fn make_journal() -> Self {
        let line = CommandLine::bare().word("init").word("-journal");
        command(Told::MakeJournal, line)
    }

    /// `sk-dr schema`.
    pub fn schema() -> Self {
        command(Told::Schema, CommandLine::bare().word("schema"))
    }

    /// `sk-dr COMMAND -help`; of the program where there is no command.
    pub fn help(of: Option<&str>) -> Self {
        let line = of.map_or_else(CommandLine::bare, |of| CommandLine::bare().word(of));
        command(Told::Help, line.word("-help"))
    }

    /// What is added to the command line that rendered a server. Its files are there already: without `-force` those that
    /// differ are left, the index among them.
    pub fn node_agent() -> Self {
        let line = CommandLine::of(["vendor", "velero"]);
        Self {
            told: Told::NodeAgent,
            text: format!("`{line}` renders one with `-node-agent -force`"),
        }
    }

    /// `sk-dr sandbox -dir=DIR`.
    pub fn sandbox(directory: &str) -> Self {
        let line = CommandLine::bare().word("sandbox").flag("dir", directory);
        command(Told::Sandbox, line)
    }

    /// `sk-dr plan -adopt=ADDR`, in a new sandbox.
    pub fn adopt_sandbox(namespace: &Address) -> Self {
        let line = CommandLine::bare().word("plan").flag("adopt", namespace);
        command(Told::AdoptSandbox, line)
    }

    /// `sk-dr -chdir=DIR destroy`, where a demo was played.
    pub fn destroy_demo(directory: &str) -> Self {
        let line = CommandLine::bare().flag("chdir", directory);
        command(Told::DestroyDemo, line.word("destroy"))
    }
}

/// Flags and variables of the environment.
impl Advice {
    /// `-all`.
    pub fn all_backups() -> Self {
        flags(Told::AllBackups, &[Word::switch("all")])
    }

    /// `-location=ADDR`.
    pub fn one_location(address: &Address) -> Self {
        flags(Told::OneLocation, &[Word::flag("location", address)])
    }

    /// `-journal=PATH`.
    pub fn journal() -> Self {
        flags(Told::Journal, &[Word::flag("journal", "PATH")])
    }

    /// `-exclude=ADDR`, where there are too many to be named.
    pub fn leave_out_each() -> Self {
        flags(Told::LeaveOutFlag, &[Word::flag("exclude", "ADDR")])
    }

    /// `-repository=DIR`.
    pub fn repository() -> Self {
        flags(Told::Repository, &[Word::flag("repository", "DIR")])
    }

    /// `-force`.
    pub fn overwrite() -> Self {
        flags(Told::Overwrite, &[Word::switch("force")])
    }

    /// `-velero=PATH`.
    pub fn program() -> Self {
        flags(Told::Program, &[Word::flag("velero", "PATH")])
    }

    /// `-dir=DIR`.
    pub fn another_place() -> Self {
        flags(Told::AnotherPlace, &[Word::flag("dir", "DIR")])
    }

    /// `-port=N`.
    pub fn another_port() -> Self {
        flags(Told::AnotherPort, &[Word::flag("port", "N")])
    }

    /// `-s3-port=N`.
    pub fn another_s3_port() -> Self {
        flags(Told::AnotherS3Port, &[Word::flag("s3-port", "N")])
    }

    /// `-lock-timeout=5m`.
    pub fn wait() -> Self {
        flags(Told::Wait, &[Word::flag("lock-timeout", "5m")])
    }

    /// `-auto-approve`.
    pub fn auto_approve() -> Self {
        flags(Told::AutoApprove, &[Word::switch("auto-approve")])
    }

    /// `-chdir=DIRECTORY`.
    pub fn directory() -> Self {
        flags(Told::Directory, &[Word::flag("chdir", "DIRECTORY")])
    }

    /// An expression that reads every document of `text`.
    pub fn documents() -> Self {
        Self {
            told: Told::Documents,
            text: r#"[for one in split("\n---\n", text) : yamldecode(one)]"#.to_owned(),
        }
    }

    /// `mv NAME.tf NAME.hcl`.
    pub fn rename(file: &str) -> Self {
        let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
        Self {
            told: Told::Rename,
            text: format!(
                "mv {} {}",
                shell_word(file),
                shell_word(&format!("{name}.hcl"))
            ),
        }
    }

    /// `-var 'NAME=...'`.
    pub fn variable(name: &str) -> Self {
        Self {
            told: Told::Variable,
            // The name is an identifier; the quotes are for the value.
            text: format!("-var '{name}=...'"),
        }
    }

    /// `SKDR_VAR_NAME`.
    pub fn variable_of_environment(name: &str) -> Self {
        Self {
            told: Told::VariableOfEnvironment,
            text: format!("SKDR_VAR_{name}"),
        }
    }

    /// `-var-file=FILE`.
    pub fn variable_file(file: &str) -> Self {
        flags(Told::VariableFile, &[Word::flag("var-file", file)])
    }
}

/// What is written into the operator's own file about what `-safe` allows.
impl Advice {
    /// A `program` block.
    pub fn allow_program(words: &[String]) -> Self {
        let words: Vec<String> = words.iter().map(|word| literal(word)).collect();
        Self {
            told: Told::AllowProgram,
            text: format!("program {{ command = [{}] }}", words.join(", ")),
        }
    }

    /// The argument `environment` of such a block.
    pub fn allow_environment(name: &str) -> Self {
        Self {
            told: Told::AllowEnvironment,
            text: format!("environment = [{}]", literal(name)),
        }
    }

    /// A `file` block.
    pub fn allow_file(path: &str) -> Self {
        Self {
            told: Told::AllowFile,
            text: format!("file {{ path = {} }}", literal(path)),
        }
    }

    /// A `server` block.
    pub fn allow_server(url: &str) -> Self {
        Self {
            told: Told::AllowServer,
            text: format!("server {{ url = {} }}", literal(url)),
        }
    }
}

/// A string of the language that stands for itself: what would begin a template in it is doubled.
fn literal(text: &str) -> String {
    quote(text).replace("${", "$${").replace("%{", "%%{")
}

fn command(told: Told, line: CommandLine) -> Advice {
    Advice {
        told,
        text: line.to_string(),
    }
}

fn flags(told: Told, words: &[Word]) -> Advice {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    Advice {
        told,
        text: words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_stay_names_of_files() {
        let told = |file: &str| Advice::apply(&JournalLine::bare(), file).to_string();
        assert_eq!(told("a.plan"), r#"sk-dr apply "a.plan""#);
        assert_eq!(told("$(a).plan"), "sk-dr apply '$(a).plan'");
        assert_eq!(told("-a.plan"), r#"sk-dr apply "./-a.plan""#);
    }

    #[test]
    fn blocks_stand_for_what_they_were_made_of() {
        let words = ["tool".to_owned(), "${x}\"".to_owned()];
        assert_eq!(
            Advice::allow_program(&words).to_string(),
            r#"program { command = ["tool", "$${x}\""] }"#
        );
    }
}

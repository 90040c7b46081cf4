//! A command line of this program as a person types it into a POSIX shell. Must not know what it is for.

use std::fmt;

/// A command line of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    words: Vec<Word>,
}

impl CommandLine {
    /// The program's name alone.
    pub fn bare() -> Self {
        Self { words: Vec::new() }
    }

    /// The same with a word more.
    #[must_use]
    pub fn word(mut self, word: &str) -> Self {
        self.words.push(Word::of(word));
        self
    }

    /// The same with the name of a file.
    #[must_use]
    pub(super) fn file(mut self, file: &str) -> Self {
        self.words.push(Word {
            flag: String::new(),
            value: Some(not_a_flag(file)),
        });
        self
    }

    /// The words behind the program's name.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words = words.into_iter().map(Word::of);
        Self {
            words: words.collect(),
        }
    }

    /// The same with a flag more.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.words.push(Word::flag(name, value));
        self
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sk-dr")?;
        self.words.iter().try_for_each(|word| write!(f, " {word}"))
    }
}

/// The beginning of a command line about a journal: what leads to the directory, and to a journal that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// Up to the command.
    pub line: CommandLine,
    /// `-journal`.
    pub journal: Option<String>,
}

impl JournalLine {
    /// Where nothing was said of a directory or a journal.
    pub fn bare() -> Self {
        Self {
            line: CommandLine::bare(),
            journal: None,
        }
    }

    /// With a command.
    pub fn of(&self, command: &str) -> CommandLine {
        let line = self.line.clone().word(command);
        match &self.journal {
            Some(journal) => line.flag("journal", journal),
            None => line,
        }
    }
}

/// A word of a command line. Of a flag the value alone is quoted: `-adopt='a.b["c"]'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    flag: String,
    value: Option<String>,
}

impl Word {
    fn of(word: &str) -> Self {
        match word.split_once('=') {
            Some((flag, value)) if flag.starts_with('-') && shell_word(flag) == flag => Self {
                flag: format!("{flag}="),
                value: Some(value.to_owned()),
            },
            Some(_) | None => Self {
                flag: String::new(),
                value: Some(word.to_owned()),
            },
        }
    }

    pub(super) fn flag(name: &str, value: impl fmt::Display) -> Self {
        Self {
            flag: format!("-{name}="),
            value: Some(value.to_string()),
        }
    }

    pub(super) fn switch(name: &str) -> Self {
        Self {
            flag: format!("-{name}"),
            value: None,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().map(shell_word);
        write!(f, "{}{}", self.flag, value.unwrap_or_default())
    }
}

/// The name of a file; one that looks like a flag is told by its directory.
pub(super) fn not_a_flag(file: &str) -> String {
    match file.starts_with('-') {
        true => format!("./{file}"),
        false => file.to_owned(),
    }
}

/// A word as a POSIX shell needs it: quoted where it has characters that the shell would take.
pub fn shell_word(word: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '=' | ':');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_what_a_shell_reads_back() {
        let check = |words: &[&str], expected: &str| {
            let line = CommandLine::of(words.iter().copied()).to_string();
            assert_eq!(line, expected);
            let read = shlex::split(&line).unwrap();
            assert_eq!(read[1..], *words, "{line}");
        };
        check(&["plan", "-out=a.plan"], "sk-dr plan -out=a.plan");
        check(
            &["plan", "-adopt=a.b[\"it's\"]"],
            r#"sk-dr plan -adopt='a.b["it'\''s"]'"#,
        );
        check(&["-chdir=$HOME", "plan"], "sk-dr -chdir='$HOME' plan");
        check(&["apply", "a b `c` $d"], "sk-dr apply 'a b `c` $d'");
        check(&["plan", "-out="], "sk-dr plan -out=''");
        check(&["plan", "", "a;b=c"], "sk-dr plan '' 'a;b=c'");
    }
}

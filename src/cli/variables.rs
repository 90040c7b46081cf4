//! `-var` and `-var-file`: which of them came later counts, so they are read together. Must not know what is declared.

use crate::lang::OnLine;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

const VALUE: &str = "var";
const FILE: &str = "var-file";

/// Values of variables in the order of the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariableFlags {
    /// Each over those before it.
    pub line: Vec<OnLine>,
}

impl VariableFlags {
    /// Names of the files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.line.iter().filter_map(|item| match item {
            OnLine::File(path) => Some(path.as_str()),
            OnLine::Value { .. } => None,
        })
    }
}

impl Args for VariableFlags {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new(VALUE)
                    .long(VALUE)
                    .value_name("NAME=VALUE")
                    .help("Value of a variable; SKDR_VAR_name does the same")
                    .value_parser(assignment)
                    .action(ArgAction::Append),
            )
            .arg(
                Arg::new(FILE)
                    .long(FILE)
                    .value_name("FILE")
                    .help("File of values, NAME = VALUE; what comes later wins; *.auto.vars.hcl need not be named")
                    .action(ArgAction::Append),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for VariableFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        let values = matches.get_many::<(String, String)>(VALUE);
        let values = values
            .into_iter()
            .flatten()
            .map(|(name, text)| OnLine::Value {
                name: name.clone(),
                text: text.clone(),
            });
        let files = matches.get_many::<String>(FILE).into_iter().flatten();
        let files = files.map(|path| OnLine::File(path.clone()));
        let mut found: Vec<(usize, OnLine)> = places(matches, VALUE).zip(values).collect();
        found.extend(places(matches, FILE).zip(files));
        found.sort_by_key(|(place, _)| *place);
        self.line = found.into_iter().map(|(_, item)| item).collect();
        Ok(())
    }
}

fn places<'m>(matches: &'m ArgMatches, flag: &str) -> impl Iterator<Item = usize> + use<'m> {
    matches.indices_of(flag).into_iter().flatten()
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if crate::model::address::is_identifier(name.trim()) => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        Some(_) | None => Err("expected NAME=VALUE".to_owned()),
    }
}

//! Versions and what a configuration asks of them: `>= 0.1, < 2.0`, `~> 1.2`.

/// Major, minor, patch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u64; 3]);

impl Version {
    /// The version that a text spells; a suffix such as `-dev` is left out.
    pub fn parse(text: &str) -> Option<Version> {
        Some(Version(parts(text)?.0))
    }
}

/// The three numbers, and how many of them were written.
fn parts(text: &str) -> Option<([u64; 3], usize)> {
    let core = text.trim().split(['-', '+']).next()?;
    let numbers: Vec<u64> = core
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let at = |index: usize| numbers.get(index).copied().unwrap_or(0);
    if numbers.len() > 3 {
        None
    } else {
        Some(([at(0), at(1), at(2)], numbers.len()))
    }
}

/// What is asked: all of these.
#[derive(Clone, Debug)]
pub struct Constraint(Vec<(Comparison, Version)>);

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Constraint {
    /// The constraint that a text spells.
    pub fn parse(text: &str) -> Result<Constraint, String> {
        let mut all = Vec::new();
        for part in text.split(',') {
            let part = part.trim();
            let digits = part
                .find(|c: char| c.is_ascii_digit())
                .ok_or_else(|| format!("`{part}` names no version"))?;
            let (operator, version) = part.split_at(digits);
            let (numbers, written) =
                parts(version).ok_or_else(|| format!("`{version}` is no version"))?;
            let comparison = match operator.trim() {
                "" | "=" => Comparison::Equal,
                "!=" => Comparison::NotEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                "~>" => {
                    // The last number written may grow, the one before it may not: ~> 1.2 is below 2, ~> 1.2.3 below 1.3.
                    let [major, minor, _] = numbers;
                    let next = if written > 2 {
                        [major, minor + 1, 0]
                    } else {
                        [major + 1, 0, 0]
                    };
                    all.push((Comparison::Less, Version(next)));
                    Comparison::GreaterOrEqual
                }
                other => return Err(format!("`{other}` is no comparison")),
            };
            all.push((comparison, Version(numbers)));
        }
        Ok(Constraint(all))
    }

    /// Whether a version fulfils it.
    pub fn allows(&self, version: &Version) -> bool {
        self.0.iter().all(|(comparison, bound)| match comparison {
            Comparison::Equal => version == bound,
            Comparison::NotEqual => version != bound,
            Comparison::Greater => version > bound,
            Comparison::GreaterOrEqual => version >= bound,
            Comparison::Less => version < bound,
            Comparison::LessOrEqual => version <= bound,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(constraint: &str, version: &str, expected: bool) {
        let allowed = Constraint::parse(constraint)
            .unwrap()
            .allows(&Version::parse(version).unwrap());
        assert_eq!(allowed, expected, "{constraint} on {version}");
    }

    #[test]
    fn compares() {
        check(">= 0.1", "0.1.0", true);
        check(">= 0.2", "0.1.9", false);
        check("~> 1.2", "1.9.0", true);
        check("~> 1.2", "2.0.0", false);
        check("~> 1.2.3", "1.3.0", false);
        check(">= 1.0, < 2.0", "1.5.0-dev", true);
        check("1.2.3", "1.2.3", true);
        check("!= 1.2.3", "1.2.3", false);
        assert!(Constraint::parse(">= x").is_err());
        assert!(Constraint::parse("").is_err());
        assert!(Constraint::parse("=> 1.0").is_err());
    }
}

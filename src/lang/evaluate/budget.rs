//! How much an evaluation may still do. A nested `for` or a text that doubles itself ends here, within seconds.

use crate::lang::limits;

/// What is left.
#[derive(Debug)]
pub struct Budget {
    steps: u64,
    weight: u64,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted(pub &'static str);

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: limits::STEPS,
            weight: limits::WEIGHT,
        }
    }
}

impl Budget {
    /// One more step.
    pub fn step(&mut self) -> Result<(), Exhausted> {
        self.steps = self.steps.checked_sub(1).ok_or(Exhausted("steps"))?;
        Ok(())
    }
    /// Values of this weight are made or walked through.
    pub fn charge(&mut self, weight: u64) -> Result<(), Exhausted> {
        match self.weight.checked_sub(weight) {
            Some(rest) => {
                self.weight = rest;
                Ok(())
            }
            None => {
                self.weight = 0;
                Err(Exhausted("memory"))
            }
        }
    }
    /// A text of this many bytes is made.
    pub fn charge_text(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.charge(1 + bytes as u64 / 16)
    }
}

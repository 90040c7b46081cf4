//! The search for the next run, step by step as robfig's `SpecSchedule.Next` does it, with Go's calendar arithmetic:
//! only so are gaps and overlaps of daylight saving, at midnight too, treated as the server treats them.

use super::{Fields, day_matches, has};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What a field's search came to.
enum Found {
    /// The field matches.
    Here,
    /// The field above it rolled over: all fields are to be looked at again.
    Wrapped,
}

/// An instant looked at in a zone, and whether one of its fields was already moved on.
struct Search<'a> {
    at: Timestamp,
    zone: &'a TimeZone,
    moved: bool,
}

/// First match after an instant; `None`: none within five years.
pub(super) fn first(fields: &Fields, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    // A field without any value is searched for minute by minute through five years otherwise.
    if [fields.minute, fields.hour, fields.month]
        .iter()
        .any(|set| set & !super::STAR == 0)
    {
        return None;
    }
    let second = after.as_nanosecond().div_euclid(1_000_000_000) + 1;
    let at = Timestamp::from_second(i64::try_from(second).ok()?).ok()?;
    let mut search = Search {
        at,
        zone,
        moved: false,
    };
    let last_year = search.local().year() + 5;
    loop {
        if search.local().year() > last_year {
            return None;
        }
        if let Found::Wrapped = search.month(fields)? {
            continue;
        }
        if let Found::Wrapped = search.day(fields)? {
            continue;
        }
        if let Found::Wrapped = search.hour(fields)? {
            continue;
        }
        if let Found::Wrapped = search.minute(fields)? {
            continue;
        }
        if let Found::Here = search.second()? {
            return Some(search.at);
        }
    }
}

impl Search<'_> {
    fn local(&self) -> DateTime {
        self.zone.to_datetime(self.at)
    }

    /// True once: the fields below are to be reset to their start.
    fn moves(&mut self) -> bool {
        !std::mem::replace(&mut self.moved, true)
    }

    fn month(&mut self, fields: &Fields) -> Option<Found> {
        while !has(fields.month, u64::from(self.local().month().unsigned_abs())) {
            if self.moves() {
                self.at = date(
                    self.local()
                        .date()
                        .first_of_month()
                        .to_datetime(Time::midnight()),
                    self.zone,
                )?;
            }
            self.at = date(add_month(self.local())?, self.zone)?;
            if self.local().month() == 1 {
                return Some(Found::Wrapped);
            }
        }
        Some(Found::Here)
    }

    fn day(&mut self, fields: &Fields) -> Option<Found> {
        while !day_matches(fields, self.local().day(), self.local().weekday()) {
            if self.moves() {
                self.at = date(self.local().date().to_datetime(Time::midnight()), self.zone)?;
            }
            self.at = date(self.local().checked_add(1.day()).ok()?, self.zone)?;
            // A midnight that daylight saving skipped.
            let hour = i64::from(self.local().hour());
            if hour != 0 {
                let correction = if hour > 12 { 24 - hour } else { -hour };
                self.at = self
                    .at
                    .checked_add(SignedDuration::from_hours(correction))
                    .ok()?;
            }
            if self.local().day() == 1 {
                return Some(Found::Wrapped);
            }
        }
        Some(Found::Here)
    }

    fn hour(&mut self, fields: &Fields) -> Option<Found> {
        while !has(fields.hour, u64::from(self.local().hour().unsigned_abs())) {
            if self.moves() {
                let local = self.local();
                self.at = date(local.date().at(local.hour(), 0, 0, 0), self.zone)?;
            }
            self.at = self.at.checked_add(HOUR).ok()?;
            if self.local().hour() == 0 {
                return Some(Found::Wrapped);
            }
        }
        Some(Found::Here)
    }

    fn minute(&mut self, fields: &Fields) -> Option<Found> {
        while !has(
            fields.minute,
            u64::from(self.local().minute().unsigned_abs()),
        ) {
            if self.moves() {
                self.at = Timestamp::from_second(self.at.as_second().div_euclid(60) * 60).ok()?;
            }
            self.at = self.at.checked_add(MINUTE).ok()?;
            if self.local().minute() == 0 {
                return Some(Found::Wrapped);
            }
        }
        Some(Found::Here)
    }

    /// Standard expressions fire at second zero.
    fn second(&mut self) -> Option<Found> {
        let second = self.local().second();
        if second == 0 {
            return Some(Found::Here);
        }
        self.moved = true;
        self.at = self
            .at
            .checked_add(SignedDuration::from_secs(60 - i64::from(second)))
            .ok()?;
        Some(Found::Wrapped)
    }
}

/// The next month with Go's overflow: 31 January and one month is 3 March.
fn add_month(local: DateTime) -> Option<DateTime> {
    let first = local.date().first_of_month().checked_add(1.month()).ok()?;
    let day: Date = first.checked_add(i64::from(local.day() - 1).days()).ok()?;
    Some(day.to_datetime(local.time()))
}

/// Go's `time.Date`: the offset of the wall time read as UTC is tried first, then that of the result.
fn date(wall: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let as_utc = Offset::UTC.to_timestamp(wall).ok()?;
    let guess = zone.to_offset(as_utc);
    if guess == Offset::UTC {
        return Some(as_utc);
    }
    let shifted = |offset: Offset| {
        as_utc
            .checked_sub(SignedDuration::from_secs(i64::from(offset.seconds())))
            .ok()
    };
    shifted(zone.to_offset(shifted(guess)?))
}

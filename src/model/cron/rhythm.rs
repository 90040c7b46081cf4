//! How far apart runs are, and which run daylight saving skips. Read from the calendar, not by going from run to run: an
//! expression that fires each minute has half a million runs a year. The span looked at is fixed, so that one expression
//! has one answer on every day and every machine. Must not know what an objective is.

use super::{Cron, Fields, Plan, Zone, day_matches, has};
use jiff::civil::{Date, DateTime, date};
use jiff::tz::{TimeZone, TimeZoneTransition};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// First day looked at. Nine years hold two leap days.
const FIRST: Date = date(2027, 1, 1);
const DAYS: i64 = 9 * 365 + 2;
/// Changes of the clocks are looked at up to here; later years repeat them.
const CLOCKS_UNTIL: Date = date(2029, 1, 1);
const MINUTES_A_DAY: i64 = 24 * 60;
/// Runs looked at around one change of the clocks, at most: two days of an expression that fires each minute.
const RUNS: usize = 4000;

impl Cron {
    /// The longest time between two runs, changes of the clocks in the zone it names included; the server's own zone is
    /// not known here and taken as one without changes. `None`: it runs once or never.
    pub fn longest_gap(&self) -> Option<SignedDuration> {
        let fields = match &self.plan {
            Plan::Every(distance) => return Some(*distance),
            Plan::Fields(fields) => fields,
        };
        let usual = Self::usual_gap(fields)?;
        let changed = changes(fields)
            .filter_map(|change| self.gap_around(change.timestamp(), usual))
            .max();
        Some(changed.map_or(usual, |changed| changed.max(usual)))
    }

    /// The longest time between two runs by a clock that is never changed.
    fn usual_gap(fields: &Fields) -> Option<SignedDuration> {
        let times = times_of_day(fields);
        let within = times.windows(2).map(distance).max();
        let every_day = [fields.day_of_month, fields.month, fields.day_of_week]
            .iter()
            .all(|field| field & super::STAR != 0);
        // Where it runs on every day, the first two tell what the others would.
        let days = if every_day { 1 } else { usize::MAX };
        let across = across_days(fields, &times).take(days).max();
        Some(SignedDuration::from_mins(within.max(across)?))
    }

    /// The shortest time between two runs. `None`: it runs once or never.
    pub fn shortest_gap(&self) -> Option<SignedDuration> {
        let fields = match &self.plan {
            Plan::Every(distance) => return Some(*distance),
            Plan::Fields(fields) => fields,
        };
        let times = times_of_day(fields);
        let within = times.windows(2).map(distance).min();
        // Two days in a row are as near as two days can be.
        let nearest = times
            .last()
            .map(|last| MINUTES_A_DAY - last + times.first().unwrap_or(last));
        let mut across = None;
        for gap in across_days(fields, &times) {
            across = Some(across.map_or(gap, |least: i64| least.min(gap)));
            if across == nearest {
                break;
            }
        }
        let shortest = within.into_iter().chain(across).min()?;
        Some(SignedDuration::from_mins(shortest))
    }

    /// The first run that is missed because the clocks are put forward over it, as the wall would have shown it. What runs
    /// so often that no gap comes of it is not missed.
    pub fn skipped_run(&self) -> Option<DateTime> {
        let Plan::Fields(fields) = &self.plan else {
            return None;
        };
        let zone = named_zone(fields)?;
        let usual = Self::usual_gap(fields)?;
        changes(fields).find_map(|change| {
            let before = just_before(change.timestamp());
            let wall = zone.to_offset(before).to_datetime(change.timestamp());
            let minutes = (zone.to_offset(change.timestamp()).seconds()
                - zone.to_offset(before).seconds())
                / 60;
            (0..minutes)
                .find_map(|minute| {
                    let wall = wall.checked_add(i64::from(minute).minutes()).ok()?;
                    fires_at(fields, wall).then_some(wall)
                })
                .filter(|_| self.gap_around(change.timestamp(), usual) > Some(usual))
        })
    }

    /// The longest time between runs near a change of the clocks.
    fn gap_around(&self, change: Timestamp, usual: SignedDuration) -> Option<SignedDuration> {
        let margin = usual.checked_add(SignedDuration::from_hours(25))?;
        let until = change.checked_add(margin).ok()?;
        let mut run = self.next(change.checked_sub(margin).ok()?, &TimeZone::UTC)?;
        let mut longest = None;
        for _ in 0..RUNS {
            let next = self.next(run, &TimeZone::UTC)?;
            longest = longest.max(Some(next.duration_since(run)));
            if next > until {
                break;
            }
            run = next;
        }
        longest
    }
}

fn distance(pair: &[i64]) -> i64 {
    match pair {
        [one, other] => other - one,
        _ => 0,
    }
}

/// Minutes of a day in which it fires, where it fires on that day at all.
fn times_of_day(fields: &Fields) -> Vec<i64> {
    let hours = (0..24_u64).filter(|hour| has(fields.hour, *hour));
    hours
        .flat_map(|hour| {
            (0..60_u64)
                .filter(|minute| has(fields.minute, *minute))
                .filter_map(move |minute| i64::try_from(hour * 60 + minute).ok())
        })
        .collect()
}

/// Minutes from the last run of a day to the first of the next day that has one.
fn across_days<'f>(fields: &'f Fields, times: &[i64]) -> impl Iterator<Item = i64> + use<'f> {
    let ends = times.first().copied().zip(times.last().copied());
    let mut day = FIRST;
    let days = (0..DAYS).filter(move |_| {
        let matches = has(fields.month, u64::from(day.month().unsigned_abs()))
            && day_matches(fields, day.day(), day.weekday());
        day = day.tomorrow().unwrap_or(day);
        matches
    });
    let mut last: Option<i64> = None;
    days.filter_map(move |number| {
        let (first_run, last_run) = ends?;
        let previous = last.replace(number)?;
        Some((number - previous) * MINUTES_A_DAY - last_run + first_run)
    })
}

fn named_zone(fields: &Fields) -> Option<&TimeZone> {
    match &fields.zone {
        Zone::Local => None,
        Zone::Named(zone) => Some(zone),
    }
}

/// Changes of the clocks in the zone that it names.
fn changes(fields: &Fields) -> impl Iterator<Item = TimeZoneTransition<'_>> {
    let from = FIRST.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let until = CLOCKS_UNTIL
        .to_zoned(TimeZone::UTC)
        .map_or(Timestamp::MIN, |zoned| zoned.timestamp());
    named_zone(fields)
        .zip(from.ok())
        .into_iter()
        .flat_map(|(zone, from)| zone.following(from))
        .take_while(move |change| change.timestamp() < until)
}

fn just_before(change: Timestamp) -> Timestamp {
    change
        .checked_sub(SignedDuration::from_secs(1))
        .unwrap_or(change)
}

fn fires_at(fields: &Fields, wall: DateTime) -> bool {
    let value = |number: i8| u64::from(number.unsigned_abs());
    has(fields.month, value(wall.month()))
        && day_matches(fields, wall.day(), wall.weekday())
        && has(fields.hour, value(wall.hour()))
        && has(fields.minute, value(wall.minute()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By going from run to run through two years.
    fn counted(cron: &Cron) -> (SignedDuration, SignedDuration) {
        let mut at: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        let until: Timestamp = "2029-01-01T00:00:00Z".parse().unwrap();
        let (mut longest, mut shortest) = (SignedDuration::ZERO, SignedDuration::MAX);
        let mut run = cron.next(at, &TimeZone::UTC).unwrap();
        while at < until {
            at = cron.next(run, &TimeZone::UTC).unwrap();
            longest = longest.max(at.duration_since(run));
            shortest = shortest.min(at.duration_since(run));
            run = at;
        }
        (longest, shortest)
    }

    #[test]
    fn gaps_are_those_that_counting_finds() {
        for text in [
            "0 1 * * *",
            "0 3 1 * *",
            "0 5 1 1 *",
            "*/7 * * * *",
            "30 */5 * * *",
            "0 1 * * mon,thu",
            "0 0 29 2 *",
            "15 4,16 13 * fri",
            "@weekly",
            "@every 90m",
            "CRON_TZ=America/New_York 30 2 * * *",
            "CRON_TZ=Europe/Berlin 0 */6 * * *",
            "CRON_TZ=Australia/Lord_Howe 0 3 * * *",
        ] {
            let cron: Cron = text.parse().unwrap();
            let (longest, shortest) = counted(&cron);
            assert_eq!(cron.longest_gap(), Some(longest), "{text}");
            // Nobody needs to know by which hour the clocks bring two runs together.
            let found = cron.shortest_gap().unwrap();
            assert!(
                found >= shortest && found <= shortest + SignedDuration::from_hours(1),
                "{text}: {found:?}, counted {shortest:?}"
            );
        }
    }

    #[test]
    fn what_runs_once_or_never_has_no_gap() {
        let cron: Cron = "0 0 30 2 *".parse().unwrap();
        assert_eq!(cron.longest_gap(), None);
        assert_eq!(cron.shortest_gap(), None);
    }

    #[test]
    fn runs_that_the_clocks_skip() {
        let check = |text: &str, wanted: Option<&str>| {
            let cron: Cron = text.parse().unwrap();
            let found = cron.skipped_run().map(|run| run.to_string());
            assert_eq!(found.as_deref(), wanted, "{text}");
        };
        check("30 2 * * *", None);
        check("CRON_TZ=UTC 30 2 * * *", None);
        check("CRON_TZ=Europe/Berlin 30 3 * * *", None);
        check(
            "CRON_TZ=Europe/Berlin 30 2 * * *",
            Some("2027-03-28T02:30:00"),
        );
        check("CRON_TZ=Europe/Berlin 30 2 * * 1-5", None);
        check("CRON_TZ=Europe/Berlin 30 * * * *", None);
        check(
            "CRON_TZ=Europe/Berlin 30 */2 * * *",
            Some("2027-03-28T02:30:00"),
        );
        check(
            "CRON_TZ=Asia/Beirut 15 0 * * *",
            Some("2027-03-28T00:15:00"),
        );
        check("@every 1h", None);
    }
}

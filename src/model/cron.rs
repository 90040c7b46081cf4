//! Cron expressions exactly as robfig/cron v3's `ParseStandard` reads them and as its schedules fire, since that is what
//! Velero and Kubernetes run. A crate that follows another dialect would predict wrong backup times: Sunday is not 7,
//! `*/2` in a day field is no star, a time inside a daylight-saving gap does not run and one in the overlap runs twice.
//! Must not know Velero or the present time.

use super::duration::GoDuration;
use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use std::sync::OnceLock;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Cron {
    plan: Plan,
}

#[derive(Clone, Debug, PartialEq)]
enum Plan {
    /// `@every`: a fixed distance in whole seconds.
    Every(SignedDuration),
    /// Fields as bit sets.
    Fields(Fields),
}

#[derive(Clone, Debug, PartialEq)]
struct Fields {
    minute: u64,
    hour: u64,
    day_of_month: u64,
    month: u64,
    day_of_week: u64,
    zone: Zone,
}

#[derive(Clone, Debug, PartialEq)]
enum Zone {
    /// None named: the server's.
    Local,
    /// Named by `TZ=` or `CRON_TZ=`.
    Named(TimeZone),
}

/// Why an expression is refused, in robfig's words.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct InvalidCron(pub String);

/// Set where a field held a star: then day of month and day of week must both match instead of either.
const STAR: u64 = 1 << 63;

struct Bounds {
    minimum: u64,
    maximum: u64,
    names: &'static [&'static str],
    /// Number of the first name.
    first: u64,
}

const MINUTES: Bounds = Bounds {
    minimum: 0,
    maximum: 59,
    names: &[],
    first: 0,
};
const HOURS: Bounds = Bounds {
    minimum: 0,
    maximum: 23,
    names: &[],
    first: 0,
};
const DAYS: Bounds = Bounds {
    minimum: 1,
    maximum: 31,
    names: &[],
    first: 0,
};
const MONTHS: Bounds = Bounds {
    minimum: 1,
    maximum: 12,
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
    first: 1,
};
const WEEKDAYS: Bounds = Bounds {
    minimum: 0,
    maximum: 6,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    first: 0,
};
const MONTH_TITLES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Longest each month ever is.
const MONTH_LENGTHS: [u64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl std::str::FromStr for Cron {
    type Err = InvalidCron;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(InvalidCron("empty spec string".to_owned()));
        }
        let (zone, expression) = split_zone(text)?;
        if expression.starts_with('@') {
            return parse_descriptor(expression, zone).map(|plan| Self { plan });
        }
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week] = fields.as_slice() else {
            let count = fields.len();
            return Err(InvalidCron(format!(
                "expected exactly 5 fields, found {count}: [{}]",
                fields.join(" ")
            )));
        };
        let plan = Plan::Fields(Fields {
            minute: parse_field(minute, &MINUTES)?,
            hour: parse_field(hour, &HOURS)?,
            day_of_month: parse_field(day_of_month, &DAYS)?,
            month: parse_field(month, &MONTHS)?,
            day_of_week: parse_field(day_of_week, &WEEKDAYS)?,
            zone,
        });
        Ok(Self { plan })
    }
}

fn split_zone(text: &str) -> Result<(Zone, &str), InvalidCron> {
    if !text.starts_with("TZ=") && !text.starts_with("CRON_TZ=") {
        return Ok((Zone::Local, text));
    }
    // robfig slices with the index of a space that is not there: Go panics, Velero recovers and says just this.
    let Some((assignment, _)) = text.split_once(' ') else {
        return Err(InvalidCron(
            "runtime error: slice bounds out of range [:-1]".to_owned(),
        ));
    };
    let name = assignment.split_once('=').map_or("", |(_, name)| name);
    let zone = load_zone(name)
        .map_err(|why| InvalidCron(format!("provided bad location {name}: {why}")))?;
    Ok((zone, text[assignment.len()..].trim()))
}

/// As Go's `time.LoadLocation`: names are case-sensitive, no name is UTC.
fn load_zone(name: &str) -> Result<Zone, String> {
    match name {
        "" | "UTC" => return Ok(Zone::Named(TimeZone::UTC)),
        "Local" => return Ok(Zone::Local),
        _ if name.contains("..") || name.starts_with(['/', '\\']) => {
            return Err("time: invalid location name".to_owned());
        }
        _ => {}
    }
    let unknown = || format!("unknown time zone {name}");
    let zone = zones().get(name).map_err(|_| unknown())?;
    // The database finds `europe/berlin` too, Go on Linux does not.
    if zone.iana_name() == Some(name) {
        Ok(Zone::Named(zone))
    } else {
        Err(unknown())
    }
}

/// The database inside the program, so that two machines read one expression alike.
fn zones() -> &'static TimeZoneDatabase {
    static ZONES: OnceLock<TimeZoneDatabase> = OnceLock::new();
    ZONES.get_or_init(TimeZoneDatabase::bundled)
}

fn parse_descriptor(text: &str, zone: Zone) -> Result<Plan, InvalidCron> {
    let (day_of_month, month, day_of_week) = (all(&DAYS), all(&MONTHS), all(&WEEKDAYS));
    let daily = Fields {
        minute: 1,
        hour: 1,
        day_of_month,
        month,
        day_of_week,
        zone,
    };
    let fields = match text {
        "@yearly" | "@annually" => Fields {
            day_of_month: 1 << 1,
            month: 1 << 1,
            ..daily
        },
        "@monthly" => Fields {
            day_of_month: 1 << 1,
            ..daily
        },
        "@weekly" => Fields {
            day_of_week: 1,
            ..daily
        },
        "@daily" | "@midnight" => daily,
        "@hourly" => Fields {
            hour: all(&HOURS),
            ..daily
        },
        _ => {
            let Some(length) = text.strip_prefix("@every ") else {
                return Err(InvalidCron(format!("unrecognized descriptor: {text}")));
            };
            let length: GoDuration = length
                .parse()
                .map_err(|why| InvalidCron(format!("failed to parse duration {text}: {why}")))?;
            // Below one second, negative too, is one second; parts of a second are dropped.
            let seconds = (length.nanoseconds() / 1_000_000_000).max(1);
            return Ok(Plan::Every(SignedDuration::from_secs(seconds)));
        }
    };
    Ok(Plan::Fields(fields))
}

/// A comma-separated list; empty members are skipped, so `1,,2` is fine and `,` is an empty set that never fires.
fn parse_field(text: &str, bounds: &Bounds) -> Result<u64, InvalidCron> {
    text.split(',')
        .filter(|member| !member.is_empty())
        .try_fold(0, |bits, member| Ok(bits | parse_range(member, bounds)?))
}

fn parse_range(text: &str, bounds: &Bounds) -> Result<u64, InvalidCron> {
    let range_and_step: Vec<&str> = text.split('/').collect();
    let low_and_high: Vec<&str> = range_and_step
        .first()
        .map(|range| range.split('-').collect())
        .unwrap_or_default();
    let single = low_and_high.len() == 1;
    let low = low_and_high.first().copied().unwrap_or_default();
    let (start, mut end, mut star) = if low == "*" || low == "?" {
        (bounds.minimum, bounds.maximum, STAR)
    } else {
        let start = parse_number_or_name(low, bounds)?;
        match low_and_high.as_slice() {
            [_] => (start, start, 0),
            [_, high] => (start, parse_number_or_name(high, bounds)?, 0),
            _ => return Err(InvalidCron(format!("too many hyphens: {text}"))),
        }
    };
    let step = match range_and_step.as_slice() {
        [_] => 1,
        [_, step] => {
            let step = parse_number(step)?;
            if single {
                end = bounds.maximum;
            }
            if step > 1 {
                star = 0;
            }
            step
        }
        _ => return Err(InvalidCron(format!("too many slashes: {text}"))),
    };
    check_range(start, end, step, bounds).map_err(|why| InvalidCron(format!("{why}: {text}")))?;
    Ok(bits(start, end, step) | star)
}

fn check_range(start: u64, end: u64, step: u64, bounds: &Bounds) -> Result<(), String> {
    let Bounds {
        minimum, maximum, ..
    } = bounds;
    if start < *minimum {
        return Err(format!(
            "beginning of range ({start}) below minimum ({minimum})"
        ));
    }
    if end > *maximum {
        return Err(format!("end of range ({end}) above maximum ({maximum})"));
    }
    if start > end {
        return Err(format!(
            "beginning of range ({start}) beyond end of range ({end})"
        ));
    }
    if step == 0 {
        return Err("step of range should be a positive number".to_owned());
    }
    Ok(())
}

fn parse_number_or_name(text: &str, bounds: &Bounds) -> Result<u64, InvalidCron> {
    match (bounds.first..)
        .zip(bounds.names)
        .find(|(_, name)| name.eq_ignore_ascii_case(text))
    {
        Some((number, _)) => Ok(number),
        None => parse_number(text),
    }
}

/// As Go's `strconv.Atoi`: a sign is allowed, 64 bits.
fn parse_number(text: &str) -> Result<u64, InvalidCron> {
    let fail = |why: &str| {
        let quoted = super::text::quote(text);
        InvalidCron(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {quoted}: {why}"
        ))
    };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(fail("invalid syntax"));
    }
    let number: i64 = text.parse().map_err(|_| fail("value out of range"))?;
    u64::try_from(number)
        .map_err(|_| InvalidCron(format!("negative number ({number}) not allowed: {text}")))
}

fn bits(start: u64, end: u64, step: u64) -> u64 {
    let mut bits = 0;
    let mut value = start;
    while value <= end {
        bits |= 1 << value;
        value = value.saturating_add(step);
    }
    bits
}

fn all(bounds: &Bounds) -> u64 {
    bits(bounds.minimum, bounds.maximum, 1) | STAR
}

impl Cron {
    /// First run after an instant; `local` is the zone of the server, for expressions that name none. `None` where there
    /// is none within five years, as robfig decides it.
    pub fn next(&self, after: Timestamp, local: &TimeZone) -> Option<Timestamp> {
        match &self.plan {
            Plan::Every(distance) => {
                let whole = Timestamp::from_second(
                    after
                        .as_nanosecond()
                        .div_euclid(1_000_000_000)
                        .try_into()
                        .ok()?,
                )
                .ok()?;
                whole.checked_add(*distance).ok()
            }
            Plan::Fields(fields) => {
                let zone = match &fields.zone {
                    Zone::Local => local,
                    Zone::Named(zone) => zone,
                };
                next::first(fields, after, zone)
            }
        }
    }

    /// Why no instant ever matches, where none does. Velero accepts such an expression and never makes a backup.
    pub fn never_fires(&self) -> Option<String> {
        let Plan::Fields(fields) = &self.plan else {
            return None;
        };
        let named = [
            (fields.minute, "minute"),
            (fields.hour, "hour"),
            (fields.month, "month"),
            (fields.day_of_month | fields.day_of_week, "day"),
        ];
        if let Some((_, name)) = named.iter().find(|(set, _)| *set & !STAR == 0) {
            return Some(format!("its {name} field names no value"));
        }
        let either = (fields.day_of_month | fields.day_of_week) & STAR == 0;
        if either && fields.day_of_week != 0 {
            return None;
        }
        if !either && fields.day_of_week & !STAR == 0 {
            return Some("its day-of-week field names no value".to_owned());
        }
        let months = || {
            (1_u64..)
                .zip(MONTH_LENGTHS)
                .zip(MONTH_TITLES)
                .filter(|((month, _), _)| has(fields.month, *month))
        };
        if months().any(|((_, length), _)| fields.day_of_month & bits(1, length, 1) != 0) {
            return None;
        }
        let Some(day) = (1..=31).find(|day| has(fields.day_of_month, *day)) else {
            return Some("its day-of-month field names no value".to_owned());
        };
        let titles: Vec<&str> = months().map(|(_, title)| title).collect();
        Some(format!("{day} {} does not exist", titles.join(" or ")))
    }
}

fn has(set: u64, value: u64) -> bool {
    value < 63 && set & (1 << value) != 0
}

fn day_matches(fields: &Fields, day: i8, weekday: Weekday) -> bool {
    let of_month = has(fields.day_of_month, u64::from(day.unsigned_abs()));
    let of_week = has(
        fields.day_of_week,
        u64::from(weekday.to_sunday_zero_offset().unsigned_abs()),
    );
    if (fields.day_of_month | fields.day_of_week) & STAR != 0 {
        of_month && of_week
    } else {
        of_month || of_week
    }
}

mod next;
mod rhythm;

#[cfg(test)]
mod tests;

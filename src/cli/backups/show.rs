//! `backups show NAME`: what is in one backup. Reads its tarball to the end, in parts, and keeps counts of it.

use super::super::arguments::ShowBackupFlags;
use super::super::exit::Exit;
use super::super::process::{Process, Trouble};
use super::declared::Place;
use super::{Looking, asking, declared, locks};
use crate::catalog::velero::catalog::{Catalog, Held, Wanted};
use crate::catalog::velero::choice::Unpacked;
use crate::catalog::velero::directory::File;
use crate::catalog::velero::files::{self, Counts, Results, Unreadable};
use crate::catalog::velero::point::{Known, Lock, Point};
use crate::catalog::velero::tar::Reader;
use crate::model::advice::Advice;
use crate::model::resource::Configuration;
use crate::model::text::quote;
use crate::render::json;
use crate::render::text::{self, Shown};
use crate::world::World;
use futures::StreamExt;

/// Runs it.
///
/// # Errors
/// Where there is no such backup, or several.
pub(crate) async fn run(process: &mut Process, flags: &ShowBackupFlags) -> Result<Exit, Trouble> {
    let looking = Looking::begin(process, &flags.places).await?;
    let (world, places) = (&looking.world, looking.places.as_slice());
    let owners = declared::owners(&looking.configuration);
    let mut catalog = asking::listed(world, places, (owners, Vec::new())).await;
    let wanted = find(&catalog, &flags.name)?;
    asking::read(world, places, &mut catalog, vec![wanted.clone()]).await;
    let unreadable = |why: &str| {
        let words = format!("Backup {}: {why}.", quote(&flags.name));
        Trouble::error("Backup not read", looking.redactor.redact(&words))
    };
    let held = catalog.held.get(wanted.location);
    let held = held.ok_or_else(|| unreadable("its location is not there"))?;
    let point = match held.points.get(&wanted.name) {
        Some(Ok(point)) => point,
        Some(Err(why)) => return Err(unreadable(why)),
        None => return Err(unreadable("it was not read")),
    };
    let looked = Looked {
        world,
        places,
        catalog: &catalog,
        wanted: &wanted,
    };
    let tarball = looked.tarball(Reader::default()).await;
    let locks = looked.locks(&looking.configuration, held, point).await;
    let judgement = point.judge(tarball.tarball());
    let judgement = judgement.with_locks(&locks);
    let contents = tarball.contents();
    let counts = match contents {
        Some(contents) => Ok(contents.counts.clone()),
        None => looked.listed().await,
    };
    let owners = catalog.owners.iter();
    let shown = Shown {
        held,
        point,
        owners: owners
            .filter(|owner| {
                owner.installation == held.location.installation
                    && owner.claims(&point.backup.labels)
            })
            .map(|owner| &owner.address)
            .collect(),
        judgement: &judgement,
        contents,
        counts: &counts,
        results: &looked.results().await,
        locks: &locks,
    };
    if flags.json.json {
        let stack = &looking.configuration.settings.stack;
        let now = process.clock.now();
        looking.tell_json(process, json::backup(&shown, stack, now));
    } else {
        let dress = process.dress(flags.places.colour.flag());
        looking.tell(process, &text::backup(&shown, dress));
    }
    let is_whole = !judgement.is_unknown() && counts.is_ok() && shown.results.is_ok();
    Ok(if is_whole { Exit::Done } else { Exit::Error })
}

/// The one backup of this name. Where a location was not read, nobody knows whether it holds another.
fn find(catalog: &Catalog, name: &str) -> Result<Wanted, Trouble> {
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for (location, held) in catalog.held.iter().enumerate() {
        match &held.listing {
            Ok(listing) if listing.directory.backups.contains_key(name) => found.push(location),
            Ok(_) => {}
            Err(why) => unread.push(format!("{}: {why}", held.location.address)),
        }
    }
    let name_quoted = quote(name);
    match found.as_slice() {
        [location] => Ok(Wanted {
            location: *location,
            name: name.to_owned(),
        }),
        [] if unread.is_empty() => Err(Trouble::error(
            "No such backup",
            format!("There is no backup {name_quoted} in the locations of this configuration."),
        )),
        [] => Err(Trouble::error(
            "Location not read",
            format!(
                "Whether there is a backup {name_quoted} cannot be told:\n{}",
                unread.join("\n")
            ),
        )),
        several => {
            let places = several.iter().filter_map(|at| catalog.held.get(*at));
            let places: Vec<String> = places
                .map(|held| Advice::one_location(&held.location.address).to_string())
                .collect();
            Err(Trouble::error(
                "Several backups of one name",
                format!(
                    "Several locations have a backup {name_quoted}; say which one is meant: {}.",
                    places.join(" or ")
                ),
            ))
        }
    }
}

/// One backup in its place.
pub(super) struct Looked<'a> {
    /// Who asks.
    pub(super) world: &'a World,
    /// Where.
    pub(super) places: &'a [Place],
    /// What is known.
    pub(super) catalog: &'a Catalog,
    /// Which one.
    pub(super) wanted: &'a Wanted,
}

impl Looked<'_> {
    /// What comes of its tarball, read by this reader.
    pub(super) async fn tarball(&self, mut reader: Reader) -> Unpacked {
        let place = self.places.get(self.wanted.location);
        let bucket = place.and_then(|place| place.bucket.as_ref().ok());
        let files = self.catalog.files(self.wanted);
        let listed = files.and_then(|files| files.known.get(&File::Tarball));
        let (Some(bucket), Some(listed)) = (bucket, listed.filter(|listed| listed.size > 0)) else {
            return Unpacked::Nothing;
        };
        let mut parts =
            self.world
                .read_blob(&bucket.provider, &bucket.name, &listed.key, &listed.etag);
        while let Some(part) = parts.next().await {
            let pushed = match part {
                Ok(part) => reader.push(&part),
                Err(why) => return Unpacked::Unknown(why.message),
            };
            if let Err(broken) = pushed {
                return Unpacked::Broken(broken);
            }
        }
        match reader.finish() {
            Ok(contents) => Unpacked::Whole(contents),
            Err(broken) => Unpacked::Broken(broken),
        }
    }

    /// Whether the declared password opens its volume data; none where none is declared.
    async fn locks(&self, configuration: &Configuration, held: &Held, point: &Point) -> Vec<Lock> {
        let installation = &held.location.installation;
        let password = declared::repository_password(configuration, installation);
        let place = self.places.get(self.wanted.location);
        let bucket = place.and_then(|place| place.bucket.as_ref().ok());
        match (password, bucket) {
            (Some(password), Some(bucket)) => {
                locks::locks(self.world, bucket, &password, point).await
            }
            (None, _) | (_, None) => Vec::new(),
        }
    }

    /// What Velero lists of it.
    async fn listed(&self) -> Known<Counts> {
        let read = |bytes: &[u8]| Ok(files::counts(&files::resource_list(bytes)?));
        self.small(File::ResourceList, read).await
    }

    async fn results(&self) -> Known<Results> {
        self.small(File::Results, files::gzipped).await
    }

    /// A small file; one that is not in the bucket is empty, as Velero itself takes it.
    async fn small<T: Default>(
        &self,
        file: File,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Known<T> {
        let question = asking::question(self.places, self.catalog, self.wanted, file);
        let Some((query, _)) = question else {
            return Ok(T::default());
        };
        let blob = asking::blob(Some(self.world.answer(&query).await))?;
        read(&blob.bytes).map_err(|error| error.to_string())
    }
}

//! Asks the stores what the catalog wants to know: names first, then a few small files of few backups.

use super::declared::{Bucket, Place};
use crate::catalog::velero::catalog::{Bytes, Catalog, Extent, Held, Listing, Wanted, point};
use crate::catalog::velero::directory::{BACKUPS, File, REPOSITORIES, directory};
use crate::catalog::velero::ownership::Owner;
use crate::catalog::velero::point::Known;
use crate::model::address::Target;
use crate::model::expression::Bindings;
use crate::model::identity::ProviderRef;
use crate::model::resource::Configuration;
use crate::world::World;
use crate::world::query::{Answer, Blob, BlobEntry, Blobs, Depth, Fact, Query};
use std::collections::{BTreeMap, BTreeSet};

/// Backups that are read at a time: their files stand in memory together.
const TOGETHER: usize = 64;

/// Reads the places as far as is wanted.
pub(super) async fn catalog(
    world: &World,
    places: &[Place],
    owners: (Vec<Owner>, Vec<Target>),
    extent: Extent,
) -> Catalog {
    let mut catalog = listed(world, places, owners).await;
    loop {
        let mut next = catalog.next(extent);
        next.truncate(TOGETHER);
        if next.is_empty() {
            return catalog;
        }
        read(world, places, &mut catalog, next).await;
    }
}

/// Connects the providers of these places; those that cannot be connected make their places unknown.
pub(super) async fn connect(world: &World, configuration: &Configuration, places: &mut [Place]) {
    let providers: BTreeSet<ProviderRef> = places
        .iter()
        .filter_map(|place| Some(place.bucket.as_ref().ok()?.provider.clone()))
        .collect();
    for provider in providers {
        let Some(block) = configuration.providers.get(&provider) else {
            continue;
        };
        let connected = world
            .connect(&provider, &block.arguments, &Bindings::new())
            .await;
        let Err(why) = connected else { continue };
        for place in places.iter_mut() {
            if place
                .bucket
                .as_ref()
                .is_ok_and(|bucket| bucket.provider == provider)
            {
                place.bucket = Err(format!("provider {provider}: {}", why.message));
            }
        }
    }
}

/// The places with the names and sizes of what is there.
pub(super) async fn listed(
    world: &World,
    places: &[Place],
    (owners, only): (Vec<Owner>, Vec<Target>),
) -> Catalog {
    let buckets = places.iter().filter_map(|place| place.bucket.as_ref().ok());
    let questions = buckets.flat_map(listings).collect();
    let mut answers = world.answer_all(questions).await.answers;
    let held = places.iter().map(|place| Held {
        location: place.location.clone(),
        listing: match &place.bucket {
            Ok(bucket) => listing(bucket, &mut answers),
            Err(why) => Err(why.clone()),
        },
        points: BTreeMap::new(),
    });
    Catalog {
        held: held.collect(),
        owners,
        only,
    }
}

/// Backups, folders at the root, repositories.
fn listings(bucket: &Bucket) -> [Query; 3] {
    let below = |folder: &str, depth| Query::Blobs {
        provider: bucket.provider.clone(),
        bucket: bucket.name.clone(),
        prefix: format!("{}{folder}", bucket.root),
        depth,
    };
    [
        below(BACKUPS, Depth::All),
        below("", Depth::Names),
        below(REPOSITORIES, Depth::Names),
    ]
}

/// The question for the names of backups.
pub(super) fn names(bucket: &Bucket) -> Query {
    Query::Blobs {
        provider: bucket.provider.clone(),
        bucket: bucket.name.clone(),
        prefix: format!("{}{BACKUPS}", bucket.root),
        depth: Depth::Names,
    }
}

fn listing(bucket: &Bucket, answers: &mut BTreeMap<Query, Answer>) -> Known<Listing> {
    let [backups, roots, repositories] =
        listings(bucket).map(|query| blobs(answers.get(&query).cloned()));
    let names = |blobs: Blobs| blobs.names.into_iter().collect();
    Ok(Listing {
        directory: directory(&bucket.root, backups?.objects),
        roots: roots.map(names),
        repositories: repositories.map(names),
    })
}

fn blobs(answer: Option<Answer>) -> Known<Blobs> {
    match answer {
        Some(Answer::Present(Fact::Blobs(blobs))) => Ok(blobs),
        Some(Answer::Unknown(why)) => Err(why.message),
        Some(Answer::Present(Fact::Object(_) | Fact::List(_) | Fact::Bytes(_)))
        | Some(Answer::Absent | Answer::NotServed)
        | None => Err("the store gave no listing".to_owned()),
    }
}

/// Reads the small files of these backups into the catalog; those of which the store did not hand over every one.
pub(super) async fn read(
    world: &World,
    places: &[Place],
    catalog: &mut Catalog,
    wanted: Vec<Wanted>,
) -> BTreeSet<Wanted> {
    let mut questions = Vec::new();
    let mut files = Vec::new();
    for one in &wanted {
        for file in File::JUDGED {
            if let Some((query, _)) = question(places, catalog, one, file) {
                files.push((one.clone(), file, query.clone()));
                questions.push(query);
            }
        }
    }
    let answers = world.answer_all(questions).await.answers;
    let mut bytes: BTreeMap<Wanted, Bytes> = BTreeMap::new();
    let mut silent = BTreeSet::new();
    for (one, file, query) in files {
        let blob = blob(answers.get(&query).cloned());
        if blob.is_err() {
            silent.insert(one.clone());
        }
        let of_one = bytes.entry(one).or_default();
        of_one.insert(file, blob.map(|blob| blob.bytes));
    }
    for one in wanted {
        let bytes = bytes.remove(&one).unwrap_or_default();
        let read = catalog
            .files(&one)
            .map(|listed| point(&one.name, listed, &bytes));
        let read = read.unwrap_or_else(|| Err("it is not in the listing".to_owned()));
        catalog.put(one, read);
    }
    silent
}

/// The question for a file of a backup, where it was listed.
pub(super) fn question<'a>(
    places: &[Place],
    catalog: &'a Catalog,
    wanted: &Wanted,
    file: File,
) -> Option<(Query, &'a BlobEntry)> {
    let bucket = places.get(wanted.location)?.bucket.as_ref().ok()?;
    let listed = catalog.files(wanted)?.known.get(&file)?;
    let query = Query::Blob {
        provider: bucket.provider.clone(),
        bucket: bucket.name.clone(),
        key: listed.key.clone(),
    };
    Some((query, listed))
}

/// What was listed and is not there any more is unknown: nobody can say what it was.
pub(super) fn blob(answer: Option<Answer>) -> Known<Blob> {
    match answer {
        Some(Answer::Present(Fact::Bytes(blob))) => Ok(blob),
        Some(Answer::Unknown(why)) => Err(why.message),
        Some(Answer::Absent) => {
            Err("it was listed and is gone: somebody removes it right now".to_owned())
        }
        Some(Answer::Present(Fact::Object(_) | Fact::List(_) | Fact::Blobs(_)))
        | Some(Answer::NotServed)
        | None => Err("the store did not hand it over".to_owned()),
    }
}

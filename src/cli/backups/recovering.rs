//! The points of a recovery: asks the buckets what a choice needs, one answer after another, and reads the tarballs of what
//! is chosen to their end. Asks no cluster.

use super::declared::Place;
use super::{asking, declared, locks, show};
use crate::catalog::velero::catalog::{Catalog, Extent, Wanted};
use crate::catalog::velero::choice::{Choice, Next, Opened, Seen, Stop, Unpacked, Wish, next};
use crate::catalog::velero::ownership::Owner;
use crate::catalog::velero::tar::Reader;
use crate::goal::recovery::restored;
use crate::model::address::{Address, Target};
use crate::model::recovery::{At, Recovery};
use crate::model::resource::Configuration;
use crate::plan::input::Recovering;
use crate::plan::pinning::{Points, Store, recovering};
use crate::world::World;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a recovery is planned from.
pub(crate) struct Recovered<'a> {
    /// What is declared.
    pub(crate) configuration: &'a Configuration,
    /// The recovery.
    pub(crate) block: &'a Recovery,
    /// Which recovery of this name it is.
    pub(crate) incarnation: &'a str,
    /// `-exclude`.
    pub(crate) exclude: &'a [Target],
    /// Variables of the environment.
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// Now.
    pub(crate) now: Timestamp,
}

/// Chooses the points and pins them.
pub(crate) async fn points(world: &World, recovered: &Recovered<'_>) -> Recovering {
    let configuration = recovered.configuration;
    let mut places = declared::places(configuration, recovered.environment);
    asking::connect(world, configuration, &mut places).await;
    let is_wanted = |address: &Address| {
        !recovered
            .exclude
            .iter()
            .any(|target| target.covers(address))
    };
    let addresses: BTreeSet<Address> = restored(recovered.block, configuration)
        .map(|resource| resource.address.clone())
        .filter(|address| is_wanted(address))
        .collect();
    let owners = declared::owners(configuration);
    let only: Vec<Target> = addresses.iter().cloned().map(Target::from).collect();
    let mut reading = Reading {
        world,
        configuration,
        unanswered: BTreeSet::new(),
        opened: BTreeMap::new(),
        catalog: asking::listed(world, &places, (owners, only)).await,
        places,
    };
    let mut found = BTreeMap::new();
    if !addresses.is_empty() {
        reading.newest().await;
    }
    for address in addresses {
        let owners = reading.catalog.owners.iter();
        let owner = owners.clone().find(|owner| owner.address == address);
        if let Some(owner) = owner.cloned() {
            let chosen = reading.choose(&owner, recovered.block).await;
            found.insert(address, chosen);
        }
    }
    let stores: Vec<Option<Store>> = reading.places.iter().map(store).collect();
    recovering(&Points {
        configuration,
        block: recovered.block,
        incarnation: recovered.incarnation,
        catalog: &reading.catalog,
        stores: &stores,
        opened: &reading.opened,
        found: &found,
        exclude: recovered.exclude,
        now: recovered.now,
    })
}

fn store(place: &Place) -> Option<Store> {
    let bucket = place.bucket.as_ref().ok()?;
    Some(Store {
        provider: bucket.provider.clone(),
        bucket: bucket.name.clone(),
        root: bucket.root.clone(),
    })
}

struct Reading<'a> {
    world: &'a World,
    configuration: &'a Configuration,
    places: Vec<Place>,
    catalog: Catalog,
    opened: BTreeMap<Wanted, Opened>,
    unanswered: BTreeSet<Wanted>,
}

impl Reading<'_> {
    /// The newest of everything: labels tell whose a backup is, and a name that nobody expects may be anybody's.
    async fn newest(&mut self) {
        loop {
            let wanted = self.catalog.next(Extent::Newest);
            if wanted.is_empty() {
                return;
            }
            self.read(wanted).await;
        }
    }

    async fn read(&mut self, wanted: Vec<Wanted>) {
        let silent = asking::read(self.world, &self.places, &mut self.catalog, wanted).await;
        self.unanswered.extend(silent);
    }

    async fn choose(&mut self, owner: &Owner, block: &Recovery) -> Result<Choice, Stop> {
        let wish = match (
            block.points.get(&owner.address),
            block.at_of(&owner.address),
        ) {
            (Some(name), _) => Wish::Named(name),
            (None, At::Latest) => Wish::Newest,
            (None, At::Time(time)) => Wish::By(time),
        };
        loop {
            let seen = Seen {
                catalog: &self.catalog,
                opened: &self.opened,
                unanswered: &self.unanswered,
            };
            match next(seen, owner, wish) {
                Next::Read(wanted) => self.read(vec![wanted]).await,
                Next::Open(wanted) => {
                    let opened = self.open(&wanted).await;
                    self.opened.insert(wanted, opened);
                }
                Next::Take(choice) => return Ok(choice),
                Next::Stop(stop) => return Err(stop),
            }
        }
    }

    async fn open(&self, wanted: &Wanted) -> Opened {
        let nothing = Opened {
            tarball: Unpacked::Nothing,
            locks: Vec::new(),
        };
        let place = self.places.get(wanted.location);
        let bucket = place.and_then(|place| place.bucket.as_ref().ok());
        let held = self.catalog.held.get(wanted.location);
        let point = held.and_then(|held| held.points.get(&wanted.name)?.as_ref().ok());
        let (Some(bucket), Some(held), Some(point)) = (bucket, held, point) else {
            return nothing;
        };
        let password =
            declared::repository_password(self.configuration, &held.location.installation);
        let locks = match password {
            Some(password) => locks::locks(self.world, bucket, &password, point).await,
            None => Vec::new(),
        };
        let looked = show::Looked {
            world: self.world,
            places: &self.places,
            catalog: &self.catalog,
            wanted,
        };
        Opened {
            tarball: looked.tarball(Reader::naming()).await,
            locks,
        }
    }
}

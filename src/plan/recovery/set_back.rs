//! A location as it is declared, once everything on it was tried: the last step of its line.

use super::super::document::Step;
use super::super::marks::{self, Marked};
use super::super::steps::step_id;
use super::lines::Draft;
use super::{Rebuild, stage};
use crate::kinds::{self, Writing};
use crate::model::address::Address;
use crate::model::guard::Guard;
use crate::model::identity::Key;
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::world::op::{Ground, KubeOp, KubeVerb, Op};

/// Places of a location that are not as declared at first.
const SET_BACK: [&str; 3] = ["accessMode", "backupSyncPeriod", "validationFrequency"];

impl Rebuild<'_> {
    /// A location as it is declared, once everything on it was tried.
    pub(super) fn set_back(&self, address: &Address, number: usize) -> Option<Step> {
        let place = self.place()?;
        let find = |resources: &'_ [Resource]| -> Option<Resource> {
            resources
                .iter()
                .find(|one| one.address == *address)
                .cloned()
        };
        let (first, declared) = (
            find(&self.input.configuration.resources)?,
            find(&self.input.declared.resources)?,
        );
        let kind = kinds::find(&address.kind)?;
        let Some(Key::Kube {
            resource,
            namespace,
            name,
        }) = kind.key(&declared)
        else {
            return None;
        };
        let (before, mut body) = (kind.object(&first), kind.object(&declared));
        let takes: Vec<JsonPath> = SET_BACK
            .iter()
            .map(|name| JsonPath(vec!["spec".to_owned(), (*name).to_owned()]))
            .filter(|place| before.at(&place.0) != body.at(&place.0))
            .collect();
        if takes.is_empty() {
            return None;
        }
        let marked = Marked {
            stack: self.run().stack,
            address,
            provider: place.provider,
            instance: &self.input.providers.get(place.provider)?.instance,
            resource: &resource,
            namespace: namespace.as_deref(),
            name: &name,
        };
        for (at, value) in marks::ownership(&marked) {
            body = body.with(&at.0, value);
        }
        let op = Op::Kube(KubeOp {
            provider: place.provider.clone(),
            verb: KubeVerb::Apply,
            resource,
            namespace,
            name,
            body,
            takes,
        });
        let draft = Draft {
            node: address,
            number,
            stage: stage::NORMAL,
            title: "make it writable again".to_owned(),
        };
        let made = Ground::OfStep(step_id(address, 1).0);
        Some(Step {
            wait: kind.wait(Some(&declared), Writing::Update),
            guards: self.sole_writer(address).into_iter().collect(),
            ..draft.step(op, made)
        })
    }

    fn sole_writer(&self, location: &Address) -> Option<Guard> {
        let mut pins = self.recovering.pins.iter();
        let pin = pins.find(|pin| pin.location == *location)?;
        let known = self.recovering.known.get(location).cloned();
        Some(Guard::SoleWriter {
            store: pin.store.clone(),
            bucket: pin.bucket.clone(),
            prefix: format!("{}backups/", pin.root),
            known: known.unwrap_or_default(),
        })
    }
}

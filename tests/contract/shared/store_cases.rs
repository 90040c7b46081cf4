//! Cases of S3 stores: objects that are put there past the program, and what the world then answers about them. A store is
//! a real one over the network; what it does, a sandbox's has to do.

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::json;
use sk_dr::model::expression::{Bindings, Expr};
use sk_dr::model::identity::ProviderRef;
use sk_dr::world::clock::Clock;
use sk_dr::world::guard::Guard;
use sk_dr::world::kube::KubeWires;
use sk_dr::world::query::{Answer, Blob, Blobs, Depth, Fact, Query};
use sk_dr::world::s3::Wires;
use sk_dr::world::waiting::Waiting;
use sk_dr::world::{Doors, World};
use std::sync::Arc;

/// A store.
#[async_trait]
pub trait Store: Send + Sync {
    /// Its address.
    fn endpoint(&self) -> String;
    /// Access key and secret key.
    fn credentials(&self) -> (String, String);
    /// Leads to it.
    fn wires(&self) -> Arc<dyn Wires>;
    /// Its time.
    fn clock(&self) -> Arc<dyn Clock>;
    /// Makes a bucket.
    async fn make_bucket(&self, bucket: &str);
    /// Puts an object into it.
    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>);
}

/// What is asked of the bucket of a case.
pub enum Ask {
    /// What is below a prefix.
    List(&'static str, Depth),
    /// One object.
    Get(&'static str),
    /// One object in parts; it may be written anew after it was listed.
    Parts(&'static str, Meanwhile),
    /// One object of a bucket that is not there.
    GetElsewhere(&'static str),
    /// All of a bucket that is not there.
    ListElsewhere,
    /// Writes an object of so many bytes where none is, and reads what is there then.
    PutNew(&'static str, usize),
    /// Writes one to a bucket that is not there.
    PutElsewhere(&'static str),
    /// The first so many objects below a prefix.
    First(&'static str, u16),
    /// Whether the bucket, and one that is not, is there; what it deletes by itself.
    Rules,
    /// Whether it keeps versions.
    Versions,
    /// Makes a bucket, looks, and makes it once more.
    MakeBucket,
}

/// What happens between listing and reading.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// Nothing.
    Nothing,
    /// Somebody writes the object.
    Written,
}

/// The case whose question moto answers with a document that is none of S3's.
pub const VERSIONS: &str = "bucket: whether it keeps versions";

/// A case: objects with so many bytes, a question, and the answer in words.
pub struct StoreCase {
    pub name: &'static str,
    pub objects: Vec<(String, usize)>,
    pub ask: Ask,
    pub expected: String,
}

fn case(name: &'static str, objects: &[(&str, usize)], ask: Ask, expected: &str) -> StoreCase {
    let owned = |(key, size): &(&str, usize)| ((*key).to_owned(), *size);
    StoreCase {
        name,
        objects: objects.iter().map(owned).collect(),
        ask,
        expected: expected.to_owned(),
    }
}

const TWO: &[(&str, usize)] = &[("backups/a/x", 3), ("backups/b/y", 0), ("backups/z", 1)];

/// The cases.
pub fn cases() -> Vec<StoreCase> {
    [lists(), objects(), parts_of_objects(), writes()]
        .into_iter()
        .flatten()
        .collect()
}

fn lists() -> Vec<StoreCase> {
    let many: Vec<(String, usize)> = (0..1005)
        .map(|number| (format!("many/{number:04}"), 1))
        .collect();
    let pages = StoreCase {
        name: "list: more than one page",
        expected: "1005 objects, 0 names".to_owned(),
        objects: many,
        ask: Ask::List("many/", Depth::All),
    };
    vec![
        case(
            "list: all below a prefix",
            TWO,
            Ask::List("backups/", Depth::All),
            "backups/a/x 3, backups/b/y 0, backups/z 1; ",
        ),
        case(
            "list: names of folders",
            TWO,
            Ask::List("backups/", Depth::Names),
            "backups/z 1; a, b",
        ),
        case(
            "list: nothing below a prefix",
            TWO,
            Ask::List("other/", Depth::All),
            "; ",
        ),
        case(
            "list: names that a URL writes otherwise",
            &[("p/a b+c=%41&d/é", 1)],
            Ask::List("p/a b+c", Depth::All),
            "p/a b+c=%41&d/é 1; ",
        ),
        pages,
        case(
            "list: no such bucket",
            &[],
            Ask::ListElsewhere,
            "unknown NotFound NoSuchBucket",
        ),
    ]
}

fn objects() -> Vec<StoreCase> {
    vec![
        case("get: an object", TWO, Ask::Get("backups/a/x"), "3 bytes"),
        case(
            "get: an empty object",
            TWO,
            Ask::Get("backups/b/y"),
            "0 bytes",
        ),
        case(
            "get: a name that a URL writes otherwise",
            &[("p/a b+c=%41&d/é", 7)],
            Ask::Get("p/a b+c=%41&d/é"),
            "7 bytes",
        ),
        case("get: no such key", TWO, Ask::Get("backups/a"), "absent"),
        case(
            "get: no such bucket",
            &[],
            Ask::GetElsewhere("backups/a"),
            "unknown NotFound NoSuchBucket",
        ),
    ]
}

fn parts_of_objects() -> Vec<StoreCase> {
    vec![
        case(
            "parts: an object of three",
            &[("big", 20 << 20)],
            Ask::Parts("big", Meanwhile::Nothing),
            "20971520 bytes in 3 parts",
        ),
        case(
            "parts: an object of two, to the byte",
            &[("big", 16 << 20)],
            Ask::Parts("big", Meanwhile::Nothing),
            "16777216 bytes in 2 parts",
        ),
        case(
            "parts: an empty object",
            &[("empty", 0)],
            Ask::Parts("empty", Meanwhile::Nothing),
            "0 bytes in 1 parts",
        ),
        case(
            "parts: written anew meanwhile",
            &[("moving", 5)],
            Ask::Parts("moving", Meanwhile::Written),
            "unknown Ground was written anew",
        ),
    ]
}

fn writes() -> Vec<StoreCase> {
    vec![
        case(
            "put: where nothing is",
            TWO,
            Ask::PutNew("backups/a", 7),
            "Ok(Written), 7 bytes",
        ),
        case(
            "put: an empty object",
            TWO,
            Ask::PutNew("backups/closed", 0),
            "Ok(Written), 0 bytes",
        ),
        case(
            "put: nothing is written over",
            TWO,
            Ask::PutNew("backups/a/x", 7),
            "Ok(Taken), 3 bytes",
        ),
        case(
            "put: a name that a URL writes otherwise",
            TWO,
            Ask::PutNew("p/a b+c=%41&d/é", 7),
            "Ok(Written), 7 bytes",
        ),
        case(
            "put: no such bucket",
            &[],
            Ask::PutElsewhere("backups/a"),
            "unknown NotFound NoSuchBucket",
        ),
        case(
            "list: the first ones",
            TWO,
            Ask::First("backups/", 2),
            "backups/a/x 3, backups/b/y 0; ",
        ),
        case(
            "list: the first of none",
            TWO,
            Ask::First("other/", 2),
            "; ",
        ),
        case(
            "bucket: what it does by itself",
            TWO,
            Ask::Rules,
            "Ok(There) Ok(Missing) Ok([])",
        ),
        case(VERSIONS, TWO, Ask::Versions, "Ok(Never)"),
        case(
            "bucket: made, and there",
            &[],
            Ask::MakeBucket,
            "Ok(Missing) Ok(()) Ok(There)",
        ),
    ]
}

/// Runs a case in a bucket of its own; the error says what came instead.
pub async fn run(case: &StoreCase, store: &dyn Store, bucket: &str) -> Result<(), String> {
    store.make_bucket(bucket).await;
    for (key, size) in &case.objects {
        store.put(bucket, key, body(*size)).await;
    }
    let provider = ProviderRef {
        provider: "s3".to_owned(),
        alias: None,
    };
    let world = World::new(Doors {
        environment: [].into(),
        clock: store.clock(),
        wires: Arc::new(KubeWires),
        stores: store.wires(),
        directory: "/".into(),
        secrets: [].into(),
        guard: Guard::Open,
        seed: 1,
        waiting: Waiting::default(),
    });
    let (access_key, secret_key) = store.credentials();
    let arguments =
        json!({"endpoint": store.endpoint(), "access_key": access_key, "secret_key": secret_key});
    let connected = world
        .connect(&provider, &Expr::Value(arguments), &Bindings::new())
        .await;
    connected.map_err(|why| why.message)?;
    let found = answer(&world, &provider, case, store, bucket).await;
    match found == case.expected || is_like(&found, &case.expected) {
        true => Ok(()),
        false => Err(format!(
            "{}: {found} instead of {}",
            case.name, case.expected
        )),
    }
}

/// An unknown is known by class and words of its message.
fn is_like(found: &str, expected: &str) -> bool {
    expected.starts_with("unknown ") && expected.splitn(3, ' ').all(|word| found.contains(word))
}

fn body(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}

async fn answer(
    world: &World,
    provider: &ProviderRef,
    case: &StoreCase,
    store: &dyn Store,
    bucket: &str,
) -> String {
    let list = |bucket: &str, prefix: &str, depth| Query::Blobs {
        provider: provider.clone(),
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        depth,
    };
    let get = |bucket: &str, key: &str| Query::Blob {
        provider: provider.clone(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
    };
    let query = match case.ask {
        Ask::PutNew(..)
        | Ask::PutElsewhere(_)
        | Ask::First(..)
        | Ask::Rules
        | Ask::Versions
        | Ask::MakeBucket => {
            return written(world, provider, case, bucket).await;
        }
        Ask::List(prefix, depth) => list(bucket, prefix, depth),
        Ask::ListElsewhere => list("nobody-made-this", "", Depth::All),
        Ask::Get(key) => get(bucket, key),
        Ask::GetElsewhere(key) => get("nobody-made-this", key),
        Ask::Parts(key, meanwhile) => {
            let Answer::Present(Fact::Blobs(blobs)) =
                world.answer(&list(bucket, key, Depth::All)).await
            else {
                return "the object is not listed".to_owned();
            };
            if meanwhile == Meanwhile::Written {
                store.put(bucket, key, body(6)).await;
            }
            return parts(world, provider, bucket, &blobs).await;
        }
    };
    match world.answer(&query).await {
        Answer::Present(Fact::Blobs(blobs)) => told(&blobs),
        Answer::Present(Fact::Bytes(Blob { bytes, etag, .. })) => {
            assert_eq!(bytes, body(bytes.len()));
            assert!(!etag.is_empty() && !etag.contains('"'), "{etag}");
            format!("{} bytes", bytes.len())
        }
        Answer::Present(other) => format!("{other:?}"),
        Answer::Absent => "absent".to_owned(),
        Answer::NotServed => "not served".to_owned(),
        Answer::Unknown(why) => format!("unknown {:?} {}", why.class, why.message),
    }
}

/// What is written, and what only who writes asks.
async fn written(world: &World, provider: &ProviderRef, case: &StoreCase, bucket: &str) -> String {
    let put = |bucket: String, key: &'static str, size: usize| async move {
        let bytes = Bytes::from(body(size));
        world.put_new(provider, (&bucket, key), &bytes).await
    };
    match case.ask {
        Ask::PutNew(key, size) => {
            let put = put(bucket.to_owned(), key, size).await;
            let query = Query::Blob {
                provider: provider.clone(),
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            };
            let Answer::Present(Fact::Bytes(blob)) = world.answer(&query).await else {
                return format!("{put:?}, and it is not there");
            };
            assert_eq!(blob.bytes, body(blob.bytes.len()));
            format!("{put:?}, {} bytes", blob.bytes.len())
        }
        Ask::PutElsewhere(key) => match put("nobody-made-this".to_owned(), key, 1).await {
            Ok(put) => format!("{put:?}"),
            Err(why) => format!("unknown {:?} {}", why.class, why.message),
        },
        Ask::First(prefix, most) => {
            match world.first_blobs(provider, (bucket, prefix), most).await {
                Ok(objects) => told(&Blobs {
                    objects,
                    names: Vec::new(),
                }),
                Err(why) => why.message,
            }
        }
        Ask::Versions => format!("{:?}", world.bucket_versions(provider, bucket).await),
        Ask::Rules => format!(
            "{:?} {:?} {:?}",
            world.bucket_state(provider, bucket).await,
            world.bucket_state(provider, "nobody-made-this").await,
            world.bucket_expiry(provider, bucket).await
        ),
        Ask::MakeBucket => {
            let name = format!("{bucket}-new");
            format!(
                "{:?} {:?} {:?}",
                world.bucket_state(provider, &name).await,
                world.make_bucket(provider, &name).await,
                world.bucket_state(provider, &name).await
            )
        }
        Ask::List(..)
        | Ask::Get(_)
        | Ask::Parts(..)
        | Ask::GetElsewhere(_)
        | Ask::ListElsewhere => {
            unreachable!("it is a question")
        }
    }
}

async fn parts(world: &World, provider: &ProviderRef, bucket: &str, blobs: &Blobs) -> String {
    let [one] = blobs.objects.as_slice() else {
        return format!("{} objects", blobs.objects.len());
    };
    let mut parts = world.read_blob(provider, bucket, &one.key, &one.etag);
    let (mut read, mut count) = (Vec::new(), 0);
    while let Some(part) = parts.next().await {
        match part {
            Ok(bytes) => read.extend_from_slice(&bytes),
            Err(why) => return format!("unknown {:?} {}", why.class, why.message),
        }
        count += 1;
    }
    assert_eq!(read, body(read.len()));
    assert_eq!(read.len() as u64, one.size);
    format!("{} bytes in {count} parts", read.len())
}

fn told(blobs: &Blobs) -> String {
    if blobs.objects.len() > 9 {
        let (objects, names) = (blobs.objects.len(), blobs.names.len());
        return format!("{objects} objects, {names} names");
    }
    let objects: Vec<String> = blobs
        .objects
        .iter()
        .map(|object| format!("{} {}", object.key, object.size))
        .collect();
    format!("{}; {}", objects.join(", "), blobs.names.join(", "))
}

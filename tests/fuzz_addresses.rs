//! Whatever stands where the address of a server belongs: the server that is checked, the one that is shown and the one
//! that is asked are the same host and port, and nothing panics. The addresses are made of pieces that parsers disagree
//! about. Bounded; `cargo bolero test` goes on for as long as one likes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use bolero::check;
use bytes::Bytes;
use serde_json::json;
use sk_dr::model::argument;
use sk_dr::model::server_address::ServerAddress;
use sk_dr::world::clock::Clock;
use sk_dr::world::guard::{Guard, Permissions, Proof};
use sk_dr::world::kube::{ConnectArguments, KubeWires, Wires};
use sk_dr::world::waiting::Waiting;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::ServiceExt;

const ITERATIONS: usize = 1500;

/// `EVIL` and `ALLOWED` are replaced by two servers on loopback.
const PIECES: &[&str] = &[
    "http://",
    "https://",
    "HTTP://",
    "http:",
    "//",
    "/",
    "\\",
    "@",
    "#",
    "?",
    ":",
    "%40",
    "%2f",
    "%23",
    ";",
    "&",
    "=",
    "[",
    "]",
    "[::1]",
    "user:word@",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\0",
    "\u{e9}",
    "\u{ff20}",
    ".",
    "..",
    "EVIL",
    "EVIL",
    "EVIL",
    "ALLOWED",
    "ALLOWED",
    "ALLOWED",
    "0",
    "443",
    "a.test",
];

struct Noon;

impl Clock for Noon {
    fn now(&self) -> jiff::Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }
}

/// A server that counts who comes.
struct Counting {
    address: SocketAddr,
    seen: Arc<AtomicUsize>,
}

impl Counting {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(AtomicUsize::new(0));
        let counted = seen.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 1024];
                let _ = stream.read(&mut head).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { address, seen }
    }

    fn taken(&self) -> usize {
        self.seen.swap(0, Ordering::SeqCst)
    }

    fn title(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Two servers, and a repository whose request would like to reach the one that was not allowed.
struct Scene {
    evil: Counting,
    allowed: Counting,
    repository: tempfile::TempDir,
}

impl Scene {
    fn text(&self, bytes: &[u8]) -> String {
        let piece = |byte: &u8| PIECES[usize::from(*byte) % PIECES.len()];
        let text: String = bytes.iter().map(piece).collect();
        text.replace("EVIL", &self.evil.address.to_string())
            .replace("ALLOWED", &self.allowed.address.to_string())
    }

    fn arguments(&self, address: &str, by_file: usize, guard: Guard) -> ConnectArguments {
        let arguments = if by_file == 0 {
            json!({ "host": address })
        } else {
            let kubeconfig = json!({
                "current-context": "x",
                "clusters": [{ "name": "x", "cluster": { "server": address } }],
                "users": [{ "name": "x", "user": { "token": "secret-token" } }],
                "contexts": [{ "name": "x", "context": { "cluster": "x", "user": "x" } }],
            });
            let path = self.repository.path().join("kubeconfig");
            std::fs::write(path, kubeconfig.to_string()).unwrap();
            json!({ "config_path": "kubeconfig" })
        };
        ConnectArguments {
            arguments,
            environment: BTreeMap::new(),
            directory: self.repository.path().to_owned(),
            guard,
            clock: Arc::new(Noon),
            waiting: Waiting::default(),
        }
    }

    /// Only the server that is allowed.
    fn guard(&self) -> Guard {
        let repository: &Path = self.repository.path();
        let server = ServerAddress::parse(&self.allowed.title()).unwrap();
        Guard::Safe(Arc::new(Permissions {
            repository: repository.canonicalize().unwrap(),
            servers: [(server, Proof::default())].into(),
            ..Permissions::default()
        }))
    }

    /// Connects, and asks where it is one of the two that are here.
    async fn goes(&self, address: &str, by_file: usize, guard: Guard) -> Option<String> {
        let arguments = self.arguments(address, by_file, guard);
        let connected = KubeWires.connect(&arguments).await.ok()?;
        let shown = connected.title.trim_end_matches(')');
        let shown = shown.rsplit([' ', '(']).next().unwrap().to_owned();
        let read = ServerAddress::parse(&shown).expect("what is shown is an address");
        let is_here = read.host() == "127.0.0.1"
            && [self.evil.address.port(), self.allowed.address.port()].contains(&read.port());
        if is_here {
            let request = http::Request::get("/version").body(Bytes::new()).unwrap();
            // Whether it is understood is another matter: who was asked counts.
            let _ = connected.wire.oneshot(request).await;
            let expected = (
                usize::from(read.port() == self.evil.address.port()),
                usize::from(read.port() == self.allowed.address.port()),
            );
            let asked = (self.evil.taken().min(1), self.allowed.taken().min(1));
            assert_eq!(asked, expected, "{address:?} is shown as {shown}");
        }
        Some(shown)
    }
}

#[test]
fn what_is_checked_shown_and_asked_is_one_server() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let scene = runtime.block_on(async {
        Scene {
            evil: Counting::start().await,
            allowed: Counting::start().await,
            repository: tempfile::tempdir().unwrap(),
        }
    });
    check!()
        .with_iterations(ITERATIONS)
        .with_max_len(12)
        .with_type::<(bool, Vec<u8>)>()
        .for_each(|(by_file, bytes)| {
            let address = scene.text(bytes);
            let by_file = usize::from(*by_file);
            runtime.block_on(async {
                scene.goes(&address, by_file, Guard::Open).await;
                let safe = scene.goes(&address, by_file, scene.guard()).await;
                if let Some(safe) = safe {
                    assert_eq!(safe, scene.allowed.title(), "{address:?}");
                }
                assert_eq!(scene.evil.taken(), 0, "{address:?} led to another server");
            });
        });
    // The plain ones are always tried, whatever the dice say.
    runtime.block_on(async {
        for (server, leads) in [(&scene.allowed, true), (&scene.evil, false)] {
            for by_file in [0, 1] {
                let open = scene.goes(&server.title(), by_file, Guard::Open).await;
                assert_eq!(open, Some(server.title()));
                let safe = scene.goes(&server.title(), by_file, scene.guard()).await;
                assert_eq!(safe.is_some(), leads);
            }
        }
        let two = format!("{}?@{}", scene.evil.title(), scene.allowed.address);
        assert_eq!(scene.goes(&two, 0, scene.guard()).await, None);
    });
}

#[test]
fn any_text_is_one_address_or_none() {
    check!()
        .with_iterations(20 * ITERATIONS)
        .with_max_len(40)
        .with_type::<(Vec<u8>, String)>()
        .for_each(|(bytes, text)| {
            let piece = |byte: &u8| PIECES[usize::from(*byte) % PIECES.len()];
            let pieced: String = bytes.iter().map(piece).collect();
            for text in [pieced.as_str(), text, &format!("https://{text}")] {
                let _ = argument::server(text);
                let Ok(address) = ServerAddress::parse(text) else {
                    continue;
                };
                let shown = address.to_string();
                assert!(!shown.contains(['?', '#']), "{text:?} is shown as {shown}");
                assert_eq!(
                    ServerAddress::parse(&shown).as_ref(),
                    Ok(&address),
                    "{text:?}"
                );
                let asked = address.uri().expect("what was parsed is a URI").to_string();
                assert_eq!(ServerAddress::parse(&asked), Ok(address), "{text:?}");
            }
        });
}

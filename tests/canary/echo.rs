//! A server that hands back what it was given: its answers hold the credentials of the request, in every encoding, as a
//! careless proxy's error page does.

use crate::needle::Canary;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Which requests get an echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echoes {
    /// All, as 401.
    Everything,
    /// LISTs, as 403; the cluster's identity is answered.
    Lists,
    /// Writes, as 422; reads find nothing.
    Writes,
    /// LISTs, as a page of 502 that is no JSON.
    Pages,
    /// LISTs, as a 200 that is half a JSON text.
    Broken,
}

/// A server and what it heard.
pub struct Echo {
    pub address: String,
    heard: Arc<Mutex<String>>,
}

#[derive(Clone)]
struct Inside {
    which: Echoes,
    heard: Arc<Mutex<String>>,
}

impl Echo {
    /// Serves until the runtime ends.
    pub async fn start(which: Echoes) -> Self {
        let heard = Arc::new(Mutex::new(String::new()));
        let inside = Inside {
            which,
            heard: heard.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(inside);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, heard }
    }
    /// Whether a canary arrived.
    pub fn heard(&self, canary: &Canary) -> bool {
        self.heard.lock().unwrap().contains(&canary.text)
    }
}

async fn answer(State(inside): State<Inside>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let credentials = parts
        .headers
        .get("authorization")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default();
    *inside.heard.lock().unwrap() += &format!("{credentials}\n");
    let token = Canary {
        source: "",
        text: credentials.trim_start_matches("Bearer ").to_owned(),
    };
    let forms = token.forms().into_iter().map(|form| form.text);
    let echo = forms.collect::<Vec<_>>().join(" and ");
    let path = parts.uri.path();
    let is_read = parts.method == http::Method::GET;
    let is_list = is_read
        && parts
            .uri
            .query()
            .is_some_and(|query| query.contains("limit="));
    match inside.which {
        Echoes::Everything => status(401, "Unauthorized", &echo),
        Echoes::Writes if !is_read => status(
            422,
            "Invalid",
            &format!("{echo} {}", String::from_utf8_lossy(&body)),
        ),
        Echoes::Lists if is_list => status(403, "Forbidden", &echo),
        Echoes::Pages if is_list => plain(502, format!("<html>bad gateway for {echo}</html>")),
        Echoes::Broken if is_list => plain(200, format!("{{\"kind\": \"{echo}")),
        Echoes::Writes if is_list => json_answer(
            200,
            &json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []}),
        ),
        Echoes::Lists | Echoes::Writes | Echoes::Pages | Echoes::Broken
            if path.ends_with("/kube-system") =>
        {
            json_answer(
                200,
                &json!({
            "kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "kube-system", "uid": "uid-of-the-echo", "resourceVersion": "1"}}),
            )
        }
        Echoes::Lists | Echoes::Writes | Echoes::Pages | Echoes::Broken => {
            status(404, "NotFound", "not found")
        }
    }
}

fn status(code: u16, reason: &str, message: &str) -> Response {
    json_answer(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code,
        "reason": reason, "message": message, "details": {"causes": [{"reason": "X", "message": message, "field": message}]}}),
    )
}

fn json_answer(code: u16, body: &Value) -> Response {
    let mut response = plain(code, body.to_string());
    response.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    response
}

fn plain(code: u16, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
    response
}

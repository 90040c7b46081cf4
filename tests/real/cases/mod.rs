//! The list of cases, the slow ones first.

mod servers_work;

use crate::{Case, Place};
use futures::future::BoxFuture;
use std::time::Duration;

/// Every case.
pub fn all() -> Vec<Case> {
    vec![
        case("servers_start_serve_and_write_an_audit_log", 90, |place| {
            Box::pin(servers_work::start_serve_and_write_an_audit_log(place))
        }),
        case("proxy_holds_where_it_is_told", 60, |place| {
            Box::pin(servers_work::proxy_holds_where_it_is_told(place))
        }),
        case("velero_starts", 120, |place| {
            Box::pin(servers_work::velero_starts(place))
        }),
    ]
}

fn case(name: &'static str, seconds: u64, run: fn(Place) -> BoxFuture<'static, ()>) -> Case {
    Case {
        name,
        limit: Duration::from_secs(seconds),
        run,
    }
}

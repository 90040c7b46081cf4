//! What an answer of a store means: class, words, whether trying again makes sense. Pure: must not send anything.

use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::tries::retry_after;
use crate::world::wire::{Again, Unsent, chain};
use crate::world::words::Said;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::error::Error;
use std::time::Duration;

/// Characters of a body that names no code; a proxy's HTML page is longer and says no more.
const SHOWN_BODY: usize = 200;

/// What rustls says of a certificate that is its own authority: `openssl req -x509` makes such.
const SELF_SIGNED: &str = "CaUsedAsEndEntity";
const CURE_OF_SELF_SIGNED: &str = "The store's certificate is one of an authority, which may not stand for a server. Sign a certificate for the store with it, and name the authority by `ca_cert`.";

/// An answer that is none, or a failure.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) why: Why,
    /// The store's own code: only it proves that a key is not there.
    pub(super) code: Option<String>,
    /// HTTP status, where there was an answer.
    pub(super) status: Option<u16>,
    /// What a person does about it.
    pub(super) cure: Option<String>,
    pub(super) may_repeat: bool,
    pub(super) retry_after: Duration,
}

/// Nothing came within the limit.
pub(super) fn overdue(limit: Duration) -> Failure {
    unanswered(
        FailureClass::Unreachable,
        format!("no answer within {} s", limit.as_secs()),
        Again::Later,
    )
}

/// What an error of the SDK stands for.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>, redactor: &Redactor) -> Failure
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let said = |words: &str| Said::of(words.as_bytes(), redactor).line();
    if let Some(response) = error.raw_response() {
        let answer = Answered {
            status: response.status().as_u16(),
            code: error.code().map(said),
            // Ceph sends an empty one.
            message: error
                .message()
                .map(said)
                .filter(|message| !message.is_empty()),
        };
        return match answer.is_success() {
            true => unreadable(&answer, &said(&chain(error))),
            false => refused(answer, response, redactor),
        };
    }
    match Unsent::of(error) {
        Some(unsent) => Failure {
            cure: unsent
                .message
                .contains(SELF_SIGNED)
                .then(|| CURE_OF_SELF_SIGNED.to_owned()),
            ..unanswered(unsent.class, said(&unsent.message), unsent.again)
        },
        None if matches!(error, SdkError::ConstructionFailure(_)) => {
            let words = format!("the request cannot be written: {}", said(&chain(error)));
            unanswered(FailureClass::Malformed, words, Again::Never)
        }
        None => unanswered(FailureClass::Unreachable, said(&chain(error)), Again::Later),
    }
}

fn unanswered(class: FailureClass, message: String, again: Again) -> Failure {
    Failure {
        why: Why { class, message },
        code: None,
        status: None,
        cure: None,
        may_repeat: again == Again::Later,
        retry_after: Duration::ZERO,
    }
}

/// An answer as the store gave it, fit to be shown.
struct Answered {
    status: u16,
    code: Option<String>,
    message: Option<String>,
}

impl Answered {
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A success that is none: something on the way answered, or the body was cut.
fn unreadable(answer: &Answered, words: &str) -> Failure {
    let words = match &answer.code {
        Some(code) => format!("with the failure {code}"),
        None => format!("and it cannot be read: {words}"),
    };
    Failure {
        status: Some(answer.status),
        ..unanswered(
            FailureClass::Malformed,
            format!("answered {}, {words}", answer.status),
            Again::Never,
        )
    }
}

fn refused(answer: Answered, response: &HttpResponse, redactor: &Redactor) -> Failure {
    let header = |name: &str| response.headers().get(name);
    let said = |text: &str| Said::of(text.as_bytes(), redactor).line();
    let words = match (&answer.code, &answer.message) {
        (Some(code), Some(message)) => format!(" {code}: {message}"),
        (Some(code), None) => format!(" {code}"),
        (None, _) => match Said::of(response.body().bytes().unwrap_or_default(), redactor) {
            body if body.line().is_empty() => String::new(),
            body => format!(": {}", body.line_of(SHOWN_BODY)),
        },
    };
    let class = class(answer.status, answer.code.as_deref());
    let of_code = answer.code.as_deref().and_then(cure).map(str::to_owned);
    let region = header("x-amz-bucket-region").map(said);
    Failure {
        why: Why {
            class,
            message: format!("answered {}{words}", answer.status),
        },
        cure: of_code.or_else(|| is_elsewhere(answer.status).then(|| move_to(region.as_deref()))),
        may_repeat: class == FailureClass::Unavailable
            || answer.code.as_deref() == Some("ConditionalRequestConflict"),
        retry_after: retry_after(header("retry-after")).unwrap_or_default(),
        code: answer.code,
        status: Some(answer.status),
    }
}

/// A redirect is not followed: a request is signed for one region.
fn is_elsewhere(status: u16) -> bool {
    matches!(status, 301 | 302 | 307 | 308)
}

fn move_to(region: Option<&str>) -> String {
    match region {
        Some(region) => format!("The bucket is in another region. Set `region = \"{region}\"`."),
        None => "The bucket is in another region, and the answer does not say in which. Set `region` and `endpoint` to where it is.".to_owned(),
    }
}

fn class(status: u16, code: Option<&str>) -> FailureClass {
    match code {
        Some(
            "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed"
            | "RequestExpired",
        ) => return FailureClass::Unauthenticated,
        // Sent with 400.
        Some("RequestTimeout" | "SlowDown") => return FailureClass::Unavailable,
        // A 404 that does not say what is missing may come from anything that answers HTTP.
        Some("NoSuchBucket" | "NoSuchKey") => return FailureClass::NotFound,
        Some("NotImplemented") => return FailureClass::Unsupported,
        Some(_) | None => {}
    }
    match status {
        401 => FailureClass::Unauthenticated,
        403 => FailureClass::Forbidden,
        404 => FailureClass::Malformed,
        409 => FailureClass::Conflict,
        412 => FailureClass::Ground,
        // What a store does not know it will not know a moment later.
        501 => FailureClass::Unsupported,
        429 | 500..=599 => FailureClass::Unavailable,
        300..=499 => FailureClass::Invalid,
        _ => FailureClass::Malformed,
    }
}

/// What a person does about it.
fn cure(code: &str) -> Option<&'static str> {
    Some(match code {
        "ExpiredToken" | "TokenRefreshRequired" => {
            "The session token has expired. Get new credentials and run the command again."
        }
        "InvalidToken" => {
            "The store does not take the session token. It belongs to another key, or the store has none."
        }
        "InvalidAccessKeyId" => {
            "The store has no such access key. It was deleted, or it is the key of another store."
        }
        "SignatureDoesNotMatch" => {
            "The secret key is not the one of this access key, or the region is another one."
        }
        "RequestTimeTooSkewed" | "RequestExpired" => {
            "The clocks of this machine and of the store differ too much. Set this machine's clock."
        }
        "AccessDenied" => {
            "The access key may not do this. To read backups it needs s3:ListBucket on the bucket and s3:GetObject below the prefix."
        }
        "NoSuchBucket" => {
            "The store has no such bucket. Correct the bucket's name, or `endpoint` and `region` if it is in another store."
        }
        "AuthorizationHeaderMalformed" => "Most often `region` is not the one of the bucket.",
        _ => return None,
    })
}

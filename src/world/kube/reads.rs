//! Questions to the API and what proves their answers (R36: a read never writes). Unknown never reads as absent.

use super::answers;
use super::client::{Client, Reply};
use super::requests::{self, Request, Which};
use crate::model::identity::KubeResource;
use crate::world::query::{Answer, Fact, FailureClass, Why};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// Pages of one list, of 500 objects each.
const MOST_PAGES: usize = 1000;
/// All pages of one list together take no longer.
const LIST_LIMIT: Duration = Duration::from_secs(15 * 60);
/// A token is sent back in a request's line.
const LONGEST_TOKEN: usize = 16 * 1024;

/// Whether the API serves a type.
enum Served {
    Yes,
    No,
    Unknown(Why),
}

/// What a LIST came to.
enum Pages {
    All(Vec<Json>),
    /// 410 to a page token: the list has to begin again.
    Expired(Why),
    Ended(Answer),
}

impl Client {
    /// The namespace kube-system. Its absence proves nothing (a server that is just starting has none yet), so it is unknown.
    pub async fn identity(&self) -> Answer {
        let request = requests::identity();
        match self.object(&request).await {
            Ok(object) => {
                self.met(&object).await;
                Answer::Present(Fact::Object(object))
            }
            Err((why, _)) => Answer::Unknown(why),
        }
    }

    /// One object.
    pub async fn get(
        &self,
        resource: &KubeResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Answer {
        let request = requests::get(resource, namespace, name);
        match self.object(&request).await {
            Ok(object) => Answer::Present(Fact::Object(object)),
            Err((_, Some(reply)))
                if answers::says_object_is_absent(&reply, name, &self.redactor) =>
            {
                Answer::Absent
            }
            Err((why, Some(reply))) if reply.status.as_u16() == 404 => {
                self.unserved(resource, why).await
            }
            Err((why, _)) => Answer::Unknown(why),
        }
    }

    /// All objects of a type.
    pub async fn list(&self, resource: &KubeResource, namespace: Option<&str>) -> Answer {
        self.list_of(resource, Which::All(namespace)).await
    }

    /// All objects of a type with the mark of a stack, in every namespace but these.
    pub async fn marked(&self, resource: &KubeResource, stack: &str, except: &[String]) -> Answer {
        self.list_of(resource, Which::Marked { stack, except })
            .await
    }

    /// A page token that expired on the way begins the list again, once.
    async fn list_of(&self, resource: &KubeResource, which: Which<'_>) -> Answer {
        let pages = match self.pages(resource, which).await {
            Pages::Expired(_) => self.pages(resource, which).await,
            Pages::All(objects) => Pages::All(objects),
            Pages::Ended(answer) => Pages::Ended(answer),
        };
        match pages {
            Pages::All(mut objects) => {
                for object in &mut objects {
                    complete(resource, object);
                }
                objects.sort_by_cached_key(place);
                Answer::Present(Fact::List(objects))
            }
            Pages::Expired(why) => Answer::Unknown(why),
            Pages::Ended(answer) => answer,
        }
    }

    /// Ends whatever the server answers: pages, bytes, time and tokens are counted.
    async fn pages(&self, resource: &KubeResource, which: Which<'_>) -> Pages {
        let begun = Instant::now();
        let mut objects = Vec::new();
        let mut tokens: BTreeSet<String> = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let request = requests::list(resource, which, token.as_deref());
            let mut page = match self.object(&request).await {
                Ok(page) => page,
                Err((why, Some(reply))) if reply.status.as_u16() == 410 && token.is_some() => {
                    return Pages::Expired(why);
                }
                Err((why, Some(reply))) if reply.status.as_u16() == 404 => {
                    return Pages::Ended(self.unserved(resource, why).await);
                }
                Err((why, _)) => return Pages::Ended(Answer::Unknown(why)),
            };
            let next = page
                .pointer("/metadata/continue")
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_owned();
            if let Some(Json::Array(items)) = page.get_mut("items").map(Json::take) {
                objects.extend(items);
            }
            let end = if next.is_empty() {
                return Pages::All(objects);
            } else if tokens.contains(&next) {
                "the list goes round in a circle".to_owned()
            } else if tokens.len() == MOST_PAGES {
                format!("the list does not end after {MOST_PAGES} pages")
            } else if begun.elapsed() >= LIST_LIMIT {
                format!("the list did not end within {} s", LIST_LIMIT.as_secs())
            } else if next.len() > LONGEST_TOKEN {
                format!("the token of the next page is longer than {LONGEST_TOKEN} bytes")
            } else {
                tokens.insert(next.clone());
                token = Some(next);
                continue;
            };
            return Pages::Ended(malformed(&request, &end));
        }
    }

    /// After a 404: not served only where discovery proves it. A 404 alone may come from a proxy in front of it.
    async fn unserved(&self, resource: &KubeResource, not_found: Why) -> Answer {
        match self.served(resource).await {
            Served::No => Answer::NotServed,
            Served::Yes => Answer::Unknown(Why {
                class: FailureClass::Malformed,
                message: format!(
                    "{}, though discovery lists {}",
                    not_found.message,
                    resource.title()
                ),
            }),
            Served::Unknown(why) => Answer::Unknown(Why {
                class: why.class,
                message: format!(
                    "{}, and discovery cannot tell whether it is served: {}",
                    not_found.message, why.message
                ),
            }),
        }
    }

    async fn served(&self, resource: &KubeResource) -> Served {
        match self.object(&requests::discovery(resource)).await {
            Ok(types) => match types.get("resources").and_then(Json::as_array) {
                Some(types) if has_member(types, "name", &resource.plural) => Served::Yes,
                Some(_) => Served::No,
                None => Served::Unknown(nonsense("the answer lists no resources")),
            },
            // The core group is always there: its 404 is no API server's.
            Err((why, Some(reply)))
                if reply.status.as_u16() == 404 && !resource.group.is_empty() =>
            {
                self.group_served(resource, why).await
            }
            Err((why, _)) => Served::Unknown(why),
        }
    }

    /// Which types a group and version serves; not served only where the list of groups proves it.
    pub async fn types(&self, group: &str, version: &str) -> Answer {
        let any = KubeResource {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            plural: "".into(),
            kind: "".into(),
            namespaced: false,
        };
        match self.object(&requests::discovery(&any)).await {
            Ok(types) => Answer::Present(Fact::Object(types)),
            Err((why, Some(reply))) if reply.status.as_u16() == 404 && !group.is_empty() => {
                match self.group_served(&any, why).await {
                    Served::No => Answer::NotServed,
                    Served::Yes => {
                        Answer::Unknown(nonsense("the group is served and lists no types"))
                    }
                    Served::Unknown(why) => Answer::Unknown(why),
                }
            }
            Err((why, _)) => Answer::Unknown(why),
        }
    }

    async fn group_served(&self, resource: &KubeResource, version_missing: Why) -> Served {
        let groups = match self.object(&requests::groups()).await {
            Ok(groups) => groups,
            Err((why, _)) => return Served::Unknown(why),
        };
        let Some(groups) = groups.get("groups").and_then(Json::as_array) else {
            return Served::Unknown(nonsense("the answer lists no groups"));
        };
        let Some(group) = groups
            .iter()
            .find(|group| group.get("name").and_then(Json::as_str) == Some(&resource.group))
        else {
            return Served::No;
        };
        match group.get("versions").and_then(Json::as_array) {
            Some(versions) if !has_member(versions, "version", &resource.version) => Served::No,
            Some(_) | None => Served::Unknown(version_missing),
        }
    }

    /// What was asked for. The reply comes along with a failure where there was one.
    pub(super) async fn object(&self, request: &Request) -> Result<Json, (Why, Option<Reply>)> {
        let reply = self
            .ask(request)
            .await
            .map_err(|no_reply| (no_reply.into_why(), None))?;
        answers::fulfilled(request, reply).map_err(|(why, reply)| (why, Some(reply)))
    }
}

fn has_member(list: &[Json], member: &str, text: &str) -> bool {
    list.iter()
        .any(|item| item.get(member).and_then(Json::as_str) == Some(text))
}

/// Items of a list of a built-in type carry neither apiVersion nor kind; those of a custom one do.
fn complete(resource: &KubeResource, object: &mut Json) {
    if let Json::Object(members) = object {
        members
            .entry("apiVersion")
            .or_insert_with(|| resource.api_version().into());
        members
            .entry("kind")
            .or_insert_with(|| resource.kind.clone().into());
    }
}

fn place(object: &Json) -> (String, String) {
    let member = |name: &str| {
        object
            .pointer(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    (member("/metadata/namespace"), member("/metadata/name"))
}

fn nonsense(message: &str) -> Why {
    Why {
        class: FailureClass::Malformed,
        message: message.to_owned(),
    }
}

fn malformed(request: &Request, message: &str) -> Answer {
    Answer::Unknown(nonsense(&format!("{}: {message}", request.title())))
}

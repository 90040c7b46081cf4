//! What the engine needs of the outside: four doors. [`World`] is the only one in the product; tests crash another at
//! every point. Must not know steps.

use crate::model::expression::{Bindings, Expr};
use crate::model::identity::ProviderRef;
use crate::world::op::Op;
use crate::world::query::{Answer, Effect, Query, Why};
use crate::world::{Bound, World};
use async_trait::async_trait;
use jiff::Timestamp;

/// The outside as the engine sees it; see the methods of [`World`] for what each promises.
#[async_trait(?Send)]
pub trait Outside {
    /// Connects a provider.
    async fn connect(
        &self,
        provider: &ProviderRef,
        arguments: &Expr,
        bindings: &Bindings,
    ) -> Result<String, Why>;
    /// Answers a question.
    async fn answer(&self, query: &Query) -> Answer;
    /// Performs an operation.
    async fn perform(&self, op: &Op, bound: &Bound) -> Effect;
    /// Tells the time.
    fn now(&self) -> Timestamp;
}

#[async_trait(?Send)]
impl Outside for World {
    async fn connect(
        &self,
        provider: &ProviderRef,
        arguments: &Expr,
        bindings: &Bindings,
    ) -> Result<String, Why> {
        World::connect(self, provider, arguments, bindings).await
    }
    async fn answer(&self, query: &Query) -> Answer {
        World::answer(self, query).await
    }
    async fn perform(&self, op: &Op, bound: &Bound) -> Effect {
        World::perform(self, op, bound).await
    }
    fn now(&self) -> Timestamp {
        self.doors().clock.now()
    }
}

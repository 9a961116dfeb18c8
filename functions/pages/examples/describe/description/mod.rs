//! The API as OpenAPI 3.1 and as one page of text. Routes and scopes are the template's, errors the catalogue's, the
//! attributes of a user the schemas', examples the shipped events and what the functions answer to them. What is left to
//! be said by hand is a row a call (`calls.rs`), and the shapes of bodies (`schemas.rs`).

#![cfg_attr(
    not(test),
    expect(
        clippy::indexing_slicing,
        reason = "of JSON that is made here: a member that is not there is null"
    )
)]

mod answers;
mod calls;
mod document;
mod flows;
mod llms;
mod responses;
mod schemas;
mod users;

// What only the tests name.
#[cfg(test)]
pub use self::{calls::CALLS, document::plain_path, responses::rows};
pub use answers::exchanges;
use calls::Call;
use document::openapi;
use llms::llms;

use local::template::{Method, Route};
use local::testing::TestStack;

/// The files, by name.
pub async fn documents() -> [(&'static str, String); 2] {
    let stack = TestStack::start().await;
    let routes = &stack.template().routes;
    let document = openapi(routes, &Box::pin(exchanges()).await);
    let text = format!("{document:#}\n");
    [("openapi.json", text), ("llms.txt", llms(routes))]
}

/// `GET /scim2/Users/{id}`, as API Gateway names a route.
pub fn key(route: &Route) -> String {
    let method = match &route.method {
        Method::One(method) => method,
        Method::Any => "ANY",
    };
    format!("{method} {}", route.path)
}

/// The route that a call is about.
pub fn route_of<'a>(routes: &'a [Route], call: &Call) -> Option<&'a Route> {
    routes.iter().find(|route| key(route) == call.route)
}

//! A user as a response: what of it the client asked to see, its entity tag, and 304 where it has all of that.
//! Every route that answers with a user does so here.

use http::header::{ETAG, LOCATION};
use lambda_http::{Body, Request, Response};
use serde_json::Value;

use crate::api::error::Error;
use crate::api::etag::Preconditions;
use crate::api::{request, response};
use crate::scim::selection::Selection;
use crate::scim::show::{self, View};
use crate::user::User;

/// What a request says about the answer that it wants.
#[derive(Clone, Debug, Default)]
pub struct ResponseOptions {
    selection: Selection,
    preconditions: Preconditions,
}

impl ResponseOptions {
    /// `attributes`, `excludedAttributes`, `If-Match`, `If-None-Match`.
    pub fn from_request(request: &Request) -> Result<Self, Error> {
        let attributes = request::query_parameter(request, "attributes")?;
        let excluded = request::query_parameter(request, "excludedAttributes")?;
        Ok(Self {
            selection: Selection::of_query(attributes.as_deref(), excluded.as_deref())?,
            preconditions: Preconditions::of(request.headers()),
        })
    }

    /// Refuses the change of a user in a version that the client does not mean.
    pub fn may_change(&self, user: &User) -> Result<(), Error> {
        self.preconditions.may_change(user.version)
    }

    /// The answer to a request that reads the user.
    pub fn read(&self, user: &User, view: View<'_>) -> Result<Response<Body>, Error> {
        let tag = show::version(user, &view);
        if !self.preconditions.not_modified(user.version, &tag)? {
            return Ok(self.written(200, user, view));
        }
        let mut response = response::empty(304);
        response::insert(&mut response, ETAG, &tag);
        Ok(response)
    }

    /// The answer to a request that made or changed the user.
    pub fn written(&self, status: u16, user: &User, view: View<'_>) -> Response<Body> {
        let tag = show::version(user, &view);
        let shown = self.selection.shown(show::show(user, view));
        let mut response = response::json(status, &Value::Object(shown));
        response::insert(&mut response, ETAG, &tag);
        response
    }
}

/// Says where the user is for good (RFC 7644 §3.3, for `/Me` §3.11).
pub fn located(response: &mut Response<Body>, id: &str, base_url: &str) {
    response::insert(response, LOCATION, &show::location(id, base_url));
}

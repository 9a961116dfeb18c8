//! A user as a response: what of it the client asked to see, its entity tag, and 304 where it has all of that.
//! Every route that answers with a user does so here.

use http::StatusCode;
use http::header::{ETAG, HeaderName};
use lambda_http::{Body, Request, Response};
use serde_json::Value;

use crate::api::error::Error;
use crate::api::etag::Preconditions;
use crate::api::request;
use crate::api::response;
use crate::api::response::Form;
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
    pub fn read(
        &self,
        user: &User,
        view: View<'_>,
        trace_id: &str,
    ) -> Result<Response<Body>, Error> {
        let tag = show::version(user, view.pending, view.now);
        if !self.preconditions.not_modified(user.version, &tag)? {
            return Ok(self.written(StatusCode::OK, user, view, trace_id));
        }
        let mut response = response::empty_response(StatusCode::NOT_MODIFIED, trace_id);
        insert(&mut response, ETAG, &tag);
        Ok(response)
    }

    /// The answer to a request that made or changed the user.
    pub fn written(
        &self,
        status: StatusCode,
        user: &User,
        view: View<'_>,
        trace_id: &str,
    ) -> Response<Body> {
        let shown = self.selection.shown(show::show(user, view));
        let body = Value::Object(shown);
        let mut response = response::json_response(status, Form::Scim, &body, trace_id);
        let tag = show::version(user, view.pending, view.now);
        insert(&mut response, ETAG, &tag);
        response
    }
}

/// Sets a header whose value is ours.
pub fn insert(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

//! The gateway in front of the functions: what API Gateway's HTTP API does with a request, from the template's routes.
//! Next to them it serves the local server's own paths.

mod authorizer;
mod cors;
mod event;
mod request;
mod result;
mod route;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::control::Own;
use crate::functions::Function;
use crate::random;
use crate::template::{Cors, JwtAuthorizer, Stack};
use crate::token::CodeIssuer;

use authorizer::{Authorized, Refusal, authorize};
use event::Identifiers;
pub use request::{Incoming, Refused};
use route::{Match, Routes};

/// An answer before it goes over the wire.
pub type Answer = Response<Vec<u8>>;

/// Everything that a request may meet.
pub struct Gateway {
    routes: Routes,
    /// By their names in the template.
    functions: BTreeMap<String, Function>,
    authorizer: Option<JwtAuthorizer>,
    issuer: Arc<CodeIssuer>,
    cors: Option<Cors>,
    clock: Clock,
    own: Own,
}

impl Gateway {
    pub fn new(
        stack: &Stack,
        functions: BTreeMap<String, Function>,
        issuer: Arc<CodeIssuer>,
        clock: Clock,
        own: Own,
    ) -> Self {
        Self {
            routes: Routes::new(&stack.routes),
            functions,
            authorizer: stack.authorizer.clone(),
            issuer,
            cors: stack.cors.clone(),
            clock,
            own,
        }
    }

    /// Answers a request from the given address.
    pub async fn answer(&self, request: Request<Body>, peer: SocketAddr) -> Response<Body> {
        let origin = request.headers().get(ORIGIN).cloned();
        let origin = origin.as_ref().and_then(|origin| origin.to_str().ok());
        let answer = match Identifiers::new(&self.clock) {
            Ok(identifiers) => {
                let mut answer = self.take(request, peer, origin, &identifiers).await;
                if let Ok(id) = HeaderValue::from_str(&identifiers.request) {
                    let name = HeaderName::from_static("apigw-requestid");
                    answer.headers_mut().insert(name, id);
                }
                answer
            }
            Err(reason) => {
                tracing::error!(reason, "no identifiers for a request");
                failed()
            }
        };
        answer.map(Body::from)
    }

    async fn take(
        &self,
        request: Request<Body>,
        peer: SocketAddr,
        origin: Option<&str>,
        identifiers: &Identifiers,
    ) -> Answer {
        let mut answer = match Incoming::read(request, peer).await {
            Err(refused) => refused.answer(),
            Ok(incoming) => {
                if let (Some(cors), "OPTIONS") = (&self.cors, incoming.method.as_str()) {
                    let mut answer = empty(StatusCode::NO_CONTENT);
                    *answer.headers_mut() = cors::preflight(cors, origin);
                    return answer;
                }
                self.route(&incoming, origin, identifiers).await
            }
        };
        if let Some(cors) = &self.cors {
            cors::apply(cors, origin, answer.headers_mut());
        }
        answer
    }

    async fn route(
        &self,
        incoming: &Incoming,
        origin: Option<&str>,
        identifiers: &Identifiers,
    ) -> Answer {
        if let Some(refused) = self.own.guard(incoming, origin, self.cors.as_ref()) {
            return refused;
        }
        if let Some(answer) = self.own.answer(incoming).await {
            return answer;
        }
        let Some(route) = self.routes.find(&incoming.method, &incoming.path) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        match self.authorized(incoming, &route) {
            Err(refused) => *refused,
            Ok(authorized) => {
                self.invoke(incoming, &route, authorized.as_ref(), identifiers)
                    .await
            }
        }
    }

    fn authorized(
        &self,
        incoming: &Incoming,
        route: &Match<'_>,
    ) -> Result<Option<Authorized>, Box<Answer>> {
        let (true, Some(configuration)) = (route.route.authorized, &self.authorizer) else {
            return Ok(None);
        };
        let header = incoming.sole_header("authorization");
        authorize(
            header,
            route.route,
            configuration,
            &self.issuer,
            self.clock.now(),
        )
        .map(Some)
        .map_err(|refusal| {
            let (mut answer, challenge) = match refusal {
                Refusal::Unauthorized(challenge) => {
                    (message(StatusCode::UNAUTHORIZED, "Unauthorized"), challenge)
                }
                Refusal::Forbidden(challenge) => {
                    (message(StatusCode::FORBIDDEN, "Forbidden"), challenge)
                }
            };
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            Box::new(answer)
        })
    }

    async fn invoke(
        &self,
        incoming: &Incoming,
        route: &Match<'_>,
        authorized: Option<&Authorized>,
        identifiers: &Identifiers,
    ) -> Answer {
        let Some(function) = self.functions.get(&route.route.function) else {
            return failed();
        };
        let now = self.clock.now();
        let event = event::event(incoming, route, authorized, identifiers, now).to_string();
        if event.len() > event::MOST_EVENT {
            return Refused::BodyTooLarge.answer();
        }
        let mut context = function.context(identifiers.invocation.clone(), now);
        context.xray_trace_id = Some(identifiers.trace.clone());
        match function.invoke(&event, context).await {
            Ok(result) => result::answer(&result).unwrap_or_else(failed),
            Err(error) => {
                tracing::error!(function = function.name(), %error, "no result");
                failed()
            }
        }
    }
}

impl Identifiers {
    fn new(clock: &Clock) -> Result<Self, String> {
        let epoch = clock.now().seconds();
        Ok(Self {
            request: URL_SAFE.encode(random::random::<11>()?),
            invocation: random::uuid()?,
            trace: format!("Root=1-{epoch:08x}-{}", random::hex(12)?),
        })
    }
}

impl Refused {
    fn answer(self) -> Answer {
        match self {
            Self::Malformed => message(StatusCode::BAD_REQUEST, "Bad Request"),
            Self::HeadTooLarge => message(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Request Header Fields Too Large",
            ),
            Self::BodyTooLarge => {
                message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
            }
        }
    }
}

/// What API Gateway says when a function gave nothing to answer with.
fn failed() -> Answer {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// API Gateway's own bodies.
pub fn message(status: StatusCode, message: &str) -> Answer {
    json_answer(status, &json!({ "message": message }))
}

pub fn json_answer(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(body.to_string().into_bytes());
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = status;
    answer
}

/// 405 with the methods there are.
pub fn method_not_allowed(allowed: &'static str) -> Answer {
    let mut answer = message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

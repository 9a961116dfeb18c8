//! The gateway in front of the functions: what API Gateway's HTTP API does with a request, from the template's routes.
//! Next to them it serves the local server's own paths.

mod authorizer;
mod cors;
mod event;
mod result;
mod route;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use http::header::{HeaderName, ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use shared::platform::Platform;

use crate::control::Own;
use crate::functions::Function;
use crate::random;
use crate::template::{Cors, JwtAuthorizer, Stack};
use crate::token::TokenIssuer;
use crate::web::request::{Incoming, Refused};
use crate::web::response::{Answer, empty, failed, message};

use authorizer::{Authorized, Refusal, authorize};
use event::Identifiers;
use route::{Match, Routes};

/// Everything that a request may meet.
pub struct Gateway {
    routes: Routes,
    /// By their names in the template.
    functions: BTreeMap<String, Function>,
    authorizer: Option<JwtAuthorizer>,
    issuer: Arc<TokenIssuer>,
    cors: Option<Cors>,
    platform: Platform,
    own: Own,
}

impl Gateway {
    pub fn new(
        stack: &Stack,
        functions: BTreeMap<String, Function>,
        issuer: Arc<TokenIssuer>,
        platform: Platform,
        own: Own,
    ) -> Self {
        Self {
            routes: Routes::new(&stack.routes),
            functions,
            authorizer: stack.authorizer.clone(),
            issuer,
            cors: stack.cors.clone(),
            platform,
            own,
        }
    }

    /// Answers a request from the given address.
    pub async fn answer(&self, request: Request<Body>, peer: SocketAddr) -> Response<Body> {
        let origin = request.headers().get(ORIGIN).cloned();
        let origin = origin.as_ref().and_then(|origin| origin.to_str().ok());
        let answer = match Identifiers::new(&self.platform) {
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
            self.platform.clock.now(),
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
        let now = self.platform.clock.now();
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
    fn new(platform: &Platform) -> Result<Self, String> {
        let epoch = platform.clock.now().seconds();
        Ok(Self {
            request: URL_SAFE.encode(random::bytes::<11>(platform.random)?),
            invocation: random::uuid(platform.random)?,
            trace: format!("Root=1-{epoch:08x}-{}", random::hex(platform.random, 12)?),
        })
    }
}

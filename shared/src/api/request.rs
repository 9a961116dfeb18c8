//! What a request says beside its body: route, parameters, address, the id of its trace.

use crate::api::error::Error;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use std::net::IpAddr;

/// The request's id: in logs, in errors and as `X-Trace-Id`.
pub fn trace_id(request: &Request) -> String {
    context(request, |context| context.request_id.clone()).unwrap_or_default()
}

/// The route that API Gateway chose, such as `PATCH /scim2/Users/{id}`. Never the path: lambda_http normalises it.
pub fn route(request: &Request) -> String {
    context(request, |context| context.route_key.clone()).unwrap_or_default()
}

/// A parameter of the route's path, decoded.
pub fn path_parameter(request: &Request, name: &str) -> Option<String> {
    request
        .path_parameters_ref()?
        .first(name)
        .map(str::to_owned)
}

/// The address that the request came from, as API Gateway saw it.
pub fn source_address(request: &Request) -> Option<IpAddr> {
    context(request, |context| context.http.source_ip.clone())?
        .parse()
        .ok()
}

/// A parameter of the query by its name in any case, decoded. One that is given twice counts once where both are the
/// same, and is refused where they are not: which is meant?
pub fn query_parameter(request: &Request, name: &str) -> Result<Option<String>, Error> {
    let Some(query) = request.query_string_parameters_ref() else {
        return Ok(None);
    };
    let mut values = query
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value);
    let first = values.next();
    if values.any(|other| Some(other) != first) {
        let what = format!("{name}: is given twice with different values");
        return Err(Error::Scim("invalidValue".into(), what));
    }
    Ok(first.map(str::to_owned))
}

/// Where this API is: scheme, host and stage, without a slash at the end.
pub fn base_url(request: &Request) -> String {
    let scheme = request.headers().get("x-forwarded-proto");
    let scheme = match scheme.and_then(|scheme| scheme.to_str().ok()) {
        Some("http") => "http",
        _ => "https",
    };
    let host = context(request, |context| context.domain_name.clone()).unwrap_or_default();
    match context(request, |context| context.stage.clone()) {
        Some(stage) if stage != "$default" && !stage.is_empty() => {
            format!("{scheme}://{host}/{stage}")
        }
        _ => format!("{scheme}://{host}"),
    }
}

fn context<T>(
    request: &Request,
    part: impl FnOnce(
        &lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext,
    ) -> Option<T>,
) -> Option<T> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => part(context),
        _ => None,
    }
}

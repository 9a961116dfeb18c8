//! What a request says beside its body: route, parameters, address, the id of its trace.

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderName;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::api::error::Error;
use crate::config::{ConfigError, Env, text};
use crate::verification::flow::FlowId;

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

/// The flow that the path names; what cannot be an id is the id of no flow.
pub fn flow_id(request: &Request) -> Result<FlowId, Error> {
    let id = path_parameter(request, "flowId");
    id.as_deref().and_then(FlowId::parse).ok_or(Error::NoFlow)
}

/// How a client's address is known.
#[derive(Clone, Debug, Default)]
pub struct ClientAddress {
    /// Set by a proxy in front of API Gateway, which else would be everybody's address.
    header: Option<HeaderName>,
}

impl ClientAddress {
    /// `CLIENT_ADDRESS_HEADER`; empty: the address of the connection.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let name = text(env, "CLIENT_ADDRESS_HEADER", "");
        let wrong = |_| ConfigError::new("CLIENT_ADDRESS_HEADER", "must be the name of a header");
        let header = (!name.is_empty()).then(|| name.parse::<HeaderName>());
        Ok(Self {
            header: header.transpose().map_err(wrong)?,
        })
    }

    /// The client's address; none where it cannot be read, so that it is nobody else's, too. A request without the
    /// header did not come by the proxy: its own address counts.
    pub fn of(&self, request: &Request) -> Option<IpAddr> {
        let named = self.header.as_ref();
        match named.and_then(|name| Some((name, request.headers().get(name)?))) {
            Some((name, value)) => {
                // CloudFront puts the port behind every address, an IPv6 one without brackets, too
                // (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html).
                let always_with_port = name == VIEWER_ADDRESS;
                address(value.to_str().ok()?, always_with_port)
            }
            None => address(
                &context(request, |context| context.http.source_ip.clone())?,
                false,
            ),
        }
    }
}

const VIEWER_ADDRESS: &str = "cloudfront-viewer-address";

/// `ip`, `ip:port`, `[v6]`, `[v6]:port`; `v6:port` only where there always is a port.
fn address(text: &str, always_with_port: bool) -> Option<IpAddr> {
    let text = text.trim();
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        let good = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return inner
            .parse::<Ipv6Addr>()
            .ok()
            .filter(|_| good)
            .map(Into::into);
    }
    let with_port = || {
        let (address, port) = text.rsplit_once(':')?;
        address.parse().ok().filter(|_| is_port(port))
    };
    if always_with_port {
        return with_port();
    }
    let plain = text.parse().ok();
    plain.or_else(|| with_port().filter(IpAddr::is_ipv4))
}

/// Where this API is, for the links in its answers.
#[derive(Clone, Debug, Default)]
pub struct BaseUrl {
    /// What clients know it by where a proxy stands in front.
    fixed: Option<String>,
}

impl BaseUrl {
    /// `BASE_URL`; empty: where the request came to.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let url = text(env, "BASE_URL", "");
        if !url.is_empty() && (!url.starts_with("https://") || url.ends_with('/')) {
            let reason = "must be an https URL without a slash at its end";
            return Err(ConfigError::new("BASE_URL", reason));
        }
        Ok(Self {
            fixed: Some(url).filter(|url| !url.is_empty()),
        })
    }

    /// Scheme, host and stage, without a slash at the end.
    pub fn of(&self, request: &Request) -> String {
        self.fixed.clone().unwrap_or_else(|| base_url(request))
    }
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
pub(crate) fn base_url(request: &Request) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_ports() {
        let v6 = "2001:db8::7334";
        for (text, plain, with_port) in [
            ("203.0.113.9", Some("203.0.113.9"), None),
            (
                "203.0.113.9:46532",
                Some("203.0.113.9"),
                Some("203.0.113.9"),
            ),
            (v6, Some(v6), None),
            ("[2001:db8::7334]", Some(v6), Some(v6)),
            ("[2001:db8::7334]:443", Some(v6), Some(v6)),
            // Without brackets the port is told from the address only where there always is one.
            ("2001:db8:0:0:0:0:0:7334:443", None, Some(v6)),
            ("2001:db8::7334:443", Some("2001:db8::7334:443"), Some(v6)),
            (" 203.0.113.9 ", Some("203.0.113.9"), None),
            ("203.0.113.9, 198.51.100.1", None, None),
            ("203.0.113.9:port", None, None),
            ("203.0.113.9:99999", None, None),
            ("[203.0.113.9]", None, None),
            ("[2001:db8::7334]443", None, None),
            ("[2001:db8::7334", None, None),
            ("unknown", None, None),
            ("", None, None),
        ] {
            let read = |text: &str| text.parse::<IpAddr>().unwrap();
            assert_eq!(address(text, false), plain.map(read), "{text}");
            assert_eq!(address(text, true), with_port.map(read), "{text}");
        }
    }

    #[test]
    fn a_setting_that_names_no_header_or_no_url_stops_the_start() {
        let set = |value: &str| {
            let value = value.to_owned();
            move |_: &str| Some(value.clone())
        };
        assert!(ClientAddress::from_env(&set("CloudFront-Viewer-Address")).is_ok());
        let wrong = ClientAddress::from_env(&set("X Real IP")).unwrap_err();
        assert_eq!(wrong.variable, "CLIENT_ADDRESS_HEADER");
        assert!(BaseUrl::from_env(&set("https://id.example.com/verify")).is_ok());
        for wrong in ["http://id.example.com", "https://id.example.com/"] {
            let wrong = BaseUrl::from_env(&set(wrong)).unwrap_err();
            assert_eq!(wrong.variable, "BASE_URL");
        }
    }
}

//! Addresses of a flow: which flow a request is about, and where a browser goes with it.

use lambda_http::Request;
use shared::api::error::Error;
use shared::api::request::path_parameter;
use shared::verification::flow::FlowId;
use url::Url;

/// What cannot be an id is the id of no flow.
pub fn id(request: &Request) -> Result<FlowId, Error> {
    let id = path_parameter(request, "flowId");
    id.as_deref().and_then(FlowId::parse).ok_or(Error::NoFlow)
}

/// An address with the flow's id in its query.
pub fn with_flow(url: &str, id: &FlowId) -> Result<String, Error> {
    let url = Url::parse(url);
    let mut url = url.map_err(|_| Error::Internal("an address of a flow is none".into()))?;
    url.query_pairs_mut().append_pair("flowId", id.expose());
    Ok(url.into())
}

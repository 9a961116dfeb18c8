//! Addresses of a flow: where a browser goes with it.

use shared::api::error::Error;
use shared::verification::flow::FlowId;
use url::Url;

/// An address with the flow's id in its query.
pub fn with_flow(url: &str, id: &FlowId) -> Result<String, Error> {
    let url = Url::parse(url);
    let mut url = url.map_err(|_| Error::Internal("an address of a flow is none".into()))?;
    url.query_pairs_mut().append_pair("flowId", id.expose());
    Ok(url.into())
}

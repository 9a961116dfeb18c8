//! Discovery (RFC 7644 §4): what this service can do, which resources it has, and their schemas.
//! Made from the tables that requests are checked against, so that it cannot say anything else.

use lambda_http::{Body, Request, Response};
use scim_v2::models::others::{ListResponse, ScimResource};
use scim_v2::models::resource_types::{ResourceType, SchemaExtension};
use scim_v2::models::scim_schema::{Attributes, Meta, Schema, SubAttributes};
use scim_v2::models::service_provider_config::{
    AuthenticationScheme, Filter, ServiceProviderConfig, Supported,
};
use scim_v2::{Asserted, schema_urns};
use serde::Serialize;
use serde_json::Value;
use shared::address::Channel;
use shared::api::error::Error;
use shared::api::{request, response};
use shared::scim::limits::{CURSOR_LIFETIME, MAX_RESULTS};
use shared::scim::schema::{self, Attribute, Kind, SCHEMAS};

use shared::user::emails::EmailPolicy;

use crate::app::App;

/// Who asks, as far as it makes a difference.
#[derive(Clone, Copy, Debug)]
pub struct Discovery<'a> {
    /// Scheme and host of this API.
    pub base_url: &'a str,
    /// Whether there are lists of numbers.
    pub multiple: bool,
    /// What there is of e-mail addresses beside `emails`.
    pub emails: &'a EmailPolicy,
}

/// RFC 9865 §4; `scim_v2`'s model ends with RFC 7643 and has no such member.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    cursor: bool,
    index: bool,
    default_pagination_method: &'static str,
    default_page_size: usize,
    max_page_size: usize,
    cursor_timeout: u64,
}

#[derive(Serialize)]
struct Configuration {
    #[serde(flatten)]
    core: ServiceProviderConfig,
    pagination: Pagination,
}

impl Discovery<'_> {
    pub fn service_provider_config(self) -> Result<Value, Error> {
        let core = ServiceProviderConfig {
            patch: Supported { supported: true },
            filter: Filter {
                supported: true,
                max_results: i64::try_from(MAX_RESULTS).unwrap_or(i64::MAX),
            },
            etag: Supported { supported: true },
            authentication_schemes: vec![AuthenticationScheme {
                name: "OAuth Bearer Token".into(),
                r#type: Some("oauthbearertoken".into()),
                description: "An access token of the configured issuer, as a bearer token".into(),
                spec_uri: Some("https://www.rfc-editor.org/info/rfc6750".into()),
                documentation_uri: None,
                primary: Some(true),
            }],
            meta: Some(self.meta("ServiceProviderConfig", "ServiceProviderConfig")),
            ..ServiceProviderConfig::default()
        };
        let pagination = Pagination {
            cursor: true,
            index: true,
            default_pagination_method: "index",
            default_page_size: MAX_RESULTS,
            max_page_size: MAX_RESULTS,
            cursor_timeout: CURSOR_LIFETIME.as_secs(),
        };
        json(&Configuration { core, pagination })
    }

    pub fn resource_types(self) -> Result<Value, Error> {
        json(&list(vec![self.user()]))
    }

    pub fn resource_type(self, id: &str) -> Result<Value, Error> {
        let user = self.user();
        if user.name != id {
            return Err(Error::NotFound);
        }
        json(&user)
    }

    pub fn schemas(self) -> Result<Value, Error> {
        json(&list(SCHEMAS.iter().map(|one| self.shown(one)).collect()))
    }

    pub fn schema(self, urn: &str) -> Result<Value, Error> {
        let schema = schema::schema(urn).ok_or(Error::NotFound)?;
        json(&self.shown(schema))
    }

    fn user(self) -> ResourceType {
        let extensions = SCHEMAS.iter().filter(|schema| !schema.is_core());
        let extensions = extensions.map(|schema| SchemaExtension {
            schema: schema.urn.to_owned(),
            required: false,
        });
        ResourceType {
            id: Some("User".into()),
            name: "User".into(),
            description: Some("User account".into()),
            endpoint: "/Users".into(),
            schema: schema::USER.to_owned(),
            schema_extensions: extensions.collect(),
            meta: Some(self.meta("ResourceType", "ResourceTypes/User")),
            ..ResourceType::default()
        }
    }

    fn has_lists(self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.multiple,
            Channel::Email => self.emails.lists.multiple,
        }
    }

    fn shown(self, schema: &schema::Schema) -> Schema {
        let there = schema.attributes.iter();
        let there = there.filter(|attribute| {
            let listed = attribute.address_list();
            let verifies = self.emails.scenarios.email || !attribute.is_of_email_verification();
            verifies && listed.is_none_or(|channel| self.has_lists(channel))
        });
        Schema {
            schemas: vec![schema_urns::SCHEMA.to_owned()],
            id: schema.urn.to_owned(),
            name: Some(schema.name.to_owned()),
            description: Some(schema.description.to_owned()),
            attributes: there.map(attribute).collect(),
            meta: self.meta("Schema", &format!("Schemas/{}", schema.urn)),
        }
    }

    fn meta(self, resource_type: &str, path: &str) -> Meta {
        Meta {
            resource_type: Some(resource_type.to_owned()),
            location: Some(format!("{}/scim2/{path}", self.base_url)),
            ..Meta::default()
        }
    }
}

fn attribute(of: &Attribute) -> Attributes {
    // A sub-attribute is an attribute without sub-attributes, here as a type of its own.
    let SubAttributes {
        name,
        r#type,
        multi_valued,
        description,
        required,
        canonical_values,
        case_exact,
        mutability,
        returned,
        uniqueness,
        reference_types,
    } = sub_attribute(of);
    Attributes {
        name,
        r#type,
        multi_valued,
        description,
        required,
        canonical_values,
        case_exact,
        mutability,
        returned,
        uniqueness,
        sub_attributes: present(of.sub_attributes().iter().map(sub_attribute).collect()),
        reference_types,
    }
}

fn sub_attribute(of: &Attribute) -> SubAttributes {
    SubAttributes {
        name: of.name.to_owned(),
        r#type: of.kind.name().to_owned(),
        multi_valued: of.multi_valued,
        description: Some(of.description.to_owned()),
        required: Some(of.required),
        canonical_values: texts(of.canonical_values),
        case_exact: of.kind.has_case().then_some(of.case_exact),
        mutability: Some(of.mutability.name().to_owned()),
        returned: Some(of.returned.name().to_owned()),
        uniqueness: Some(of.uniqueness.name().to_owned()),
        reference_types: match of.kind {
            Kind::Reference(types) => texts(types),
            _ => Asserted::absent(),
        },
    }
}

fn texts(texts: &[&str]) -> Asserted<Vec<String>> {
    present(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// What is empty is left out.
fn present<T>(values: Vec<T>) -> Asserted<Vec<T>> {
    if values.is_empty() {
        Asserted::absent()
    } else {
        Asserted::set(values)
    }
}

/// All there is on one page: discovery has no others.
fn list<R: ScimResource>(resources: Vec<R>) -> ListResponse<R> {
    let count = i64::try_from(resources.len()).unwrap_or(i64::MAX);
    ListResponse {
        schemas: vec![schema_urns::LIST_RESPONSE.to_owned()],
        total_results: count,
        start_index: Some(1),
        items_per_page: Some(count),
        resources,
    }
}

fn json(resource: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(resource).map_err(|error| Error::Internal(error.to_string()))
}

/// Needs no token (RFC 7644 §4 leaves it open): a client reads it before it has one.
pub fn discover(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    if request::query_parameter(request, "filter")?.is_some() {
        return Err(Error::NotFiltered);
    }
    let discovery = Discovery {
        base_url: &app.base_url.of(request),
        multiple: app.lists.multiple,
        emails: &app.emails,
    };
    let id = request::path_parameter(request, "id").unwrap_or_default();
    let body = match request::route(request).as_str() {
        "GET /scim2/ServiceProviderConfig" => discovery.service_provider_config(),
        "GET /scim2/ResourceTypes" => discovery.resource_types(),
        "GET /scim2/ResourceTypes/{id}" => discovery.resource_type(&id),
        "GET /scim2/Schemas" => discovery.schemas(),
        _ => discovery.schema(&id),
    }?;
    let response = response::json(200, &body);
    Ok(response)
}

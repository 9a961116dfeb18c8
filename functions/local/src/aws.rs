//! The services that functions call, on one port of loopback for AWS's own tools: DynamoDB passed on to the embedded
//! one, `GetSecretValue` of Secrets Manager, and SNS's `Publish` and SES's `SendEmail`, whose messages go to the inbox.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use shared::platform::Platform;
use shared::platform::outbox::{EmailParts, Outcome};
use shared::platform::secrets::Version;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::template::{REGION, Stack};

/// DynamoDB's largest request is 16 MB (`BatchWriteItem`).
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// Where SES v2 takes e-mails.
const SEND_EMAIL: &str = "/v2/email/outbound-emails";

/// The port, while it is served.
pub struct AwsPort {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// What is behind the port.
struct Services {
    /// `host:port` of the embedded DynamoDB.
    dynamodb: String,
    client: Client<HttpConnector, Full<Bytes>>,
    platform: Platform,
}

impl AwsPort {
    /// Serves on a port of loopback; 0 takes any free one.
    pub async fn start(
        port: u16,
        dynamodb: &str,
        platform: &Platform,
        mut stopped: watch::Receiver<bool>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let services = Services {
            dynamodb: dynamodb.trim_start_matches("http://").to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            platform: platform.clone(),
        };
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::new(services));
        let stop = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let serving = tokio::spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(stop);
            if let Err(error) = served.await {
                tracing::error!(%error, "the port for AWS's tools stopped");
            }
        });
        Ok(Self { address, serving })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn abort(&self) {
        self.serving.abort();
    }
}

/// What a tool needs to run functions against the port: the variables of all functions, which give a name one value,
/// and what Lambda itself sets.
pub fn environment(stack: &Stack, url: &str) -> BTreeMap<String, String> {
    let functions = stack.functions.iter();
    let mut variables: BTreeMap<String, String> = functions
        .flat_map(|function| function.environment.clone())
        .collect();
    variables.extend(surroundings(url));
    variables
}

fn surroundings(url: &str) -> [(String, String); 4] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// Writes `local.env`, a line a variable, and `local.env.json`, which `sam local --env-vars` takes.
pub fn write_environment(directory: &Path, stack: &Stack, url: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let lines = environment(stack, url).into_iter();
    let lines = lines.map(|(name, value)| format!("{name}={}", quoted(&value)));
    let lines: Vec<String> = lines.chain([String::new()]).collect();
    std::fs::write(directory.join("local.env"), lines.join("\n"))?;
    let functions = stack.functions.iter().map(|function| {
        let mut variables = function.environment.clone();
        variables.extend(surroundings(url));
        (function.logical_id.as_str(), variables)
    });
    let functions: BTreeMap<&str, BTreeMap<String, String>> = functions.collect();
    let text = serde_json::to_string_pretty(&functions)?;
    std::fs::write(directory.join("local.env.json"), text + "\n")
}

/// As a shell and `cargo lambda --env-file` read it: texts have blanks, and some are empty.
fn quoted(value: &str) -> String {
    let mark = if value.contains('\'') { '"' } else { '\'' };
    format!("{mark}{value}{mark}")
}

async fn answer(
    State(services): State<Arc<Services>>,
    request: Request<Body>,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_REQUEST).collect().await;
    let Ok(body) = body.map(http_body_util::Collected::to_bytes) else {
        return failed("SerializationException", "the body cannot be read");
    };
    let target = parts.headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    match target {
        Some(target) if target.starts_with("DynamoDB") => {
            services.dynamodb(Request::from_parts(parts, body)).await
        }
        Some("secretsmanager.GetSecretValue") => services.secret(&body).await,
        Some(_) => failed(
            "UnknownOperationException",
            "is not served by the local server",
        ),
        None if parts.uri.path() == SEND_EMAIL => services.send_email(&body),
        None => services.publish(&body),
    }
}

impl Services {
    async fn dynamodb(&self, request: Request<Bytes>) -> Response<Full<Bytes>> {
        let (mut parts, body) = request.into_parts();
        let uri = Uri::builder()
            .scheme("http")
            .authority(self.dynamodb.as_str())
            .path_and_query("/")
            .build();
        let Ok(uri) = uri else {
            return failed(
                "InternalServerError",
                "the embedded DynamoDB has no address",
            );
        };
        parts.uri = uri;
        parts.headers.remove(HOST);
        let request = Request::from_parts(parts, Full::new(body));
        let Ok(answer) = self.client.request(request).await else {
            return failed("InternalServerError", "the embedded DynamoDB is gone");
        };
        let (parts, body) = answer.into_parts();
        match body.collect().await {
            Ok(body) => Response::from_parts(parts, Full::new(body.to_bytes())),
            Err(_) => failed("InternalServerError", "the embedded DynamoDB broke off"),
        }
    }

    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
    async fn secret(&self, body: &[u8]) -> Response<Full<Bytes>> {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| asked.get(name).and_then(Value::as_str);
        let arn = text("SecretId").unwrap_or_default();
        let version = match (text("VersionId"), text("VersionStage")) {
            (Some(id), _) => Version::Id(id),
            (None, Some("AWSPREVIOUS")) => Version::Previous,
            _ => Version::Current,
        };
        match self.platform.secrets.fetch(arn, version).await {
            Ok(Some(secret)) => json_answer(
                StatusCode::OK,
                &json!({
                    "ARN": arn,
                    "Name": arn.rsplit(':').next(),
                    "VersionId": secret.version,
                    "SecretString": secret.value,
                }),
            ),
            Ok(None) => failed("ResourceNotFoundException", "there is no such secret"),
            Err(_) => failed("InternalServiceError", "the secret cannot be read"),
        }
    }

    /// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
    fn publish(&self, body: &[u8]) -> Response<Full<Bytes>> {
        let form: BTreeMap<String, String> =
            url::form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        if field("Action") != "Publish" || field("PhoneNumber").is_empty() {
            let what = "only SNS's Publish to a number is served by the local server";
            return xml_failed(StatusCode::BAD_REQUEST, "InvalidAction", what);
        }
        let named = form.iter().filter(|(name, _)| name.ends_with(".Name"));
        let mut senders = named.filter_map(|(name, attribute)| {
            let of_senders = ["AWS.SNS.SMS.SenderID", "AWS.MM.SMS.OriginationNumber"];
            let value = name.replace(".Name", ".Value.StringValue");
            of_senders
                .contains(&attribute.as_str())
                .then(|| field(&value))
        });
        let sender = senders.next().unwrap_or_default();
        let now = self.platform.clock.now();
        let outcome = self
            .platform
            .outbox
            .as_ref()
            .map(|outbox| outbox.deliver(field("PhoneNumber"), field("Message"), sender, now));
        match outcome.unwrap_or(Outcome::Unavailable) {
            Outcome::Delivered => xml(
                StatusCode::OK,
                "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                 <MessageId>local</MessageId></PublishResult></PublishResponse>",
            ),
            Outcome::Refused => xml_failed(StatusCode::BAD_REQUEST, "OptedOut", "as told"),
            Outcome::Unavailable => xml_failed(StatusCode::BAD_REQUEST, "Throttled", "as told"),
            Outcome::Unknown => xml_failed(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                "as told",
            ),
        }
    }
}

impl Services {
    /// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>
    fn send_email(&self, body: &[u8]) -> Response<Full<Bytes>> {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |pointer: &str| asked.pointer(pointer).and_then(Value::as_str);
        let parts = (
            text("/FromEmailAddress"),
            text("/Destination/ToAddresses/0"),
            text("/Content/Simple/Subject/Data"),
            text("/Content/Simple/Body/Text/Data"),
            text("/Content/Simple/Body/Html/Data"),
        );
        let (Some(sender), Some(to), Some(subject), Some(body), Some(html)) = parts else {
            let what = "only an e-mail of a text and an HTML part is served by the local server";
            return ses_failed(StatusCode::BAD_REQUEST, "BadRequestException", what);
        };
        let email = EmailParts {
            subject: subject.to_owned(),
            html: html.to_owned(),
        };
        let now = self.platform.clock.now();
        let outbox = self.platform.outbox.as_ref();
        let outcome = outbox.map(|outbox| outbox.deliver_email(to, body, email, sender, now));
        match outcome.unwrap_or(Outcome::Unavailable) {
            Outcome::Delivered => json_answer(StatusCode::OK, &json!({ "MessageId": "local" })),
            Outcome::Refused => ses_failed(
                StatusCode::BAD_REQUEST,
                "MessageRejected",
                "Address is on the suppression list, as told",
            ),
            Outcome::Unavailable => ses_failed(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                "as told",
            ),
            Outcome::Unknown => ses_failed(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalFailure",
                "as told",
            ),
        }
    }
}

/// As services of REST and JSON say it: the kind is in a header.
fn ses_failed(status: StatusCode, kind: &'static str, message: &str) -> Response<Full<Bytes>> {
    let mut answer = json_answer(status, &json!({ "message": message }));
    let kind = HeaderValue::from_static(kind);
    answer.headers_mut().insert("x-amzn-errortype", kind);
    answer
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    answered(status, "application/x-amz-json-1.1", body.to_string())
}

fn failed(kind: &str, message: &str) -> Response<Full<Bytes>> {
    let body = json!({ "__type": kind, "message": message });
    json_answer(StatusCode::BAD_REQUEST, &body)
}

fn xml(status: StatusCode, body: &str) -> Response<Full<Bytes>> {
    answered(status, "text/xml", body.to_owned())
}

fn xml_failed(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    let error = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    xml(status, &format!("<ErrorResponse>{error}</ErrorResponse>"))
}

fn answered(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let value = HeaderValue::from_static(content_type);
    answer.headers_mut().insert(CONTENT_TYPE, value);
    answer
}

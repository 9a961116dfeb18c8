//! One way to speak HTTP/1.1 to others, and the HTTP client of every SDK client: one TLS configuration, connections
//! kept. The SDK's own would link HTTP/2 and proxies, half a megabyte, and read its roots anew for every client.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector as SdkConnector, HttpConnectorFuture, HttpConnectorSettings,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpConnector, capture_connection};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

/// Shared by all clients of AWS's services.
#[derive(Debug)]
pub struct AwsHttpClient {
    connect: Connect,
    /// One for each kind of client, which have timeouts of their own.
    connectors: Mutex<Vec<(Timeouts, SharedHttpConnector)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timeouts {
    connect: Option<Duration>,
    read: Option<Duration>,
}

impl AwsHttpClient {
    /// Calls by https, and by http where an endpoint says so.
    pub fn new(tls: ClientConfig) -> Self {
        Self::of(Connect::secure(tls, |_| true))
    }

    /// Calls by http: this machine.
    pub fn plain() -> Self {
        Self::of(Connect::Plain(tcp(|_| true)))
    }

    fn of(connect: Connect) -> Self {
        Self {
            connect,
            connectors: Mutex::default(),
        }
    }

    fn connector(&self, timeouts: Timeouts) -> SharedHttpConnector {
        let connectors = self.connectors.lock();
        let mut connectors = connectors.unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(of, _)| *of == timeouts) {
            return connector.clone();
        }
        let connector = SharedHttpConnector::new(Connector {
            caller: self.connect.clone().caller(timeouts.connect, usize::MAX),
            read: timeouts.read,
        });
        connectors.push((timeouts, connector.clone()));
        connector
    }
}

/// Makes requests, and keeps connections by host.
pub type Caller = Client<InTime, SdkBody>;

type Tcp = HttpConnector<Resolver>;

/// How a connection is made.
#[derive(Clone, Debug)]
pub enum Connect {
    Plain(Tcp),
    Secure(HttpsConnector<Tcp>),
}

impl Connect {
    /// By https or http, to those addresses of a name that are allowed.
    pub fn secure(tls: ClientConfig, allowed: fn(IpAddr) -> bool) -> Self {
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1();
        let mut tcp = tcp(allowed);
        tcp.enforce_http(false);
        Self::Secure(https.wrap_connector(tcp))
    }

    /// `limit`: until a connection has come about; `idle`: connections to a host that are kept.
    pub fn caller(self, limit: Option<Duration>, idle: usize) -> Caller {
        let connect = InTime {
            connect: self,
            limit,
        };
        Client::builder(TokioExecutor::new())
            // Without a clock idle connections would never end.
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(idle)
            .build(connect)
    }
}

fn tcp(allowed: fn(IpAddr) -> bool) -> Tcp {
    let mut tcp = HttpConnector::new_with_resolver(Resolver { allowed });
    // A small request must not wait for the acknowledgement of the one before.
    tcp.set_nodelay(true);
    tcp
}

impl HttpClient for AwsHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.connector(Timeouts {
            connect: settings.connect_timeout(),
            read: settings.read_timeout(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    caller: Caller,
    read: Option<Duration>,
}

impl SdkConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let answer = within(self.read, self.caller.request(request));
        HttpConnectorFuture::new(async move {
            let response = answer.await.map_err(failed)?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// By this the SDK gives up a connection whose answer was a failure that may pass on another.
fn metadata(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    let captured = captured.clone();
    captured.connection_metadata().as_ref()?;
    let poison = move || {
        if let Some(connection) = captured.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    let metadata = ConnectionMetadata::builder().proxied(false);
    Some(metadata.poison_fn(poison).build())
}

/// A connection, TLS and all, in time.
#[derive(Clone, Debug)]
pub struct InTime {
    connect: Connect,
    limit: Option<Duration>,
}

impl Service<Uri> for InTime {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match &mut self.connect {
            Connect::Plain(tcp) => tcp.poll_ready(context).map_err(Into::into),
            Connect::Secure(https) => https.poll_ready(context),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match &mut self.connect {
            Connect::Plain(tcp) => {
                let connecting = tcp.call(uri);
                let plain = async { connecting.await.map(MaybeHttpsStream::Http) };
                Box::pin(within(self.limit, plain))
            }
            Connect::Secure(https) => Box::pin(within(self.limit, https.call(uri))),
        }
    }
}

/// Drops what a name must not resolve to, at every call: a name can change its mind.
#[derive(Clone, Debug)]
pub struct Resolver {
    allowed: fn(IpAddr) -> bool,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allowed = self.allowed;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<_> = found.filter(|address| allowed(address.ip())).collect();
            if addresses.is_empty() {
                return Err(std::io::Error::other(
                    "the name has no address to be called",
                ));
            }
            Ok(addresses.into_iter())
        })
    }
}

async fn within<T, E: Into<BoxError>>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, BoxError> {
    let done = match limit {
        Some(limit) => timeout(limit, work).await.map_err(|_| TimedOutError)?,
        None => work.await,
    };
    done.map_err(Into::into)
}

/// What the SDK decides by whether a call is tried again.
fn failed(error: BoxError) -> ConnectorError {
    if cause::<TimedOutError>(&*error).is_some() {
        return ConnectorError::timeout(error);
    }
    let is_io = cause::<std::io::Error>(&*error).is_some();
    if let Some(http) = cause::<hyper::Error>(&*error) {
        return if http.is_timeout() {
            ConnectorError::timeout(error)
        } else if http.is_user() {
            ConnectorError::user(error)
        } else if http.is_closed() || http.is_canceled() || is_io {
            ConnectorError::io(error)
        } else if http.is_incomplete_message() {
            ConnectorError::other(error, Some(ErrorKind::TransientError))
        } else {
            ConnectorError::other(error, None)
        };
    }
    if is_io || cause::<ClientError>(&*error).is_some_and(ClientError::is_connect) {
        ConnectorError::io(error)
    } else {
        ConnectorError::other(error, None)
    }
}

fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::byte_stream::ByteStream;
    use rustls::RootCertStore;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::platform::tls;

    fn client() -> AwsHttpClient {
        AwsHttpClient::new(tls::trusting(RootCertStore::empty()).unwrap())
    }

    fn connector(client: &AwsHttpClient, connect: Duration, read: Duration) -> SharedHttpConnector {
        client.connector(Timeouts {
            connect: Some(connect),
            read: Some(read),
        })
    }

    fn ask(url: &str) -> HttpRequest {
        let mut request = HttpRequest::empty();
        request.set_uri(url.to_owned()).unwrap();
        request
    }

    /// A server that says this, to one request after the other on each of its connections, and how many those are.
    async fn serve(answer: &'static str) -> (String, tokio::sync::watch::Receiver<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (opened, connections) = tokio::sync::watch::channel(0);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                opened.send_modify(|count| *count += 1);
                tokio::spawn(async move {
                    let mut request = [0; 1024];
                    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                        stream.write_all(answer.as_bytes()).await.unwrap();
                        if !answer.ends_with("ok") {
                            return;
                        }
                    }
                });
            }
        });
        (url, connections)
    }

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn connections_are_kept_and_given_up_when_told() {
        let (url, connections) = serve(OK).await;
        let client = client();
        for (expected, poison) in [(1, false), (1, false), (1, true), (2, false)] {
            let mut request = ask(&url);
            let capture = CaptureSmithyConnection::new();
            request.add_extension(capture.clone());
            let answer = connector(&client, LONG, LONG).call(request).await.unwrap();
            assert_eq!(answer.status().as_u16(), 200);
            let connection = capture.get().unwrap();
            if poison {
                connection.poison();
            }
            let read = ByteStream::new(answer.into_body()).collect().await;
            assert_eq!(read.unwrap().to_vec(), b"ok");
            tokio::task::yield_now().await;
            assert_eq!(*connections.borrow(), expected);
        }
    }

    #[tokio::test]
    async fn what_is_tried_again_is_told_by_the_failure() {
        let client = client();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        let refused = connector(&client, LONG, LONG).call(ask(&nobody)).await;
        let refused = refused.unwrap_err();
        assert!(refused.is_io(), "{refused:?}");
        assert!(cause::<ClientError>(&refused).unwrap().is_connect());

        let (half, _) = serve("HTTP/1.1 200 OK\r\ncontent-le").await;
        let broken = connector(&client, LONG, LONG).call(ask(&half)).await;
        let broken = broken.unwrap_err();
        assert_eq!(
            broken.as_other(),
            Some(ErrorKind::TransientError),
            "{broken:?}"
        );

        let (no_tls, _) = serve("what?").await;
        let no_tls = no_tls.replace("http:", "https:");
        let no_tls = connector(&client, LONG, LONG).call(ask(&no_tls)).await;
        let no_tls = no_tls.unwrap_err();
        assert!(no_tls.is_io(), "{no_tls:?}");
        assert!(cause::<ClientError>(&no_tls).unwrap().is_connect());
    }

    #[tokio::test]
    async fn a_call_ends_in_time() {
        let client = client();
        // It accepts, and says nothing.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let short = Duration::from_millis(20);
        for (url, connect, read, connecting) in [
            (format!("https://{address}"), short, LONG, true),
            (format!("http://{address}"), LONG, short, false),
        ] {
            let late = connector(&client, connect, read).call(ask(&url)).await;
            let late = late.unwrap_err();
            assert!(late.is_timeout(), "{late:?}");
            let client = cause::<ClientError>(&late);
            assert_eq!(client.is_some_and(ClientError::is_connect), connecting);
        }
    }

    #[tokio::test]
    async fn a_name_is_resolved_to_addresses_that_are_allowed() {
        let resolved = |allowed| Resolver { allowed }.call("localhost".parse().unwrap());
        assert!(resolved(|_| false).await.is_err());
        let found = resolved(|ip| ip.is_loopback()).await.unwrap();
        assert!(found.len() > 0);
    }

    #[test]
    fn a_kind_of_client_has_one_connector() {
        let client = client();
        for seconds in [1, 5, 1, 5] {
            connector(&client, Duration::from_secs(seconds), LONG);
        }
        assert_eq!(client.connectors.lock().unwrap().len(), 2);
    }
}

//! The local server: binds, starts everything, serves until told to stop.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use http::{Request, Response};
use shared::clock::Clock;
use shared::platform::Platform;
use shared::platform::outbox::Outbox;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::audit::RecentAudit;
use crate::aws::{self, AwsPort};
use crate::backend::{Backend, Options, StartError, refused};
use crate::control::{Control, Messages, Own};
use crate::embedded::Embedded;
use crate::functions::Function;
use crate::gateway::Gateway;
use crate::stream::Mapping;
use crate::template::{JwtAuthorizer, Stack};

/// How long open connections may hold up the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// The local server.
pub struct Server;

/// A server that runs.
pub struct Running {
    url: String,
    messages: Messages,
    stack: Stack,
    platform: Platform,
    outbox: Arc<Outbox>,
    audit: RecentAudit,
    embedded: Embedded,
    aws: Option<AwsPort>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    /// What goes on behind the tables' streams.
    following: JoinSet<()>,
}

impl Server {
    /// Starts; nothing listens until everything is known to be good.
    pub async fn start(options: &Options) -> Result<Running, StartError> {
        let (socket, address) = bind(&options.host, options.port).await?;
        let url = format!("http://{}", reachable(address));
        let backend = Backend::start(options, &url).await?;
        let (functions, mappings) = start_functions(&backend).await?;
        let (stack, embedded) = (backend.stack, backend.embedded);
        let (platform, outbox) = (backend.platform, backend.outbox);
        let issuer = Arc::new(backend.issuer);
        let audit = RecentAudit::default();
        let control = Control {
            url: url.clone(),
            issuer: Arc::clone(&issuer),
            authorizer: authorizer(&stack, &url),
            identity_claim: identity_claim(&stack),
            users: backend.users,
            outbox: Arc::clone(&outbox),
            audit: audit.clone(),
            clock: platform.clock.clone(),
            random: platform.random,
            home: Mutex::new(backend.home),
            sweeper: embedded.sweeper().clone(),
        };
        let own = Own {
            control,
            host: options.host.clone(),
            messages: messages(options),
        };
        let gateway = Gateway::new(&stack, functions, issuer, platform.clone(), own);
        let listener = listen(socket, address)?;
        let (stop, stopped) = watch::channel(false);
        let aws = match options.aws_port {
            Some(port) => Some(serve_aws(port, &embedded, &platform, stopped.clone()).await?),
            None => None,
        };
        let following = mappings.into_iter();
        let following = following.map(|one| one.run(stopped.clone())).collect();
        let serving = tokio::spawn(serve(listener, gateway, stopped));
        Ok(Running {
            url,
            messages: messages(options),
            stack,
            platform,
            outbox,
            audit,
            embedded,
            aws,
            stop,
            serving,
            following,
        })
    }
}

impl Running {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where messages go.
    pub fn messages(&self) -> Messages {
        self.messages
    }

    pub fn clock(&self) -> &Clock {
        &self.platform.clock
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Where the log has to leave its audit lines.
    pub fn audit(&self) -> &RecentAudit {
        &self.audit
    }

    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Where `--aws-port` serves.
    pub fn aws_url(&self) -> Option<String> {
        self.aws.as_ref().map(AwsPort::url)
    }

    /// What a tool needs to run functions against that port; empty without it.
    pub fn aws_environment(&self) -> BTreeMap<String, String> {
        let url = self.aws_url();
        url.map_or_else(BTreeMap::new, |url| aws::environment(&self.stack, &url))
    }

    /// Takes no more requests, lets those that run come to their end, within reason, and stops.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(PATIENCE, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
        }
        let all = async { while self.following.join_next().await.is_some() {} };
        // A message on its way is not waited for longer; what is not finished comes again.
        let _ = tokio::time::timeout(PATIENCE, all).await;
        if let Some(aws) = &self.aws {
            aws.abort();
        }
        self.embedded.stop().await;
    }
}

/// Every function, by its name in the template, and what feeds those that run behind streams.
async fn start_functions(
    backend: &Backend,
) -> Result<(BTreeMap<String, Function>, Vec<Mapping>), StartError> {
    let mut functions = BTreeMap::new();
    let mut mappings = Vec::new();
    for function in &backend.stack.functions {
        let started = Function::start(function, &backend.platform)
            .await
            .map_err(|error| refused(&backend.stack, &function.package, error))?;
        for source in &function.streams {
            let mapping = Mapping::open(
                started.clone(),
                source,
                &backend.embedded,
                &backend.home,
                &backend.platform,
            );
            mappings.push(mapping.await?);
        }
        functions.insert(function.logical_id.clone(), started);
    }
    Ok((functions, mappings))
}

/// What the tokens that are made here must say. A template without an authorizer looks at none.
fn authorizer(stack: &Stack, url: &str) -> JwtAuthorizer {
    let there = stack.authorizer.clone();
    there.unwrap_or_else(|| JwtAuthorizer {
        issuer: url.to_owned(),
        audience: Vec::new(),
    })
}

fn identity_claim(stack: &Stack) -> String {
    match stack.parameter("IdentityClaim") {
        "" => "sub".to_owned(),
        claim => claim.to_owned(),
    }
}

async fn serve_aws(
    port: u16,
    embedded: &Embedded,
    platform: &Platform,
    stopped: watch::Receiver<bool>,
) -> Result<AwsPort, StartError> {
    let started = AwsPort::start(port, &embedded.url(), platform, stopped).await;
    started.map_err(|error| StartError::Listen {
        address: format!("127.0.0.1:{port}"),
        reason: error.to_string(),
    })
}

async fn serve(listener: TcpListener, gateway: Gateway, mut stopped: watch::Receiver<bool>) {
    let router = Router::new()
        .fallback(answer)
        .with_state(Arc::new(gateway))
        .into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the server stopped");
    }
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    gateway.answer(request, peer).await
}

fn messages(options: &Options) -> Messages {
    match options.sms_secret {
        Some(_) => Messages::Phones,
        None => Messages::Inbox,
    }
}

fn listen(socket: TcpSocket, address: SocketAddr) -> Result<TcpListener, StartError> {
    socket.listen(1024).map_err(|error| StartError::Listen {
        address: address.to_string(),
        reason: error.to_string(),
    })
}

/// Takes the port without listening: nobody is to be let in before the settings are known to be good.
async fn bind(host: &str, port: u16) -> Result<(TcpSocket, SocketAddr), StartError> {
    let failed = |error: std::io::Error| StartError::Listen {
        address: format!("{host}:{port}"),
        reason: error.to_string(),
    };
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let mut addresses: Vec<SocketAddr> = tokio::net::lookup_host((name, port))
        .await
        .map_err(failed)?
        .collect();
    // `localhost` is both; tools without IPv6 are commoner than ones without IPv4.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let address = addresses
        .first()
        .copied()
        .ok_or_else(|| failed(std::io::Error::other("the name has no address")))?;
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }
    .map_err(failed)?;
    // Without it a restart within a minute finds the port taken by connections long closed.
    #[cfg(unix)]
    socket.set_reuseaddr(true).map_err(failed)?;
    socket.bind(address).map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok((socket, address))
}

/// Where a client on this machine finds a server that is bound to the address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

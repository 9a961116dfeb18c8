//! The Lambda function: settings and clients are made once, then requests are served.

use std::convert::Infallible;

use lambda_http::{Error, Request, run, service_fn};
use shared::config::process_env;
use shared::platform::Platform;
use shared::telemetry::log;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::start(&process_env)?;
    let platform = Platform::lambda(&process_env)?;
    let app = &transmit::App::from_env(&process_env, &platform).await?;
    app.warm_up().await;
    run(service_fn(move |request: Request| async move {
        Ok::<_, Infallible>(transmit::handle(app, request).await)
    }))
    .await
}

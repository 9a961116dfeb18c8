//! The Lambda function: settings and clients are made once, then batches of the stream are served.

use std::convert::Infallible;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::config::process_env;
use shared::platform::Platform;
use shared::telemetry::log;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::start(&process_env)?;
    let platform = Platform::lambda(&process_env)?;
    let app = &notify_old_number::App::from_env(&process_env, &platform).await?;
    run(service_fn(move |event: LambdaEvent<_>| async move {
        Ok::<_, Infallible>(notify_old_number::handle(app, event).await)
    }))
    .await
}

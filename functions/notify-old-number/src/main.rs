//! The Lambda function.

use lambda_runtime::Error;

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), Error> {
    shared::runtime::run::<notify_old_number::App>().await
}

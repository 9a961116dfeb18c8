//! The Lambda function.

use lambda_http::Error;

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), Error> {
    shared::runtime::run::<second_factor::App>().await
}

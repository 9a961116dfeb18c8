//! Tries how e-mails are sent: one goes to the address that is given, with the configured words around a code that opens
//! nothing. `cargo run -p shared --example send_email -- you@example.com`.
//!
//! Reads what functions read: `EMAIL_SENDER`, `EMAIL_SECRET_ARN`, `EMAIL_CONFIGURATION_SET`, `EMAIL_SUBJECT`,
//! `EMAIL_TEMPLATE`, `EMAIL_LINK_URL`, `APP_NAME`, and AWS's `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
//! `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL`. Needs `ses:SendEmail` on the sender's identity, or the secret's
//! `secretsmanager:GetSecretValue`.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use shared::address::Address;
use shared::address::email::EmailAddress;
use shared::config::process_env;
use shared::messaging::courier::{Courier, deadline};
use shared::messaging::email::settings::Settings;
use shared::messaging::email::template::EmailTemplate;
use shared::messaging::message::Message;
use shared::platform::Platform;

/// As long as a code gets, and no claim has it.
const SAMPLE: &str = "0000000000";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_default();
    let to = Address::Email(EmailAddress::parse(&address)?);
    let platform = Platform::lambda(&process_env)?;
    let settings = Settings::from_env(&process_env)?;
    let courier = Courier::of_emails(&process_env, &platform, &settings).await?;
    let template = EmailTemplate::from_env(&process_env, &platform)?;
    let email = template.filled(SAMPLE, Duration::from_mins(15));
    let message = Message {
        user: "nobody",
        to: &to,
        region: "",
        body: &email.text,
        subject: &email.subject,
        html: &email.html,
        code: SAMPLE,
        sender: None,
    };
    let again = || std::future::ready(true);
    let now = platform.clock.now();
    let sent = courier.send(&message, now, deadline(), again).await;
    // An error of `main` is shown by its Debug.
    sent.map_err(|error| error.to_string())?;
    writeln!(std::io::stdout(), "sent to {to:?} by {courier:?}")?;
    Ok(())
}

//! Amazon SES v2: `SendEmail` with a text and an HTML part.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use aws_types::SdkConfig;

use crate::address::Channel;
use crate::messaging::aws_client::{failure, once, timeouts};
use crate::messaging::email::settings::Identity;
use crate::messaging::message::{Email, SendError};
use crate::platform::aws::{boxed, terse};

/// SES in the function's region.
#[derive(Clone, Debug)]
pub struct Ses {
    client: Client,
    /// As the header `From` has it.
    sender: String,
    /// What events of a message are published by (bounces, complaints); SES's default without one.
    configuration_set: Option<String>,
}

impl Ses {
    pub fn new(aws: &SdkConfig, identity: &Identity) -> Self {
        let mut config = aws_sdk_sesv2::config::Builder::from(aws)
            .retry_config(once())
            .timeout_config(timeouts());
        config.push_interceptor(terse());
        Self {
            client: Client::from_conf(config.build()),
            sender: identity.sender.as_header(),
            configuration_set: identity.configuration_set.clone(),
        }
    }

    pub async fn send(&self, email: &Email<'_>) -> Result<(), SendError> {
        let to = email.to.mailbox();
        // SES writes headers in ASCII, and has no SMTPUTF8 (RFC 6531): another provider may.
        if !to.is_ascii() {
            return Err(SendError::Rejected("an address that is not ASCII".into()));
        }
        let content = content(email).map_err(|error| SendError::Rejected(error.to_string()))?;
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().to_addresses(to).build())
            .content(content)
            .set_configuration_set_name(self.configuration_set.clone())
            .send();
        boxed(sent)
            .await
            .map(drop)
            .map_err(|error| failure(&error, classified))
    }
}

fn content(email: &Email<'_>) -> Result<EmailContent, BuildError> {
    let utf8 = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder()
        .text(utf8(email.text)?)
        .html(utf8(email.html)?);
    let message = Message::builder()
        .subject(utf8(email.subject)?)
        .body(body.build());
    Ok(EmailContent::builder().simple(message.build()).build())
}

/// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors> and
/// <https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html>. A sender that is not verified, and an
/// account in the sandbox that may not write to the address, are the account's matter: another provider may do better.
fn classified(code: String, message: &str) -> SendError {
    match code.as_str() {
        "MessageRejected" | "BadRequestException" if is_about_address(message) => {
            SendError::Refused(Channel::Email, code)
        }
        // Both of the rate and of the day's quota.
        "LimitExceededException"
        | "TooManyRequestsException"
        | "Throttling"
        | "ThrottlingException" => SendError::Throttled(code),
        "InternalFailure" | "InternalServiceErrorException" | "ServiceUnavailable" => {
            SendError::Unknown(code)
        }
        "AccessDenied"
        | "AccessDeniedException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "NotAuthorized"
        | "OptInRequired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => SendError::Unauthorized(code),
        // AccountSuspendedException, SendingPausedException, MailFromDomainNotVerifiedException, NotFoundException (the
        // configuration set), and what else there is of the account or the content.
        _ => SendError::Rejected(code),
    }
}

/// Whether SES speaks of the address itself: that it is suppressed, or none that can be written to. The sender's was
/// read at start.
fn is_about_address(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "blacklisted",
        "domain contains illegal character",
        "domain ends with dot",
        "domain starts with dot",
        "illegal address",
        "invalid domain name",
        "invalid email address",
        "invalid to address",
        "local address contains",
        "local address ends with dot",
        "local address starts with dot",
        "missing final '@domain'",
        "missing domain",
        "missing local name",
        "suppressed",
        "suppression list",
    ]
    .iter()
    .any(|said| message.contains(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_ses_are_told_apart() {
        let unverified = "Email address is not verified. The following identities failed the check in region \
                          EU-WEST-1: bob@abc.com";
        for (code, message, expected) in [
            (
                "MessageRejected",
                "Address is on the suppression list.",
                "refused",
            ),
            ("MessageRejected", "Address blacklisted.", "refused"),
            ("MessageRejected", unverified, "rejected"),
            ("MessageRejected", "Email contains a virus", "rejected"),
            ("BadRequestException", "Illegal address", "refused"),
            (
                "BadRequestException",
                "Domain contains illegal character",
                "refused",
            ),
            (
                "BadRequestException",
                "Local address contains control or whitespace",
                "refused",
            ),
            ("BadRequestException", "Missing final '@domain'", "refused"),
            (
                "BadRequestException",
                "Configuration set name is invalid",
                "rejected",
            ),
            ("AccountSuspendedException", "", "rejected"),
            ("SendingPausedException", "", "rejected"),
            ("MailFromDomainNotVerifiedException", "", "rejected"),
            ("NotFoundException", "", "rejected"),
            ("LimitExceededException", "", "throttled"),
            ("TooManyRequestsException", "", "throttled"),
            (
                "ThrottlingException",
                "Daily message quota exceeded.",
                "throttled",
            ),
            ("InternalFailure", "", "unknown"),
            ("AccessDeniedException", "", "unauthorized"),
            ("InvalidClientTokenId", "", "unauthorized"),
        ] {
            let outcome = classified(code.into(), message).outcome();
            assert_eq!(outcome, expected, "{code} {message}");
        }
    }
}

//! Amazon SNS: `Publish` to a phone number, as a transactional message.
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_types::SdkConfig;

use super::SendError;
use crate::phone_number::PhoneNumber;

/// SNS in the function's region.
#[derive(Clone, Debug)]
pub struct Sns {
    client: Client,
    sender: String,
}

impl Sns {
    pub fn new(aws: &SdkConfig, sender: String) -> Self {
        let config = aws_sdk_sns::config::Builder::from(aws)
            // A request that was not answered may have been carried out: a second one would be a second message.
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_timeout(Duration::from_secs(10))
                    .build(),
            );
        Self {
            client: Client::from_conf(config.build()),
            sender,
        }
    }

    pub async fn send(&self, to: &PhoneNumber, body: &str) -> Result<(), SendError> {
        let attribute = |value: &str| {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| SendError::Failed(error.to_string()))
        };
        let mut publish = self
            .client
            .publish()
            .phone_number(to.as_e164())
            .message(body)
            .message_attributes("AWS.SNS.SMS.SMSType", attribute("Transactional")?);
        if !self.sender.is_empty() {
            publish = publish.message_attributes("AWS.SNS.SMS.SenderID", attribute(&self.sender)?);
        }
        publish
            .send()
            .await
            .map(drop)
            .map_err(|error| failure(&error))
    }
}

/// Tells a number that cannot be reached from a service that cannot send. SNS's texts may name the number:
/// only its codes go on.
fn failure(error: &SdkError<PublishError>) -> SendError {
    let service = error.as_service_error();
    let code = service
        .and_then(ProvideErrorMetadata::code)
        .unwrap_or("no answer")
        .to_owned();
    match service {
        Some(
            PublishError::InvalidParameterException(_)
            | PublishError::InvalidParameterValueException(_),
        ) => SendError::Unreachable(code),
        _ => SendError::Failed(code),
    }
}

//! Amazon SNS: `Publish` to a phone number, as a transactional message.
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;

use crate::address::Channel;
use crate::messaging::aws_client::{failure, once, timeouts};
use crate::messaging::message::{SendError, Text};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms::senders::{Senders, is_number};
use crate::platform::aws::{boxed, terse};

/// SNS in the function's region.
#[derive(Clone, Debug)]
pub struct Sns {
    client: Client,
    senders: Senders,
    origination: Option<String>,
    /// In US dollars, the most that a message may cost; dearer ones are not sent.
    max_price: Option<String>,
    /// What India's operators know the sender and the text by.
    india: Option<Registration>,
}

/// A sender and a text as registered in India's DLT
/// (<https://docs.aws.amazon.com/sns/latest/dg/channels-sms-senderid-india.html>).
#[derive(Clone, Debug)]
struct Registration {
    entity: String,
    template: String,
}

impl Sns {
    /// With one sender for all, or none.
    pub fn new(aws: &SdkConfig, sender: String) -> Self {
        Self {
            client: client(aws),
            senders: Senders::all(Some(sender).filter(|sender| !sender.is_empty())),
            origination: None,
            max_price: None,
            india: None,
        }
    }

    /// As an entry of the secret says: `senderId`, `originationNumber`, `senders`, `maxPrice`, `entityId` and
    /// `templateId`.
    pub fn of(mut fields: Fields, aws: &SdkConfig) -> Result<Self, FieldError> {
        let sender = fields.optional_text("senderId")?;
        if sender.as_ref().is_some_and(|sender| !is_sender_id(sender)) {
            return Err(fields.wrong("senderId", NO_SENDER_ID));
        }
        let origination = fields.optional_text("originationNumber")?;
        if origination.as_deref().is_some_and(|from| !is_number(from)) {
            return Err(fields.wrong("originationNumber", "must be a number"));
        }
        let max_price = fields.optional_text("maxPrice")?;
        if max_price.as_deref().is_some_and(|price| !is_price(price)) {
            return Err(fields.wrong("maxPrice", "must be US dollars as a text such as \"0.50\""));
        }
        let india = Registration::of(&mut fields)?;
        let senders = Senders::of(&mut fields, sender)?;
        fields.done()?;
        Ok(Self {
            client: client(aws),
            senders,
            origination,
            max_price,
            india,
        })
    }

    pub async fn send(&self, text: &Text<'_>) -> Result<(), SendError> {
        let mut publish = self
            .client
            .publish()
            .phone_number(text.to.as_e164())
            .message(text.body);
        for (name, value) in self.attributes(text) {
            let kind = if name == MAX_PRICE {
                "Number"
            } else {
                "String"
            };
            let attribute = MessageAttributeValue::builder()
                .data_type(kind)
                .string_value(value)
                .build()
                .map_err(|error| SendError::Rejected(error.to_string()))?;
            publish = publish.message_attributes(name, attribute);
        }
        let published = boxed(publish.send()).await;
        published
            .map(drop)
            .map_err(|error| failure(&error, classified))
    }

    /// Opens the connection that the first message goes by. What it asks has no action, which SNS refuses: nothing is
    /// done, and nothing billed.
    pub async fn warm_up(&self) {
        let asking = self.client.publish().customize().mutate_request(|request| {
            *request.body_mut() = SdkBody::empty();
            request.headers_mut().remove("content-length");
        });
        let _ = boxed(asking.send()).await;
    }

    /// <https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html>
    fn attributes<'a>(&'a self, text: &Text<'a>) -> Vec<(&'static str, &'a str)> {
        let mut attributes = vec![("AWS.SNS.SMS.SMSType", "Transactional")];
        let sender = self.senders.pick(text.sender, text.region);
        let (number, name) = match sender {
            Some(sender) if is_number(sender) => (Some(sender), None),
            sender => (self.origination.as_deref(), sender),
        };
        attributes.extend(name.map(|name| ("AWS.SNS.SMS.SenderID", name)));
        attributes.extend(number.map(|number| ("AWS.MM.SMS.OriginationNumber", number)));
        attributes.extend(self.max_price.as_deref().map(|price| (MAX_PRICE, price)));
        if let Some(india) = self.india.as_ref().filter(|_| text.region == "IN") {
            attributes.push(("AWS.MM.SMS.EntityId", &india.entity));
            attributes.push(("AWS.MM.SMS.TemplateId", &india.template));
        }
        attributes
    }
}

const MAX_PRICE: &str = "AWS.SNS.SMS.MaxPrice";

impl Registration {
    /// `entityId` and `templateId`: both or none.
    fn of(fields: &mut Fields) -> Result<Option<Self>, FieldError> {
        let is_id = |id: &str| id.len() <= 50 && id.bytes().all(|digit| digit.is_ascii_digit());
        let mut id = |name: &str| match fields.optional_text(name)? {
            Some(id) if !is_id(&id) => Err(fields.wrong(name, "must be at most 50 digits")),
            id => Ok(id),
        };
        match (id("entityId")?, id("templateId")?) {
            (Some(entity), Some(template)) => Ok(Some(Self { entity, template })),
            (None, None) => Ok(None),
            (None, _) => Err(fields.wrong("entityId", "is missing beside templateId")),
            (_, None) => Err(fields.wrong("templateId", "is missing beside entityId")),
        }
    }
}

/// Why a text is none of AWS's sender ids.
pub const NO_SENDER_ID: &str = "must be 3 to 11 letters and digits, at least one letter";

/// Whether AWS takes it as the name that a message is from
/// (<https://docs.aws.amazon.com/sms-voice/latest/userguide/sender-id-considerations.html>).
pub fn is_sender_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (3..=11).contains(&text.len()) && plain && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Dollars, with at most five places behind the point: SNS's prices have as many.
fn is_price(text: &str) -> bool {
    let (dollars, cents) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    digits(dollars) && digits(cents) && text.bytes().any(|digit| matches!(digit, b'1'..=b'9'))
}

fn client(aws: &SdkConfig) -> Client {
    let mut config = aws_sdk_sns::config::Builder::from(aws)
        .retry_config(once())
        .timeout_config(timeouts());
    config.push_interceptor(terse());
    Client::from_conf(config.build())
}

/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors>
fn classified(code: String, message: &str) -> SendError {
    match code.as_str() {
        // ClaimFilter other parameters the number may be meant: not valid, or opted out.
        "InvalidParameter" | "InvalidParameterValue" if message.contains("PhoneNumber") => {
            SendError::Refused(Channel::Sms, code)
        }
        "OptedOut" => SendError::Refused(Channel::Sms, code),
        "Throttled" | "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
            SendError::Throttled(code)
        }
        "InternalError" | "InternalFailure" | "ServiceUnavailable" => SendError::Unknown(code),
        "AuthorizationError"
        | "AccessDenied"
        | "AccessDeniedException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "SignatureDoesNotMatch" => SendError::Unauthorized(code),
        _ => SendError::Rejected(code),
    }
}

#[cfg(test)]
mod tests {
    use crate::address::phone_number::PhoneNumber;

    use super::*;

    fn attributes(secret: &str, asked: Option<&str>, region: &str) -> String {
        let fields = Fields::providers(secret).unwrap().remove(0);
        let sns = Sns::of(
            fields,
            &crate::platform::aws::loopback("http://127.0.0.1:9"),
        )
        .unwrap();
        let to = PhoneNumber::from_e164("+60123456789").unwrap();
        let text = Text {
            to: &to,
            region,
            body: "",
            code: "",
            sender: asked,
        };
        let attributes = sns.attributes(&text);
        let kept = attributes.iter().skip(1);
        let shown: Vec<_> = kept
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        shown.join(" ")
    }

    #[test]
    fn whom_a_message_is_from() {
        let both = r#"{"senderId":"ACME","originationNumber":"+15005550006","senders":{"US":"+18005550000","GB":"ACMEGB"}}"#;
        for (asked, region, expected) in [
            (
                None,
                "MY",
                "AWS.SNS.SMS.SenderID=ACME AWS.MM.SMS.OriginationNumber=+15005550006",
            ),
            (
                None,
                "GB",
                "AWS.SNS.SMS.SenderID=ACMEGB AWS.MM.SMS.OriginationNumber=+15005550006",
            ),
            (None, "US", "AWS.MM.SMS.OriginationNumber=+18005550000"),
            (
                Some("+15005550009"),
                "GB",
                "AWS.MM.SMS.OriginationNumber=+15005550009",
            ),
        ] {
            assert_eq!(attributes(both, asked, region), expected);
        }
        assert_eq!(attributes("{}", None, "US"), "");
    }

    #[test]
    fn what_else_sns_is_told() {
        let all = r#"{"senderId":"ACM","maxPrice":"0.50","entityId":"1201159000000000000","templateId":"1107160000000000000"}"#;
        assert_eq!(
            attributes(all, None, "MY"),
            "AWS.SNS.SMS.SenderID=ACM AWS.SNS.SMS.MaxPrice=0.50"
        );
        // Registered in India, and of use nowhere else.
        assert_eq!(
            attributes(all, None, "IN"),
            "AWS.SNS.SMS.SenderID=ACM AWS.SNS.SMS.MaxPrice=0.50 \
             AWS.MM.SMS.EntityId=1201159000000000000 AWS.MM.SMS.TemplateId=1107160000000000000"
        );
    }

    #[test]
    fn fields_of_no_use_are_refused_by_name() {
        let refused = |secret: &str| {
            let fields = Fields::providers(secret).unwrap().remove(0);
            let aws = crate::platform::aws::loopback("http://127.0.0.1:9");
            Sns::of(fields, &aws).unwrap_err().field
        };
        for (secret, field) in [
            (r#"{"senderId":"AC"}"#, "senderId"),
            (r#"{"senderId":"123"}"#, "senderId"),
            (r#"{"senderId":"ACMEACMEACME"}"#, "senderId"),
            (r#"{"maxPrice":"$1"}"#, "maxPrice"),
            (r#"{"maxPrice":"0.00"}"#, "maxPrice"),
            (r#"{"maxPrice":"1."}"#, "maxPrice"),
            (r#"{"maxPrice":0.5}"#, "maxPrice"),
            (r#"{"entityId":"1","templateId":"x"}"#, "templateId"),
            (r#"{"entityId":"1"}"#, "templateId"),
            (r#"{"templateId":"1"}"#, "entityId"),
        ] {
            assert_eq!(refused(secret), field, "{secret}");
        }
    }

    #[test]
    fn codes_of_sns_are_told_apart() {
        for (code, message, expected) in [
            (
                "InvalidParameter",
                "Invalid parameter: PhoneNumber Reason: +1 is not valid to publish to",
                "refused",
            ),
            (
                "InvalidParameter",
                "Invalid parameter: SenderID",
                "rejected",
            ),
            ("Throttled", "", "throttled"),
            ("InternalError", "", "unknown"),
            ("AuthorizationError", "", "unauthorized"),
            ("KMSDisabled", "", "rejected"),
        ] {
            assert_eq!(
                classified(code.into(), message).outcome(),
                expected,
                "{code}"
            );
        }
    }
}

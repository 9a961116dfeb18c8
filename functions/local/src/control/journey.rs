//! A journey to paste into a shell: token, PATCH, read the message, validate, look.
//! Needs nothing but bash, curl and sed.

/// Where messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    Inbox,
    /// To phones, by the providers of `--sms-secret`.
    Phones,
}

impl Messages {
    /// What whoever starts the server must know of them.
    pub fn note(self) -> &'static str {
        match self {
            Self::Inbox => {
                "Nothing leaves this machine: text messages end in the inbox, GET /_local/messages."
            }
            Self::Phones => {
                "Text messages go to phones, through the providers of --sms-secret, and cost what these take; \
                 the inbox stays empty."
            }
        }
    }
}

/// The commands against a server at `url`.
pub fn journey(url: &str, messages: Messages) -> String {
    let (number, code) = match messages {
        Messages::Inbox => ("0123456789", FROM_INBOX),
        Messages::Phones => (r#"'"$NUMBER"'"#, FROM_PHONE),
    };
    let journey = JOURNEY
        .replace("{number}", number)
        .replace("{code}", code)
        .replace("{url}", url);
    match messages {
        Messages::Inbox => journey,
        // A shell reads all of a group before it begins with it: what is asked for is typed, not the next line.
        Messages::Phones => format!("{{\n{ASK}\n{journey}}}\n"),
    }
}

const FROM_INBOX: &str = r#"CODE=$(curl -s "$API/_local/messages?to=%2B60123456789" | sed 's/.*"body":"[^"]*Code : \([0-9A-Za-z]*\).*/\1/'); echo "Code: $CODE""#;

/// A message that is really sent goes to whoever types the commands, not to somebody's number of an example.
const ASK: &str = "printf 'Your mobile number, as +60123456789: '; read -r NUMBER";

const FROM_PHONE: &str = "printf 'Code in the message: '; read -r CODE";

const JOURNEY: &str = r#"API={url}
TOKEN=$(curl -s "$API/_local/token" -d '{"user":"bob123"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
curl -s -X PATCH "$API/scim2/Me" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"phoneNumbers":[{"type":"mobile","value":"{number}"}]}}]}'; echo
{code}
curl -s -w '%{http_code}\n' "$API/api/identity/user/v1.0/me/validate-code" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d "{\"code\":\"$CODE\",\"properties\":[]}"
curl -s "$API/scim2/Me" -H "Authorization: Bearer $TOKEN"; echo
"#;

//! A journey to paste into a shell: token, PATCH, read the message, validate, look.
//! Needs nothing but bash, curl and sed.

/// The commands against a server at `url`.
pub fn journey(url: &str) -> String {
    JOURNEY.replace("{url}", url)
}

const JOURNEY: &str = r#"API={url}
TOKEN=$(curl -s "$API/_local/token" -d '{"user":"bob123"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
curl -s -X PATCH "$API/scim2/Me" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"phoneNumbers":[{"type":"mobile","value":"0123456789"}]}}]}'; echo
CODE=$(curl -s "$API/_local/messages?to=%2B60123456789" | sed 's/.*"body":"[^"]*Code : \([0-9A-Za-z]*\).*/\1/'); echo "Code: $CODE"
curl -s -w '%{http_code}\n' "$API/api/identity/user/v1.0/me/validate-code" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d "{\"code\":\"$CODE\",\"properties\":[]}"
curl -s "$API/scim2/Me" -H "Authorization: Bearer $TOKEN"; echo
"#;

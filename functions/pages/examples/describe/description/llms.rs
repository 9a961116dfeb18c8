//! The API on one page of text, for whoever reads before writing a client (<https://llmstxt.org>).

use std::fmt::Write;

use local::template::Route;
use shared::api::catalogue::CATALOGUE;

use super::calls::CALLS;
use super::{key, route_of};

/// What the product is, the calls, the errors.
pub fn llms(routes: &[Route]) -> String {
    let mut text = String::from(HEAD);
    text.push_str("\n## Calls\n\n");
    for call in CALLS {
        let Some(route) = route_of(routes, call) else {
            continue;
        };
        let wants = match (route.authorized, route.scopes.as_slice()) {
            (false, _) => "no token".to_owned(),
            (true, []) => "a user's token".to_owned(),
            (true, scopes) => format!("scope {}", scopes.join(" or ")),
        };
        let _ = writeln!(text, "- `{}` ({wants}): {}", key(route), call.summary);
    }
    text.push_str(ERRORS);
    for row in CATALOGUE {
        let (cause, cure) = (row.cause.trim_end_matches('.'), row.cure);
        let cure = if cure == "–" {
            String::new()
        } else {
            format!("; {cure}")
        };
        let _ = writeln!(text, "- `{}` {}: {cause}{cure}", row.code, row.status);
    }
    text.push_str(TAIL);
    text
}

const HEAD: &str = r#"# Mobile number verification

> An HTTP API that lets a changed mobile number wait until a code that was sent to it comes back. Users are SCIM 2.0
> resources (RFC 7643, RFC 7644); codes are validated and sent again by WSO2's identity API, or by Transmit's calls.

The way of a number, each call with `Authorization: Bearer <access token of the user>` and a JSON body:

1. `PATCH /scim2/Me` with `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace",
   "value":{"phoneNumbers":[{"type":"mobile","value":"+60123456789"}]}}]}` answers 200 with the user: the old number is
   still in `phoneNumbers`, the new one is `urn:scim:wso2:schema:pendingMobileNumber`, and a code was sent to it.
2. `POST /api/identity/user/v1.0/me/validate-code` with `{"code":"123456"}` answers 202: the new number is the user's,
   and `urn:scim:wso2:schema:phoneVerified` is true.
3. No code came? `POST /api/identity/user/v1.0/me/resend-code` with `{}` answers 201; the code before is dead.

- A code lives 5 minutes and stands 5 tries, a number waits 24 hours; ten failures in an hour lock the account.
- 60 seconds lie between two messages to a number. A 429 says by `Retry-After` how many seconds to wait.
- Numbers are E.164. `urn:scim:wso2:schema` has the lists `mobileNumbers` and `verifiedMobileNumbers`: a number that is
  added to the latter waits for a code, too.
- To change other users, or to act for them, tokens need the scopes below.
"#;

const ERRORS: &str = r#"
## Errors

The identity API and the calls below `/cis` answer `{"code","message","description","traceId"}`: branch on `code`. SCIM
answers `{"schemas","status","scimType","detail"}` (RFC 7644 §3.12), where the code begins `detail`: `17003: …`. API
Gateway itself answers `{"message"}`: 401 without a usable token, 403 without a scope, 429 for too many requests.

"#;

const TAIL: &str = r"
## More

- [OpenAPI 3.1](openapi.json): every call with its bodies, answers, headers and examples
- [Web component](ui/mobile-verification.js): `<mobile-verification>` for browsers; types in
  [a declaration](ui/mobile-verification.d.ts)
";

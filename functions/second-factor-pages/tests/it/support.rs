//! Requests that many tests make: a browser with the page of a flow that the back end started.
//! +60111111111 is Bob's verified number; Alice has none.

use std::time::Duration;

use local::testing::{Answer, BOB, Event, TestApp};
use serde_json::{Value, json};

pub const OWN: &str = "+60111111111";
pub const NEW: &str = "+60123456789";
pub const COOLDOWN: Duration = Duration::from_secs(30);
pub const SHOP: &str = "https://shop.example.com/cb?a=b";

/// What only mandatory sign-ins ask for, and where they lead back to.
pub const SETTINGS: [&str; 3] = [
    "SmsOtpMandatory=true",
    "AppName=Example",
    "AllowedReturnUrls=https://shop.example.com/",
];

/// A page in a browser.
pub struct Browser<'a> {
    pub test: &'a TestApp,
    pub id: String,
}

pub async fn stack(more: &[&str]) -> TestApp {
    Box::pin(TestApp::with(&[&SETTINGS[..], more].concat())).await
}

/// The same at the start of a clock hour, in which caps count.
pub async fn at_the_hour(more: &[&str]) -> TestApp {
    Box::pin(TestApp::at_the_hour(&[&SETTINGS[..], more].concat())).await
}

/// A flow of whoever has this name, that leads back to the shop.
pub async fn started<'a>(test: &'a TestApp, user: &str) -> Browser<'a> {
    begun(
        test,
        &json!({ "user": { "username": user }, "returnUrl": SHOP }),
    )
    .await
}

/// One that leads nowhere.
pub async fn without_way_back<'a>(test: &'a TestApp, user: &str) -> Browser<'a> {
    begun(test, &json!({ "user": { "username": user } })).await
}

async fn begun<'a>(test: &'a TestApp, body: &Value) -> Browser<'a> {
    let event = Event::shipped("second-factor/initiate").body(body);
    let answer = test.second_factor(&event).await;
    assert_eq!(answer.status, 200, "{answer}");
    let id = answer.body["flowId"].as_str().unwrap().to_owned();
    Browser { test, id }
}

impl Browser<'_> {
    pub fn shown(&self) -> Event {
        Event::shipped("second-factor-pages/page")
            .parameter("flowId", &self.id)
            .header("accept-language", "en")
            .query(&[])
    }

    pub fn sent(&self, body: &str) -> Event {
        Event::shipped("second-factor-pages/code")
            .parameter("flowId", &self.id)
            .header("accept-language", "en")
            .text(body)
    }

    /// GET.
    pub async fn page(&self) -> Answer {
        self.test.second_factor_pages(&self.shown()).await
    }

    /// A form with one field.
    pub async fn post(&self, name: &str, value: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        self.test.second_factor_pages(&self.sent(&body)).await
    }

    /// POST, and what the browser is redirected to: the words of the address, and the page.
    pub async fn step(&self, name: &str, value: &str) -> (String, Answer) {
        let answer = self.post(name, value).await;
        assert_eq!(answer.status, 303, "{name}: {answer}");
        self.follow(&answer).await
    }

    pub async fn follow(&self, answer: &Answer) -> (String, Answer) {
        let address = answer.header("location").unwrap();
        let (page, query) = address.split_once('?').unwrap_or((address, ""));
        assert_eq!(page, self.id, "it leads elsewhere");
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let shown = self.shown().query(&pairs);
        (
            query.to_owned(),
            self.test.second_factor_pages(&shown).await,
        )
    }

    /// The flow as the back end is told; a success once.
    pub async fn outcome(&self) -> Answer {
        let event = Event::shipped("second-factor/outcome").parameter("flowId", &self.id);
        self.test.second_factor(&event).await
    }

    pub async fn status(&self) -> String {
        let answer = self.outcome().await;
        answer.body["flowStatus"]
            .as_str()
            .unwrap_or("no flow")
            .to_owned()
    }

    pub fn way_back(&self) -> String {
        format!("{SHOP}&flowId={}", self.id)
    }
}

/// The page itself.
pub fn html(answer: &Answer) -> &str {
    let media_type = answer.header("content-type");
    assert_eq!(media_type, Some("text/html; charset=utf-8"), "{answer}");
    answer.body.as_str().unwrap()
}

/// Whether the page says this, in HTML.
pub fn says(answer: &Answer, text: &str) -> bool {
    html(answer).contains(text)
}

pub fn has_field(answer: &Answer, name: &str) -> bool {
    says(answer, &format!(" name=\"{name}\""))
}

/// A code of the same form that is not this one.
pub fn not(code: &str) -> String {
    let other = if code.starts_with('1') { "2" } else { "1" };
    format!("{other}{}", &code[1..])
}

/// New backup codes of whoever has this name.
pub async fn codes_for(test: &TestApp, user: &str) -> Vec<String> {
    let body = json!({ "user": { "username": user }, "count": 3 });
    let event = Event::shipped("second-factor/backup-codes").body(&body);
    let answer = test.second_factor(&event).await;
    let codes = answer.body["codes"].as_array().unwrap().iter();
    codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

/// Bob wants no messages.
pub async fn disable(test: &TestApp) {
    let mut user = test.user(BOB).await;
    let mut profile: Value = user["profile"].as_str().unwrap().parse().unwrap();
    profile["urn:scim:wso2:schema"]["smsOtpDisabled"] = true.into();
    user["profile"] = profile.to_string().into();
    test.put_user_item(&user).await;
}

pub async fn wait(test: &TestApp) {
    test.stack.clock().advance(COOLDOWN);
}

//! What a template makes of values, and of whatever else it is given.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use url::{Url, form_urlencoded};

use super::*;

const VALUES: Values<'static> = Values {
    body: "Say \"$ctx.num\" & {{mobile}}\n\\ 🎉 100%",
    to: "+60123456789",
    digits: "60123456789",
    code: "123456",
    sender: "ACME",
    html: "",
    subject: "",
    sender_address: "",
};

fn parse(text: &str) -> Result<Template, UnknownPlace> {
    Template::parse(text, &Places::OF_TEXTS)
}

fn json(template: &str) -> serde_json::Value {
    let template = parse(template).unwrap().into_json();
    serde_json::from_str(&template.json(&VALUES)).unwrap()
}

#[test]
fn values_come_out_of_json_as_they_went_in() {
    let expected = serde_json::json!({"content": VALUES.body, "to": VALUES.to});
    for template in [
        r#"{"content": {{body}}, "to": {{mobile}}}"#,
        r#"{"content": "{{body}}", "to": "{{ mobile }}"}"#,
        r#"{"content": " $ctx.msg ", "to": {{mobile}}}"#,
        r"{“content”: \{\{body\}\},“to”: \{\{mobile\}\}}",
        r"{“content”: \{\{body\}\},“to”: \{\{mobile\}\}}}",
        r"{“content”: {{body}},“to”: {{mobile}}}}",
        r#"{"content"={{body}}, "to"={{mobile}}}"#,
        r#"{"content":{{ body }},"to":{{mobile}}}"#,
    ] {
        assert_eq!(json(template), expected, "{template}");
    }
    assert_eq!(
        json(r#"{"text":" $ctx.msg ","to":[" $ctx.num "]}"#),
        serde_json::json!({"text": VALUES.body, "to": [VALUES.digits]})
    );
    assert_eq!(
        json(r#"{"a":"\"=“ {{sender}}=$ctx.otp","b":"\\"}"#),
        serde_json::json!({"a": "\"=“ ACME=123456", "b": "\\"})
    );
}

#[test]
fn values_are_encoded_in_forms_and_urls() {
    let template = parse(r"to=\$ctx.num&text=$ctx.msg&price=$5").unwrap();
    assert_eq!(
        template.encoded(&VALUES),
        "to=60123456789&text=Say%20%22%24ctx.num%22%20%26%20%7B%7Bmobile%7D%7D%0A%5C%20%F0%9F%8E%89%20100%25&price=$5"
    );
}

/// Gateways that hand a payload on to others take it as a text.
#[test]
fn json_within_json_is_escaped_twice() {
    let inner = serde_json::json!({"text": VALUES.body, "to": [VALUES.to]});
    for template in [
        r#"{"payload":"{\"text\":\"{{body}}\",\"to\":[\"{{mobile}}\"]}"}"#,
        r#"{"payload":"{\"text\":{{body}},\"to\":[{{mobile}}]}"}"#,
        r#"{"payload":" { \"text\": \" $ctx.msg \", \"to\": [ {{ mobile }} ] } "}"#,
    ] {
        let outer = json(template);
        let text = outer["payload"].as_str().unwrap();
        let read: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(read, inner, "{template}");
    }
    let thrice =
        serde_json::json!({"a": serde_json::json!({"b": r#"{"c":"{{body}}"}"#}).to_string()});
    let outer = json(&thrice.to_string());
    let middle: serde_json::Value = serde_json::from_str(outer["a"].as_str().unwrap()).unwrap();
    let innermost: serde_json::Value = serde_json::from_str(middle["b"].as_str().unwrap()).unwrap();
    assert_eq!(innermost["c"], VALUES.body);
    // A text that only looks like it is one.
    let text = json(r#"{"a":"{not: {{body}}","b":"[{{mobile}}] said"}"#);
    assert_eq!(text["a"], format!("{{not: {}", VALUES.body));
    assert_eq!(text["b"], format!("[{}] said", VALUES.to));
}

#[test]
fn values_are_escaped_in_xml() {
    let text = "<a b='{{sender}}'>{{body}}<![CDATA[<{{body}}>]]>{{mobile}}</a>";
    let template = parse(text).unwrap().into_xml();
    let document = xml::read(&template.xml(&Values {
        body: "<&\"']]>",
        ..VALUES
    }));
    assert!(document.well_formed);
    assert_eq!(
        template.xml(&Values {
            body: "1<2]]>",
            ..VALUES
        }),
        "<a b='ACME'>1&lt;2]]&gt;<![CDATA[<1<2]]]]><![CDATA[>>]]>+60123456789</a>"
    );
}

#[test]
fn what_is_behind_a_mark() {
    let behind = |text: &str| parse(text).unwrap().has_place_behind('#');
    assert!(behind("https://a/{{mobile}}#{{body}}") && behind("https://a/#/x?{{body}}"));
    assert!(!behind("https://a/{{mobile}}?{{body}}#end"));
}

#[test]
fn unknown_places_are_refused() {
    for text in [
        "{{code}}",
        "{{body",
        "$ctx.number",
        "$ctx.",
        "{{}}",
        "{body}",
        "to={ mobile }&text={{body}}",
        r#"{"text":"{message}"}"#,
        "<a>{otp-code}</a>",
    ] {
        assert_eq!(parse(text), Err(UnknownPlace), "{text}");
    }
}

#[test]
fn what_a_template_holds() {
    let template = parse("x{{body}}").unwrap();
    assert!(template.holds(&[Part::Code, Part::Body]) && !template.holds(&[Part::To]));
    assert_eq!(template.start(), "x");
    assert!(!parse("https://a.b/c").unwrap().has_places());
}

#[test]
fn surplus_braces_go_and_others_stay() {
    for (template, expected) in [
        ("{\"a\":{{body}}}}", "{\"a\":{{body}}}"),
        ("{\"a\":{{body}}}}}}\n", "{\"a\":{{body}}}"),
        ("{\"a\":{\"b\":{{body}}}}", "{\"a\":{\"b\":{{body}}}}"),
        (
            "{\"a\":\"{\",\"b\":{{body}}}}",
            "{\"a\":\"{\",\"b\":{{body}}}",
        ),
        (
            "{\"a\":\"\\\"}}}\",\"b\":{{body}}}",
            "{\"a\":\"\\\"}}}\",\"b\":{{body}}}",
        ),
    ] {
        let parsed = |text: &str| parse(text).unwrap().into_json();
        assert_eq!(parsed(template), parsed(expected), "{template}");
        serde_json::from_str::<serde_json::Value>(&parsed(template).json(&VALUES)).unwrap();
    }
}

/// Characters that mean something in one of the places, and any others.
fn texts() -> impl Strategy<Value = String> {
    let special = select(
        "\"'&=+%#?/;:{}$\\\r\n\t\0 <>,“”é\u{1f389}\u{2028}"
            .chars()
            .collect::<Vec<_>>(),
    );
    let any_text = vec(prop_oneof![special, any::<char>()], 0..40);
    any_text.prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #[test]
    fn whatever_is_sent_is_what_arrives(body in texts(), digits in "[1-9][0-9]{6,14}", code in texts()) {
        let mobile = format!("+{digits}");
        let values = Values { body: &body, to: &mobile, digits: &digits, code: &code, ..Values::default() };
        let expected = serde_json::json!([body, mobile, digits, code]);
        for template in [
            "[{{body}},{{mobile}},$ctx.num,$ctx.otp]",
            "[\"$ctx.msg\",\"{{ mobile }}\",\" $ctx.num \",\"$ctx.otp\"]",
            "[“{{body}}”,“{{mobile}}”,\"\\$ctx.num\",\"$ctx.otp\"]",
        ] {
            let json = parse(template).unwrap().into_json().json(&values);
            let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&parsed, &expected);
        }
        let inner = r#"{"x":"[{{body}},\"{{mobile}}\",$ctx.num,\"$ctx.otp\"]"}"#;
        let json = parse(inner).unwrap().into_json().json(&values);
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(parsed["x"].as_str().unwrap()).unwrap();
        prop_assert_eq!(&parsed, &expected);
        let xml = "<x b=\"{{body}}\"><m>{{mobile}}</m><![CDATA[$ctx.otp]]></x>";
        let xml = parse(xml).unwrap().into_xml().xml(&values);
        prop_assert!(xml::read(&xml).well_formed, "{}", xml);
        let template = parse("a={{body}}&b={{mobile}}&c=$ctx.num&d=$ctx.otp").unwrap();
        let encoded = template.encoded(&values);
        let pairs: Vec<String> = form_urlencoded::parse(encoded.as_bytes()).map(|(_, v)| v.into_owned()).collect();
        prop_assert_eq!(&pairs, &[&body, &mobile, &digits, &code].map(Clone::clone));
        let url = Url::parse(&format!("https://a.example/x?{encoded}#{encoded}")).unwrap();
        let pairs: Vec<String> = url.query_pairs().map(|(_, v)| v.into_owned()).collect();
        prop_assert_eq!(&pairs, &[&body, &mobile, &digits, &code].map(Clone::clone));
        prop_assert_eq!(url.host_str(), Some("a.example"));
    }

    #[test]
    fn no_template_is_too_strange(text in texts(), pieces in vec(select(PIECES.to_vec()), 0..20)) {
        for text in [text.clone(), pieces.concat(), format!("{text}{}{text}", pieces.concat())] {
            let Ok(template) = parse(&text) else { continue };
            let _ = template.encoded(&VALUES);
            let _ = template.plain(&VALUES);
            let _ = template.clone().into_xml().xml(&VALUES);
            let _ = template.into_json().json(&VALUES);
        }
    }
}

const PIECES: [&str; 18] = [
    "{{", "}}", "{", "}", "body", "mobile", " ", "$ctx.", "num", "msg", "\\", "\"", "“", "”", "=",
    ",", "{{body}}", "$ctx.num",
];

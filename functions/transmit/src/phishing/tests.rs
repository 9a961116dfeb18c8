//! Traps that must be seen in every disguise, and sentences that must pass.

use proptest::prelude::*;

use crate::phishing::is_in;

/// In a message as it is asked for.
fn lures(text: &str) -> bool {
    is_in(&format!("{{app}} code {{otp}} {text}"), "ACME")
}

#[test]
fn links_and_addresses_in_every_disguise() {
    for text in [
        "https://evil.example/a",
        "HTTP://EVIL",
        "hxxps evil",
        "http:evil",
        "custom://open",
        "www.evil",
        "WWW evil",
        "wwwevil",
        "evil.com",
        "go to Evil.Co.UK now",
        "(bit.ly/abc)",
        "t.me/evil",
        "wa.me/x",
        "evil.com.",
        "evil.xn--p1ai",
        "münchen.de",
        "пример.рф",
        "例子.中国",
        "💩.la",
        "evil．com",
        "ｅｖｉｌ.ｃｏｍ",
        "evil。com",
        "evil｡com",
        "银行。com",
        "evil\u{2024}com",
        "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦",
        "ⓔⓥⓘⓛ.ⓒⓞⓜ",
        "evil.c\u{200d}om",
        "evil.\u{200c}com",
        "evil.c\u{301}om",
        "evil[.]com",
        "evil (dot) com",
        "evil [ . ] com",
        "evil dot com",
        "evil DOT COM",
        "evil,com",
        "evil·com",
        "evil•net",
        "evil .com",
        "192.168.0.1",
        "1.1.1.1",
        "١.١.١.١",
        "evil .de",
        "evil .de/x",
        "evil .example",
        "evil dot de",
        "evil dot co dot uk",
        "evil DOT me",
        "//evil/x",
        "see //evil",
        "localhost:80",
        "LOCALHOST",
        "tel:911",
        "TEL:911",
        "(tel:112)",
        "t\u{200d}el:911",
        "ｔｅｌ：911",
        "sms:112",
        "smsto:x",
        "mms:x",
        "mailto:bob",
        "javascript:…",
        "data:text/html,x",
        "intent:#Intent;end",
        "market:x",
        "itms:x",
        "itms-apps:x",
        "facetime:x",
        "callto:x",
        "skype:bob?call",
        "whatsapp:x",
        "bob@evil",
        "bob＠evil",
        "bob ﹫ evil",
        "@evil",
    ] {
        assert!(lures(text), "{text}");
    }
}

#[test]
fn places_do_not_hide_a_link() {
    for message in [
        "{otp} {app}.com",
        "{otp} {app}.evil",
        "{otp} evil.c{app}om",
        "{otp} evil{app}.com",
        "{otp} w{app}ww",
        "{app} ht{app}tp",
        "{app} {otp}.com",
        "{app} evil.{otp}com",
        "{app} 0123{app}456{otp}789",
        "{otp} t{app}el:911",
        "{app} tel:{otp}",
        "{app} evil .{otp}de",
        "{otp} call {app} 112",
    ] {
        assert!(is_in(message, "ACME"), "{message}");
    }
    assert!(is_in("{otp} {app}com", "ACME Inc."), "ACME Inc.com");
}

#[test]
fn a_name_that_is_a_domain_stays_that_domain() {
    let named = |message: &str| is_in(message, "example.com");
    for message in [
        "{app}: {otp}",
        "{otp} evil{app}",
        "{otp} evil-{app}",
        "{otp} evil.{app}",
        "{otp} {app}.evil",
        "{otp} {app}/path",
        "{otp} {app}:1",
        "{otp} {app}?a",
        "{otp}{app}",
        "{otp} {app}{app}",
    ] {
        assert!(named(message), "{message}");
    }
    for message in [
        "{app} code {otp}",
        "{otp} is your code for {app}.",
        "{otp} is your code for {app}. Thanks",
        "{otp} ({app})",
        "{otp}: \"{app}\", {app}",
    ] {
        assert!(!named(message), "{message}");
    }
}

#[test]
fn numbers_to_call_in_every_disguise() {
    for text in [
        "call +60123456789",
        "call 112",
        "Call: 112",
        "call112",
        "dial 999 now",
        "dial 9-9-9",
        "text 333",
        "ring (999)",
        "SMS 112",
        "tel 911",
        "call ９１１",
        "call ١١٢",
        "call 9ll",
        "1-800",
        "1 – 800",
        "1–800",
        "800-1",
        "call 0800 1234",
        "call 0-8-0-0-1",
        "call (012) 345 67",
        "text 54321",
        "text 8888",
        "٨٨٨٨",
        "call 0800, now",
        "５４３２１",
        "٥٤٣٢١",
        "५४३२१",
        "①②③④⑤",
        "❶❷❸❹❺",
        "¹²³⁴⁵",
        "𝟏𝟐𝟑𝟒𝟓",
        "1\u{fe0f}\u{20e3}2\u{fe0f}\u{20e3}3\u{fe0f}\u{20e3}4\u{fe0f}\u{20e3}5\u{fe0f}\u{20e3}",
        "1\u{200d}2\u{200d}3\u{200d}4\u{200d}5",
        "一三八零零",
        "O8OO l23",
        "01 23 / 45",
        "012, 345, 678",
        "zero12call34then56and789",
        "1.2.3.4.5",
        "0800-FLOWERS",
        "1-800-SCAM",
        "dial *100#",
        "dial **21*5#",
        "dial #31#",
        "12_34_5",
        "12—34—5",
    ] {
        assert!(lures(text), "{text}");
    }
}

#[test]
fn ordinary_sentences_pass() {
    for message in [
        "Your {app} verification code is: {otp}",
        "{otp} is your {app} code.",
        "{app}: {otp}",
        "<#> {app}: {otp}",
        "[{app}] {otp}",
        "Use {otp} to sign in to {app}. It's valid for 10 minutes, e.g. now; don't share it (ever)!",
        "{app} code: {otp}... Thanks!",
        "Hi! {otp} = your {app} PIN, 24/7. Valid until 5 p.m. or 17:30",
        "{app}: {otp}. 3 tries, 10-15 min.",
        "{app}: your code is {otp}. Valid for 5 minutes.",
        "{app}: {otp} until 10:30",
        "{app}: {otp} (valid:10:30)",
        "Code: {otp}",
        "Code:{otp}",
        "{app}:{otp}",
        "Use {otp} by 2026.",
        "{app} SMS: {otp}. By SMS 24/7, we never call 3 times",
        "No SMS? We call at 10:30 or by text 9:45. {app} {otp}",
        "{app} // {otp}",
        "A dot is not a dot or a dash: {app} {otp} ...Thanks",
        "{app} data: {otp}, 5-10 min, 24 - 48 h",
        "{app}: {otp} in 100 seconds, recall 123",
        "{app} 2026: {otp}. 3 tries.",
        "© 1999 {app}: {otp}",
        "{app} - 1.5 GB & $10 (a 50% bonus) with {otp}",
        "Version 2.0 of {app}: {otp}",
        "{app}: {otp}. Não compartilhe com ninguém, com carinho",
        "Ihr {app}-Code lautet {otp}, z.B. für morgen. Grüße",
        "Votre code {app} : {otp} ; ne le partagez pas, s'il vous plaît !",
        "El codi d'{app} és {otp}: col·lecció, paral·lel",
        "{app} doğrulama kodunuz: {otp}",
        "Ваш код {app}: {otp}. Никому его не сообщайте.",
        "您的{app}验证码是{otp}。请勿泄露给他人，5分钟内有效。",
        "{app}の認証コードは{otp}です。・・・",
        "{app} 인증번호는 {otp} 입니다.",
        "رمز {app} الخاص بك هو {otp}. لا تشاركه.",
        "{app} के लिए आपका कोड {otp} है। साझा न करें।",
        "รหัส {app} ของคุณคือ {otp}",
        "Kod {app} anda ialah {otp}. Jangan kongsi.",
        "{app} 🎉 code 👨\u{200d}👩\u{200d}👧: {otp} ❤\u{fe0f}",
        "The communication of {app}, the information and the network: {otp} @"
            .trim_end_matches(" @"),
        "{app}{otp}",
    ] {
        assert!(!is_in(message, "ACME"), "{message}");
        assert!(!is_in(message, "Bank 24/7"), "{message}");
        assert!(!is_in(message, ""), "{message}");
    }
}

const WORDS: [&str; 16] = [
    "your", "code", "for", "the", "app", "is", "please", "do", "not", "share", "it", "valid",
    "minutes", "com", "net", "dot",
];

proptest! {
    /// Words with blanks between them lead nowhere, except that "dot com" does.
    #[test]
    fn words_pass(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..20)) {
        let text = words.join(" ");
        prop_assume!(!text.contains("dot com") && !text.contains("dot net"));
        prop_assert!(!lures(&text));
    }

    #[test]
    fn domains_do_not(
        before in "[a-z ]{0,10}",
        name in "[a-zA-Z0-9а-я-]{1,10}",
        end in "[a-zA-Zа-я]{2,6}",
        after in "( [a-z]{0,10})?",
    ) {
        let text = format!("{before}{name}.{end}{after}");
        prop_assert!(lures(&text));
        let wide: String = text.chars().map(wide).collect();
        prop_assert!(lures(&wide));
    }

    /// Every way to write a number that has separators like those of numbers.
    #[test]
    fn phone_numbers_do_not(digits in "[0-9]{7,15}", gaps in prop::collection::vec("[-. ()/]{0,3}", 15)) {
        let text: String = digits.chars().zip(&gaps).flat_map(|(digit, gap)| [digit.to_string(), gap.clone()]).collect();
        prop_assume!(!text.contains(". "));
        prop_assert!(lures(&text));
        let wide: String = text.chars().map(wide).collect();
        prop_assert!(lures(&wide));
    }

    #[test]
    fn nothing_panics(message in "\\PC{0,140}", app in "\\PC{0,64}") {
        is_in(&message, &app);
    }
}

/// Full width, where there is one.
fn wide(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        other => other,
    }
}

//! Whom e-mails are from: a mailbox with or without a name (RFC 5322 §3.4), written as a header wants it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::address::email::EmailAddress;

/// Bytes of text in one encoded word, whose 75 characters (RFC 2047 §2) have 12 of framing and hold base64.
const IN_A_WORD: usize = 45;

/// `ACME <no-reply@acme.example>`, or the address alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    name: String,
    address: String,
}

impl Sender {
    /// None where it is no such mailbox. The address is ASCII: it names what is verified with a provider.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => rest.split_once('<')?,
            None => ("", text),
        };
        let name = name.trim();
        let unquoted = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'));
        let name = unquoted.unwrap_or(name);
        // What would end the name, or begin another address or line.
        let strange = |c: char| c.is_control() || "<>\"\\@\u{2028}\u{2029}".contains(c);
        let address = EmailAddress::parse(address).ok()?.mailbox();
        (!name.contains(strange) && address.is_ascii()).then(|| Self {
            name: name.to_owned(),
            address,
        })
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The name as it is, for whoever makes a header of it.
    pub fn as_text(&self) -> String {
        let plain = |c: char| c.is_alphanumeric() || " !#$%&'*+-/=?^_`{|}~".contains(c);
        match self.name.as_str() {
            "" => self.address.clone(),
            name if name.chars().all(plain) => format!("{name} <{}>", self.address),
            name => format!("\"{name}\" <{}>", self.address),
        }
    }

    /// The same in ASCII: a name of other letters is one or several encoded words (RFC 2047).
    pub fn as_header(&self) -> String {
        if self.name.is_ascii() {
            return self.as_text();
        }
        let mut words: Vec<String> = Vec::new();
        for c in self.name.chars() {
            match words.last_mut() {
                Some(word) if word.len() + c.len_utf8() <= IN_A_WORD => word.push(c),
                _ => words.push(c.to_string()),
            }
        }
        let words = words.iter();
        let encoded: Vec<_> = words
            .map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word)))
            .collect();
        format!("{} <{}>", encoded.join(" "), self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_sender_is_written() {
        for (text, as_text, as_header) in [
            (
                "no-reply@acme.example",
                "no-reply@acme.example",
                "no-reply@acme.example",
            ),
            (
                "ACME <no-reply@ACME.example>",
                "ACME <no-reply@acme.example>",
                "ACME <no-reply@acme.example>",
            ),
            (
                "\"ACME, Inc.\" <a@b.example>",
                "\"ACME, Inc.\" <a@b.example>",
                "\"ACME, Inc.\" <a@b.example>",
            ),
            (
                "Bücher <a@bücher.example>",
                "Bücher <a@xn--bcher-kva.example>",
                "=?UTF-8?B?QsO8Y2hlcg==?= <a@xn--bcher-kva.example>",
            ),
            (
                "Ä, Inc. <a@b.example>",
                "\"Ä, Inc.\" <a@b.example>",
                "=?UTF-8?B?w4QsIEluYy4=?= <a@b.example>",
            ),
        ] {
            let sender = Sender::parse(text).unwrap();
            assert_eq!(sender.as_text(), as_text);
            assert_eq!(sender.as_header(), as_header);
            assert!(
                as_header.ends_with(&format!("<{}>", sender.address()))
                    || as_header == sender.address()
            );
        }
    }

    #[test]
    fn no_word_of_a_header_is_too_long() {
        let sender = Sender::parse(&format!("{} <a@b.example>", "ж".repeat(64))).unwrap();
        let header = sender.as_header();
        let words: Vec<_> = header.split(' ').collect();
        assert_eq!(words.len(), 4);
        assert!(
            words.iter().all(|word| word.len() <= 75 && word.is_ascii()),
            "{header}"
        );
    }

    #[test]
    fn what_is_no_sender_is_refused() {
        for text in [
            "",
            "ACME",
            "ACME no-reply@acme.example",
            "ACME <no-reply@acme.example",
            "no-reply@acme.example>",
            "ACME <>",
            "A@B <no-reply@acme.example>",
            "A <b> <no-reply@acme.example>",
            "A\r\nBcc: x@y.example <no-reply@acme.example>",
            "a@b.example, c@d.example",
            "ACME <a@b.example>, <c@d.example>",
            "ACME <é@acme.example>",
            "ACME <no-reply@acme>",
        ] {
            assert_eq!(Sender::parse(text), None, "{text}");
        }
    }
}

//! What somebody typed, by what was asked of them; pure.

use shared::otp::{Alphabet, Code};
use shared::user::backup_codes::BackupCode;
use shared::verification::flow::Asks;

/// An answer to a challenge. No Debug.
pub enum Answer<'a> {
    Code(Code),
    BackupCode(BackupCode),
    /// Another code is asked for.
    Resend,
    /// A number that a code is to go to, in any spelling.
    Number(&'a str),
    /// Nothing that could be right.
    Unreadable,
}

impl<'a> Answer<'a> {
    /// As it is, it answers the prompt; `resend`, `backup:…` and `number:…` say something else.
    pub fn read(text: &'a str, prompt: &str, alphabet: &Alphabet) -> Self {
        let text = text.trim();
        if text.eq_ignore_ascii_case("resend") {
            return Self::Resend;
        }
        let asked = match text.split_once(':') {
            Some((kind, rest)) if kind.eq_ignore_ascii_case("backup") => {
                Some((Asks::BackupCode, rest))
            }
            Some((kind, rest)) if kind.eq_ignore_ascii_case("number") => Some((Asks::Number, rest)),
            _ => {
                let all = [Asks::Code, Asks::Number, Asks::BackupCode];
                let asks = all.into_iter().find(|asks| asks.prompt() == prompt);
                asks.map(|asks| (asks, text))
            }
        };
        let read = match asked {
            Some((Asks::Number, text)) => Some(Self::Number(text)),
            Some((Asks::BackupCode, text)) => BackupCode::parse(text).map(Self::BackupCode),
            Some((Asks::Code, text)) => alphabet.read(text).map(Self::Code),
            None => None,
        };
        read.unwrap_or(Self::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, prompt: &str) -> String {
        let alphabet = Alphabet::from_env(&|_: &str| None).unwrap();
        match Answer::read(text, prompt, &alphabet) {
            Answer::Code(code) => format!("code {}", code.expose()),
            Answer::BackupCode(code) => format!("backup {}", code.grouped()),
            Answer::Resend => "resend".to_owned(),
            Answer::Number(number) => format!("number {number}"),
            Answer::Unreadable => "unreadable".to_owned(),
        }
    }

    #[test]
    fn an_answer_is_what_was_asked_for_unless_it_says_otherwise() {
        for (text, prompt, expected) in [
            ("123456", "OTP", "code 123456"),
            (" 123 456 ", "OTP", "code 123456"),
            ("resend", "OTP", "resend"),
            (" Resend", "MOBILE_NUMBER", "resend"),
            ("backup:abcde-fghjk", "OTP", "backup abcde-fghjk"),
            ("Backup: ABCDEFGHJK", "OTP", "backup abcde-fghjk"),
            ("abcdefghjk", "BACKUP_CODE", "backup abcde-fghjk"),
            ("number:+60123456789", "OTP", "number +60123456789"),
            ("012-345 6789", "MOBILE_NUMBER", "number 012-345 6789"),
            (
                "tel:+60123456789",
                "MOBILE_NUMBER",
                "number tel:+60123456789",
            ),
            ("+60123456789", "OTP", "unreadable"),
            ("", "OTP", "unreadable"),
            ("backup:", "OTP", "unreadable"),
            ("123456", "", "unreadable"),
        ] {
            assert_eq!(read(text, prompt), expected, "{text} {prompt}");
        }
    }
}

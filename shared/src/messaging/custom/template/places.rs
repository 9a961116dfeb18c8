//! The places that templates may have: a table a channel.

use crate::messaging::custom::template::piece::Part;

/// The places of a channel's templates.
pub struct Places {
    /// `{{name}}`.
    pub in_braces: &'static [(&'static str, Part)],
    /// `$ctx.name`, as other systems write them.
    pub in_context: &'static [(&'static str, Part)],
    /// What the text may go as.
    pub texts: &'static [Part],
    /// Whether a text may have several lines, which no header can hold.
    pub has_lines: bool,
    /// The place of the address, as it is named where there is none.
    pub address: &'static str,
}

impl Places {
    pub const OF_TEXTS: Self = Self {
        in_braces: &[
            ("body", Part::Body),
            ("mobile", Part::To),
            ("sender", Part::Sender),
        ],
        in_context: &[
            ("msg", Part::Body),
            ("num", Part::Digits),
            ("otp", Part::Code),
        ],
        texts: &[Part::Body],
        has_lines: false,
        address: "{{mobile}}",
    };

    #[cfg(feature = "email")]
    pub const OF_EMAILS: Self = Self {
        in_braces: &[
            ("body", Part::Body),
            ("from", Part::Sender),
            ("fromAddress", Part::SenderAddress),
            ("html", Part::Html),
            ("subject", Part::Subject),
            ("to", Part::To),
        ],
        in_context: &[("otp", Part::Code)],
        texts: &[Part::Body, Part::Html],
        has_lines: true,
        address: "{{to}}",
    };
}

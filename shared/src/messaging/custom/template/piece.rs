//! What a template is made of.

/// What goes to a place.
#[cfg_attr(
    not(feature = "email"),
    expect(dead_code, reason = "some are of e-mails alone")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole text.
    Body,
    /// The same with markup.
    Html,
    Subject,
    /// The address: of a phone, E.164.
    To,
    /// The number's digits alone.
    Digits,
    /// The code by itself.
    Code,
    /// Whom it is from.
    Sender,
    /// The sender's address alone.
    SenderAddress,
}

/// A part of a template, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    Place(Part),
    /// Within the quotes of a JSON text.
    Quoted(Part),
    /// Within `<![CDATA[…]]>`.
    Cdata(Part),
    /// A text of JSON that is JSON itself: its values are escaped once more.
    Inner(Vec<Piece>),
}

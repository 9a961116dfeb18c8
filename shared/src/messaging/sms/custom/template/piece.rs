//! What a template is made of.

/// What goes to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole text.
    Body,
    /// The number as E.164.
    Mobile,
    /// The number's digits alone.
    Digits,
    /// The code by itself.
    Code,
    Sender,
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

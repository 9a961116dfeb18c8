//! Texts with places for a message's parts: `{{body}}`, `{{mobile}}`, `$ctx.num` and so on.
//! Split once at start; a value is escaped for where it lands, and nothing within a value is a place.

mod inner;
mod piece;
mod places;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use self::inner::with_inner_json;
pub use self::piece::Part;
use self::piece::Piece;
pub use self::places::Places;
use crate::messaging::custom::xml;

/// RFC 3986 §2.3: what needs no encoding.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a message's parts are; empty where it has none of the kind.
#[derive(Clone, Copy, Default)]
pub struct Values<'a> {
    pub body: &'a str,
    pub html: &'a str,
    pub subject: &'a str,
    pub to: &'a str,
    pub digits: &'a str,
    pub code: &'a str,
    pub sender: &'a str,
    pub sender_address: &'a str,
}

impl Values<'static> {
    /// Something of every kind, to try a template with.
    pub const SAMPLE: Self = Self {
        body: "\"Code\": 123456",
        html: "<p>\"Code\": 123456</p>",
        subject: "Code",
        to: "+60123456789",
        digits: "60123456789",
        code: "123456",
        sender: "ACME",
        sender_address: "acme@example.com",
    };
}

impl<'a> Values<'a> {
    fn of(&self, part: Part) -> &'a str {
        match part {
            Part::Body => self.body,
            Part::Html => self.html,
            Part::Subject => self.subject,
            Part::To => self.to,
            Part::Digits => self.digits,
            Part::Code => self.code,
            Part::Sender => self.sender,
            Part::SenderAddress => self.sender_address,
        }
    }
}

/// A text that has been split at its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A placeholder that there is not.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownPlace;

impl Template {
    /// Backslashes before braces and dollars, as documentation shows them, are dropped.
    pub fn parse(text: &str, places: &Places) -> Result<Self, UnknownPlace> {
        let text = unescaped(text);
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            if let Some((part, after)) = place(rest, places)? {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Place(part));
                rest = after;
            } else {
                literal.push(c);
                rest = rest.split_at(c.len_utf8()).1;
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }

    /// The same as JSON: places within quotes are told from bare ones, and what documentation makes of JSON
    /// (typographic quotes, `=` between name and value) is put right.
    #[must_use]
    pub fn into_json(self) -> Self {
        let mut inside: Option<char> = None;
        let mut escaped = false;
        let mut pieces: Vec<Piece> = self
            .0
            .into_iter()
            .map(|piece| match piece {
                Piece::Literal(text) => {
                    let mut json = String::new();
                    for c in text.chars() {
                        let put = match (c, inside) {
                            _ if escaped => c,
                            ('"' | '“' | '”', None) => {
                                inside = Some(if c == '"' { '"' } else { '”' });
                                '"'
                            }
                            ('=', None) => ':',
                            ('"', Some('"')) | ('”' | '“', Some('”')) => {
                                inside = None;
                                '"'
                            }
                            _ => c,
                        };
                        escaped = c == '\\' && inside.is_some() && !escaped;
                        json.push(put);
                    }
                    Piece::Literal(json)
                }
                Piece::Place(part) if inside.is_some() => Piece::Quoted(part),
                piece => piece,
            })
            .collect();
        trim(&mut pieces);
        close(&mut pieces);
        Self(with_inner_json(pieces, inner_json))
    }

    /// The same as XML: places within `<![CDATA[…]]>` are told from others.
    #[must_use]
    pub fn into_xml(self) -> Self {
        let mut inside = false;
        let pieces = self.0.into_iter().map(|piece| match piece {
            Piece::Literal(text) => {
                inside = match (text.rfind("<![CDATA["), text.rfind("]]>")) {
                    (Some(begins), Some(ends)) => begins > ends,
                    (Some(_), None) => true,
                    (None, Some(_)) => false,
                    (None, None) => inside,
                };
                Piece::Literal(text)
            }
            Piece::Place(part) if inside => Piece::Cdata(part),
            piece => piece,
        });
        Self(pieces.collect())
    }

    pub fn holds(&self, parts: &[Part]) -> bool {
        holds(&self.0, parts)
    }

    /// Whether a place comes after this character.
    pub fn has_place_behind(&self, mark: char) -> bool {
        let is_marked =
            |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains(mark));
        let mut behind = self.0.iter().skip_while(|piece| !is_marked(piece));
        behind.any(|piece| !matches!(piece, Piece::Literal(_)))
    }

    /// What stands before the first place.
    pub fn start(&self) -> &str {
        match self.0.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    pub fn has_places(&self) -> bool {
        self.0
            .iter()
            .any(|piece| !matches!(piece, Piece::Literal(_)))
    }

    /// In JSON: a place of its own becomes a text with its quotes.
    pub fn json(&self, values: &Values<'_>) -> String {
        json(&self.0, values)
    }

    /// In XML.
    pub fn xml(&self, values: &Values<'_>) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Place(part) | Piece::Quoted(part) => xml::escaped(values.of(*part)),
            Piece::Cdata(part) => xml::cdata(values.of(*part)),
            Piece::Inner(inner) => json(inner, values),
        });
        pieces.collect()
    }

    /// In a URL or a form.
    pub fn encoded(&self, values: &Values<'_>) -> String {
        self.filled(values, |value| {
            utf8_percent_encode(value, ENCODED).to_string()
        })
    }

    /// In a header or a plain text, as it is.
    pub fn plain(&self, values: &Values<'_>) -> String {
        self.filled(values, str::to_owned)
    }

    fn filled(&self, values: &Values<'_>, escape: fn(&str) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Place(part) | Piece::Quoted(part) | Piece::Cdata(part) => {
                escape(values.of(*part))
            }
            Piece::Inner(inner) => json(inner, values),
        });
        pieces.collect()
    }
}

fn holds(pieces: &[Piece], parts: &[Part]) -> bool {
    pieces.iter().any(|piece| match piece {
        Piece::Place(part) | Piece::Quoted(part) | Piece::Cdata(part) => parts.contains(part),
        Piece::Inner(inner) => holds(inner, parts),
        Piece::Literal(_) => false,
    })
}

fn json(pieces: &[Piece], values: &Values<'_>) -> String {
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Place(part) | Piece::Cdata(part) => json_text(values.of(*part)),
        Piece::Quoted(part) => within_quotes(values.of(*part)),
        Piece::Inner(inner) => within_quotes(&json(inner, values)),
    });
    pieces.collect()
}

/// The pieces of a text within JSON as JSON of its own, where they are.
fn inner_json(pieces: Vec<Piece>) -> Option<Vec<Piece>> {
    let inner = Template(pieces).into_json();
    let sample = inner.json(&Values::SAMPLE);
    serde_json::from_str::<serde_json::Value>(&sample).ok()?;
    Some(inner.0)
}

/// A text of JSON with its quotes.
fn json_text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// The same without them.
fn within_quotes(value: &str) -> String {
    let text = json_text(value);
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}

/// Without the backslashes that documentation puts before braces and dollars.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\\', Some('{' | '}' | '$')) => {}
            ('\\', Some('\\')) => {
                plain.push(c);
                plain.extend(characters.next());
            }
            _ => plain.push(c),
        }
    }
    plain
}

/// A place at the start of the text, and what follows it.
fn place<'a>(text: &'a str, places: &Places) -> Result<Option<(Part, &'a str)>, UnknownPlace> {
    if let Some(rest) = text.strip_prefix("$ctx.") {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        return Ok(Some((named(name, places.in_context)?, after)));
    }
    let Some(rest) = text.strip_prefix("{{") else {
        return if is_named(text) {
            Err(UnknownPlace)
        } else {
            Ok(None)
        };
    };
    let (name, after) = rest.split_once("}}").ok_or(UnknownPlace)?;
    Ok(Some((named(name.trim(), places.in_braces)?, after)))
}

fn named(name: &str, places: &[(&str, Part)]) -> Result<Part, UnknownPlace> {
    let place = places.iter().find(|(known, _)| *known == name);
    place.map(|(_, part)| *part).ok_or(UnknownPlace)
}

/// `{name}`: another system's way to write a place, which would go out as it is. JSON has no such thing.
fn is_named(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let name = inner.map_or("", |(inner, _)| inner.trim());
    let of_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(of_name)
}

/// A text that is nothing but a place loses the spaces around it: `" $ctx.num "`.
fn trim(pieces: &mut [Piece]) {
    for at in 1..pieces.len() {
        let Some([before, Piece::Quoted(_), after]) = pieces.get_mut(at - 1..at + 2) else {
            continue;
        };
        let (Piece::Literal(before), Piece::Literal(after)) = (before, after) else {
            continue;
        };
        let opening = before.trim_end();
        let alone = opening.ends_with('"')
            && !opening.ends_with("\\\"")
            && after.trim_start().starts_with('"');
        if alone {
            *before = opening.to_owned();
            *after = after.trim_start().to_owned();
        }
    }
}

/// A brace too many at the end, as where a place's braces were taken for three, is dropped.
fn close(pieces: &mut [Piece]) {
    let mut depth = 0_i32;
    let mut inside = false;
    for piece in &mut *pieces {
        let Piece::Literal(text) = piece else {
            continue;
        };
        let mut escaped = false;
        for c in text.chars() {
            match c {
                _ if escaped => {}
                '"' => inside = !inside,
                '{' if !inside => depth += 1,
                '}' if !inside => depth -= 1,
                _ => {}
            }
            escaped = c == '\\' && inside && !escaped;
        }
    }
    if let Some(Piece::Literal(last)) = pieces.last_mut() {
        while depth < 0 && last.trim_end().ends_with('}') {
            last.truncate(last.trim_end().len() - 1);
            depth += 1;
        }
    }
}

#[cfg(test)]
mod tests;

//! Texts with places for a message's parts: `{{body}}`, `{{mobile}}`, `$ctx.num` and so on.
//! Split once at start; a value is escaped for where it lands, and nothing within a value is a place.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986 §2.3: what needs no encoding.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

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

/// What a message's parts are.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub body: &'a str,
    pub mobile: &'a str,
    pub digits: &'a str,
    pub code: &'a str,
    pub sender: &'a str,
}

impl Values<'static> {
    /// Something of every kind, to try a template with.
    pub const SAMPLE: Self = Self {
        body: "\"Code\": 123456",
        mobile: "+60123456789",
        digits: "60123456789",
        code: "123456",
        sender: "ACME",
    };
}

impl<'a> Values<'a> {
    fn of(&self, part: Part) -> &'a str {
        match part {
            Part::Body => self.body,
            Part::Mobile => self.mobile,
            Part::Digits => self.digits,
            Part::Code => self.code,
            Part::Sender => self.sender,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Place(Part),
    /// Within the quotes of a JSON text.
    Quoted(Part),
}

/// A text that has been split at its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A placeholder that there is not.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownPlace;

impl Template {
    /// Backslashes before braces and dollars, as documentation shows them, are dropped.
    pub fn parse(text: &str) -> Result<Self, UnknownPlace> {
        let text = unescaped(text);
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            if let Some((part, after)) = place(rest)? {
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
                Piece::Place(part) | Piece::Quoted(part) if inside.is_some() => Piece::Quoted(part),
                piece => piece,
            })
            .collect();
        trim(&mut pieces);
        close(&mut pieces);
        Self(pieces)
    }

    pub fn holds(&self, parts: &[Part]) -> bool {
        self.0.iter().any(|piece| match piece {
            Piece::Place(part) | Piece::Quoted(part) => parts.contains(part),
            Piece::Literal(_) => false,
        })
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
        self.filled(values, |value, quoted| {
            let text = serde_json::Value::from(value).to_string();
            if quoted {
                let inner = text
                    .strip_prefix('"')
                    .and_then(|text| text.strip_suffix('"'));
                inner.unwrap_or_default().to_owned()
            } else {
                text
            }
        })
    }

    /// In a URL or a form.
    pub fn encoded(&self, values: &Values<'_>) -> String {
        self.filled(values, |value, _| {
            utf8_percent_encode(value, ENCODED).to_string()
        })
    }

    /// In a header, as it is.
    pub fn plain(&self, values: &Values<'_>) -> String {
        self.filled(values, |value, _| value.to_owned())
    }

    fn filled(&self, values: &Values<'_>, escape: impl Fn(&str, bool) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Place(part) => escape(values.of(*part), false),
            Piece::Quoted(part) => escape(values.of(*part), true),
        });
        pieces.collect()
    }
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
fn place(text: &str) -> Result<Option<(Part, &str)>, UnknownPlace> {
    if let Some(rest) = text.strip_prefix("$ctx.") {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let part = match name {
            "msg" => Part::Body,
            "num" => Part::Digits,
            "otp" => Part::Code,
            _ => return Err(UnknownPlace),
        };
        return Ok(Some((part, after)));
    }
    let Some(rest) = text.strip_prefix("{{") else {
        return Ok(None);
    };
    let (name, after) = rest.split_once("}}").ok_or(UnknownPlace)?;
    let part = match name.trim() {
        "body" => Part::Body,
        "mobile" => Part::Mobile,
        "sender" => Part::Sender,
        _ => return Err(UnknownPlace),
    };
    Ok(Some((part, after)))
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

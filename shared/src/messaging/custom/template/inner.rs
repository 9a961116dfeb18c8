//! JSON within JSON: a text that is JSON itself, such as `{"payload": "{\"text\": \"{{body}}\"}"}`.

use crate::messaging::custom::template::piece::Piece;

/// Texts that have places and are JSON themselves, as where a gateway wants its payload as a text, become templates of
/// their own.
/// `read` says whether pieces are JSON, and which then.
pub fn with_inner_json(
    pieces: Vec<Piece>,
    read: fn(Vec<Piece>) -> Option<Vec<Piece>>,
) -> Vec<Piece> {
    let mut outer: Vec<Piece> = Vec::new();
    // What is within the quotes that are open.
    let mut inside: Option<Vec<Piece>> = None;
    let mut escaped = false;
    for piece in pieces {
        let Piece::Literal(text) = piece else {
            inside.as_mut().unwrap_or(&mut outer).push(piece);
            continue;
        };
        for c in text.chars() {
            match (c, inside.take()) {
                ('"', Some(content)) if !escaped => {
                    outer.extend(as_inner(content, read));
                    add(&mut outer, c);
                }
                ('"', None) => {
                    add(&mut outer, c);
                    inside = Some(Vec::new());
                }
                (c, Some(mut content)) => {
                    escaped = c == '\\' && !escaped;
                    add(&mut content, c);
                    inside = Some(content);
                }
                (c, None) => add(&mut outer, c),
            }
        }
    }
    outer.extend(inside.unwrap_or_default());
    joined(outer)
}

/// A character of a literal.
fn add(pieces: &mut Vec<Piece>, c: char) {
    match pieces.last_mut() {
        Some(Piece::Literal(text)) => text.push(c),
        _ => pieces.push(Piece::Literal(c.to_string())),
    }
}

/// Literals that stand side by side are one.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (all.last_mut(), piece) {
            (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
            (_, piece) => all.push(piece),
        }
    }
    all
}

/// What is within quotes: as one piece where it is JSON, as it is where not.
fn as_inner(content: Vec<Piece>, read: fn(Vec<Piece>) -> Option<Vec<Piece>>) -> Vec<Piece> {
    let unescaped = |piece: &Piece| match piece {
        Piece::Literal(text) => {
            let text = serde_json::from_str(&format!("\"{text}\"")).ok()?;
            Some(Piece::Literal(text))
        }
        Piece::Quoted(part) => Some(Piece::Place(*part)),
        _ => None,
    };
    let begins = |pieces: &Vec<Piece>| {
        let first = pieces.first();
        matches!(first, Some(Piece::Literal(text)) if text.trim_start().starts_with(['{', '[']))
    };
    let has_places = content.len() > 1;
    let inner: Option<Vec<Piece>> = content.iter().map(unescaped).collect();
    let inner = inner.filter(begins).filter(|_| has_places);
    match inner.and_then(read) {
        Some(inner) => vec![Piece::Inner(inner)],
        None => content,
    }
}

//! The HTML part of an e-mail, made from its text: no image, no script, and no colours of its own, so that it is read as
//! a mail program shows texts, in the dark, too.

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub enum Inline<'a> {
    Text(&'a str),
    Code(&'a str),
    Link(&'a str),
}

const HEAD: &str = "<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"color-scheme\" content=\"light dark\">\n\
    <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
    <style>:root { color-scheme: light dark; supported-color-schemes: light dark; }</style>\n";

const BODY: &str = "margin: 0; padding: 24px; \
    font: 16px/1.5 -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif;";

/// Long words break: a link is longer than a telephone is wide.
const COLUMN: &str =
    "max-width: 36em; margin: 0 auto; word-break: break-word; overflow-wrap: anywhere;";

/// A page with the text: a blank line begins a paragraph.
pub fn page(title: &str, pieces: &[Inline<'_>]) -> String {
    let title = escaped(title);
    let text: String = pieces.iter().map(inline).collect();
    let text = text
        .replace("\n\n", "</p><p dir=\"auto\">")
        .replace('\n', "<br>");
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n{HEAD}<title>{title}</title>\n</head>\n\
         <body style=\"{BODY}\">\n<div style=\"{COLUMN}\">\n<p dir=\"auto\">{text}</p>\n</div>\n</body>\n</html>\n"
    )
}

fn inline(piece: &Inline<'_>) -> String {
    match piece {
        Inline::Text(text) => escaped(text),
        Inline::Code(code) => {
            let code = escaped(code);
            format!("<strong style=\"font-size: 1.25em; letter-spacing: 0.1em;\">{code}</strong>")
        }
        Inline::Link(url) => {
            let url = escaped(url);
            format!("<a href=\"{url}\">{url}</a>")
        }
    }
}

/// For contents and attributes
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html>).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

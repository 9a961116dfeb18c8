//! XML as far as gateways need it: whether a payload is well-formed, and what an answer says, in the shape of JSON.

use serde_json::{Map, Value};
use xmlparser::{ElementEnd, Token, Tokenizer};

/// Elements within each other; an answer about one message has fewer.
const DEEPEST: usize = 32;

/// Where an element's own text is, beside its attributes.
pub const TEXT: &str = "#text";

/// A text that was read as XML.
pub struct Document {
    /// The root by its name, as far as it could be read: attributes and elements are members, without prefixes.
    pub content: Value,
    /// XML 1.0 §2.1: one root, and every element ends where it should. None declares what it is made of (a DTD).
    pub well_formed: bool,
    /// By its declaration, where it has one.
    pub encoding: Option<String>,
}

/// An element that has not ended yet.
#[derive(Default)]
struct Element {
    prefix: String,
    name: String,
    members: Map<String, Value>,
    text: String,
}

impl Element {
    /// Whether it ends where and as it should.
    fn is_ended_by(&self, end: &ElementEnd<'_>) -> bool {
        match end {
            ElementEnd::Open | ElementEnd::Empty => true,
            ElementEnd::Close(prefix, local) => {
                self.prefix == prefix.as_str() && self.name == local.as_str()
            }
        }
    }
}

/// Reads as much as there is: what breaks off has no end, but what it said counts.
pub fn read(text: &str) -> Document {
    let mut reader = Reader {
        // In the place of what is around the root.
        open: vec![Element::default()],
        well_formed: true,
        encoding: None,
    };
    for token in Tokenizer::from(text) {
        let Ok(token) = token else {
            reader.well_formed = false;
            break;
        };
        if reader.open.len() > DEEPEST || !reader.take(&token) {
            reader.well_formed = false;
            break;
        }
    }
    reader.well_formed &= reader.open.len() == 1;
    while reader.open.len() > 1 {
        reader.close();
    }
    let members = reader.open.pop().unwrap_or_default().members;
    Document {
        well_formed: reader.well_formed && members.len() == 1,
        content: Value::Object(members),
        encoding: reader.encoding,
    }
}

struct Reader {
    open: Vec<Element>,
    well_formed: bool,
    encoding: Option<String>,
}

impl Reader {
    /// Whether the token may stand where it stands.
    fn take(&mut self, token: &Token<'_>) -> bool {
        let Some(here) = self.open.last_mut() else {
            return false;
        };
        match token {
            Token::Declaration { encoding, .. } => {
                self.encoding = encoding.map(|encoding| encoding.as_str().to_owned());
                true
            }
            Token::ElementStart { prefix, local, .. } => {
                self.open.push(Element {
                    prefix: prefix.as_str().to_owned(),
                    name: local.as_str().to_owned(),
                    ..Element::default()
                });
                true
            }
            Token::Attribute {
                prefix,
                local,
                value,
                ..
            } => {
                // `xsi:type` and `xmlns` are about the element, and not what it says.
                if prefix.as_str().is_empty() && local.as_str() != "xmlns" {
                    let value = Value::from(value.as_str());
                    here.members.insert(local.as_str().to_owned(), value);
                }
                has_whole_entities(value.as_str())
            }
            Token::ElementEnd { end, .. } => {
                let right = here.is_ended_by(end);
                (matches!(end, ElementEnd::Open) || self.close()) && right
            }
            Token::Text { text } => {
                here.text.push_str(text.as_str());
                has_whole_entities(text.as_str())
            }
            Token::Cdata { text, .. } => {
                here.text.push_str(text.as_str());
                true
            }
            Token::Comment { .. } | Token::ProcessingInstruction { .. } => true,
            Token::DtdStart { .. }
            | Token::EmptyDtd { .. }
            | Token::EntityDeclaration { .. }
            | Token::DtdEnd { .. } => false,
        }
    }

    /// Ends the innermost element, which becomes a member of the one around it.
    fn close(&mut self) -> bool {
        let Some(element) = self.open.pop() else {
            return false;
        };
        let text = element.text.trim();
        let content = if element.members.is_empty() {
            Value::from(text)
        } else {
            let mut members = element.members;
            if !text.is_empty() {
                members.insert(TEXT.to_owned(), text.into());
            }
            Value::Object(members)
        };
        let Some(around) = self.open.last_mut() else {
            return false;
        };
        match around.members.get_mut(&element.name) {
            Some(Value::Array(several)) => several.push(content),
            Some(one) => {
                let first = one.take();
                *one = Value::Array(vec![first, content]);
            }
            None => {
                around.members.insert(element.name, content);
            }
        }
        true
    }
}

/// XML 1.0 §2.4: an ampersand begins a reference, and nothing else.
fn has_whole_entities(text: &str) -> bool {
    text.split('&').skip(1).all(|after| {
        let name = after.split_once(';').map(|(name, _)| name);
        let of_name = |c: char| c.is_ascii_alphanumeric() || c == '#';
        name.is_some_and(|name| !name.is_empty() && name.chars().all(of_name))
    })
}

/// A value within an element or an attribute. What XML 1.0 §2.2 has no characters for is left out.
pub fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            // Within an attribute, these would be read as blanks (§3.3.3).
            '\n' => text.push_str("&#10;"),
            '\r' => text.push_str("&#13;"),
            '\t' => text.push_str("&#9;"),
            c if is_character(c) => text.push(c),
            _ => {}
        }
    }
    text
}

/// A value within `<![CDATA[…]]>`, which has no escapes: its end is split between two of them.
pub fn cdata(value: &str) -> String {
    let value: String = value.chars().filter(|c| is_character(*c)).collect();
    value.replace("]]>", "]]]]><![CDATA[>")
}

fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_well_formed() {
        for text in [
            "<a/>",
            "<a>b</a>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b='c'><!-- d --><e>&lt;&#10;</e></a>\n",
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><![CDATA[<&]]></s:Body></s:Envelope>",
        ] {
            assert!(read(text).well_formed, "{text}");
        }
        for text in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<s:a></t:a>",
            "<a/><b/>",
            "<a b=c/>",
            "<a>&</a>",
            "<a>&nbsp</a>",
            "<a b=\"&\"/>",
            "<a/>text",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            &"<a>".repeat(100),
        ] {
            assert!(!read(text).well_formed, "{text}");
        }
        let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
        assert!(!read(&deep).well_formed);
    }

    #[test]
    fn what_it_says() {
        let text = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\
            <x:r xmlns=\"u\" a=\"1\"><s xsi:type=\"t\">ok</s><m>1</m><m n=\"2\"> 3 </m><e/></x:r>";
        let document = read(text);
        let expected = json!({
            "r": {"a": "1", "s": "ok", "m": ["1", {"n": "2", "#text": "3"}], "e": ""}
        });
        assert_eq!(document.content, expected);
        assert_eq!(document.encoding.as_deref(), Some("iso-8859-1"));
        assert_eq!(read("<a><b>c").content, json!({"a": {"b": "c"}}));
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        let value = "a&b<c>\"d\"'e'\n\r\t]]>\u{1f389}&amp;";
        for text in [
            format!("<a>{}</a>", escaped(value)),
            format!("<a b=\"{}\"/>", escaped(value)),
            format!("<a b='{}'/>", escaped(value)),
            format!("<a><![CDATA[{}]]></a>", cdata(value)),
        ] {
            assert!(read(&text).well_formed, "{text}");
        }
        assert_eq!(escaped("a\u{0}\u{1}\u{fffe}b"), "ab");
        let whole = read(&format!("<a><![CDATA[{}]]></a>", cdata("1]]>2"))).content;
        assert_eq!(whole, json!({"a": "1]]>2"}));
    }
}

//! Reads the HTML part of an e-mail back: nothing of its words may be taken for markup. The tests of `shared` read it by
//! this file, too.

/// What a mail program finds in a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    pub text: String,
    /// Where links lead.
    pub links: Vec<String>,
}

const BODY: &str = "<p dir=\"auto\">";

const END: &str = "</p>\n</div>\n</body>\n</html>\n";

/// None where there is markup in it that is not ours.
pub fn read(html: &str) -> Option<Page> {
    let (_, rest) = html.split_once("<title>")?;
    let (title, rest) = rest.split_once("</title>\n</head>\n")?;
    let (_, body) = rest.split_once(BODY)?;
    let mut page = Page {
        title: plain(title)?,
        text: String::new(),
        links: Vec::new(),
    };
    let mut rest = body.strip_suffix(END)?;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        page.text.push_str(&plain(before)?);
        let (tag, after) = from.split_once('>')?;
        rest = after;
        match tag {
            "<br" => page.text.push('\n'),
            "</p" => {
                rest = rest.strip_prefix(BODY)?;
                page.text.push_str("\n\n");
            }
            "</strong" | "</a" => {}
            tag if tag.starts_with("<strong style=\"") => {}
            tag => {
                let link = tag.strip_prefix("<a href=\"")?.strip_suffix('"')?;
                page.links.push(plain(link)?);
            }
        }
    }
    page.text.push_str(&plain(rest)?);
    Some(page)
}

/// Text that is escaped as a whole.
fn plain(escaped: &str) -> Option<String> {
    if escaped.contains(['<', '>', '"', '\'', '\n', '\r']) {
        return None;
    }
    let mut parts = escaped.split('&');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';')?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            _ => return None,
        });
        plain.push_str(rest);
    }
    Some(plain)
}

/// Checks what e-mails say: one line of subject; the page says the same as the text; and where there is a page to
/// confirm on, every link is whole, in the text, too.
pub fn check(subject: &str, text: &str, html: &str, link: Option<&str>) {
    assert!(!subject.contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c)));
    let Some(page) = read(html) else {
        unreachable!("markup that is not ours: {html}");
    };
    assert_eq!((page.title.as_str(), page.text.as_str()), (subject, text));
    let Some(link) = link else {
        assert_eq!(page.links, [""; 0]);
        return;
    };
    assert!(!page.links.is_empty());
    for found in page.links {
        assert_eq!(found, link);
    }
    assert!(link.starts_with("https://") && link.bytes().all(|byte| byte.is_ascii_graphic()));
    let whole = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\n']);
    assert!(text.split(link).skip(1).any(whole));
}

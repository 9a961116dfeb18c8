//! What a file is by its name. The build script reads this, too: it writes the answers down beside the file.

/// A file's media type (RFC 9110 §8.3.1); none where it is no file for browsers.
pub fn media_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        // Declarations of types: read by people and editors.
        "ts" | "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// Whether the name says which content it is: a part between dots begins the hash of it, with 8 digits or more.
pub fn names_its_content(name: &str, hash: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.split('.')
        .any(|part| part.len() >= 8 && hash.starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_content_only_where_it_does() {
        let hash = "0123456789abcdef0123456789abcdef";
        for (name, says) in [
            ("/ui/core.js", false),
            ("/ui/core.01234567.js", true),
            ("/ui/core.0123456789abcdef.js", true),
            ("/ui/core.0123456.js", false),
            ("/ui/core.89abcdef.js", false),
            ("/ui/01234567/core.js", false),
        ] {
            assert_eq!(names_its_content(name, hash), says, "{name}");
        }
        assert_eq!(media_type("notes.md"), None);
        assert_eq!(media_type("README"), None);
    }
}

//! The files that are a part of the binary, as the build script has made them.

use crate::coding::Coding;

/// A file and the codings that it is there in.
#[derive(Debug)]
pub struct File {
    /// The path of its URL.
    pub path: &'static str,
    pub media_type: &'static str,
    /// Its name says which content it is: it never changes.
    pub immutable: bool,
    /// The smaller first; the last is the file as it is.
    pub representations: &'static [Representation],
}

/// A file in one coding (RFC 9110 §8.4).
#[derive(Debug)]
pub struct Representation {
    pub coding: Coding,
    /// Its strong entity tag, in quotes: codings differ byte for byte, so each has its own (RFC 9110 §8.8.3.3).
    pub tag: &'static str,
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The file at a path.
pub fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

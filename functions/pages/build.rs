//! Makes the files of `ui` and `documents` a part of the binary, each as it is, as gzip and as brotli, with the hashes
//! that its entity tags are made of: nothing of that is left to do when a request comes.

#[path = "src/kind.rs"]
mod kind;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let mut files = Vec::new();
    collect(Path::new("ui"), "/ui/", &mut files)?;
    collect(Path::new("documents"), "/", &mut files)?;
    files.sort();
    let mut table = String::from("pub static FILES: &[File] = &[\n");
    for (at, (url, path)) in files.iter().enumerate() {
        let row = embedded(url, path, &out.join(at.to_string()))?;
        table.push_str(&row);
    }
    table.push_str("];\n");
    fs::write(out.join("files.rs"), table)?;
    Ok(())
}

/// The files below a folder that browsers may have, by the path that they are served at.
fn collect(folder: &Path, below: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Failure> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or("a name that is no text")?;
        if path.is_dir() {
            collect(&path, &format!("{below}{name}/"), files)?;
        } else if kind::media_type(name).is_some() {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push((format!("{below}{name}"), path.clone()));
        }
    }
    Ok(())
}

/// A row of the table: the file in each coding that makes it smaller.
fn embedded(url: &str, path: &Path, out: &Path) -> Result<String, Failure> {
    let media_type = kind::media_type(url).unwrap_or_default();
    let mut plain = fs::read(path)?;
    if media_type == "application/json" {
        // Written to be read in a review, sent without blanks.
        plain = serde_json::from_slice::<serde_json::Value>(&plain)?
            .to_string()
            .into_bytes();
    }
    let hash = hash(&plain)?;
    let immutable = kind::names_its_content(url, &hash);
    let mut row = format!(
        "File {{ path: {url:?}, media_type: {media_type:?}, immutable: {immutable}, representations: &["
    );
    let representations = [
        ("Brotli", "-br", brotli(&plain)?),
        ("Gzip", "-gz", gzip(&plain)?),
        ("Identity", "", plain.clone()),
    ];
    for (coding, suffix, bytes) in representations {
        if coding != "Identity" && bytes.len() >= plain.len() {
            continue;
        }
        let part = out.with_extension(coding);
        fs::write(&part, &bytes)?;
        let path = part.to_str().ok_or("a path that is no text")?;
        let tag = format!("\"{hash}{suffix}\"");
        write!(
            row,
            "Representation {{ coding: Coding::{coding}, tag: {tag:?}, bytes: include_bytes!({path:?}) }}, "
        )?;
    }
    row.push_str("] },\n");
    Ok(row)
}

fn hash(bytes: &[u8]) -> Result<String, Failure> {
    let mut hash = String::new();
    for byte in Sha256::digest(bytes).iter().take(16) {
        write!(hash, "{byte:02x}")?;
    }
    Ok(hash)
}

fn brotli(plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut compressed = Vec::new();
    let best = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &*plain, &mut compressed, &best)?;
    Ok(compressed)
}

fn gzip(plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?)
}

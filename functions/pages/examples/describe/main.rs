//! Writes what the function hands out as the description of the API: `cargo run -p pages --example describe`.
//! A test of the function holds the files to what this writes.

mod description;

use std::path::Path;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents");
    // On the heap: all functions are in it.
    for (name, text) in Box::pin(description::documents()).await {
        if let Err(error) = std::fs::write(folder.join(name), text) {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

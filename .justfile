# Commands of the project: `just` lists them (https://just.systems). None is needed: each is a line to type.

set positional-arguments

# List the commands
default:
    @just --list

# Serve the whole product on http://127.0.0.1:3000; flags as in functions/local/README.md
start *flags:
    cargo run -p local -- "$@"

# Run every test, or those of one package: just test -p validate-code
test *arguments="--workspace":
    cargo test {{ arguments }}

# Run the races many times: just races 10000
races rounds="1000":
    RACE_ROUNDS={{ rounds }} cargo test --release -p local --test it races

# Measure the functions' release binaries: just bench --before <directory of other binaries>
bench *flags:
    cargo build --release --locked -p scim-patch -p validate-code -p resend-code
    python3 .ci/bench/bench.py --after "${CARGO_TARGET_DIR:-target}/release" "$@"

# What must hold before a change goes in
ci:
    .ci/run

# Write /openapi.json and /llms.txt anew, from the template, the errors, the schemas and the events
describe:
    cargo run -p pages --example describe

# Copy the numbering plans from the library that reads them, after it was updated
plans:
    cp "$(cargo metadata --locked --format-version 1 | grep -o '[^"]*/rlibphonenumber-[^"/]*/Cargo.toml' | \
        head -n 1 | xargs dirname)/src/generated/metadata/metadata.bin" shared/src/address/plans.bin

# Format the code, the fuzz targets too
fmt:
    cargo fmt --all
    cargo fmt --manifest-path shared/fuzz/Cargo.toml

# Clippy on everything, warnings are errors
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Build the crates' documentation (target/doc), warnings are errors
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Check that the fuzz targets are true to what they call; needs no nightly compiler
fuzz-check:
    cp Cargo.lock shared/fuzz/Cargo.lock
    CUSTOM_LIBFUZZER_PATH=/none/libfuzzer.a cargo check --manifest-path shared/fuzz/Cargo.toml \
        --target-dir "${CARGO_TARGET_DIR:-target}"

# Fuzz one target for a while; needs a nightly compiler and cargo-fuzz: just fuzz patch 120
fuzz target seconds="120":
    mkdir -p shared/fuzz/corpus/{{ target }}
    cd shared && cargo +nightly fuzz run {{ target }} fuzz/corpus/{{ target }} fuzz/seeds/{{ target }} -- \
        -max_total_time={{ seconds }} -timeout=5 -max_len=4096

# Build the functions for arm64; needs the SAM CLI and cargo-lambda
build:
    sam build

# Deploy a stage of samconfig.toml: just deploy dev
deploy stage: build
    sam deploy --config-env {{ stage }}

# Look whether a deployment's functions would start: just check JwtIssuer=https://… JwtAudience=my-api AllowedRegions=MY
check *settings:
    cargo run --quiet -p local -- --check {{ if settings == "" { "" } else { "--parameter-overrides " + settings } }}

# Try a deployment: discovery, a protected route, and with TOKEN and NUMBER set the journey: just smoke https://…
smoke url:
    .ci/smoke {{ url }}

# Enter the numbers verified before VerifiedNumberUniqueness: just adopt-numbers <users table>, with AWS's variables
adopt-numbers table:
    USERS_TABLE={{ table }} cargo run --release -p shared --example adopt_numbers

# The same for addresses verified before VerifiedEmailUniqueness: just adopt-emails <users table>
adopt-emails table:
    USERS_TABLE={{ table }} cargo run --release -p shared --example adopt_numbers -- emails

# Send a shipped event to a function that `cargo lambda watch` serves: just invoke validate-code me
invoke function case:
    cargo lambda invoke {{ function }} --data-file events/{{ function }}/{{ case }}.json

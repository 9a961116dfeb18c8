//! Keys made from the operating system's randomness: the issuer's, and what Secrets Manager would generate.
//! Kept by `Home` where there is a directory.

use std::fmt::{Display, Write};

use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use rand::rand_core::TryRng;
use shared::platform::random::Random;

/// A P-256 private key as PKCS #8 PEM.
pub fn signing_key(random: Random) -> Result<String, String> {
    loop {
        let mut scalar = [0; 32];
        fill(random, &mut scalar)?;
        // Zero and what lies beyond the order are no keys: one draw in 2^32 is repeated.
        if let Ok(key) = SecretKey::from_slice(&scalar) {
            return key
                .to_pkcs8_pem(LineEnding::LF)
                .map(|pem| pem.as_str().to_owned())
                .map_err(|error| error.to_string());
        }
    }
}

/// 64 letters and digits, as `GenerateSecretString` makes them without punctuation.
pub fn generated_secret(random: Random) -> Result<String, String> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut secret = String::with_capacity(64);
    while secret.len() < 64 {
        let mut bytes = [0; 64];
        fill(random, &mut bytes)?;
        // 248 is the largest multiple of 62 in a byte; what is above would make some letters likelier.
        let letters = bytes
            .into_iter()
            .filter(|byte| *byte < 248)
            .filter_map(|byte| LETTERS.get(usize::from(byte % 62)))
            .map(|letter| char::from(*letter));
        let missing = 64 - secret.len();
        secret.extend(letters.take(missing));
    }
    Ok(secret)
}

/// A random UUID.
pub fn uuid(random: Random) -> Result<String, String> {
    let uuid = uuid::Builder::from_random_bytes(bytes(random)?).into_uuid();
    Ok(uuid.to_string())
}

/// Random bytes in hexadecimal, for identifiers.
pub fn hex(random: Random, length: usize) -> Result<String, String> {
    let mut bytes = vec![0; length];
    fill(random, &mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Random bytes.
pub fn bytes<const COUNT: usize>(random: Random) -> Result<[u8; COUNT], String> {
    random.bytes().map_err(none)
}

fn fill(mut random: Random, bytes: &mut [u8]) -> Result<(), String> {
    random.try_fill_bytes(bytes).map_err(none)
}

fn none(error: impl Display) -> String {
    format!("no randomness from the operating system: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_letters_and_digits_and_differ() {
        let random = Random::system();
        let (one, other) = (
            generated_secret(random).unwrap(),
            generated_secret(random).unwrap(),
        );
        assert_ne!(one, other);
        assert_eq!(one.len(), 64);
        assert!(one.bytes().all(|letter| letter.is_ascii_alphanumeric()));
        assert_ne!(signing_key(random).unwrap(), signing_key(random).unwrap());
        assert_eq!(uuid(random).unwrap().as_bytes().get(14), Some(&b'4'));
    }
}

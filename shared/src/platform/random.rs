//! Randomness as an argument: the operating system's generator, made once and handed to whoever needs it.

#![expect(clippy::disallowed_types, reason = "the one place that asks")]

use rand::RngExt;
use rand::rand_core::{TryRng, UnwrapErr};
use rand::rngs::{SysError, SysRng};

/// The operating system's generator.
#[derive(Clone, Copy, Debug)]
pub struct Random(());

impl Random {
    /// The one place that makes it.
    pub fn system() -> Self {
        Self(())
    }

    /// A number below `end`, any one as likely as another; 0 where `end` is 0.
    pub fn below(self, end: u64) -> u64 {
        UnwrapErr(SysRng).random_range(0..end.max(1))
    }

    /// Bytes for keys and identifiers; fails where the operating system has none to give.
    pub fn bytes<const COUNT: usize>(mut self) -> Result<[u8; COUNT], SysError> {
        let mut bytes = [0; COUNT];
        self.try_fill_bytes(&mut bytes)?;
        Ok(bytes)
    }
}

impl TryRng for Random {
    type Error = SysError;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        SysRng.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        SysRng.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        SysRng.try_fill_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_are_below_their_end_and_bytes_differ() {
        let random = Random::system();
        let drawn: BTreeSet<u64> = (0..1000).map(|_| random.below(3)).collect();
        assert_eq!(drawn, BTreeSet::from([0, 1, 2]));
        assert_eq!(random.below(0), 0);
        assert_ne!(random.bytes::<16>(), random.bytes::<16>());
    }
}

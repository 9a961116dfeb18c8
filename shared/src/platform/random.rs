//! Randomness as an argument: the operating system's generator, made once and handed to whoever needs it.

use rand::RngExt;
use rand::rand_core::{TryRng, UnwrapErr};
use rand::rngs::SysRng;

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
}

impl TryRng for Random {
    type Error = <SysRng as TryRng>::Error;

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

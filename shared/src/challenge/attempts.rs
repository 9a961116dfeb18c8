//! The one retry loop: what another request did in between is read, and the work done, again.

use crate::challenge::issue::IssueError;
use crate::platform::random::Random;
use crate::store::pause;
use crate::verification::limits::{Cap, Refusal};

/// Claims and users that are changed by others between read and write are read again this often.
const RETRIES: u32 = 3;

/// More often once a message is out, since others may rely on its claim.
const RETRIES_ONCE_SENT: u32 = 12;

/// How often the work has been done.
#[derive(Debug)]
pub struct Attempts {
    random: Random,
    retries: u32,
    most: u32,
    /// How often a counter was full.
    full: u32,
}

/// A counter that is full for a moment, by requests of which one sends, is tried again this often.
const RETRIES_WHERE_FULL: u32 = 2;

impl Attempts {
    pub fn new(random: Random) -> Self {
        Self {
            random,
            retries: 0,
            most: RETRIES,
            full: 0,
        }
    }

    /// From now on a message is out.
    pub fn sent(&mut self) {
        self.most = RETRIES_ONCE_SENT;
    }

    /// Waits for the next attempt: after claims or a user that others changed, and for a while after a counter that was full,
    /// perhaps only by requests for the same number, of which one sends. Any other error comes back.
    pub async fn again(&mut self, error: IssueError) -> Result<(), IssueError> {
        let others = match &error {
            IssueError::Lost => true,
            IssueError::Refused(Refusal::Capped { cap, .. }) if *cap != Cap::User => {
                self.full += 1;
                self.full <= RETRIES_WHERE_FULL
            }
            _ => false,
        };
        if !others || self.retries == self.most {
            return Err(error);
        }
        pause(self.random, self.retries).await;
        self.retries += 1;
        Ok(())
    }
}

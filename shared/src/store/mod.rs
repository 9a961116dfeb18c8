//! DynamoDB: one function per access pattern, each one round trip unless it says otherwise.

mod adopt;
mod claims;
mod client;
mod code_lookups;
mod counters;
mod error;
mod flows;
mod item;
mod names;
mod reads;
mod retry;
mod taken_back;
mod tries;
mod users;

pub use adopt::{Adopted, Conflict};
pub use claims::{ClaimWrite, Commit, Committed, Started};
pub use client::Store;
pub use counters::{Count, Counter, Counters, host_of};
pub use error::StoreError;
pub use flows::{Finish, FinishOfUser, Finished, FlowWrite, FlowWritten, TriesAtFinish};
pub use names::Unique;
pub use reads::{Ids, USERS_AT_ONCE};
pub use retry::pause;
pub use taken_back::MessageWas;
pub use tries::{Counted, OneTry};
pub use users::{Created, Restated, Save, Saved};

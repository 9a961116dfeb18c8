//! A table's stream in the embedded database, read from a position on.

use dynoxide::Database;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use serde_json::Value;

use crate::embedded::DatabaseError;

/// Records taken at once; fewer are all that there are for now.
pub const PAGE: usize = 100;

/// Where reading begins.
#[derive(Debug)]
pub enum From {
    TheStart,
    Now,
    After(String),
}

/// Reads a stream, which has one shard here.
pub struct Reader {
    database: Database,
    iterator: String,
}

impl Reader {
    pub async fn open(
        database: Database,
        table: String,
        from: From,
    ) -> Result<Self, DatabaseError> {
        tokio::task::spawn_blocking(move || {
            let missing = |reason: &str| DatabaseError::Table {
                table: table.clone(),
                reason: reason.to_owned(),
            };
            let streams = database.list_streams(ListStreamsRequest {
                table_name: Some(table.clone()),
                ..ListStreamsRequest::default()
            })?;
            let stream = streams.streams.into_iter().next();
            let stream = stream.ok_or_else(|| missing("has no stream"))?;
            let (kind, sequence_number) = match from {
                From::TheStart => ("TRIM_HORIZON", None),
                From::Now => ("LATEST", None),
                From::After(position) => ("AFTER_SEQUENCE_NUMBER", Some(position)),
            };
            let iterator = database.get_shard_iterator(GetShardIteratorRequest {
                stream_arn: stream.stream_arn,
                shard_id: dynoxide::streams::shard_id(&table),
                shard_iterator_type: kind.to_owned(),
                sequence_number,
            })?;
            let iterator = iterator.shard_iterator;
            let iterator = iterator.ok_or_else(|| missing("has a stream without a shard"))?;
            Ok(Self { database, iterator })
        })
        .await?
    }

    /// The next records, oldest first; none where there are no more for now.
    pub async fn next(&mut self) -> Result<Vec<Value>, DatabaseError> {
        let (database, iterator) = (self.database.clone(), self.iterator.clone());
        let read = tokio::task::spawn_blocking(move || {
            database.get_records(GetRecordsRequest {
                shard_iterator: iterator,
                limit: Some(PAGE),
            })
        });
        let page = read.await??;
        if let Some(next) = page.next_shard_iterator {
            self.iterator = next;
        }
        let records = page.records.into_iter().map(serde_json::to_value);
        Ok(records.filter_map(Result::ok).collect())
    }
}

//! DynamoDB inside this process: dynoxide in memory or in a file, served on loopback to the real SDK,
//! with the template's tables, and with a sweeper of its own for items that have expired.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use shared::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::template::Table;

/// How long an open request may hold up the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why the embedded database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("embedded DynamoDB: {0}")]
    Engine(#[from] DynoxideError),
    #[error("embedded DynamoDB, table {table}: {reason}")]
    Table { table: String, reason: String },
    #[error("embedded DynamoDB: {0}")]
    Listen(std::io::Error),
    #[error("embedded DynamoDB: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// The running database.
pub struct Embedded {
    sweeper: Sweeper,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Embedded {
    /// Opens the file, or memory, creates the tables that are missing, and serves.
    pub async fn start(
        file: Option<&Path>,
        tables: Vec<Table>,
        clock: Clock,
    ) -> Result<Self, DatabaseError> {
        let file = file.map(|file| file.display().to_string());
        let (database, tables) = tokio::task::spawn_blocking(move || {
            let database = match &file {
                Some(file) => Database::new(file)?,
                None => Database::memory()?,
            };
            for table in &tables {
                create(&database, table)?;
            }
            Ok::<_, DatabaseError>((database, tables))
        })
        .await??;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let address = serve(&mut tasks, &database, stopped.clone()).await?;
        let sweeper = Sweeper {
            database,
            tables: Arc::new(tables),
            clock,
        };
        tasks.spawn(sweep_each_second(sweeper.clone(), stopped));
        Ok(Self {
            sweeper,
            address,
            stop,
            tasks,
        })
    }

    /// Where the SDK reaches it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    /// Writes many items in DynamoDB's JSON at once, past the API: for tests with more than it could make in time.
    pub async fn import(&self, table: &str, items: Vec<Value>) -> Result<(), DatabaseError> {
        let refused = |error: serde_json::Error| DatabaseError::Table {
            table: table.to_owned(),
            reason: error.to_string(),
        };
        let items = items.into_iter().map(serde_json::from_value);
        let items = items.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        let (database, table) = (self.sweeper.database.clone(), table.to_owned());
        tokio::task::spawn_blocking(move || {
            database.import_items(&table, items, dynoxide::ImportOptions::default())
        })
        .await??;
        Ok(())
    }

    pub fn database(&self) -> &Database {
        &self.sweeper.database
    }

    /// Stops serving; what was answered is in the file already.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // A connection that does not end is no reason not to.
        let _ = tokio::time::timeout(PATIENCE, all).await;
    }
}

async fn serve(
    tasks: &mut JoinSet<()>,
    database: &Database,
    mut stopped: watch::Receiver<bool>,
) -> Result<SocketAddr, DatabaseError> {
    let failed = DatabaseError::Listen;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let database = database.clone();
    tasks.spawn(async move {
        let stop = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stop).await {
            tracing::error!(%error, "the embedded DynamoDB stopped");
        }
    });
    Ok(address)
}

fn create(database: &Database, table: &Table) -> Result<(), DatabaseError> {
    let refused = |reason: String| DatabaseError::Table {
        table: table.name.clone(),
        reason,
    };
    let definition = serde_json::from_value(Value::Object(table.definition.clone()))
        .map_err(|error| refused(error.to_string()))?;
    match database.create_table(definition) {
        Ok(_) => {}
        Err(DynoxideError::ResourceInUseException(_)) => return Ok(()),
        Err(error) => return Err(refused(error.to_string())),
    }
    if let Some(attribute) = &table.ttl_attribute {
        let request = serde_json::from_value(json!({
            "TableName": table.name,
            "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
        }))
        .map_err(|error| refused(error.to_string()))?;
        database.update_time_to_live(request)?;
    }
    Ok(())
}

/// Deletes expired items by the clock that the local server moves: dynoxide on disk knows only the system's.
#[derive(Clone)]
pub struct Sweeper {
    database: Database,
    tables: Arc<Vec<Table>>,
    clock: Clock,
}

impl Sweeper {
    /// One round over all tables; answers how many items went.
    pub async fn sweep(&self) -> Result<usize, DatabaseError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            let now = this.clock.now().seconds();
            this.tables.iter().try_fold(0, |deleted, table| {
                Ok(deleted + this.sweep_table(table, now)?)
            })
        })
        .await?
    }

    fn sweep_table(&self, table: &Table, now: i64) -> Result<usize, DatabaseError> {
        let Some(ttl) = &table.ttl_attribute else {
            return Ok(0);
        };
        let expired = Expired {
            table,
            names: json!({ "#ttl": ttl }),
            values: json!({ ":now": { "N": now.to_string() } }),
        };
        let mut deleted = 0;
        let mut start = None;
        loop {
            let mut scan = expired.request("FilterExpression");
            scan.extend(
                start
                    .take()
                    .map(|key| ("ExclusiveStartKey".to_owned(), key)),
            );
            let page = self.database.scan(expired.read(scan)?)?;
            for item in page.items.into_iter().flatten() {
                let key: HashMap<_, _> = item
                    .into_iter()
                    .filter(|(name, _)| table.key.contains(name))
                    .collect();
                // An item that was renewed since the scan stays.
                let mut delete = expired.request("ConditionExpression");
                delete.insert("Key".to_owned(), json!(key));
                match self.database.delete_item(expired.read(delete)?) {
                    Ok(_) => deleted += 1,
                    Err(DynoxideError::ConditionalCheckFailedException(..)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            match page.last_evaluated_key {
                Some(key) => start = Some(json!(key)),
                None => return Ok(deleted),
            }
        }
    }
}

/// A table's items whose time is over.
struct Expired<'a> {
    table: &'a Table,
    names: Value,
    values: Value,
}

impl Expired<'_> {
    /// A request that holds for these only, by the member that says so.
    fn request(&self, condition: &str) -> Map<String, Value> {
        let members = [
            ("TableName", self.table.name.as_str().into()),
            (condition, "#ttl <= :now".into()),
            ("ExpressionAttributeNames", self.names.clone()),
            ("ExpressionAttributeValues", self.values.clone()),
        ];
        let members = members.into_iter();
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn read<T: DeserializeOwned>(&self, request: Map<String, Value>) -> Result<T, DatabaseError> {
        serde_json::from_value(Value::Object(request)).map_err(|error| DatabaseError::Table {
            table: self.table.name.clone(),
            reason: error.to_string(),
        })
    }
}

async fn sweep_each_second(sweeper: Sweeper, mut stopped: watch::Receiver<bool>) {
    loop {
        let second = tokio::time::sleep(Duration::from_secs(1));
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = second => {}
        }
        if let Err(error) = sweeper.sweep().await {
            tracing::error!(%error, "expired items could not be deleted");
        }
    }
}

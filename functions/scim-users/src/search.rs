//! Finding the users that a query is about. Named by what identifies them, they are looked up; else all users are
//! looked through: by index all of them, since their number is asked for, by cursor a bounded part at a time.

use serde_json::Value;
use shared::api::error::Error;
use shared::scim::filter::{self, Filter, Key};
use shared::scim::limits::MAX_INDEXED;
use shared::scim::show::{self, View};
use shared::store::{Ids, USERS_AT_ONCE, Unique};
use shared::user::User;
use shared::verification::Verification;

use crate::app::App;
use crate::query::{Paging, Query};

/// How many users one page by cursor looks through: it may find fewer than it should, and goes on with the next.
const MAX_EXAMINED: usize = 1_000;

/// Bytes of a page's users as Lambda sends them, JSON within JSON: with what is around them at most 5.5 MB, where
/// Lambda takes 6 (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const LARGEST_PAGE: usize = 5_450_000;

/// A user, and what is pending.
pub type Found = (User, Verification);

/// A part of the results.
#[derive(Debug, Default)]
pub struct Page {
    /// As the query wants them shown.
    pub users: Vec<Value>,
    /// How many results there are in all, where that is known.
    pub total: Option<usize>,
    /// The 1-based index of the first result, where pages have one.
    pub start: Option<usize>,
    /// Whether there may be results behind the user with this id.
    pub next: Option<String>,
}

/// What makes a user match: the filter, and how users are shown to it.
pub struct Matching<'a> {
    pub app: &'a App,
    pub filter: Option<&'a Filter>,
    pub view: View<'a>,
}

impl Matching<'_> {
    pub async fn find(&self, query: &Query) -> Result<Page, Error> {
        if let Some(keys) = self.filter.and_then(filter::keys) {
            return Ok(self.paged(&self.of_keys(keys).await?, query));
        }
        match &query.paging {
            Paging::Index(start) => self.by_index(*start, query.count, query).await,
            // Only their number is asked for.
            Paging::Cursor(_) if query.count == 0 => {
                let page = self.by_index(1, 0, query).await?;
                Ok(Page {
                    start: None,
                    ..page
                })
            }
            Paging::Cursor(after) => self.by_cursor(after.clone(), query).await,
            // Too many to be counted is no error where nobody asked for the number (RFC 9865 §2.3).
            Paging::Unsaid => match self.by_index(1, query.count, query).await {
                Err(Error::Scim(kind, _)) if kind == TOO_MANY && query.count > 0 => {
                    self.by_cursor(None, query).await
                }
                found => found,
            },
        }
    }

    /// Those of the named users that match, in the order of their ids.
    async fn of_keys(&self, keys: Vec<Key>) -> Result<Vec<Found>, Error> {
        let mut ids = Vec::new();
        let mut names = Vec::new();
        for key in &keys {
            match key {
                Key::Id(id) => ids.push(id.clone()),
                Key::UserName(name) => names.push((Unique::UserName, name.as_str())),
                Key::ExternalId(value) => names.push((Unique::ExternalId, value.as_str())),
            }
        }
        ids.extend(self.app.store.ids_by(&names).await?);
        ids.sort_unstable();
        ids.dedup();
        let mut found = Vec::new();
        for ids in ids.chunks(USERS_AT_ONCE) {
            found.extend(self.read(ids).await?);
        }
        Ok(found)
    }

    async fn by_index(&self, start: usize, count: usize, query: &Query) -> Result<Page, Error> {
        let ids = self.all_ids().await?;
        // Without a filter every user is a result, and only those that are shown need be read.
        let (skipped, read) = if self.filter.is_some() {
            (0, ids.as_slice())
        } else {
            let shown = ids.get(start - 1..).unwrap_or_default();
            (start - 1, shown.get(..count).unwrap_or(shown))
        };
        let (mut shown, mut at) = (Shown::of(count, query, self.view), skipped);
        for ids in read.chunks(USERS_AT_ONCE) {
            for found in self.read(ids).await? {
                at += 1;
                if at >= start {
                    shown.take(&found);
                }
            }
            if shown.is_full() && self.filter.is_none() {
                break;
            }
        }
        Ok(Page {
            users: shown.users,
            total: Some(if self.filter.is_some() { at } else { ids.len() }),
            start: Some(start),
            next: None,
        })
    }

    /// The ids of all users, unless there are too many to look through.
    async fn all_ids(&self) -> Result<Vec<String>, Error> {
        let mut all: Vec<String> = Vec::new();
        loop {
            let after = all.last().map(String::as_str);
            let Ids { ids, more } = self.app.store.ids(after, None).await?;
            all.extend(ids);
            if all.len() > MAX_INDEXED {
                let detail = format!(
                    "There are more than {MAX_INDEXED} users: page by cursor, or filter by userName, externalId or id."
                );
                return Err(Error::Scim(TOO_MANY.into(), detail));
            }
            if !more {
                return Ok(all);
            }
        }
    }

    async fn by_cursor(&self, after: Option<String>, query: &Query) -> Result<Page, Error> {
        let (is_first, count) = (after.is_none(), query.count);
        let examined = if self.filter.is_some() {
            MAX_EXAMINED
        } else {
            count
        };
        // One more than is looked at says whether there is a next page.
        let page = self
            .app
            .store
            .ids(after.as_deref(), Some(examined + 1))
            .await?;
        let rest_behind = page.more || page.ids.len() > examined;
        let ids = page.ids.get(..examined).unwrap_or(&page.ids);
        let mut shown = Shown::of(count, query, self.view);
        let mut next = ids.last().filter(|_| rest_behind).cloned();
        'page: for ids_at_once in ids.chunks(USERS_AT_ONCE) {
            for found in self.read(ids_at_once).await? {
                shown.take(&found);
                if shown.is_full() {
                    if rest_behind || ids.last() != shown.last.as_ref() {
                        next = shown.last.take();
                    }
                    break 'page;
                }
            }
        }
        let total = (is_first && next.is_none()).then_some(shown.users.len());
        Ok(Page {
            users: shown.users,
            total,
            start: None,
            next,
        })
    }

    /// Those of at most 50 users that match.
    async fn read(&self, ids: &[String]) -> Result<Vec<Found>, Error> {
        let mut users = self.app.store.read_all(ids).await?;
        if let Some(filter) = self.filter {
            users.retain(|(user, pending)| {
                let view = View {
                    pending,
                    ..self.view
                };
                let shown = show::show(user, view);
                filter::matches_with(filter, &shown, &|text| self.app.normalised(text))
            });
        }
        Ok(users)
    }

    /// The part of all results that a query asks for.
    fn paged(&self, all: &[Found], query: &Query) -> Page {
        let (skipped, start) = match &query.paging {
            Paging::Unsaid => (0, Some(1)),
            Paging::Index(start) => (start - 1, Some(*start)),
            Paging::Cursor(after) => {
                let before =
                    |found: &&Found| after.as_ref().is_some_and(|after| found.0.id <= *after);
                (all.iter().take_while(before).count(), None)
            }
        };
        let behind = all.get(skipped..).unwrap_or_default();
        let mut shown = Shown::of(query.count, query, self.view);
        for found in behind {
            shown.take(found);
        }
        let more = shown.users.len() < behind.len() && start.is_none();
        Page {
            next: shown.last.filter(|_| more),
            users: shown.users,
            total: Some(all.len()),
            start,
        }
    }
}

/// RFC 7644 §3.12: more than "the server is willing to calculate or process".
const TOO_MANY: &str = "tooMany";

/// The users of a page, until there are enough of them, or the next one would not fit.
struct Shown<'a> {
    query: &'a Query,
    view: View<'a>,
    count: usize,
    users: Vec<Value>,
    /// The id of the last of them.
    last: Option<String>,
    size: usize,
    no_room: bool,
}

impl<'a> Shown<'a> {
    fn of(count: usize, query: &'a Query, view: View<'a>) -> Self {
        Self {
            query,
            view,
            count,
            users: Vec::new(),
            last: None,
            size: 0,
            no_room: false,
        }
    }

    /// Takes a user, unless the page is full; the first always has room, since a user is smaller than a page.
    fn take(&mut self, (user, pending): &Found) {
        if self.is_full() {
            return;
        }
        let view = View {
            pending,
            ..self.view
        };
        let shown = Value::Object(self.query.selection.shown(show::show(user, view)));
        let size = size_as_sent(&shown.to_string());
        if self.size + size > LARGEST_PAGE && !self.users.is_empty() {
            self.no_room = true;
            return;
        }
        self.size += size;
        self.users.push(shown);
        self.last = Some(user.id.clone());
    }

    fn is_full(&self) -> bool {
        self.users.len() >= self.count || self.no_room
    }
}

/// Bytes of a JSON text within the JSON that Lambda sends, and of the comma behind it: quotation marks and backslashes
/// are escaped once more (RFC 8259 §7); control characters are escaped in the text already.
fn size_as_sent(json: &str) -> usize {
    let escaped = json.bytes().filter(|byte| matches!(byte, b'"' | b'\\'));
    json.len() + escaped.count() + 1
}

//! When two texts are equal, as the schema says: phone numbers by what they dial, other strings by case.
//! The caller knows how to read a number; the answers are kept, since one request asks often for few numbers.

use std::cell::RefCell;
use std::collections::HashMap;

use icu_casemap::CaseMapper;

use super::schema::{Attribute, Kind};

/// How the caller reads a phone number: its one spelling, or none where it is no number.
pub type Normalise<'a> = dyn Fn(&str) -> Option<String> + 'a;

pub(super) struct Phones<'a> {
    normalise: &'a Normalise<'a>,
    known: RefCell<HashMap<String, Option<String>>>,
}

impl<'a> Phones<'a> {
    pub(super) fn new(normalise: &'a Normalise<'a>) -> Self {
        Self {
            normalise,
            known: RefCell::default(),
        }
    }

    /// Whether both are the same value of the attribute.
    pub(super) fn same_text(&self, attribute: &Attribute, one: &str, other: &str) -> bool {
        one == other
            || match attribute.kind {
                Kind::Phone => self
                    .normalised(one)
                    .is_some_and(|one| self.normalised(other) == Some(one)),
                _ => !attribute.case_exact && fold(one) == fold(other),
            }
    }

    fn normalised(&self, text: &str) -> Option<String> {
        if let Some(known) = self.known.borrow().get(text) {
            return known.clone();
        }
        let normalised = (self.normalise)(text);
        self.known
            .borrow_mut()
            .insert(text.to_owned(), normalised.clone());
        normalised
    }
}

/// What stays of a text where case does not count.
pub(super) fn fold(text: &str) -> String {
    CaseMapper::new().fold_string(text).into_owned()
}

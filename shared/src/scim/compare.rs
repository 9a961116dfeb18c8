//! When two texts are equal, as the schema says: phone numbers by what they dial, other strings by case.
//! The caller knows how to read a number; the answers are kept, since one request asks often for few texts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use icu_casemap::CaseMapper;

use crate::address::email::key_of;
use crate::scim::schema::{Attribute, Kind, Uniqueness};
use crate::user::name;

/// How the caller reads a phone number: its one spelling, or none where it is no number.
pub type Normalise<'a> = dyn Fn(&str) -> Option<String> + 'a;

pub(super) struct Phones<'a> {
    normalise: &'a Normalise<'a>,
    known: RefCell<HashMap<String, Option<String>>>,
    folds: RefCell<HashMap<String, Rc<str>>>,
}

impl<'a> Phones<'a> {
    pub(super) fn new(normalise: &'a Normalise<'a>) -> Self {
        Self {
            normalise,
            known: RefCell::default(),
            folds: RefCell::default(),
        }
    }

    /// Whether both are the same value of the attribute.
    pub(super) fn same_text(&self, attribute: &Attribute, one: &str, other: &str) -> bool {
        one == other
            || match attribute.kind {
                Kind::Phone => self
                    .normalised(one)
                    .is_some_and(|one| self.normalised(other) == Some(one)),
                Kind::Email if key_of(one) == key_of(other) => true,
                _ if attribute.case_exact => false,
                _ if one.is_ascii() && other.is_ascii() => one.eq_ignore_ascii_case(other),
                // As it is unique: whoever looks for a name finds whoever has it.
                _ if attribute.uniqueness == Uniqueness::Server => {
                    name::folded(one) == name::folded(other)
                }
                _ => self.folded(one) == self.folded(other),
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

    /// What stays of a text where case does not count. Beyond ASCII that takes so long that a request with many
    /// long values and a long filter would be felt: it is kept.
    pub(super) fn folded(&self, text: &str) -> Rc<str> {
        if text.is_ascii() {
            return text.to_ascii_lowercase().into();
        }
        if let Some(folded) = self.folds.borrow().get(text) {
            return Rc::clone(folded);
        }
        let folded: Rc<str> = CaseMapper::new().fold_string(text).into();
        self.folds
            .borrow_mut()
            .insert(text.to_owned(), Rc::clone(&folded));
        folded
    }
}

//! What the pages say, a language a file. A text that one of them lacks does not compile; others are found by a test.

mod ar;
mod de;
mod en;
mod es;
mod fr;
mod he;
mod hi;
mod id;
mod it;
mod ja;
mod ko;
mod ms;
mod nl;
mod pl;
mod pt;
mod ru;
#[cfg(test)]
mod tests;
mod th;
mod tr;
mod uk;
mod vi;
mod zh_hans;
mod zh_hant;

use crate::wording::Texts;

/// The texts of a language by its tag; of one that has none, English.
pub fn of(tag: &str) -> &'static Texts {
    match tag {
        "ar" => &ar::TEXTS,
        "de" => &de::TEXTS,
        "es" => &es::TEXTS,
        "fr" => &fr::TEXTS,
        "he" => &he::TEXTS,
        "hi" => &hi::TEXTS,
        "id" => &id::TEXTS,
        "it" => &it::TEXTS,
        "ja" => &ja::TEXTS,
        "ko" => &ko::TEXTS,
        "ms" => &ms::TEXTS,
        "nl" => &nl::TEXTS,
        "pl" => &pl::TEXTS,
        "pt" => &pt::TEXTS,
        "ru" => &ru::TEXTS,
        "th" => &th::TEXTS,
        "tr" => &tr::TEXTS,
        "uk" => &uk::TEXTS,
        "vi" => &vi::TEXTS,
        "zh-Hans" => &zh_hans::TEXTS,
        "zh-Hant" => &zh_hant::TEXTS,
        _ => &en::TEXTS,
    }
}

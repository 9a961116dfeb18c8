//! Content codings, and which of them a request wants (RFC 9110 §12.5.3).

/// A coding that files are there in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    /// Its name in `Content-Encoding`; the file as it is has none.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    fn is_called(self, name: &str) -> bool {
        let names: &[&str] = match self {
            Self::Brotli => &["br"],
            Self::Gzip => &["gzip", "x-gzip"],
            Self::Identity => &["identity"],
        };
        names.iter().any(|one| one.eq_ignore_ascii_case(name))
    }
}

/// How much a request wants a coding, in thousandths; 0 is not at all. `None` is a request that does not say: then the
/// file as it is, since who can read more says so.
pub fn weight(accept_encoding: Option<&str>, coding: Coding) -> u16 {
    let Some(accepted) = accept_encoding else {
        return u16::from(coding == Coding::Identity);
    };
    let mut of_all_others = None;
    for item in accepted.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(quality).unwrap_or(1000);
        if coding.is_called(name) {
            return weight;
        }
        if name == "*" {
            of_all_others = Some(weight);
        }
    }
    // The file as it is may always be sent, unless that is ruled out; what is asked for goes before it.
    of_all_others.unwrap_or(u16::from(coding == Coding::Identity))
}

/// `q=0.5` as 500; another parameter is none, and what cannot be read is not wanted.
fn quality(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    name.trim().eq_ignore_ascii_case("q").then(|| {
        let value: f32 = value.trim().parse().unwrap_or_default();
        if (0.0..=1.0).contains(&value) {
            thousandths(value)
        } else {
            0
        }
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 1"
)]
fn thousandths(value: f32) -> u16 {
    (value * 1000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read() {
        for (accepted, weights) in [
            (None, [0, 0, 1]),
            (Some(""), [0, 0, 1]),
            (Some("gzip, deflate, br, zstd"), [1000, 1000, 1]),
            (Some("GZIP"), [0, 1000, 1]),
            (Some("x-gzip"), [0, 1000, 1]),
            (Some("br;q=0.5, gzip ; q=0.8"), [500, 800, 1]),
            (Some("br;q=0, *"), [0, 1000, 1000]),
            (Some("identity;q=0, gzip;q=0.001"), [0, 1, 0]),
            (Some("*;q=0"), [0, 0, 0]),
            (Some("br;q=2, gzip;q=x"), [0, 0, 1]),
            (Some("br;level=9;q=0.25"), [250, 0, 1]),
        ] {
            let read = [Coding::Brotli, Coding::Gzip, Coding::Identity]
                .map(|coding| weight(accepted, coding));
            assert_eq!(read, weights, "{accepted:?}");
        }
    }
}

//! What a deployment puts into its pages: its name, where help is, and a colour that can be read on light and on dark.

use crate::config::{ConfigError, Env, required, text};

/// Contrast of text with what it stands on: WCAG 2.2, 1.4.3, level AA.
const READABLE: f64 = 4.5;

const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([0; 3]);

/// The lightest of the backgrounds that browsers give a dark page.
const DARK: Colour = Colour([0x1e; 3]);

/// Steps from a colour to black or white.
const STEPS: u32 = 50;

/// How pages look.
#[derive(Clone, Debug)]
pub struct Appearance {
    /// Name of the application, as people know it.
    pub app_name: String,
    /// Where people get help, by https; None: nowhere.
    pub support_url: Option<String>,
    accent: Colour,
}

impl Appearance {
    /// `APP_NAME`, `SUPPORT_URL` (an https URL, or empty), `ACCENT_COLOR` (`#rrggbb`).
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let support_url = text(env, "SUPPORT_URL", "");
        if !support_url.is_empty() && !support_url.starts_with("https://") {
            return Err(ConfigError::new("SUPPORT_URL", "must begin with https://"));
        }
        let accent = Colour::parse(&text(env, "ACCENT_COLOR", "#0b57d0"));
        Ok(Self {
            app_name: required(env, "APP_NAME")?,
            support_url: Some(support_url).filter(|url| !url.is_empty()),
            accent: accent.ok_or_else(|| {
                ConfigError::new("ACCENT_COLOR", "must be a colour such as #0b57d0")
            })?,
        })
    }

    /// Style rules for the colour and what is written on it, as `--mv-accent` and `--mv-on-accent`: the colour itself
    /// where it can be read, otherwise the nearest shade of it that can.
    pub fn style(&self) -> String {
        let on_light = self.accent.readable_on(WHITE);
        let on_dark = self.accent.readable_on(DARK);
        format!(
            ":root{{{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n",
            on_light.rules(),
            on_dark.rules()
        )
    }
}

/// Red, green and blue (sRGB).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour([u8; 3]);

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let [_, channels @ ..] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self(channels))
    }

    fn rules(self) -> String {
        let upon = if self.contrast(WHITE) >= self.contrast(BLACK) {
            WHITE
        } else {
            BLACK
        };
        let (accent, upon) = (self.hex(), upon.hex());
        format!("--mv-accent:{accent};--mv-on-accent:{upon}")
    }

    fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    fn readable_on(self, background: Self) -> Self {
        let end = if background == WHITE { BLACK } else { WHITE };
        let shades = (0..=STEPS).map(|step| self.towards(end, step));
        let mut readable = shades.filter(|shade| shade.contrast(background) >= READABLE);
        readable.next().unwrap_or(end)
    }

    /// A mixture: `step` parts of another colour in [`STEPS`].
    fn towards(self, other: Self, step: u32) -> Self {
        let [red, green, blue] = self.0;
        let [to_red, to_green, to_blue] = other.0;
        let mixed = |from: u8, to: u8| {
            let mixed = u32::from(from) * (STEPS - step) + u32::from(to) * step;
            u8::try_from(mixed / STEPS).unwrap_or(u8::MAX)
        };
        Self([
            mixed(red, to_red),
            mixed(green, to_green),
            mixed(blue, to_blue),
        ])
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.040_45 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appearance(variable: &'static str, value: &'static str) -> Result<Appearance, ConfigError> {
        Appearance::from_env(&move |name: &str| {
            let given = [("APP_NAME", "Example"), (variable, value)];
            let mut given = given.into_iter().rev();
            Some(given.find(|(given, _)| *given == name)?.1.to_owned())
        })
    }

    #[test]
    fn a_colour_that_can_be_read_stays_and_another_gets_a_shade() {
        for (accent, light, dark) in [
            ("#0b57d0", "#0b57d0", "#4f86dd"),
            ("#000000", "#000000", "#898989"),
            ("#ffffff", "#757575", "#ffffff"),
            ("#ffd400", "#897200", "#ffd400"),
        ] {
            let style = appearance("ACCENT_COLOR", accent).unwrap().style();
            let (on_light, on_dark) = style.split_once("@media").unwrap();
            assert!(
                on_light.contains(&format!("--mv-accent:{light}")),
                "{style}"
            );
            assert!(on_dark.contains(&format!("--mv-accent:{dark}")), "{style}");
        }
    }

    #[test]
    fn every_colour_and_what_is_written_on_it_can_be_read() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let colour = Colour([red, green, blue]);
                    for background in [WHITE, DARK] {
                        let shade = colour.readable_on(background);
                        assert!(shade.contrast(background) >= READABLE, "{}", shade.hex());
                        let upon = shade.contrast(WHITE).max(shade.contrast(BLACK));
                        assert!(upon >= READABLE, "{}", shade.hex());
                    }
                }
            }
        }
    }

    #[test]
    fn a_bad_setting_stops_the_start() {
        for (variable, value) in [
            ("APP_NAME", ""),
            ("SUPPORT_URL", "http://example.com"),
            ("SUPPORT_URL", "javascript:alert(1)"),
            ("ACCENT_COLOR", "red"),
            ("ACCENT_COLOR", "#12345"),
            ("ACCENT_COLOR", "#+12345"),
            ("ACCENT_COLOR", ""),
        ] {
            let wrong = appearance(variable, value).unwrap_err();
            assert_eq!(wrong.variable, variable, "{value}");
        }
        assert_eq!(appearance("SUPPORT_URL", "").unwrap().support_url, None);
        let help = appearance("SUPPORT_URL", "https://help.example.com/").unwrap();
        assert_eq!(
            help.support_url.as_deref(),
            Some("https://help.example.com/")
        );
    }
}

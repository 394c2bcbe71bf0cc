//! Small helpers that components call.

/// One of the twelve hues of faces, the same for the same id everywhere.
pub fn hue(id: impl std::borrow::Borrow<i64>) -> u8 {
    // The low bits of an id are a sequence that is mostly zero, so mix before taking the remainder.
    let mixed = (*id.borrow() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed >> 32) % 12) as u8
}

/// Whether a macro's argument is true, given by value or by reference.
pub fn on(flag: impl std::borrow::Borrow<bool>) -> bool {
    *flag.borrow()
}

/// Whether two words given to a macro are the same.
pub fn same(a: impl AsRef<str>, b: impl AsRef<str>) -> bool {
    a.as_ref() == b.as_ref()
}

/// The letter of a face: the first character of a name, in capitals.
pub fn initial(name: impl AsRef<str>) -> String {
    let first = name.as_ref().trim_start_matches(['@', ' ']).chars().find(|c| c.is_alphanumeric());
    first.map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect())
}

/// The points of a sparkline in a box of 64 × 18: the newest value at the right.
pub fn spark(values: impl AsRef<[u32]>) -> String {
    let values = values.as_ref();
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    let steps = values.len().saturating_sub(1).max(1);
    let points = values.iter().enumerate().map(|(i, v)| {
        let x = 2.0 + 60.0 * i as f64 / steps as f64;
        let y = 15.0 - 12.0 * f64::from(*v) / f64::from(highest);
        format!("{x:.1},{y:.1}")
    });
    points.collect::<Vec<_>>().join(" ")
}

/// How many minutes a text takes to read: 400 Han characters or 220 words a minute, at least one.
pub fn reading_minutes(text: &str) -> u32 {
    let han = text.chars().filter(|c| matches!(*c, '\u{3400}'..='\u{9fff}')).count();
    let words = text
        .split(|c: char| !c.is_alphanumeric() || matches!(c, '\u{3400}'..='\u{9fff}'))
        .filter(|w| !w.is_empty())
        .count();
    let minutes = han as f64 / 400.0 + words as f64 / 220.0;
    (minutes.round() as u32).max(1)
}

/// A topic's place in a twin's night sky.
#[derive(Debug, Clone, PartialEq)]
pub struct Star {
    /// Across, of 300.
    pub x: f64,
    /// Down, of 190.
    pub y: f64,
    /// The bright part's radius.
    pub core: f64,
    /// The faint part's radius.
    pub halo: f64,
    /// Where its word stands.
    pub label: f64,
    /// Its word.
    pub word: String,
}

/// A twin's night sky: the deepest topic in the middle, up to seven around it, and dust.
#[derive(Debug, Clone, PartialEq)]
pub struct Night {
    /// The topics.
    pub stars: Vec<Star>,
    /// The dust: across, down, radius.
    pub dust: Vec<(f64, f64, f64)>,
}

/// Places topics (word and depth, 0 to 100, the deepest first) in the sky; the same topics make the same sky.
pub fn night(topics: impl AsRef<[(String, u8)]>) -> Night {
    let topics = topics.as_ref();
    let around = topics.len().clamp(2, 8) - 1;
    let stars = topics.iter().take(8).enumerate().map(|(i, (word, depth))| {
        let angle = std::f64::consts::TAU * (i as f64 - 1.0) / around as f64 - 2.2;
        let (x, y) = if i == 0 { (150.0, 92.0) } else { (150.0 + 96.0 * angle.cos(), 88.0 + 60.0 * angle.sin()) };
        let core = 2.4 + 3.6 * f64::from((*depth).min(100)) / 100.0;
        let round = |v: f64| (v * 10.0).round() / 10.0;
        Star {
            x: round(x),
            y: round(y),
            core: round(core),
            halo: round(core * 3.2),
            label: round(y + core + 11.0),
            word: word.clone(),
        }
    });
    // A two-dimensional golden sequence spreads evenly without looking like a grid.
    let dust = (1..=36u32).map(|i| {
        let spread = |step: f64, size: f64| ((f64::from(i) * step).fract() * size).round();
        (spread(0.754_878, 300.0), spread(0.569_840, 190.0), f64::from(3 + i % 8) / 10.0)
    });
    Night { stars: stars.collect(), dust: dust.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_have_a_letter_and_a_steady_hue() {
        assert_eq!(initial("林溪"), "林");
        assert_eq!(initial("@ada"), "A");
        assert_eq!(initial("—"), "·");
        assert_eq!(hue(7_123_456_789_012_345), hue(7_123_456_789_012_345));
        let hues: std::collections::HashSet<_> = (0..100).map(|i| hue(i << 22)).collect();
        assert!(hues.len() >= 10, "{hues:?}");
    }

    #[test]
    fn a_sparkline_stays_in_its_box() {
        assert_eq!(spark([0, 4, 2]), "2.0,15.0 32.0,3.0 62.0,9.0");
        assert_eq!(spark([]), "");
        assert_eq!(spark([0]), "2.0,15.0");
    }

    #[test]
    fn reading_time_counts_both_scripts() {
        assert_eq!(reading_minutes("短"), 1);
        assert_eq!(reading_minutes(&"字".repeat(1_200)), 3);
        assert_eq!(reading_minutes(&"word ".repeat(440)), 2);
    }

    #[test]
    fn a_sky_holds_its_stars_and_puts_the_deepest_in_the_middle() {
        let topics: Vec<(String, u8)> = (0..12).map(|i| (format!("t{i}"), 100 - i * 8)).collect();
        let sky = night(&topics);
        assert_eq!(sky.stars.len(), 8);
        assert_eq!((sky.stars[0].x, sky.stars[0].y), (150.0, 92.0));
        assert!(sky.stars[0].core > sky.stars[7].core);
        assert!(sky.stars.iter().all(|s| (15.0..285.0).contains(&s.x) && (10.0..175.0).contains(&s.y)), "{sky:?}");
        assert!(night(Vec::new()).stars.is_empty());
    }
}

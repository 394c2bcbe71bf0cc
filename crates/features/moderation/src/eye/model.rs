//! Logistic regression, one for each class against the rest, trained by plain gradient steps in a fixed order: the same
//! examples give the same weights.

use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use super::features::{Feature, Source, WEIGHTS, features};
use super::verdict::Why;
use crate::model::Reason;

/// What a text can be, beside fine; copies are told in another way.
pub(crate) const CLASSES: [Class; 3] = [Class::Spam, Class::Abuse, Class::LowEffort];

const EXAMPLES: &str = include_str!("../../data/examples.tsv");
/// How often all examples are gone through.
const ROUNDS: usize = 60;
/// How far one example moves a weight at first.
const RATE: f32 = 0.35;
/// How strongly weights are drawn to nothing.
const PULL: f32 = 2e-4;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Nothing is wrong with it.
    Fine,
    /// Advertising and the like.
    Spam,
    /// Insults and threats.
    Abuse,
    /// It helps nobody.
    LowEffort,
}

impl Class {
    /// Its name in the data file and in figures.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Spam => "spam",
            Self::Abuse => "abuse",
            Self::LowEffort => "low_effort",
        }
    }

    /// What a moderator's reason says of a text; `None` where it says nothing that words could show.
    pub(crate) const fn of(reason: Reason) -> Option<Self> {
        match reason {
            Reason::Spam => Some(Self::Spam),
            Reason::Abuse => Some(Self::Abuse),
            Reason::LowEffort => Some(Self::LowEffort),
            _ => None,
        }
    }
}

impl FromStr for Class {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        [Self::Fine, Self::Spam, Self::Abuse, Self::LowEffort].into_iter().find(|c| c.as_str() == s).ok_or(())
    }
}

/// A text and what it is.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    pub class: Class,
    pub features: Vec<Feature>,
}

impl Example {
    pub(crate) fn new(class: Class, title: &str, body: &str, own: &str) -> Self {
        Self { class, features: features(title, body, own) }
    }
}

/// The examples that ship.
pub(crate) static SHIPPED: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let line = |line: &str| {
        let (class, text) = line.split_once('\t')?;
        Some(Example::new(class.parse().ok()?, "", &text.replace("\\n", "\n"), ""))
    };
    EXAMPLES.lines().filter_map(line).collect()
});

/// What is learned from the examples that ship.
static BASE: LazyLock<Arc<Model>> = LazyLock::new(|| Arc::new(Model::train(0, &SHIPPED)));

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// Which one; 0 is what the examples that ship teach.
    pub version: i64,
    weights: [Vec<f32>; 3],
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(weights: &[f32], features: &[Feature]) -> f32 {
    features.iter().map(|f| weights.get(f.at as usize).copied().unwrap_or_default() * f.value).sum()
}

/// The order of a round: examples of all classes mixed, the same each time.
fn order(n: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    all.sort_by_key(|i| (*i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    all
}

impl Model {
    /// What the examples that ship teach.
    pub(crate) fn base() -> Arc<Self> {
        BASE.clone()
    }

    /// Learns from examples.
    pub(crate) fn train(version: i64, examples: &[Example]) -> Self {
        let order = order(examples.len());
        let weights = CLASSES.map(|class| {
            // Each class counts as much as all the rest: there are few examples of each, not because they are rare.
            let of = examples.iter().filter(|e| e.class == class).count().max(1);
            let rarity = ((examples.len() - of.min(examples.len())) as f32 / of as f32).max(1.0);
            let mut weights = vec![0.0_f32; WEIGHTS];
            let mut squares = vec![1e-3_f32; WEIGHTS];
            for _ in 0..ROUNDS {
                for example in order.iter().filter_map(|i| examples.get(*i)) {
                    let wanted = if example.class == class { 1.0 } else { 0.0 };
                    let error =
                        (sigmoid(dot(&weights, &example.features)) - wanted) * if wanted > 0.0 { rarity } else { 1.0 };
                    for f in &example.features {
                        let at = f.at as usize;
                        let step = error * f.value + PULL * weights[at];
                        squares[at] += step * step;
                        weights[at] -= RATE * step / squares[at].sqrt();
                    }
                }
            }
            weights
        });
        Self { version, weights }
    }

    /// How likely a text is each of [`CLASSES`], and what speaks for it the most.
    pub(crate) fn judge(&self, features: &[Feature]) -> [(f32, Vec<Why>); 3] {
        std::array::from_fn(|class| {
            let weights = &self.weights[class];
            (sigmoid(dot(weights, features)), reasons(weights, features))
        })
    }

    /// The probabilities alone.
    pub(crate) fn probabilities(&self, features: &[Feature]) -> [f32; 3] {
        std::array::from_fn(|class| sigmoid(dot(&self.weights[class], features)))
    }

    /// The weights for keeping: whole thousandths, as text.
    pub(crate) fn encode(&self) -> String {
        let class = |weights: &Vec<f32>| {
            let part = |(i, w): (usize, &f32)| {
                let whole = (w * 1000.0).round() as i32;
                (whole != 0).then(|| format!("{i}:{whole}"))
            };
            weights.iter().enumerate().filter_map(part).collect::<Vec<_>>().join(" ")
        };
        self.weights.iter().map(class).collect::<Vec<_>>().join("\n")
    }

    /// Kept weights; `None` where they are not of this program's making.
    pub(crate) fn decode(version: i64, text: &str) -> Option<Self> {
        let mut weights = CLASSES.map(|_| vec![0.0; WEIGHTS]);
        let mut lines = text.split('\n');
        for class in &mut weights {
            for part in lines.next()?.split(' ').filter(|p| !p.is_empty()) {
                let (at, whole) = part.split_once(':')?;
                *class.get_mut(at.parse::<usize>().ok()?)? = whole.parse::<i32>().ok()? as f32 / 1000.0;
            }
        }
        Some(Self { version, weights })
    }
}

/// What speaks the most for a class: at most three words of the text, and numbers that have a name.
fn reasons(weights: &[f32], features: &[Feature]) -> Vec<Why> {
    let mut all: Vec<(f32, &Feature)> = features
        .iter()
        .map(|f| (weights.get(f.at as usize).copied().unwrap_or_default() * f.value, f))
        .filter(|(part, _)| *part > 0.15)
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut words: Vec<&str> = vec![];
    let mut why: Vec<Why> = vec![];
    for (_, feature) in all {
        match &feature.from {
            // Of 微, 微信 and 加微信 the first one found says enough.
            Source::Term(term) if words.len() < 3 && !words.iter().any(|w| w.contains(&**term) || term.contains(w)) => {
                words.push(term);
            }
            Source::Term(_) => {}
            Source::Number(number) => {
                if let Some(key) = number.key().filter(|key| !why.iter().any(|w| w.key == *key)) {
                    why.push(Why { key: key.to_owned(), words: String::new() });
                }
            }
        }
    }
    if !words.is_empty() {
        why.insert(0, Why { key: "moderation-why-words".to_owned(), words: words.join(", ") });
    }
    why.truncate(4);
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_examples_are_many_and_of_both_kinds() {
        let fine = SHIPPED.iter().filter(|e| e.class == Class::Fine).count();
        assert!(SHIPPED.len() >= 120, "{}", SHIPPED.len());
        assert!(fine * 10 >= SHIPPED.len() * 4 && fine * 10 <= SHIPPED.len() * 6, "{fine} of {}", SHIPPED.len());
    }

    #[test]
    fn what_it_never_saw_is_judged_by_what_it_saw() {
        let model = Model::base();
        let spam = |text: &str| model.probabilities(&features("", text, ""))[0];
        assert!(spam("加我微信 abc12345678，免费领取内部资料，稳赚不赔！！！") > 0.8);
        assert!(spam("Buy followers now, cheap and real, 90% off http://x.example http://y.example") > 0.8);
        assert!(spam("这个函数为什么要返回 Result？我试了直接 unwrap，测试里没有问题。") < 0.3);
        let abuse = model.judge(&features("", "你就是个废物，垃圾，滚", ""));
        assert!(abuse[1].0 > 0.7, "{abuse:?}");
        assert_eq!(abuse[1].1[0].key, "moderation-why-words", "{abuse:?}");
    }

    #[test]
    fn kept_weights_read_back() {
        let model = Model::train(7, &SHIPPED[..40]);
        let back = Model::decode(7, &model.encode()).expect("reads back");
        let text = features("", "加微信领取优惠", "");
        for (a, b) in model.probabilities(&text).into_iter().zip(back.probabilities(&text)) {
            assert!((a - b).abs() < 0.02, "{a} and {b}");
        }
        assert_eq!(Model::decode(7, "1:x\n\n"), None);
    }
}

//! How well the eye does on the shipped examples: each is judged by a model that did not see it.

use serde::Serialize;

use super::model::{CLASSES, Class, Example, Model, SHIPPED};
use super::verdict::Rules;

/// Into how many parts the examples are cut.
const FOLDS: usize = 10;

/// Precision and recall at one threshold.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// `spam`, `abuse`, `low_effort`, or `any` of them.
    pub class: &'static str,
    /// From which probability on it counts.
    pub threshold: f32,
    /// Of what was flagged, the share that was rightly so; `null` where nothing was.
    pub precision: Option<f32>,
    /// Of what should be flagged, the share that was.
    pub recall: f32,
    /// Flagged though fine.
    pub false_alarms: usize,
}

/// Figures of a cross-validation.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// How many examples.
    pub examples: usize,
    /// How many of them are fine.
    pub fine: usize,
    /// Into how many parts they were cut.
    pub folds: usize,
    /// Mean squared error of the probabilities of all classes.
    pub brier: f32,
    /// By class and threshold: a half, and the one from which it is reported unless told otherwise.
    pub classes: Vec<Quality>,
}

fn share(part: usize, of: usize) -> Option<f32> {
    (of > 0).then(|| part as f32 / of as f32)
}

fn quality(judged: &[(Class, [f32; 3])], class: &'static str, threshold: f32, wanted: &[Class]) -> Quality {
    let places: Vec<usize> = (0..CLASSES.len()).filter(|i| wanted.contains(&CLASSES[*i])).collect();
    let flagged = |p: &[f32; 3]| places.iter().any(|i| p[*i] >= threshold);
    let hits = judged.iter().filter(|(c, p)| wanted.contains(c) && flagged(p)).count();
    let all = judged.iter().filter(|(_, p)| flagged(p)).count();
    let of = judged.iter().filter(|(c, _)| wanted.contains(c)).count();
    let false_alarms = judged.iter().filter(|(c, p)| *c == Class::Fine && flagged(p)).count();
    Quality { class, threshold, precision: share(hits, all), recall: share(hits, of).unwrap_or_default(), false_alarms }
}

/// Judges each shipped example by a model trained on the others.
pub fn measure() -> Measured {
    let mut judged = vec![];
    for fold in 0..FOLDS {
        // The file is sorted by class, so each part has its share of each.
        let (held, seen): (Vec<_>, Vec<_>) = SHIPPED.iter().enumerate().partition(|(i, _)| i % FOLDS == fold);
        let seen: Vec<Example> = seen.into_iter().map(|(_, e)| e.clone()).collect();
        let model = Model::train(0, &seen);
        judged.extend(held.into_iter().map(|(_, e)| (e.class, model.probabilities(&e.features))));
    }
    let squares = judged.iter().flat_map(|(class, p)| {
        let off = |(i, p): (usize, &f32)| (p - if CLASSES[i] == *class { 1.0 } else { 0.0 }).powi(2);
        p.iter().enumerate().map(off).collect::<Vec<_>>()
    });
    let brier = squares.sum::<f32>() / (judged.len() * CLASSES.len()).max(1) as f32;
    let rules = Rules::default();
    let usual = [rules.spam, rules.abuse, rules.low_effort].map(|n| n as f32 / 100.0);
    let mut classes = vec![];
    for (class, usual) in CLASSES.into_iter().zip(usual) {
        for threshold in [0.5, usual] {
            classes.push(quality(&judged, class.as_str(), threshold, &[class]));
        }
    }
    classes.push(quality(&judged, "any", 0.5, &CLASSES));
    classes.push(quality(&judged, "any", rules.hold as f32 / 100.0, &CLASSES));
    Measured {
        examples: judged.len(),
        fine: judged.iter().filter(|(c, _)| *c == Class::Fine).count(),
        folds: FOLDS,
        brier,
        classes,
    }
}

//! Measuring on question sets, through the product's own index.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

use xinghe_search::eval::{Bench, EvalError, Role, Set, retrieval};

const ENGLISH: &str = r#"{"version":"1.1","data":[{"title":"Animals","paragraphs":[
 {"context":"The cat sleeps sixteen hours a day.\nIt hunts at night.","qas":[{"id":"1","question":"How long does a cat sleep?","answers":[{"text":"sixteen hours","answer_start":15}]}]},
 {"context":"A dog likes long walks in the forest.","qas":[{"id":"2","question":"Where does a dog walk?","answers":[{"text":"the forest","answer_start":26}]}]},
 {"context":"A dog likes long walks in the forest.","qas":[{"id":"3","question":"Who likes long walks?","answers":[{"text":"A dog","answer_start":0}]}]}]}]}"#;
const CHINESE: &str = r#"{"version":"1.1","data":[{"title":"动物","paragraphs":[
 {"context":"猫每天睡十六个小时。它在夜里捕猎。","qas":[{"id":"1","question":"猫每天睡多久？","answers":[{"text":"十六个小时","answer_start":4}]}]},
 {"context":"狗喜欢在森林里散步。","qas":[{"id":"2","question":"狗在哪里散步？","answers":[{"text":"森林里","answer_start":4}]},{"id":"3","question":"谁喜欢散步？","answers":[{"text":"狗","answer_start":0}]}]}]}]}"#;

fn sets() -> (tempfile::TempDir, Set, Set) {
    let dir = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        Set::read(&path).unwrap()
    };
    let (english, chinese) = (read("animals.en.json", ENGLISH), read("animals.zh.json", CHINESE));
    (dir, english, chinese)
}

/// Meaning by topic, the same in both languages; with a tilt by language, as real vectors have.
#[expect(clippy::unnecessary_wraps, reason = "the form that the measure asks for")]
fn topics(_: Role, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
    let of = |t: &&str| {
        let cat = t.to_lowercase().contains("cat") || t.contains('猫') || t.contains("It hunts") || t.contains('它');
        if cat { vec![0.9, 0.1, 0.3] } else { vec![0.1, 0.9, 0.3] }
    };
    Ok(texts.iter().map(of).collect())
}

#[test]
fn paragraphs_count_once_and_questions_find_them() {
    let (_dir, english, chinese) = sets();
    assert_eq!((english.paragraphs.len(), english.questions.len()), (2, 3));
    assert_eq!((english.language.as_str(), chinese.language.as_str()), ("en", "zh-Hans"));
    let scratch = tempfile::tempdir().unwrap();
    let report = retrieval(scratch.path(), &[english, chinese], None, None).unwrap();
    assert_eq!(report.files.iter().map(|f| (f.questions, f.r1)).collect::<Vec<_>>(), [(3, 1.0), (3, 1.0)]);
    assert!(report.cross_language.is_empty(), "words cross no language");
}

#[test]
fn sets_that_ask_the_same_are_measured_across_languages() {
    let (_dir, english, chinese) = sets();
    let scratch = tempfile::tempdir().unwrap();
    let report = retrieval(scratch.path(), &[english, chinese], Some("topics"), Some(&mut topics)).unwrap();
    assert_eq!(report.cross_language.len(), 2);
    for cross in &report.cross_language {
        assert_eq!((cross.r1, cross.r10, cross.mixed_r10), (1.0, 1.0, 1.0), "{cross:?}");
    }
}

#[test]
fn a_question_is_asked_with_its_paragraph_and_as_if_it_did_not_exist() {
    let (_dir, english, _) = sets();
    let scratch = tempfile::tempdir().unwrap();
    let bench = Bench::build(scratch.path(), &[&english], None, None).unwrap();
    let mut asked = 0;
    bench
        .each(0, &english.questions, 5, true, None, |question, with, without| {
            let gold = bench.gold(0, question);
            assert_eq!(with.hits[0].passage.post, gold);
            let without = without.unwrap();
            assert!(without.hits.iter().all(|h| h.passage.post != gold));
            assert_ne!(with.total, without.total, "the statistics are those of an index without it");
            asked += 1;
        })
        .unwrap();
    assert_eq!(asked, 3);
}

#[test]
fn files_of_another_form_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.json");
    assert!(matches!(Set::read(&path), Err(EvalError::Read { .. })));
    std::fs::write(&path, "{\"rows\": []}").unwrap();
    let error = Set::read(&path).unwrap_err();
    assert!(matches!(error, EvalError::Form { .. }) && error.to_string().contains("SQuAD"), "{error}");
    std::fs::write(&path, "{\"data\": []}").unwrap();
    assert!(matches!(Set::read(&path), Err(EvalError::Empty(_))));
}

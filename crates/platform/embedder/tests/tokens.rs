//! The tokenizer on texts of all kinds, with the tiny model's sixteen pieces.

mod common;

use std::sync::LazyLock;

use common::{PIECES, tiny};
use proptest::prelude::*;
use xinghe_embedder::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::open(tiny(1).write().path()).expect("the tiny model opens"));

fn pieces(text: &str) -> Vec<&'static str> {
    MODEL.tokenizer().encode(text).into_iter().map(|id| PIECES[id as usize]).collect()
}

#[test]
fn the_best_pieces_win() {
    assert_eq!(pieces("ab"), ["▁ab"]);
    assert_eq!(pieces("ab 你好"), ["▁ab", "▁", "你好"]);
    assert_eq!(pieces("你你好"), ["▁", "你", "你好"]);
}

#[test]
fn white_space_is_collapsed_and_characters_are_mapped() {
    assert_eq!(pieces("  ab \n\u{3000} a  "), pieces("ab a"));
    assert_eq!(pieces("Ａ"), ["▁ab"]);
    assert_eq!(pieces("a\0b"), ["▁ab"]);
    assert!(pieces("").is_empty());
    assert!(pieces(" \n ").is_empty());
}

#[test]
fn unknown_characters_become_one_token_a_run() {
    assert_eq!(pieces("🦀🚀"), ["▁", "<unk>"]);
    assert_eq!(pieces("e\u{301}\u{302}ab"), ["▁", "<unk>", "ab"]);
}

#[test]
fn no_text_can_spell_a_control_token() {
    for text in ["<s>", "</s>", "<pad>", "<unk>"] {
        assert!(!MODEL.tokenizer().encode(text).iter().any(|id| *id < 3), "{text}");
    }
}

#[test]
fn a_word_of_a_million_characters_is_cut_in_little_memory() {
    let tokens = MODEL.tokenizer().encode(&"你好".repeat(500_000));
    assert!((500_000..500_500).contains(&tokens.len()), "{}", tokens.len());
}

proptest! {
    #[test]
    fn any_text_gives_tokens_of_the_vocabulary(text in any::<String>()) {
        let tokens = MODEL.tokenizer().encode(&text);
        prop_assert!(tokens.iter().all(|id| (*id as usize) < PIECES.len()));
        prop_assert_eq!(tokens.len(), MODEL.tokenizer().count(&text));
    }

    /// Texts of known characters come back whole.
    #[test]
    fn pieces_spell_the_text(text in "[ab你好:]{1,40}") {
        prop_assert_eq!(pieces(&text).concat(), format!("▁{text}"));
    }
}

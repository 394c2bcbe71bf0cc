//! Files that are not what they should be.

mod common;

use common::tiny;
use xinghe_embedder::{Model, ModelError};

fn open(bytes: &[u8]) -> Result<Model, ModelError> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), bytes).expect("written");
    Model::open(file.path())
}

#[test]
fn a_whole_file_opens() {
    let model = open(&tiny(1).file).unwrap();
    assert_eq!(model.dimensions(), common::HIDDEN);
}

#[test]
fn every_shorter_file_is_refused() {
    let file = tiny(1).file;
    for length in (0..file.len()).step_by(37).chain([file.len() - 1]) {
        let error = open(&file[..length]).err().expect("a file cut short is refused");
        assert!(matches!(error, ModelError::Damaged { .. } | ModelError::Magic { .. }), "{length}: {error}");
    }
}

#[test]
fn other_files_are_named_for_what_they_are() {
    let mut file = tiny(1).file;
    assert!(matches!(Model::open("/nowhere/at/all.bin".as_ref()), Err(ModelError::Io { .. })));
    assert!(matches!(Model::open(std::env::temp_dir().as_path()), Err(ModelError::Io { .. })));
    assert!(matches!(open(b"GGUF and more"), Err(ModelError::Magic { .. })));
    file[4] = 2;
    assert!(matches!(open(&file), Err(ModelError::Version { found: 2, .. })));
    file[4] = 1;
    file[16] = 3;
    assert!(matches!(open(&file), Err(ModelError::Shape { .. })));
}

#[test]
fn no_changed_byte_of_the_head_panics() {
    let file = tiny(1).file;
    for at in 0..1500.min(file.len()) {
        for value in [0, 0x7f, 0xff] {
            let mut changed = file.clone();
            changed[at] = value;
            // It may open: some bytes are weights or scores. It must only not panic, in opening or in use.
            if let Ok(model) = open(&changed) {
                let vectors = model.encoder().embed(xinghe_embedder::Role::Query, &["ab 你好"]);
                assert_eq!(vectors.len(), 1, "{at}");
            }
        }
    }
}

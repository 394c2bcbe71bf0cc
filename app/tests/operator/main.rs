//! What an operator does, and what happens when something is wrong with the machine.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;
mod ending;
mod importing;
mod outage;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::{Served, run, told, xinghe};

/// Makes a community with one member.
fn community(data: &Path) {
    let mut child = xinghe(data, &["user", "add", "lin", "--name", "林"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("a long enough password".as_bytes()).unwrap();
    let (code, out, err) = told(&child.wait_with_output().unwrap());
    assert_eq!(code, 0, "{out}{err}");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_in_each_form_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    community(&data);
    std::fs::write(data.join("xinghe.toml"), "log = \"warn\"\n").unwrap();
    for (name, settings) in [("b.tar.gz", true), ("folder", true), ("b.db", false)] {
        let target = home.path().join(name);
        let target = target.to_str().unwrap();
        let (code, out, err) = run(&data, &["backup", target, "--json"]);
        assert_eq!(code, 0, "{name}: {out}{err}");
        let told: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(told["events"].as_i64().is_some_and(|n| n > 0), "{out}");
        let (code, _, err) = run(&data, &["backup", target]);
        assert!(code == 1 && err.contains("there already"), "{name}: {err}");

        let other = home.path().join(format!("restored-{name}"));
        let (code, out, err) = run(&other, &["restore", target]);
        assert_eq!(code, 0, "{name}: {out}{err}");
        assert_eq!(other.join("xinghe.toml").exists(), settings, "{name}");
        assert!(run(&other, &["user", "list"]).1.contains("@lin"), "{name}");
        let (code, _, err) = run(&other, &["restore", target]);
        assert!(code == 1 && err.contains("is not empty") && err.contains("--force"), "{name}: {err}");
        let (code, _, err) = run(&other, &["restore", target, "--force"]);
        assert_eq!(code, 0, "{name}: {err}");
        assert!(other.join("xinghe.db.old").is_file() && !other.join("search").exists(), "{name}");
    }
    assert_eq!(names(home.path()).len(), 7, "nothing else is left: {:?}", names(home.path()));
}

#[test]
fn settings_that_are_there_already_stay() {
    let home = tempfile::tempdir().unwrap();
    let (data, other) = (home.path().join("data"), home.path().join("other"));
    community(&data);
    std::fs::write(data.join("xinghe.toml"), "log = \"warn\"\n").unwrap();
    let target = home.path().join("b.tgz");
    run(&data, &["backup", target.to_str().unwrap()]);
    std::fs::create_dir_all(other.join("models")).unwrap();
    std::fs::write(other.join("xinghe.toml"), "log = \"error\"\n").unwrap();
    let (code, out, err) = run(&other, &["restore", target.to_str().unwrap()]);
    assert!(code == 0 && out.contains("xinghe.toml.restored"), "{out}{err}");
    assert!(std::fs::read_to_string(other.join("xinghe.toml")).unwrap().contains("error"));
    assert!(std::fs::read_to_string(other.join("xinghe.toml.restored")).unwrap().contains("warn"));
}

#[test]
fn a_backup_that_is_damaged_or_newer_is_refused_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    community(&data);
    let good = home.path().join("good");
    assert_eq!(run(&data, &["backup", good.to_str().unwrap()]).0, 0);
    let archive = home.path().join("good.tar.gz");
    assert_eq!(run(&data, &["backup", archive.to_str().unwrap()]).0, 0);
    let refused = |source: &Path, says: &str| {
        let other = home.path().join("other");
        let (code, out, err) = run(&other, &["restore", source.to_str().unwrap()]);
        assert!(code == 1 && err.contains(says), "{says}: {out}{err}");
        assert!(!other.exists(), "{says}: {:?}", names(&other));
    };
    refused(&home.path().join("nowhere"), "cannot be read");
    std::fs::write(home.path().join("text"), "no backup").unwrap();
    refused(&home.path().join("text"), "is no backup");
    let bytes = std::fs::read(&archive).unwrap();
    std::fs::write(home.path().join("cut.tar.gz"), &bytes[..bytes.len() / 2]).unwrap();
    refused(&home.path().join("cut.tar.gz"), "cannot be restored");

    let list = std::fs::read_to_string(good.join("backup.json")).unwrap();
    std::fs::write(good.join("backup.json"), list.replace("\"form\": 1", "\"form\": 2")).unwrap();
    refused(&good, "newer program");
    std::fs::write(good.join("backup.json"), list.replace("xinghe.db", "../xinghe.db")).unwrap();
    refused(&good, "it lists the file");
    std::fs::write(good.join("backup.json"), &list).unwrap();
    let mut database = std::fs::read(good.join("xinghe.db")).unwrap();
    let middle = database.len() / 2;
    database[middle] ^= 1;
    std::fs::write(good.join("xinghe.db"), database).unwrap();
    refused(&good, "checksum");

    make_newer(&data);
    let newer = home.path().join("newer.tar.gz");
    assert_eq!(run(&data, &["backup", newer.to_str().unwrap()]).0, 0, "what cannot be opened can still be kept");
    refused(&newer, "newer than this program");
}

/// Leaves the mark of a migration that this program does not know.
fn make_newer(data: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let settings = xinghe_store::StoreSettings::sqlite(&data.join("xinghe.db"));
        let (clock, random) = (xinghe_store::SystemClock, xinghe_store::SystemRandom);
        let store = xinghe_store::Store::open(&settings, std::sync::Arc::new(clock), std::sync::Arc::new(random));
        let store = store.await.unwrap();
        let mut unit = store.begin().await.unwrap();
        let sql = "INSERT INTO schema_migrations VALUES ('posts', 99, 'of tomorrow', 'x', 0)";
        unit.execute(sql, vec![]).await.unwrap();
        unit.commit().await.unwrap();
        store.close().await.unwrap();
    });
}

#[tokio::test]
async fn a_server_tells_when_it_is_ready_and_is_backed_up_while_it_runs() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let served = Served::start(&data, &[]);
    served.becomes("/readyz", 200).await;
    served.becomes("/healthz", 200).await;
    let target = home.path().join("b.tar.gz");
    let (code, out, err) = run(&data, &["backup", target.to_str().unwrap()]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, _, err) = run(&data, &["restore", target.to_str().unwrap(), "--force"]);
    assert!(code == 1 && err.contains("in use"), "{err}");
    // Beside it, commands work and leave its index alone.
    let (code, out, err) = run(&data, &["search", "nothing is here yet", "--json"]);
    assert_eq!(code, 3, "{out}{err}");
    let (code, out, err) = run(&data, &["doctor"]);
    assert_eq!(code, 0, "{out}{err}");
    served.becomes("/readyz", 200).await;
    served.becomes("/", 200).await;

    let (code, _, err) = run(&data, &["serve", "--listen", &served.address]);
    assert!(code == 1 && err.contains("cannot listen on") && err.contains("--listen"), "{err}");
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let (code, out, err) = run(&data, &["doctor"]);
    assert!(code == 0 && out.contains("not there yet"), "{out}{err}");
    assert!(!data.exists(), "nothing is made");
    community(&data);
    let (code, out, err) = run(&data, &["doctor", "--json"]);
    assert_eq!(code, 0, "{out}{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let verdict = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|c| c["check"] == name).unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    for name in ["data", "database", "tables", "readers", "jobs", "chat", "clock"] {
        assert_eq!(verdict(name), "ok", "{name}: {out}");
    }
    assert_eq!(verdict("model"), "warn", "{out}");

    std::fs::create_dir_all(data.join("models")).unwrap();
    std::fs::write(data.join("models/e5-small-q4.bin"), "not the model").unwrap();
    let (code, out, _) = run(&data, &["doctor"]);
    assert!(code == 1 && out.contains("SHA-256") && out.contains("xinghe model pull"), "{out}");
    let (code, _, err) = run(&data, &["search", "anything"]);
    assert!(code == 3 && err.contains("xinghe model pull"), "a damaged model is not used, and this is told: {err}");
    std::fs::remove_file(data.join("models/e5-small-q4.bin")).unwrap();

    make_newer(&data);
    let (code, out, _) = run(&data, &["doctor"]);
    assert!(code == 1 && out.contains("newer than this program"), "{out}");
    let (code, _, err) = run(&data, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(code == 1 && err.contains("posts has migration 99"), "{err}");
    std::fs::write(data.join("xinghe.toml"), "lisen = \"x\"\n").unwrap();
    let (code, out, _) = run(&data, &["doctor"]);
    assert!(code == 1 && out.contains("\"listen\""), "{out}");
}

#[test]
fn folders_and_addresses_that_do_not_work_are_named() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("file"), "").unwrap();
    let mut folders = vec![home.path().join("file/data")];
    if cfg!(target_os = "linux") {
        // Nobody can make a file there, not even root.
        folders.push("/proc/self".into());
    }
    for folder in folders {
        let (code, _, err) = run(&folder, &["migrate"]);
        assert!(code == 1 && err.contains(folder.to_str().unwrap()) && err.contains("--data-dir"), "{err}");
        let (code, out, _) = run(&folder, &["doctor"]);
        assert!(code == 1 && out.contains("FAIL  data"), "{out}");
    }
    let data = home.path().join("data");
    for (address, says) in [
        ("mysql://me:secret@host/x", "not understood"),
        ("postgres://me:secret@127.0.0.1:1/x", "127.0.0.1:1"),
        ("sqlite:/nowhere/at/all/x.db", "no such folder"),
    ] {
        let (code, _, err) = run(&data, &["--database-url", address, "migrate"]);
        assert!(code == 1 && err.contains(says) && !err.contains("secret"), "{address}: {err}");
    }
    let (code, _, err) = run(&data, &["--database-url", "postgres://me@127.0.0.1:1/x", "backup", "x.tar.gz"]);
    assert!(code == 1 && err.contains("pg_dump"), "{err}");
}

//! `xinghe import` as an operator runs it.

use std::process::Stdio;

use crate::common::run;

#[test]
fn a_dry_run_tells_all_and_makes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (blog, data) = (home.path().join("blog"), home.path().join("data"));
    std::fs::create_dir(&blog).unwrap();
    std::fs::write(blog.join("a.md"), "---\nauthor: Ann Lee\ndate: 2020-01-02\n---\n# A page\n\nSome words.").unwrap();
    std::fs::write(blog.join("b.md"), "---\ntitle: never closed\n\nSome words.").unwrap();
    let blog = blog.display().to_string();
    let (code, out, err) = run(&data, &["import", &blog, "--dry-run", "--licence", "CC-BY-SA-4.0", "--language", "en"]);
    assert_eq!(code, 3, "{err}");
    assert!(out.contains("a.md: A page | Ann Lee | 2020-01-02 | en | CC-BY-SA-4.0"), "{out}");
    assert!(out.contains("failed   b.md: ") && out.contains("1 would be new"), "{out}");
    assert!(!data.exists(), "nothing is made");
    let (code, out, _) = run(&data, &["import", &blog, "--json"]);
    assert!(code == 3 && out.contains("\"created\":1"), "{out}");
    let (_, out, _) = run(&data, &["import", &blog, "--dry-run", "--json"]);
    assert!(out.contains("\"created\":0") && out.contains("\"unchanged\":1"), "{out}");
    let (code, _, err) = run(&data, &["import", &blog, "--language", "no language"]);
    assert!(code == 2 && err.contains("zh-Hant"), "{err}");
}

#[test]
fn a_backup_is_replaced_only_when_that_is_said() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    assert_eq!(run(&data, &["migrate", "--json"]).1.trim(), "{\"migrated\":true}");
    for name in ["b.db", "b.tar.gz", "folder"] {
        let target = home.path().join(name).display().to_string();
        assert_eq!(run(&data, &["backup", &target]).0, 0, "{name}");
        let (code, _, err) = run(&data, &["backup", &target]);
        assert!(code == 1 && err.contains("--force"), "{err}");
        assert_eq!(run(&data, &["backup", &target, "--force"]).0, 0, "{name}");
    }
    let other = home.path().join("notes.db");
    std::fs::write(&other, "not a backup").unwrap();
    assert_eq!(run(&data, &["backup", &other.display().to_string(), "--force"]).0, 1, "only backups are replaced");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "not a backup");
    #[cfg(unix)]
    for path in ["data", "data/xinghe.db", "b.db", "b.tar.gz", "folder", "folder/xinghe.db", "folder/backup.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.path().join(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path} is its owner's");
    }
}

#[test]
fn what_is_wrong_with_a_member_is_said_in_words() {
    let home = tempfile::tempdir().unwrap();
    let add = |handle: &str, password: &str| {
        let mut command = crate::common::xinghe(home.path(), &["user", "add", handle, "--role", "administrator"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), password.as_bytes()).unwrap();
        crate::common::told(&child.wait_with_output().unwrap())
    };
    let (code, _, short) = add("ann", "short");
    assert_eq!((code, add("ann", "a long and good password").0), (1, 0), "{short}");
    let (_, _, taken) = add("ann", "a long and good password");
    let (_, _, last) = run(home.path(), &["user", "role", "ann", "member"]);
    for said in [&short, &taken, &last] {
        let said = said.lines().last().unwrap_or_default();
        assert!(said.contains(' ') && !said.contains("accounts-"), "{said}");
    }
    let (_, list, _) = run(home.path(), &["user", "list"]);
    assert!(list.contains("@ann") && list.contains("administrator") && list.contains("active"), "{list}");
}

//! Makes sure that the pages' styles and scripts exist before they are put into the binary. `make` builds them; a
//! plain `cargo build` in a fresh clone builds them here, once, and again when their sources changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

fn main() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../web");
    let manifest = web.join("dist/.vite/manifest.json");
    let sources = ["src", "public", "vite.config.ts", "package-lock.json"].map(|name| web.join(name));
    for source in &sources {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let newest = sources.iter().flat_map(|p| files(p)).filter_map(|p| modified(&p)).max();
    if modified(&manifest).is_some_and(|built| Some(built) >= newest) {
        return;
    }
    // `npm ci` refuses a lock file that lacks other platforms' packages, which some registries leave out; a plain
    // install takes the same versions, all of them pinned in package.json and the lock file.
    let installed = web.join("node_modules/.bin/vite").exists()
        || npm(&web, &["ci", "--no-audit", "--no-fund"])
        || npm(&web, &["install", "--no-save", "--no-audit", "--no-fund"]);
    let built = installed && npm(&web, &["run", "--silent", "build"]);
    assert!(
        built || manifest.is_file(),
        "the pages' styles and scripts are not built: install Node.js 20 or newer with npm, then run `make web`"
    );
}

fn npm(folder: &Path, args: &[&str]) -> bool {
    Command::new("npm").args(args).current_dir(folder).status().is_ok_and(|status| status.success())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn files(path: &Path) -> Vec<PathBuf> {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().flat_map(|e| files(&e.path())).collect(),
        Err(_) => vec![path.to_owned()],
    }
}

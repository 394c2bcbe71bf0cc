//! What commands print: answers to standard output, everything else to standard error.

use std::io::Write;

use indicatif::{ProgressBar, ProgressStyle};

/// Prints a text as it stands. A closed pipe (`xinghe … | head`) is no error.
pub fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a line.
pub fn line(line: &str) {
    text(&format!("{line}\n"));
}

/// Prints a value as one line of JSON.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string(value)?);
    Ok(())
}

/// Says what went wrong, with its causes: as a sentence, or as the object `{"error": …}` on one line.
pub fn complain(error: &anyhow::Error, json: bool) {
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            said.push_str(": ");
            said.push_str(&cause);
        }
    }
    let said = if json { serde_json::json!({ "error": said }).to_string() } else { format!("xinghe: {said}") };
    let _ = writeln!(std::io::stderr(), "{said}");
}

/// Says something by the way, on standard error.
pub fn note(note: &str) {
    let _ = writeln!(std::io::stderr(), "{note}");
}

/// A progress bar on standard error where that is a terminal, else nothing.
pub fn progress(length: Option<u64>, what: &str) -> ProgressBar {
    let bar = match length {
        Some(length) => ProgressBar::new(length),
        None => ProgressBar::no_length(),
    };
    let style = if length.is_some() { "{msg} {wide_bar} {pos}/{len} {eta}" } else { "{msg} {spinner} {pos} {elapsed}" };
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.with_message(what.to_owned())
}

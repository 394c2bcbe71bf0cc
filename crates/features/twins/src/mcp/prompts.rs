//! What a person can have a program do here, by a name: prompts.

use rmcp::ErrorData;
use rmcp::model::{JsonObject, Prompt, PromptArgument, PromptMessage, Role};

/// The longest value of an argument, in characters.
const LONGEST: usize = 1_000;

/// A prompt: its name, what it does, the name and meaning of its one argument, and what the program is told, with the
/// argument's value where `{}` stands.
struct Kept {
    name: &'static str,
    what: &'static str,
    argument: (&'static str, &'static str),
    told: &'static str,
}

const KEPT: [Kept; 3] = [
    Kept {
        name: "answer_with_sources",
        what: "Answer a question out of what members wrote, with their names",
        argument: ("question", "What you want to know"),
        told: "Answer this question with the community's `ask` tool, and with nothing else: {}\n\nKeep every citation, \
               and name each author beside what is theirs. Where the tool declines (`abstained`), say so, show what came \
               nearest, and use `find_people` to tell who would know.",
    },
    Kept {
        name: "read_up",
        what: "Get an overview of a subject from the community's posts",
        argument: ("subject", "What you want to read about"),
        told: "Use `search` for this subject, in Chinese and in English: {}\n\nRead the three most useful posts with \
               `read_post`. Then say what they agree on, where they differ, and what to read first; each point with its \
               author and the post's address.",
    },
    Kept {
        name: "ask_people",
        what: "Put a question to people where nobody's writing answers it",
        argument: ("question", "What you want to ask"),
        told: "Try `ask` with this question first: {}\n\nIf it is answered, stop there. Otherwise write a title and a \
               text that say what was tried and what is expected, show both to me, and call `post_question` only after I \
               agree.",
    },
];

/// All prompts.
pub(super) fn all() -> Vec<Prompt> {
    let prompt = |p: &Kept| {
        let (name, what) = p.argument;
        let argument = PromptArgument::new(name).with_description(what).with_required(true);
        Prompt::new(p.name, Some(p.what), Some(vec![argument]))
    };
    KEPT.iter().map(prompt).collect()
}

/// The messages of a prompt.
///
/// # Errors
/// There is none of that name, or its argument is missing or too long.
pub(super) fn messages(name: &str, arguments: Option<&JsonObject>) -> Result<Vec<PromptMessage>, ErrorData> {
    let wrong = |said: String| ErrorData::invalid_params(said, None);
    let kept = KEPT.iter().find(|p| p.name == name).ok_or_else(|| wrong(format!("there is no prompt {name:?}")))?;
    let (argument, _) = kept.argument;
    let value = arguments.and_then(|a| a.get(argument)).and_then(|v| v.as_str()).map(str::trim).unwrap_or_default();
    if value.is_empty() || value.chars().count() > LONGEST {
        return Err(wrong(format!("{argument} takes 1 to {LONGEST} characters")));
    }
    Ok(vec![PromptMessage::new_text(Role::User, kept.told.replace("{}", value))])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_prompt_holds_its_argument() {
        for kept in KEPT {
            let given = json!({ kept.argument.0: "怎么测试时间？" });
            let messages = messages(kept.name, given.as_object()).expect("it is there");
            assert!(json!(messages)[0]["content"]["text"].as_str().is_some_and(|t| t.contains("怎么测试时间？")));
            assert!(super::messages(kept.name, None).is_err());
        }
        assert!(messages("no_such", None).is_err() && all().len() == KEPT.len());
    }
}

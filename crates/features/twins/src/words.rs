//! The guide's and the twins' own words outside pages, and addresses of quotes.
//!
//! Pages take their texts from the locale files; these few go into stored answers and over the API, in the language
//! of the answer, so they stand beside the rules that choose them.

use xinghe_core::{AuthorCard, Lang, PassageId, PostId, PostKind, PostView, RevisionId, StatementId, Timestamp};
use xinghe_web::refs::{AuthorRef, PostRef, percent};

use crate::memory::model::{Statement, StatementKind};
use crate::model::{Citation, Reason, StatementRef};

/// Why a question was declined.
pub fn declined(language: Lang, reason: Reason, twin: bool) -> &'static str {
    match (language, reason, twin) {
        (Lang::ZhHans, Reason::NothingFound, false) => "这里没有人写过与此有关的内容，所以我不知道。",
        (Lang::ZhHans, Reason::NothingFound, true) => "我的主人没有写过与此有关的内容，所以我不知道。",
        (Lang::ZhHans, Reason::ThinEvidence, false) => "找到的内容与问题沾边，但不足以回答它，所以我不作答。",
        (Lang::ZhHans, Reason::ThinEvidence, true) => "我的主人写过沾边的内容，但不足以回答这个问题，所以我不作答。",
        (Lang::ZhHans, Reason::OffLimits, _) => "主人不让我谈这个话题，所以我不作答。",
        (Lang::ZhHant, Reason::OffLimits, _) => "主人不讓我談這個話題，所以我不作答。",
        (Lang::En, Reason::OffLimits, _) => "My owner does not want me to speak about this, so I do not answer.",
        (Lang::ZhHans, Reason::FalsePremise, _) => "问题里当作前提的事，在找到的内容里没有依据，所以我不作答。",
        (Lang::ZhHans, Reason::Contradicting, _) => "找到的内容彼此矛盾，我无法判断谁对，请看下面的原文。",
        (Lang::ZhHans, Reason::Unsupported, _) => "写出来的回答没有通过与原文的核对，所以我把它撤回了。",
        (Lang::ZhHant, Reason::NothingFound, false) => "這裡沒有人寫過與此有關的內容，所以我不知道。",
        (Lang::ZhHant, Reason::NothingFound, true) => "我的主人沒有寫過與此有關的內容，所以我不知道。",
        (Lang::ZhHant, Reason::ThinEvidence, false) => "找到的內容與問題沾邊，但不足以回答，所以我不作答。",
        (Lang::ZhHant, Reason::ThinEvidence, true) => "我的主人寫過沾邊的內容，但不足以回答這個問題，所以我不作答。",
        (Lang::ZhHant, Reason::FalsePremise, _) => "問題裡當作前提的事，在找到的內容裡沒有依據，所以我不作答。",
        (Lang::ZhHant, Reason::Contradicting, _) => "找到的內容彼此矛盾，我無法判斷誰對，請看下面的原文。",
        (Lang::ZhHant, Reason::Unsupported, _) => "寫出來的回答沒有通過與原文的核對，所以我把它撤回了。",
        (Lang::En, Reason::NothingFound, false) => "Nobody here has written about this, so I do not know.",
        (Lang::En, Reason::NothingFound, true) => "My owner has not written about this, so I do not know.",
        (Lang::En, Reason::ThinEvidence, false) => {
            "What I found touches on this but does not answer it, so I do not answer."
        }
        (Lang::En, Reason::ThinEvidence, true) => {
            "My owner's writing touches on this but does not answer it, so I do not answer."
        }
        (Lang::En, Reason::FalsePremise, _) => {
            "The question takes something for granted that nothing I found bears out, so I do not answer."
        }
        (Lang::En, Reason::Contradicting, _) => {
            "What I found contradicts itself and I cannot tell who is right; see the quotes below."
        }
        (Lang::En, Reason::Unsupported, _) => {
            "The answer that was written did not stand up against its sources, so I withdrew it."
        }
    }
}

/// What stands above the list of cited posts.
pub fn sources(language: Lang) -> &'static str {
    match language {
        Lang::ZhHans => "出处：",
        Lang::ZhHant => "出處：",
        Lang::En => "Sources:",
    }
}

/// That the sources of an answer do not agree.
pub fn sources_disagree(language: Lang) -> &'static str {
    match language {
        Lang::ZhHans => "注意：这些出处的说法并不一致，请对照原文。",
        Lang::ZhHant => "注意：這些出處的說法並不一致，請對照原文。",
        Lang::En => "Note that these sources do not agree; compare the quotes.",
    }
}

/// The address of what an owner said.
pub fn address_of_statement(handle: &str, id: StatementId) -> String {
    format!("/@{handle}/twin/said/{id}")
}

/// What an owner said, as an answer cites it: the owner's own statement of that day, under the address that shows it.
pub fn citation_of(statement: &Statement, owner: &AuthorCard, n: u32, language: Lang) -> Citation {
    let id = statement.id.raw();
    let url = address_of_statement(&owner.handle, statement.id);
    let title = own_statement(language, statement.kind, &owner.name, statement.at);
    let author = Some(AuthorRef::from(owner));
    let language = statement.language.clone();
    Citation {
        n,
        quote: statement.text.clone(),
        passage_id: PassageId::from_raw(id),
        revision_id: RevisionId::from_raw(id),
        start: 0,
        end: u32::try_from(statement.text.chars().count()).unwrap_or(u32::MAX),
        headings: Vec::new(),
        url: url.clone(),
        post: PostRef { id: PostId::from_raw(id), url, title, kind: PostKind::Answer, language, author },
        statement: Some(StatementRef { id: statement.id, kind: statement.kind, at: statement.at }),
    }
}

/// What such a citation is called.
fn own_statement(language: Lang, kind: StatementKind, name: &str, at: Timestamp) -> String {
    let day = at.rfc3339();
    let day = day.get(..10).unwrap_or_default();
    match (language, kind) {
        (Lang::ZhHans, StatementKind::Correction) => format!("{name}本人的更正，{day}"),
        (Lang::ZhHans, StatementKind::Fact) => format!("{name}本人的说明，{day}"),
        (Lang::ZhHant, StatementKind::Correction) => format!("{name}本人的更正，{day}"),
        (Lang::ZhHant, StatementKind::Fact) => format!("{name}本人的說明，{day}"),
        (Lang::En, StatementKind::Correction) => format!("{name}’s own correction, {day}"),
        (Lang::En, StatementKind::Fact) => format!("{name}’s own statement, {day}"),
    }
}

/// The address that opens a post at these words, by a text fragment (WICG Scroll To Text Fragment). A long quote is
/// named by its beginning and its end, so that the address stays short.
pub fn address_of_quote(post: &PostView, quote: &str) -> String {
    let base = post.url();
    let (page, anchor) = base.split_once('#').map_or((base.as_str(), ""), |(p, a)| (p, a));
    let words: Vec<&str> = quote.lines().next().unwrap_or_default().split_whitespace().collect();
    let line = words.join(" ");
    let count = line.chars().count();
    let fragment = if count <= 80 {
        percent(&line)
    } else {
        let start: String = line.chars().take(24).collect();
        let end: String = line.chars().skip(count - 24).collect();
        // A fragment matches whole words, so a Latin word must not be cut.
        let start = start.rsplit_once(' ').map_or(start.as_str(), |(s, _)| s).to_owned();
        let end = end.split_once(' ').map_or(end.as_str(), |(_, e)| e).to_owned();
        format!("{},{}", percent(&start), percent(&end))
    };
    format!("{page}#{anchor}:~:text={fragment}")
}

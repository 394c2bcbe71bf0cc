//! Twins and the guide: they answer questions with citations, or say that they do not know.
//!
//! It promises: an answer without evidence is not given; every sentence carries a citation that resolves to the very
//! words, or is marked as the guide's own; a written sentence that its sources do not bear out is dropped; every
//! answer is stored with its event, so that whoever was cited is credited.
//!
//! * `model` – questions, answers, citations
//! * `ask` – the way from one to the other
//! * `answer/` – judging evidence (`gate`), choosing sentences (`best`, `compose`), writing with a model (`generate`)
//!   and checking it (`verify`)
//! * `telling`, and `a2a`, `mcp`, `openai` over it – the same for other people's programs
//! * `acts/` – what a twin does by itself: its owner's grants, drafts, the ledger, the stop switch
//! * `memory/` – what owners said to their twins: corrections and facts, which outrank what they wrote
//! * `calibrate` – the job that finds the gate's threshold on the community's own posts
//! * `readers`, `store`, `api`, `pages` – as in every feature

mod a2a;
pub mod acts;
pub mod answer;
mod api;
mod ask;
mod calibrate;
mod desk;
pub mod eval;
mod look;
mod mcp;
mod memory;
pub mod model;
mod openai;
mod pages;
mod portable;
mod readers;
mod store;
mod telling;
mod whose;
mod words;

use std::sync::Arc;

use axum::routing::{delete, get, post, put};
use http::Method;
use utoipa::OpenApi;
use xinghe_core::Lang;
use xinghe_core::portable::Portable;
use xinghe_store::{EventReader, JobError, JobHandler, Migration, Schedule};
use xinghe_web::{Feature, Need, RateClass, Routes, SlotEntry};

use acts::api as own;
pub use ask::{AskError, Asker, Deps, LOOKED_AT, Progress};
pub use look::Examined;
pub use store::{Calibration, Tally};

/// The feature.
pub struct Twins {
    asker: Asker,
}

impl Twins {
    /// The pages and the API of an owner's own twin.
    fn own_routes(&self) -> Routes {
        use pages::{console, drafts, knowledge, ledger, week};
        let (s, member) = (|| self.asker.clone(), Need::Member);
        Routes::new()
            .method_router(Method::GET, "/twin", member, get(console::show).with_state(s()))
            .method_router(Method::POST, "/twin", member, post(console::save).with_state(s()))
            .method_router(Method::POST, "/twin/stop", member, post(console::stop).with_state(s()))
            .method_router(Method::GET, "/twin/drafts", member, get(drafts::list).with_state(s()))
            .method_router(Method::POST, "/twin/drafts/{id}/approve", member, post(drafts::approve).with_state(s()))
            .method_router(Method::POST, "/twin/drafts/{id}/reject", member, post(drafts::reject).with_state(s()))
            .method_router(Method::POST, "/twin/drafts/{id}/undo", member, post(drafts::undo).with_state(s()))
            .method_router(Method::GET, "/twin/week", member, get(week::show).with_state(s()))
            .method_router(Method::GET, "/api/v1/me/twin/week", member, get(own::week).with_state(s()))
            .method_router(Method::GET, "/twin/ledger", member, get(ledger::list).with_state(s()))
            .method_router(Method::GET, "/twin/knowledge", member, get(knowledge::list).with_state(s()))
            .method_router(Method::POST, "/twin/knowledge/{id}", member, post(knowledge::keep).with_state(s()))
            .method_router(Method::GET, "/api/v1/me/twin/knowledge", member, get(own::knowledge).with_state(s()))
            .method_router(Method::PUT, "/api/v1/me/twin/knowledge/{id}", member, put(own::keep).with_state(s()))
            .method_router(Method::GET, "/api/v1/me/twin", member, get(own::show).with_state(s()))
            .method_router(Method::PUT, "/api/v1/me/twin", member, put(own::change).with_state(s()))
            .method_router(Method::GET, "/api/v1/me/twin/drafts", member, get(own::drafts).with_state(s()))
            .method_router(
                Method::POST,
                "/api/v1/me/twin/drafts/{id}/approve",
                member,
                post(own::approve).with_state(s()),
            )
            .method_router(
                Method::POST,
                "/api/v1/me/twin/drafts/{id}/reject",
                member,
                post(own::reject).with_state(s()),
            )
            .method_router(Method::POST, "/api/v1/me/twin/drafts/{id}/undo", member, post(own::undo).with_state(s()))
            .method_router(Method::GET, "/api/v1/me/twin/ledger", member, get(own::list).with_state(s()))
    }

    /// The pages and the API of what an owner says to the own twin.
    fn memory_routes(&self) -> Routes {
        use memory::api;
        use pages::{knowledge, memory as whole, said};
        let (s, member) = (|| self.asker.clone(), Need::Member);
        let (all, one) = ("/api/v1/me/twin/statements", "/api/v1/me/twin/statements/{id}");
        Routes::new()
            .method_router(Method::GET, "/twin/knowledge/{id}", member, get(knowledge::show).with_state(s()))
            .method_router(Method::GET, "/twin/said", member, get(said::form).with_state(s()))
            .method_router(Method::POST, "/twin/said", member, post(said::say).with_state(s()))
            .method_router(Method::GET, "/twin/said/{id}", member, get(said::show).with_state(s()))
            .method_router(Method::POST, "/twin/said/{id}", member, post(said::change).with_state(s()))
            .method_router(Method::POST, "/twin/said/{id}/delete", member, post(said::delete).with_state(s()))
            .method_router(Method::GET, "/@{handle}/twin/said/{id}", Need::Anyone, get(said::public).with_state(s()))
            .shared()
            .method_router(Method::POST, "/twin/said/{id}/settle", member, post(whole::settle).with_state(s()))
            .method_router(Method::POST, "/twin/memory/learning", member, post(whole::learning).with_state(s()))
            .method_router(Method::POST, "/twin/memory/forget", member, post(whole::forget).with_state(s()))
            .method_router(Method::POST, "/twin/memory/anew", member, post(whole::anew).with_state(s()))
            .method_router(
                Method::PUT,
                "/api/v1/me/twin/statements/{id}/verdict",
                member,
                put(api::settle).with_state(s()),
            )
            .method_router(Method::GET, "/api/v1/me/twin/memory", member, get(api::memory).with_state(s()))
            .method_router(Method::PUT, "/api/v1/me/twin/memory", member, put(api::learning).with_state(s()))
            .method_router(Method::POST, "/api/v1/me/twin/memory/forget", member, post(api::forget).with_state(s()))
            .method_router(Method::POST, "/api/v1/me/twin/memory/start-over", member, post(api::anew).with_state(s()))
            .method_router(Method::GET, all, member, get(api::statements).with_state(s()))
            .method_router(Method::POST, all, member, post(api::say).with_state(s()))
            .method_router(Method::PUT, one, member, put(api::restate).with_state(s()))
            .method_router(Method::DELETE, one, member, delete(api::take_away).with_state(s()))
            .method_router(
                Method::GET,
                "/api/v1/me/twin/knowledge/{id}/answers",
                member,
                get(api::used_by).with_state(s()),
            )
    }

    /// Twins over these.
    pub fn new(deps: Deps) -> Self {
        Self { asker: Asker::new(deps) }
    }

    /// Answers questions: for the command line.
    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Calibrates the gate now, however little the index has grown; `None` where there are too few posts to tell.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn calibrate(&self) -> Result<Option<Calibration>, JobError> {
        calibrate::Calibrator { asker: self.asker.clone() }.calibrate(None).await
    }
}

#[derive(OpenApi)]
#[openapi(
    paths(
        api::ask, api::show, api::rate, own::show, own::change, own::drafts, own::approve, own::reject, own::undo, own::list,
        own::knowledge, own::keep, own::week, memory::api::statements, memory::api::say,
        memory::api::restate, memory::api::take_away, memory::api::used_by, memory::api::settle,
        memory::api::memory, memory::api::learning, memory::api::forget, memory::api::anew, openai::models, openai::model, openai::completions, openai::embeddings
    ),
    tags(
        (name = "ask", description = "Questions to the guide and to twins"),
        (name = "openai", description = "The guide and the twins for clients of OpenAI's API"),
        (name = "twin", description = "One's own twin: what it may do, its drafts, its ledger, what it knows")
    )
)]
struct Doc;

/// The tables of this feature.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            feature: "twins",
            version: 1,
            name: "answers, ratings, calibrations",
            sql: include_str!("../migrations/0001.sql"),
        },
        Migration {
            feature: "twins",
            version: 2,
            name: "grants, drafts, the ledger",
            sql: include_str!("../migrations/0002.sql"),
        },
        Migration {
            feature: "twins",
            version: 3,
            name: "how often answers cited a post",
            sql: include_str!("../migrations/0003.sql"),
        },
        Migration {
            feature: "twins",
            version: 4,
            name: "conversations of other agents",
            sql: include_str!("../migrations/0004.sql"),
        },
        Migration {
            feature: "twins",
            version: 5,
            name: "what owners said to their twins",
            sql: include_str!("../migrations/0005.sql"),
        },
    ]
}

impl Feature for Twins {
    fn name(&self) -> &'static str {
        "twins"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        let state = || self.asker.clone();
        self.own_routes()
            .merge(self.memory_routes())
            .method_router(Method::GET, "/ask", Need::Anyone, get(pages::ask).with_state(state()))
            .method_router(Method::POST, "/ask", Need::Anyone, post(pages::show).with_state(state()))
            .limit(RateClass::Ask)
            .stream()
            .method_router(Method::POST, "/mcp", Need::Anyone, post(mcp::serve).with_state(state()))
            .limit(RateClass::Ask)
            .reads()
            .max_body(64 * 1024)
            .method_router(Method::GET, "/.well-known/agent-card.json", Need::Anyone, get(a2a::guide_card))
            .shared()
            .method_router(
                Method::GET,
                "/@{handle}/agent-card.json",
                Need::Anyone,
                get(a2a::twin_card).with_state(state()),
            )
            .shared()
            .method_router(Method::POST, "/a2a", Need::Anyone, post(a2a::guide).with_state(state()))
            .limit(RateClass::Ask)
            .reads()
            .stream()
            .max_body(64 * 1024)
            .method_router(Method::POST, "/a2a/{handle}", Need::Anyone, post(a2a::twin).with_state(state()))
            .limit(RateClass::Ask)
            .reads()
            .stream()
            .max_body(64 * 1024)
            .method_router(Method::GET, "/v1/models", Need::Anyone, get(openai::models).with_state(state()))
            .method_router(Method::GET, "/v1/models/{id}", Need::Anyone, get(openai::model).with_state(state()))
            .method_router(
                Method::POST,
                "/v1/chat/completions",
                Need::Anyone,
                post(openai::completions).with_state(state()),
            )
            .limit(RateClass::Ask)
            .reads()
            .stream()
            .method_router(Method::POST, "/v1/embeddings", Need::Member, post(openai::embeddings).with_state(state()))
            .limit(RateClass::Search)
            .reads()
            .max_body(1024 * 1024)
            .method_router(Method::GET, "/answers", Need::Anyone, get(pages::answer).with_state(state()))
            .method_router(Method::POST, "/answers/rating", Need::Anyone, post(pages::rate).with_state(state()))
            .method_router(Method::GET, "/twins", Need::Anyone, get(pages::directory).with_state(state()))
            .shared()
            .method_router(Method::GET, "/@{handle}/twin", Need::Anyone, get(pages::twin).with_state(state()))
            .shared()
            .method_router(Method::POST, "/api/v1/ask", Need::Anyone, post(api::ask).with_state(state()))
            .reads()
            .limit(RateClass::Ask)
            .stream()
            .method_router(Method::GET, "/api/v1/answers/{id}", Need::Anyone, get(api::show).with_state(state()))
            .method_router(Method::PUT, "/api/v1/answers/{id}/rating", Need::Anyone, put(api::rate).with_state(state()))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        let (of_member, beside) = (self.asker.clone(), self.asker.clone());
        let (glowing, at_work, cited) = (self.asker.clone(), self.asker.clone(), self.asker.clone());
        let corrected = self.asker.clone();
        vec![
            SlotEntry::batch("post.tools", 1, move |request| pages::said::corrected(corrected.clone(), request)),
            SlotEntry::new("post.aside", 5, move |request| pages::cited(cited.clone(), request)),
            SlotEntry::new("member.main", 5, move |request| pages::ask_box(of_member.clone(), request)),
            SlotEntry::new("post.aside", 10, move |request| pages::ask_beside(beside.clone(), request)),
            SlotEntry::new("home.aside", 10, pages::ask_guide),
            SlotEntry::new("home.aside", 20, move |request| pages::glowing(glowing.clone(), request)),
            SlotEntry::new("ask.aside", 10, move |request| pages::glowing(at_work.clone(), request)),
        ]
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![
            Arc::new(readers::Learner { wait_minutes: self.asker.deps().wait_minutes }),
            Arc::new(acts::knowledge::Citations),
        ]
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        vec![
            Arc::new(calibrate::Calibrator { asker: self.asker.clone() }),
            Arc::new(acts::consider::Considerer { asker: self.asker.clone() }),
            Arc::new(acts::gone::Withdrawer { asker: self.asker.clone() }),
            Arc::new(memory::learn::Reader { asker: self.asker.clone() }),
        ]
    }

    fn schedules(&self) -> Vec<Schedule> {
        vec![
            Schedule { name: "twins.calibrate", cron: "17 * * * *", job: calibrate::JOB },
            Schedule { name: "twins.consider", cron: "* * * * *", job: acts::consider::JOB },
            Schedule { name: "twins.learn", cron: "* * * * *", job: memory::learn::JOB },
        ]
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(self.asker.clone()))
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[
            (Lang::ZhHans, include_str!("../locales/zh-Hans.ftl")),
            (Lang::ZhHant, include_str!("../locales/zh-Hant.ftl")),
            (Lang::En, include_str!("../locales/en.ftl")),
        ]
    }

    fn openapi(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(Doc::openapi())
    }
}

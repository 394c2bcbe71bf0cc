//! The SQL of messages; its tables begin with `messages_`.

mod inbox;
mod people;

pub(crate) use inbox::{
    add, author_since, begin, begun_since, conversation, conversations, drop_empty, last_words, member_of, messages,
    read, received, shows, since_answer, unread, wrote_in,
};
pub(crate) use people::{block, blocked_by, count_blocks, erase, erased, is_blocked, pair, set_who, unblock, who};

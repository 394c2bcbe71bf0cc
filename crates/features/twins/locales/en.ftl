twins-ask-title = Ask
twins-ask-lead = The guide answers only with what people here have written, and every sentence names its author; without evidence it says that it does not know.
twins-ask-twin = Ask { $name }’s twin
twins-ask-twin-lead = It answers only with what { $name } has written, and every sentence shows its source.
twins-question = Question
twins-question-hint = Ask in a sentence, for instance: how do I share state between axum handlers?
twins-question-empty = Write your question.
twins-question-long = A question may have up to { $max } characters; please shorten it.
twins-no-twin = There is no such member. Check the name.
twins-no-twin-unclaimed = This author has not claimed their work here, so there is no twin. Ask the guide instead.
twins-no-twin-disabled = This account is disabled, so its twin is silent. Ask the guide instead.
twins-language = Use zh-Hans, zh-Hant or en as the language.
twins-ask = Ask
twins-again = Ask further…
twins-by-guide = AI · the guide
twins-by-twin = AI · twin of { $name }
twins-based-on = from { $passages } passages by { $authors ->
    [one] one author
   *[other] { $authors } authors
  }
twins-written-by = written by { $model } from the sources and checked sentence by sentence
twins-extracted = made of the authors’ own sentences
twins-own-words = the guide’s own words
twins-sources = Sources
twins-nearest = What came nearest
twins-confidence = Why it answers
twins-why-not = Why it does not answer
twins-evidence = Strength of the evidence
twins-threshold = Below { $percent } % the guide says that it does not know. The line was calibrated on this community’s own posts.
twins-helpful = Helpful
twins-unhelpful = Not helpful
twins-rated = Noted, thank you.
twins-post-it = Post it as a question
twins-searching = Looking for evidence…
twins-writing = Writing…
twins-failed = That did not work. Please try again in a while.
twins-of = { $name }’s twin
twins-not-the-person = A twin is an AI. It answers from what { $name } has written in public, but it is not { $name }.
twins-answered = answered
twins-declined = said it did not know
twins-thought-helpful = found helpful
twins-thought-unhelpful = found unhelpful
twins-ask-it = Ask it
twins-directory = Twins
twins-directory-lead = Every member has a digital twin: it has read what its owner wrote and answers in the owner’s place, with a source for every sentence.
twins-directory-empty = No member has written anything yet, so there is no twin to ask. Write the first post and yours wakes up.
twins-answers-count = { $n ->
    [one] one answer
   *[other] { $n } answers
  }
twins-sample = sample
twins-ask-guide = Ask the guide
twins-box-guide = One sentence; every answer has sources
twins-box-twin = Answers only from what { $name } wrote
twins-glowing = Twins at work
twins-posted-body = I asked the guide, and it did not find enough evidence to answer.
twins-posted-nearest = What it found that came nearest:
twins-stopped = This twin was stopped by its owner and does not answer at the moment.
twins-mine = Your twin
twins-console = What it may do
twins-tab-console = What it may do
twins-drafts = Drafts for you
twins-tab-drafts = Drafts
twins-ledger = What it did
twins-tab-ledger = What it did
twins-alone-today = Published by itself in 24 hours: { $n } of { $max }
twins-stop-all = Stop everything
twins-go-on = Let it go on
twins-stopped-yours = Your twin is stopped: it answers nobody and publishes nothing. Its drafts are kept.
twins-grant-saved = Saved.
twins-grant-answer = Answering what nobody answered
twins-grant-answer-what = When a question has waited { $minutes } minutes without an answer and your writing holds evidence for one, your twin can try. If a person answers first, it keeps silent; if one answers later, the person stands above it.
twins-grant-mode = How far it may go
twins-grant-mode-wrong = Choose one of them.
twins-mode-off = Off
twins-mode-off-what = It answers only those who ask it
twins-mode-draft = Draft for me
twins-mode-draft-what = Nothing appears before your yes
twins-mode-publish = Publish by itself
twins-mode-publish-what = Within the limits below; beyond them a draft
twins-grant-limits = Limits of publishing by itself
twins-grant-confidence = Least confidence (%)
twins-grant-confidence-hint = 50 to 99; below it, a draft
twins-grant-confidence-wrong = Enter a whole number from 50 to 99.
twins-grant-per-day = Most answers in 24 hours
twins-grant-per-day-hint = 1 to 50
twins-grant-per-day-wrong = Enter a whole number from 1 to { $max }.
twins-grant-tags = Only under these tags
twins-grant-tags-hint = Separated by commas; empty is any
twins-grant-tags-wrong = Tags have letters, digits and - _ + # . only, { $max } at most.
twins-grant-languages = Only questions in
twins-grant-languages-hint = None chosen is any
twins-grant-languages-wrong = Use zh or en.
twins-grant-topics-wrong = At most { $max }, each of { $long } characters at most.
twins-grant-save = Save
twins-never-about = Never about
twins-never-about-label = Words it stays away from, in questions and in your writing
twins-never-about-hint = One a line. Holds for whoever asks; case does not matter.
twins-drafts-none = No drafts wait for you
twins-drafts-none-do = Allow it to draft, and its answers appear here.
twins-question-gone = (the question is gone)
twins-draft-line = { $percent }% sure · { $n } passages
twins-draft-before = Previous
twins-draft-after = Next
twins-draft-asked = asked { $when }
twins-draft-answered = A person has answered meanwhile, and your twin gives way. Reject the draft, or answer yourself.
twins-draft-mark = Drafted by AI · will appear as “{ $name }'s twin”
twins-draft-sure = Sure
twins-draft-why = Your twin was asked because your writing holds most evidence: { $passages ->
    [one] one passage
   *[other] { $passages } passages
} of { $posts ->
    [one] one post
   *[other] { $posts } posts
}.
twins-draft-approve = Publish
twins-draft-edit = Edit
twins-draft-body = The answer
twins-draft-learned = What you change is kept as a correction for your twin.
twins-draft-approve-edited = Publish my version
twins-draft-reject = Reject…
twins-draft-reason = Why not
twins-draft-reason-hint = May be empty. Your twin remembers what you say.
twins-draft-reason-long = Keep the reason under 500 characters.
twins-draft-reject-do = Reject
twins-draft-body-wrong = The answer needs words, and may not be too long.
twins-draft-settled = This draft was settled before.
twins-draft-gave-way = A person had answered, or the question is gone: your twin kept silent.
twins-draft-done-published = Published.
twins-draft-done-rejected = Not published; noted.
twins-draft-see = See it
twins-keys = Keys
twins-keys-move = Next, previous
twins-close = Close
twins-ledger-none = It has done nothing yet
twins-ledger-none-do = Everything it does is written down here: when, for which question, what it saw, and why.
twins-act-asked-answered = Asked, answered
twins-act-asked-declined = Asked, declined
twins-act-drafted = Drafted
twins-act-declined = Declined
twins-act-decided = Decided to publish
twins-act-approved = You approved
twins-act-rejected = You rejected
twins-act-published = Published
twins-act-gave-way = Gave way
twins-act-stopped = Stopped
twins-act-undone = You took it back
twins-why-nothing-found = Nothing in your writing has to do with it
twins-why-thin-evidence = Your writing touches on it but does not answer it
twins-why-false-premise = The question takes something for granted that nothing bears out
twins-why-contradicting = The sources contradict one another
twins-why-unsupported = What was written did not stand up against its sources
twins-why-off-limits = You do not want it to speak about this
twins-why-answered = A person had answered
twins-why-gone = The question was gone, or takes no answers
twins-why-source-gone = A post that it quotes is not to be seen any more
twins-sure = { $percent }% sure
twins-seen = What it saw: { $n } passages
twins-undo = Take back
twins-undone = Taken back: nobody sees it any more.
twins-older = Older
twins-pages = Pages

# What it knows
twins-knowledge = What it knows
twins-tab-knowledge = Knowledge
twins-knowledge-what = Your twin reads only what you have published. Keep from it here what it shall not quote: that holds from the next question on, and people still read the post.
twins-knowledge-try = Try what a question would find
twins-knowledge-look = Try
twins-knowledge-nothing = Nothing you have written touches on this.
twins-knowledge-found = The nearest come first; marked is the nearest sentence of each passage.
twins-knowledge-all = See all
twins-knowledge-none = There is nothing for it to read yet
twins-knowledge-none-do = The articles, answers and comments that you publish appear here.
twins-knowledge-write = Write something
twins-knowledge-passages = { $n ->
    [one] one passage
   *[other] { $n } passages
}
twins-knowledge-cited = { $n ->
    [one] cited by one answer
   *[other] cited by { $n } answers
}
twins-knowledge-exclude = Keep from it
twins-knowledge-include = Let it use this
twins-knowledge-kept = Your twin does not use this post.
twins-kind-article = Article
twins-kind-answer = Answer
twins-kind-comment = Comment
twins-kind-project = Project
twins-kind-moment = Moment
twins-kind-post = Post
twins-cited-by = { $n ->
    [one] Cited by one answer
   *[other] Cited by { $n } answers
}
twins-before = Asked before
twins-anew = Ask something new
twins-understood = Understood in context as: { $question }
twins-after-missing = The answer to go on from is gone: ask anew.
twins-after-other = A conversation is with one twin: to ask another, begin anew.
twins-ask-person = Ask { $name } in person, in public
twins-handed = I asked { $name }’s twin:
twins-openai-parts = Only text is understood here: send parts of type text alone.
twins-openai-model = There is no such model: use guide, or twin: and a member’s handle, for instance twin:lin-wei.
twins-openai-one = There is one answer at a time: set n to 1 or leave it out.
twins-openai-nothing = Nothing was asked: send at least one message whose role is user.
twins-openai-embedder = The embedding model here is { $name }.
twins-openai-dimensions = The vectors of this model have a length of { $length }; that cannot be changed.
twins-openai-encoding = Use float or base64 as encoding_format.
twins-openai-input-type = Use query or passage as input_type.
twins-openai-input = Send 1 to { $texts } texts that are not empty, each of up to { $long } characters.
twins-site = Xinghe
twins-week = A letter on its week
twins-tab-week = Its week
twins-week-between = { $from } to { $to }, your twin:
twins-week-quiet = A quiet week
twins-week-quiet-do = Nobody asked, and it answered nothing in your place. See what it may do.
twins-week-asked = was asked
twins-week-published = answers published
twins-week-undone = answers taken back
twins-week-gaps = Asked, and you never wrote about it
twins-week-gaps-what = It declined these, because nothing that you wrote bears an answer out. Write about one, and next time it can answer.
twins-week-times = asked { $n } times
twins-week-write = Write about it
twins-week-cited = The posts that answered most
twins-week-newer = A later week
twins-week-older = An earlier week

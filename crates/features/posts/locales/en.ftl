posts-home = Home
posts-tab-latest = Latest
posts-tab-articles = Articles
posts-tab-questions = Questions
posts-tab-unanswered = Unanswered
posts-tab-projects = Projects
posts-show-all = All
posts-show-accepted = Accepted
posts-kind-article = Article
posts-kind-question = Question
posts-kind-answer = Answer
posts-kind-comment = Comment
posts-kind-project = Project
posts-kind-moment = Moment
posts-kind-news = News
posts-kind-creation = Creation
posts-kind-book = Book
posts-role-author = Author
posts-role-translator = Translator
posts-role-reviewer = Reviewer
posts-role-editor = Editor
posts-by-human = Written by a person
posts-ai-assisted = Written with AI help
posts-ai = Made by AI
posts-answers = Answers
posts-answers-short = { $n ->
    [one] answer
   *[other] answers
 }
posts-answers-n = { $n ->
    [one] { $n } answer
   *[other] { $n } answers
}
posts-cited-by = Cited by
posts-comments = Comments
posts-comments-n = { $n ->
    [one] { $n } comment
   *[other] { $n } comments
}
posts-accepted = Accepted
posts-accepted-answer = Accepted answer
posts-accept = Accept
posts-unaccept = Take back
posts-answer-own = Your answer
posts-answer-do = Post answer
posts-no-answers = Nobody has answered yet. If you know, help out.
posts-no-comments = No comments yet.
posts-comment = Write a comment
posts-comment-do = Comment
posts-comment-gone = This comment was deleted.
posts-reply = Reply
posts-sign-in-answer = Sign in to answer
posts-sign-in-comment = Sign in to comment
posts-edit = Edit
posts-edited = edited
posts-delete = Delete
posts-deleted = Deleted.
posts-undo = Undo
posts-bin = Deleted
posts-bin-nav = Settings
posts-bin-about = What you deleted can be brought back for thirty days, with the answers and comments that vanished with it.
posts-bin-none = Nothing you deleted in the last thirty days.
posts-bin-until = can be brought back until { $date }
posts-restore-of = Bring “{ $title }” back
posts-gone = This was deleted
posts-gone-undo = It can be brought back within thirty days, together with its answers and comments.
posts-gone-detail = Its author or a moderator took it away.
posts-minutes = { $n } min read
posts-revisions-n = { $n } revisions
posts-revision-n = Revision { $n }
posts-history = History
posts-imported = Imported
posts-changes = Changes
posts-source = First published at
posts-original = Original
posts-licence = Licence
posts-facts = Facts
posts-credits = Credits
posts-toc = Contents
posts-tags = Tags
posts-took-part = Translated, reviewed, edited
posts-none-here = Nothing published yet.
posts-empty = Nothing here yet
posts-empty-do = Write the first one.
posts-write = Write
posts-pages = Pages
posts-older = Older
posts-write-kind = New { $kind }
posts-edit-kind = Edit { $kind }
posts-title = Title
posts-body = Text
posts-preview = Preview
posts-markdown = Write Markdown: code blocks, tables and footnotes work.
posts-tags-hint = Separated by commas: at most 8, each of at most 32 characters.
posts-note = What changed
posts-note-hint = A few words for the history.
posts-facts-hint = One a line, such as version: 1.2 or repository: https://…
posts-more = Language, source and licence
posts-language = Language
posts-language-auto = Detect
posts-provenance = How it was written
posts-provenance-hint = What AI took part in keeps its label; it cannot be taken off later.
posts-licence-hint = Such as CC-BY-4.0; empty keeps all rights.
posts-source-hint = Where it appeared first, if not here.
posts-original-hint = Of a translation: where the original is.
posts-save = Save
posts-publish = Publish
posts-conflict = Somebody changed this while you were editing. Below is what differs between the current text and yours; merge them, then save again.
posts-form-wrong = Some fields need a change.
posts-fault-missing = This cannot be empty.
posts-fault-too-long = Too long: at most { $max } characters.
posts-fault-too-many = Too many: at most { $max }.
posts-fault-address = Give an address that begins with http:// or https://.
posts-fault-tag = Tags hold only letters, digits and - _ + # . .
posts-fault-lowered = The label of AI-made text cannot be taken off.
posts-fault-reply = Answers and comments have no title.
posts-fault-unreadable = This value cannot be read.
posts-error-changed = It changed meanwhile: read it again, then change it.
posts-error-place = A post of this kind does not go here: only questions are answered, and replies need a post to hang on.
posts-error-too-late = The thirty days to take the deletion back are over.
posts-error-revision = The form is incomplete: open the edit page again.
posts-error-if-match = Send the ETag of what you read in If-Match.
posts-sky = What it knows
posts-sky-label = Topics its owner wrote about, most first: { $topics }
posts-sky-legend = The brighter a topic, the more its owner wrote about it.
posts-read-by-twin = What it read last
posts-waiting = Waiting for an answer
posts-moments = Moments
posts-news = News
posts-moment-words = Your moment
posts-moment-hint = What are you working on? #topics, @people, pictures and links work.
posts-moment-sign-in = Sign in to write a moment
posts-pass-on = Pass on
posts-quote-gone = What was passed on here is gone.
posts-fault-gone = The post to pass on is gone.
posts-news-source = Address of the story
posts-news-source-hint = Where it is told first-hand. If somebody brought it already, you get to that post.
posts-known-story = This story is here already. Do you know another source? Add it below.
posts-error-known = This story is here already.
posts-told-by = Told by
posts-source-add = Another source
posts-source-add-do = Add
posts-source-drop = Remove
posts-tab-picks = Worth reading
posts-tab-for-you = For you
posts-tab-following = Following
posts-tab-hot = Hot
posts-why-author = Because you follow { $name }
posts-why-tag = Because you follow #{ $tag }
posts-why-post = Because you follow it
posts-why-liked = Many found it useful
posts-why-talked = Much talked about
posts-why-new = New
posts-fact-version = Version
posts-fact-other-versions = Other versions
posts-fact-repository = Repository
posts-fact-documentation = Documentation
posts-fact-homepage = Home page
posts-fact-licence = Licence
posts-fact-rust-version = Rust version
posts-fact-keywords = Keywords
posts-fact-categories = Categories
posts-fact-authors = Authors
posts-drafts = Drafts
posts-drafts-none = No drafts
posts-drafts-none-do = What you write is kept here until you publish it.
posts-drafts-hint = Only you see them, on every device you are signed in on.
posts-drafts-n = { $n ->
    [one] You have a draft
   *[other] You have { $n } drafts
}
posts-draft-untitled = Untitled
posts-draft-change = Change to a post
posts-draft-due = Goes out
posts-draft-unschedule = Do not publish by itself
posts-draft-go-on = Go on
posts-draft-scheduled = It will be published at the time you chose. Until then you can still change it.
posts-draft-failed = It could not be published when its time had come: something in it is missing or wrong. Open it and publish it yourself.
posts-draft-failed-story = It was not published: somebody brought this story first.
posts-draft-conflict = Another device or tab changed this draft. Below is what differs between the text kept there and yours; merge them, then send again: yours takes its place.
posts-draft-elsewhere = This draft was changed on another device.
posts-draft-take-theirs = Open that version
posts-draft-keep-mine = Keep mine
posts-draft-of-change = This is your unfinished change; readers still see the published text.
posts-draft-discard = Throw it away
posts-draft-save = Save draft
posts-draft-saved = Draft saved
posts-draft-saved-ago = Draft saved { $ago }
posts-draft-saved-at = Draft saved
posts-draft-saving = Saving…
posts-draft-offline = No connection: kept on this device
posts-draft-refused = Not saved: kept on this device
posts-draft-later = Publish later
posts-draft-later-at = Date and time
posts-draft-later-do = Publish then
posts-draft-zone-utc = (UTC)
posts-draft-zone-here = (your time zone)
posts-draft-error-changed = The draft changed meanwhile: read it again, then change it.
posts-draft-error-published = This draft was published already.
posts-draft-error-many = You have as many drafts as there can be. Publish or delete some first.
posts-fault-ahead = Choose a moment ahead of now, within two years.
posts-mark-hidden = Hidden by moderators: only its author and moderators see it.
posts-mark-deleted = Deleted by moderators: only they see it.
posts-locked = Moderators locked this page: there are no new replies.
posts-error-locked = Moderators locked this page: it takes no new replies.
posts-gone-moderated = Moderators took this post down.
posts-gone-why = See why, and appeal
posts-twin-of = { $name }'s twin
posts-twin-read = read over by { $name }
posts-twin-changed = edited by { $name }
posts-twin-alone = not read by { $name } yet
posts-editor-toolbar = Formatting
posts-editor-bold = Bold
posts-editor-italic = Italic
posts-editor-heading = Heading
posts-editor-link = Link
posts-editor-code = Code
posts-editor-quote = Quote
posts-editor-bullets = Bulleted list
posts-editor-numbers = Numbered list
posts-editor-table = Table
posts-editor-picture = Picture
posts-editor-link-words = words of the link
posts-editor-uploading = uploading picture
posts-editor-upload-failed = The picture could not be sent. Check your connection and try again.
posts-editor-upload-wait = A picture is still on its way. Publish when it is there.
posts-editor-alt = What is to be seen on { $name }?
posts-editor-alt-hint = Still missing: without these words, readers who cannot see the picture miss it.
posts-editor-alt-done = Done
posts-editor-column = Column
posts-editor-view = View
posts-editor-write = Write
posts-editor-both = Side by side
posts-editor-nothing = Nothing to preview yet.
posts-editor-tab = Tab indents; press Escape, then Tab to leave the editor.
posts-editor-figures = Words: { $n } · { $m } min read
posts-similar = Asked before, and perhaps answered:
posts-series = Series
posts-series-own = My series
posts-series-none = You have no series yet.
posts-series-new = Begin a series
posts-series-begin = Begin
posts-series-about = About the series
posts-series-about-hint = What it leads to, and for whom. Markdown works.
posts-series-parts = { $n ->
    [one] { $n } article
   *[other] { $n } articles
}
posts-series-empty = Nothing in it yet
posts-series-empty-do = Its author will add articles.
posts-series-edit = Arrange a series
posts-series-order = Articles in order
posts-series-add = Add
posts-series-nothing-loose = All of your articles are in a series. Write one more, then add it here.
posts-series-up-of = Move “{ $title }” up
posts-series-down-of = Move “{ $title }” down
posts-series-drop-of = Take “{ $title }” out
posts-series-delete = Remove the series
posts-series-delete-hint = The articles stay where they are.
posts-series-place = { $n } of { $of }
posts-series-previous = Previous
posts-series-next = Next
posts-fault-part = Only the author’s own articles that are in no other series can be added.
posts-archive = Archive
posts-archive-month = { $month } { $year }
posts-month = { $n ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
posts-best = Best of the week
posts-best-of = Best of week { $n }, { $year }
posts-best-lead = What was published from { $from } to { $to }, by votes, thanks and accepted answers.
posts-best-none-yet = Nothing of this week has a vote, thanks or an accepted answer yet
posts-best-none = Nothing of that week has a vote, thanks or an accepted answer
posts-best-none-do = Vote for what helps you, and it will stand here.
posts-best-before = The week before

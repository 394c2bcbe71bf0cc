notifications-title = Notifications
notifications-bell-none = Notifications
notifications-bell = { $n ->
    [one] One unread notification
   *[other] { $shown } unread notifications
}
notifications-filters = Which notifications
notifications-all = All
notifications-unread = Unread
notifications-mentions = Mentions
notifications-new = New:
notifications-read-all = Mark all as read
notifications-read-one = Mark as read
notifications-settings-link = Choose what you are told
notifications-none = Nothing here yet
notifications-none-do = Answers, comments, thanks and news of whom and what you follow will stand here.
notifications-meet = Meet the members
notifications-none-unread = You are up to date
notifications-none-unread-do = Everything here is read.
notifications-show-all = Show all
notifications-none-mentions = Nobody has mentioned you yet
notifications-none-mentions-do = When somebody writes your @handle in a text, it stands here.
notifications-no-more = There is nothing older.
notifications-who-nobody = Somebody
notifications-who-people = { $n ->
    [one] One person
   *[other] { $n } people
}
notifications-who-two = { $who } and { $other }
notifications-who-more = { $n ->
    [one] { $who } and one other
   *[other] { $who } and { $n } others
}
notifications-said-answer = { $who } answered your question
notifications-said-twin-answer = { $who }'s twin answered your question
notifications-said-comment = { $who } commented on your post
notifications-said-comment-answer = { $who } commented on your answer
notifications-said-reply = { $who } replied to your comment
notifications-said-accepted = { $who } accepted your answer
notifications-said-mention = { $who } mentioned you
notifications-said-quoted = { $who } passed your post on
notifications-said-message = { $n ->
    [one] { $who } wrote to you
   *[other] { $who } wrote to you: { $n } messages
}
notifications-said-useful = { $who } found your post useful
notifications-said-thanked = { $who } thanked you
notifications-said-follower = { $who } started following you
notifications-said-from-member = { $n ->
    [one] { $author } published something new
   *[other] { $author } published { $n } new posts
}
notifications-said-from-tag = { $n ->
    [one] New in { $tag }
   *[other] { $n } new posts in { $tag }
}
notifications-said-from-some-tag = { $n ->
    [one] New in a tag you follow
   *[other] { $n } new posts in a tag you follow
}
notifications-said-watched = { $n ->
    [one] News in a post you follow
   *[other] { $n } changes in a post you follow
}
notifications-said-cited = { $n ->
    [one] The guide or a twin cited you in an answer
   *[other] The guide and the twins cited you in { $n } answers
}
notifications-said-source = { $who } added a source to your news
notifications-said-role = Your role here has changed
notifications-said-way-in = An account at another site was connected: it can sign in as you now
notifications-said-claim = The work of { $author } is now credited to you
notifications-said-moderated = Moderators took a decision that concerns you: see what and why
notifications-said-lifted = A decision that concerned you was taken back
notifications-said-upheld = Another moderator looked at your appeal and stands by the decision
notifications-said-reported = Moderators decided what you reported. Thank you
notifications-settings = Notifications
notifications-settings-nav = Settings
notifications-settings-about = Choose what you want to be told. What is off is not shown; on again, it begins afresh.
notifications-what = What
notifications-channel-page = On the page
notifications-always = Always
notifications-save = Save
notifications-saved = Your choice is saved.
notifications-kind-answer = Answers to my questions
notifications-kind-comment = Comments on my posts, replies to my comments
notifications-kind-accepted = My answer was accepted
notifications-kind-mention = Somebody mentions me
notifications-kind-quoted = My post is passed on
notifications-kind-message = Somebody writes to me in private
notifications-kind-useful = Votes for my posts
notifications-kind-thanked = Thanks
notifications-kind-follower = New followers
notifications-kind-from-member = New posts of members I follow
notifications-kind-from-tag = New posts with tags I follow
notifications-kind-watched = Changes and answers in posts I follow
notifications-kind-cited = The guide or a twin cites me
notifications-kind-source = Sources added to my news
notifications-kind-role = My role changes
notifications-kind-way-in = My account gets a new way to sign in
notifications-kind-claim = Imported work is credited to me
notifications-kind-moderated = Moderators decide something about me
notifications-kind-lifted = A decision about me is taken back
notifications-kind-upheld = My appeal is decided
notifications-kind-reported = What I reported is decided
notifications-fault-cursor = This is not a cursor of this list. Start without one.
notifications-fault-id = This is not the id of a notification. Use those of the list.
notifications-fault-many = At most 200 at once. Send “all” to mark everything.
notifications-fault-which = Say which ones: a list of ids, or “all”.
notifications-fault-kind = There is no such kind of notification. Use those of the list of settings.
notifications-fault-channel = There is no such channel. Use “page”.

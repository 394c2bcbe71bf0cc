exports-title = Your data
exports-settings = Settings
exports-lead = Take everything that is yours along: one archive (zip) with your posts, answers, comments and drafts as Markdown, your pictures, and your profile, messages, bookmarks, votes, follows, settings and your twin's ledger as JSON. What is in it is described in it.
exports-lead-import = The importer of this software reads it back, here or in another community: texts with their pictures, titles, tags, dates, languages and licences.
exports-making = Your archive is being made
exports-making-hint = You can leave this page and come back.
exports-progress = { $done } of { $total } parts are written.
exports-over = It is done.
exports-reload = Show it
exports-ready = Your archive is ready
exports-ready-facts = As of { $when }: { $files ->
    [one] one file
   *[other] { $files } files
}, { $size }.
exports-until = You can download it until { $when }; then it is removed.
exports-download = Download my data
exports-remove = Remove it now
exports-ask = Download my data
exports-ask-anew = Make a new one
exports-ask-anew-lead = Confirm above first. The new archive takes the place of this one.
exports-ask-do = Make the archive
exports-again = It holds everything, so show once more that it is you. That counts for an hour on this device.
exports-confirm = Password, or a code
exports-confirm-do = Confirm
exports-failed = The archive could not be made. Ask for it again; if it fails once more, tell an administrator.
exports-said-started = Your archive is on its way.
exports-said-confirmed = Thank you. You can download it now.
exports-said-removed = The archive is gone.
exports-fault-password = This is neither your password nor a code that works.
exports-fault-wait = Too many wrong tries. Wait { $seconds } seconds.
exports-fault-unconfirmed = Confirm with your password first, in this session: POST /api/v1/me/export/confirm.

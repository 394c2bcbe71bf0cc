web-name = Xinghe
web-tagline = Every answer cites a person, and every citation pays that person back
web-skip = Skip to content
web-nav = Main
web-search = Search
web-search-hint = Search posts, code, people…
web-write = Write
web-sign-in = Sign in
web-register = Register
web-sign-out = Sign out
web-menu = Menu
web-menu-profile = My page
web-menu-settings = Settings
web-menu-of = Menu of { $name }
web-language = Language
web-theme = Appearance
web-theme-system = System
web-theme-light = Light
web-theme-dark = Dark
web-save = Save
web-cancel = Cancel
web-close = Close
web-footer-about = Open source, Apache-2.0
web-footer-api = API
web-ago-now = just now
web-ago-minutes = { $n ->
    [one] a minute ago
   *[other] { $n } minutes ago
}
web-ago-hours = { $n ->
    [one] an hour ago
   *[other] { $n } hours ago
}
web-ago-yesterday = yesterday
web-ago-days = { $n } days ago
web-error-home = Go home
web-error-request = Request { $id }. Please quote it when you report a problem.
web-error-not-found = Nothing here
web-error-not-found-detail = The address may be wrong, or the content was moved. Try a search, or start from the home page.
web-error-gone = Deleted
web-error-gone-detail = Its author or an administrator deleted it. The address will not be used again.
web-error-forbidden = Not allowed
web-error-forbidden-detail = Your account may not do this. If that seems wrong, ask an administrator.
web-error-sign-in = Please sign in
web-error-sign-in-detail = This needs an account. You will come back here after signing in.
web-error-bad-request = The request is not right
web-error-conflict = This does not fit the current state
web-error-invalid = Some fields need a change
web-error-invalid-detail = Follow the note beside each field and send the form again.
web-error-too-large = Too large
web-error-too-large-detail = The limit is { $kib } KiB. Make it smaller or send it in parts.
web-error-too-many = Too many requests
web-error-too-many-detail = Please try again in { $seconds } seconds.
web-error-timeout = This took too long
web-error-timeout-detail = The server did not finish in time. Please try again later.
web-error-unavailable = Not available right now
web-error-unavailable-detail = A part of the service does not answer at the moment. It usually comes back soon; please try again.
web-error-internal = Something broke
web-error-internal-detail = This is our fault, and it has been logged. Please try again later.
web-api-content-type = Send JSON with the header Content-Type: application/json.
web-api-json = The JSON body cannot be read: { $why }
web-api-query = The query of the address cannot be read: { $why }
web-error-method = This address does not answer to that method.
web-error-cross-site = The request came from another site. Open the page here and try again.
web-error-unreadable = What was sent cannot be read.

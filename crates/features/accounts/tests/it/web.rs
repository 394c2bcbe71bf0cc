//! Pages and API of accounts through the web shell.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use xinghe_core::{AuthorId, Lang};
use xinghe_web::{Need, Role};

use crate::site::{As, PASSWORD, Site, without_ids};

#[tokio::test]
async fn somebody_registers_signs_out_and_in_again_and_lands_where_they_came_from() {
    let site = Site::new().await;
    assert_eq!(site.get(As::Stranger, "/register").await.status, StatusCode::OK);
    let fields = [("handle", "LiLei"), ("name", "李雷"), ("password", PASSWORD), ("next", "/@lilei")];
    let answer = site.form(As::Stranger, "/register", &fields).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/@lilei"));
    let first = answer.session();
    let page = site.get(As::Browser(&first), "/@lilei").await;
    assert!(page.body.contains("<h1>李雷</h1>") && page.body.contains("Edit profile"), "{}", page.body);

    let out = site.form(As::Browser(&first), "/sign-out", &[]).await;
    assert!(out.cookie.contains("Max-Age=0"), "{}", out.cookie);
    let settings = site.get(As::Browser(&first), "/settings").await;
    assert_eq!((settings.status, settings.location.as_str()), (StatusCode::SEE_OTHER, "/sign-in?next=/settings"));
    let fields = [("handle", "@lilei"), ("password", PASSWORD), ("next", "//evil.example")];
    let answer = site.form(As::Stranger, "/sign-in", &fields).await;
    assert_eq!(answer.location, "/");
    assert_ne!(answer.session(), first);
}

#[tokio::test]
async fn a_wrong_form_keeps_what_was_typed_but_the_password() {
    let site = Site::new().await;
    let fields = [("handle", "-<b>"), ("name", "A \"B\""), ("password", "shrt-pass"), ("next", "/x")];
    let answer = site.form(As::Stranger, "/register", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Use letters a–z, digits"), "{}", answer.body);
    assert!(answer.body.contains("A password has at least 10 characters."));
    assert!(answer.body.contains("value=\"-&#60;b&#62;\""), "{}", answer.body);
    assert!(answer.body.contains("value=\"A &#34;B&#34;\"") && answer.body.contains("value=\"/x\""));
    assert!(!answer.body.contains("shrt-pass") && !answer.body.contains("<b>\""));
    let answer = site.form(As::Stranger, "/sign-in", &[("handle", "nobody"), ("password", "some password")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("do not belong together") && answer.body.contains("value=\"nobody\""));
    assert!(!answer.body.contains("some password") && answer.cookie.is_empty());
}

#[tokio::test]
async fn too_many_wrong_tries_are_told_with_the_seconds_to_wait() {
    let site = Site::new().await;
    site.member("lilei", Role::Member).await;
    for _ in 0..5 {
        site.form(As::Stranger, "/sign-in", &[("handle", "lilei"), ("password", "wrong wrong")]).await;
    }
    let answer = site.form(As::Stranger, "/sign-in", &[("handle", "lilei"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.body.contains("Try again in 5 seconds") && answer.body.contains("value=\"lilei\""));
}

#[tokio::test]
async fn the_first_administrator_sets_up_by_the_printed_link() {
    let site = Site::new().await;
    let link = xinghe_accounts::first_admin_link(site.db.store(), "").await.unwrap().unwrap();
    assert_eq!(site.get(As::Stranger, "/setup?token=guess").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(As::Stranger, &link).await.status, StatusCode::OK);
    let token = link.split_once('=').unwrap().1;
    let fields = [("token", token), ("handle", "anna"), ("password", PASSWORD)];
    let answer = site.form(As::Stranger, "/setup", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let admin = answer.session();
    assert_eq!(site.get(As::Browser(&admin), "/admin/members").await.status, StatusCode::OK);
    assert_eq!(site.get(As::Stranger, &link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.form(As::Stranger, "/setup", &fields).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reserved_handle_is_refused_with_its_reason_and_what_to_do() {
    let site = Site::new().await;
    let link = xinghe_accounts::first_admin_link(site.db.store(), "").await.unwrap().unwrap();
    let token = link.split_once('=').unwrap().1;
    for (lang, reason) in [
        ("en", "“root” is a word that the site keeps for itself"),
        ("zh-Hans", "“root”是网站保留的词"),
        ("zh-Hant", "「root」是網站保留的詞"),
    ] {
        let fields = [("token", token), ("handle", "root"), ("password", PASSWORD)];
        for path in ["/setup", "/register"] {
            let answer = site.form(As::Stranger, &format!("{path}?lang={lang}"), &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            let (alert, form) = answer.body.split_once("<form class=\"form").expect("the form is there again");
            assert!(alert.contains("role=\"alert\"") && alert.contains(reason), "above the form: {alert}");
            assert!(form.contains("aria-invalid=\"true\"") && form.contains(reason), "beside the field: {form}");
            assert!(form.contains("value=\"root\""), "{form}");
        }
    }
}

#[tokio::test]
async fn the_profile_is_edited_and_shown_safely_in_the_readers_language() {
    let site = Site::new().await;
    site.member("lilei", Role::Member).await;
    let me = site.browser("lilei").await;
    let fields = [
        ("name", "Li Lei"),
        ("about_en", "Hello **there** <script>alert(1)</script>"),
        ("about_zh_hans", "你好"),
        ("link_label", "Blog"),
        ("link_url", "https://example.org/blog"),
        ("link_label", ""),
        ("link_url", ""),
        ("language", "zh-Hans"),
        ("theme", "dark"),
    ];
    let answer = site.form(As::Browser(&me), "/settings", &fields).await;
    assert_eq!(answer.location, "/settings?done=profile", "{}", answer.body);
    let settings = site.get(As::Browser(&me), "/settings?done=profile").await;
    assert!(settings.body.contains("已保存") && settings.body.contains("data-theme=\"dark\""), "{}", settings.body);
    assert!(settings.body.contains("value=\"https://example.org/blog\""));
    let english = site.get(As::Stranger, "/@lilei").await.body;
    assert!(english.contains("<strong>there</strong>") && !english.contains("<script>alert"), "{english}");
    assert!(english.contains("href=\"https://example.org/blog\" rel=\"me nofollow ugc noopener\">Blog</a>"));
    assert!(site.get(As::Stranger, "/@lilei?lang=zh-Hant").await.body.contains("lang=\"zh-Hans\""));

    let wrong = [("name", "Li Lei"), ("about_en", "kept"), ("link_label", "x"), ("link_url", "javascript:alert(1)")];
    let answer = site.form(As::Browser(&me), "/settings", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("请填写以 https://") && answer.body.contains(">kept</textarea>"), "{}", answer.body);
}

#[tokio::test]
async fn what_is_chosen_at_the_foot_of_a_page_is_the_accounts() {
    let site = Site::new().await;
    site.member("lilei", Role::Member).await;
    let me = site.browser("lilei").await;
    let answer = site.form(As::Browser(&me), "/preferences", &[("lang", "zh-Hant"), ("next", "/settings")]).await;
    assert_eq!(answer.location, "/settings");
    assert!(answer.cookie.starts_with("xinghe_lang=;"), "the browser's own choice gives way: {}", answer.cookie);
    site.form(As::Browser(&me), "/preferences", &[("theme", "dark")]).await;
    let other = site.browser("lilei").await;
    let settings = site.get(As::Browser(&other), "/settings").await.body;
    assert!(settings.contains("<html lang=\"zh-Hant\"") && settings.contains("data-theme=\"dark\""), "{settings}");
    assert!(
        settings.contains("value=\"zh-Hant\" lang=\"zh-Hant\" selected")
            && settings.contains("value=\"dark\" selected"),
        "{settings}"
    );
    site.form(As::Browser(&me), "/preferences", &[("theme", "system")]).await;
    assert!(!site.get(As::Browser(&other), "/settings").await.body.contains("data-theme"));
    let guest = site.form(As::Stranger, "/preferences", &[("lang", "en")]).await;
    assert!(guest.cookie.starts_with("xinghe_lang=en;"), "{}", guest.cookie);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_the_account_is_erased() {
    let site = Site::new().await;
    site.member("anna", Role::Administrator).await;
    site.member("lilei", Role::Member).await;
    let (here, there) = (site.browser("lilei").await, site.browser("lilei").await);
    let page = site.get(As::Browser(&here), "/settings/sessions").await.body;
    assert!(page.contains("This one") && page.contains("End all others"), "{page}");
    site.form(As::Browser(&here), "/settings/sessions", &[]).await;
    assert_eq!(site.get(As::Browser(&there), "/settings").await.status, StatusCode::SEE_OTHER);

    let answer =
        site.form(As::Browser(&here), "/settings/password", &[("old", "wrong"), ("new", "another password")]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("The password is wrong."));
    let fields = [("old", PASSWORD), ("new", "another password")];
    let answer = site.form(As::Browser(&here), "/settings/password", &fields).await;
    assert_eq!(answer.location, "/settings/account?done=password");
    let answer = site.form(As::Browser(&here), "/settings/erase", &[("password", "another password")]).await;
    assert!(
        answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("id=\"e-posts\""),
        "a choice is made"
    );
    let choice = [("password", "another password"), ("posts", "anonymous")];
    let answer = site.form(As::Browser(&here), "/settings/erase", &choice).await;
    assert!(answer.location == "/" && answer.cookie.contains("Max-Age=0"), "{}", answer.body);
    assert_eq!(site.get(As::Stranger, "/@lilei").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unclaimed_author_is_shown_as_such_claimed_and_then_leads_to_the_member() {
    let site = Site::new().await;
    let author = site.unclaimed().await;
    site.member("anna", Role::Administrator).await;
    site.member("dtolnay", Role::Member).await;
    let page = site.get(As::Stranger, "/@david-tolnay").await.body;
    assert!(page.contains("This author is not a member") && page.contains("https://example.org/dtolnay"), "{page}");
    assert!(page.contains("/sign-in?next=/%40david-tolnay") || page.contains("/sign-in?next=/@david-tolnay"), "{page}");
    let me = site.browser("dtolnay").await;
    let empty = site.form(As::Browser(&me), "/@david-tolnay/claim", &[("why", " ")]).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.body.contains("Say how one can tell that"));
    let claimed = site.form(As::Browser(&me), "/@david-tolnay/claim", &[("why", "my <i>site</i>")]).await;
    assert_eq!(claimed.location, "/@david-tolnay");
    assert!(site.get(As::Browser(&me), "/@david-tolnay").await.body.contains("waits for an administrator"));
    site.form(As::Browser(&me), "/@david-tolnay/claim/withdraw", &[]).await;
    site.form(As::Browser(&me), "/@david-tolnay/claim", &[("why", "my <i>site</i>")]).await;

    let admin = site.browser("anna").await;
    let list = site.get(As::Browser(&admin), "/admin/claims").await.body;
    assert!(list.contains("my &#60;i&#62;site"), "{list}");
    let me_id = site.accounts.author("dtolnay").await.unwrap().unwrap().card.id;
    let id = site.accounts.open_claim(me_id, author).await.unwrap().unwrap();
    let decided = site.form(As::Browser(&admin), &format!("/admin/claims/{id}"), &[("decision", "accept")]).await;
    assert_eq!(decided.location, "/admin/claims", "{}", decided.body);
    let old = site.get(As::Stranger, "/@david-tolnay").await;
    assert_eq!((old.status, old.location.as_str()), (StatusCode::PERMANENT_REDIRECT, "/@dtolnay"));
    let again = site.form(As::Browser(&admin), &format!("/admin/claims/{id}"), &[("decision", "decline")]).await;
    assert!(again.status == StatusCode::CONFLICT && again.body.contains("decided already"), "{}", again.body);
}

#[tokio::test]
async fn lists_find_and_administrators_change_roles_but_not_the_last_one() {
    let site = Site::new().await;
    site.unclaimed().await;
    let anna = site.member("anna", Role::Administrator).await;
    let lilei = site.member("lilei", Role::Member).await;
    site.accounts.ensure_sample("lin-xiao", "林晓", &[(Lang::En, "sample")]).await.unwrap();
    let all = site.get(As::Stranger, "/members").await.body;
    assert!(["David Tolnay", "@anna", "林晓", "Sample", "Unclaimed"].iter().all(|s| all.contains(s)), "{all}");
    let found = site.get(As::Stranger, "/members?q=tolnay&who=unclaimed").await.body;
    assert!(found.contains("David Tolnay") && !found.contains("@anna"));
    assert!(site.get(As::Stranger, "/members?q=nobody-here").await.body.contains("Nobody found"));

    let admin = site.browser("anna").await;
    let change = |id: AuthorId| format!("/admin/members/{id}");
    let answer = site.form(As::Browser(&admin), &change(lilei), &[("role", "moderator"), ("q", "li")]).await;
    assert_eq!(answer.location, "/admin/members?q=li", "{}", answer.body);
    let answer = site.form(As::Browser(&admin), &change(lilei), &[("standing", "disabled")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(site.get(As::Browser(&admin), "/admin/members").await.body.contains("Disabled"));
    let answer = site.form(As::Browser(&admin), &change(anna), &[("role", "member")]).await;
    assert!(answer.status == StatusCode::CONFLICT && answer.body.contains("One administrator has to stay"));
}

#[tokio::test]
async fn every_route_keeps_out_whom_it_does_not_need() {
    let site = Site::new().await;
    site.unclaimed().await;
    let id = site.member("lilei", Role::Member).await;
    site.member("mod1", Role::Moderator).await;
    let (member, moderator) = (site.token("lilei").await, site.token("mod1").await);
    let mut walked = 0;
    for route in &site.shell.table {
        let path = route.path.replace("{handle}", "david-tolnay").replace("{id}", &id.to_string());
        if route.need == Need::Anyone {
            continue;
        }
        walked += 1;
        let api = path.starts_with("/api/");
        let stranger = site.send(As::Stranger, route.method.clone(), &path, "", String::new()).await;
        let expected = if api { StatusCode::UNAUTHORIZED } else { StatusCode::SEE_OTHER };
        assert_eq!(stranger.status, expected, "{} {path}", route.method);
        if api && route.need == Need::Administrator {
            for token in [&member, &moderator] {
                let answer = site.send(As::Program(token), route.method.clone(), &path, "", String::new()).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {path}", route.method);
            }
        }
    }
    assert!(walked > 20, "{walked}");
    let browser = site.browser("mod1").await;
    for path in ["/admin/members", "/admin/claims"] {
        assert_eq!(site.get(As::Browser(&browser), path).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_form_from_another_site_changes_nothing() {
    let site = Site::new().await;
    site.member("lilei", Role::Member).await;
    let cookie = site.browser("lilei").await;
    let request = Request::builder()
        .method(Method::POST)
        .uri("/settings/sessions")
        .header(header::COOKIE, &cookie)
        .header("sec-fetch-site", "cross-site")
        .body(Body::empty())
        .unwrap();
    let response = site.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_program_signs_in_reads_and_changes_itself() {
    let site = Site::new().await;
    let body = json!({ "handle": "lilei", "name": "李雷", "password": PASSWORD, "language": "zh-Hans" });
    let created = site.api(As::Stranger, Method::POST, "/api/v1/members", body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    let token = site.token("lilei").await;
    let me = As::Program(&token);
    let change = json!({ "about": { "en": "I write Rust." }, "theme": "dark", "language": null });
    let changed = site.api(me, Method::PATCH, "/api/v1/me", change).await;
    insta::assert_json_snapshot!(without_ids(changed.json()), @r#"
    {
      "about": {
        "en": "I write Rust.",
        "zh-Hans": "",
        "zh-Hant": ""
      },
      "claimed": true,
      "created_at": "2026-01-01T08:00:00Z",
      "handle": "lilei",
      "id": "[id]",
      "language": null,
      "links": [],
      "name": "李雷",
      "role": "member",
      "sample": false,
      "source_url": null,
      "theme": "dark",
      "url": "/@lilei"
    }
    "#);
    let sessions = site.api(me, Method::GET, "/api/v1/me/sessions", Value::Null).await;
    insta::assert_json_snapshot!(without_ids(sessions.json()), @r#"
    {
      "items": [
        {
          "created_at": "2026-01-01T08:00:00Z",
          "current": true,
          "expires_at": "2026-01-31T08:00:00Z",
          "id": "[id]",
          "seen_at": "2026-01-01T08:00:00Z",
          "user_agent": ""
        }
      ]
    }
    "#);
    let other = site.token("lilei").await;
    assert_eq!(site.api(me, Method::DELETE, "/api/v1/me/sessions", Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(As::Program(&other), "/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    let old_new = json!({ "old": PASSWORD, "new": "another password" });
    assert_eq!(site.api(me, Method::POST, "/api/v1/me/password", old_new).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.api(me, Method::DELETE, "/api/v1/session", Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(me, "/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_a_program_sends_wrong_is_told_by_field() {
    let site = Site::new().await;
    let body = json!({ "handle": "x", "password": "short" });
    let answer = site.api(As::Stranger, Method::POST, "/api/v1/members", body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_json_snapshot!(answer.json()["errors"], @r#"
    [
      {
        "detail": "A handle has 2 to 32 characters.",
        "field": "handle"
      },
      {
        "detail": "A password has at least 10 characters.",
        "field": "password"
      }
    ]
    "#);
    let extra = json!({ "handle": "lilei", "password": PASSWORD, "role": "administrator" });
    let answer = site.api(As::Stranger, Method::POST, "/api/v1/members", extra).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "nobody registers as what they like: {}", answer.body);
    let answer = site.get(As::Stranger, "/api/v1/members?cursor=x").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    assert_eq!(site.get(As::Stranger, "/api/v1/members/nobody").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn programs_claim_and_administrators_decide() {
    let site = Site::new().await;
    site.unclaimed().await;
    site.member("anna", Role::Administrator).await;
    site.member("dtolnay", Role::Member).await;
    site.member("mallory", Role::Member).await;
    let (member, admin, other) = (site.token("dtolnay").await, site.token("anna").await, site.token("mallory").await);
    let why = json!({ "why": "see my site" });
    let claim = site.api(As::Program(&member), Method::POST, "/api/v1/members/david-tolnay/claims", why).await;
    assert_eq!(claim.status, StatusCode::CREATED, "{}", claim.body);
    let id = claim.json()["id"].as_str().unwrap().to_owned();
    let stolen = site.api(As::Program(&other), Method::DELETE, &format!("/api/v1/me/claims/{id}"), Value::Null).await;
    assert_eq!(stolen.status, StatusCode::NOT_FOUND);
    let path = format!("/api/v1/admin/claims/{id}/decision");
    let decided = site.api(As::Program(&admin), Method::POST, &path, json!({ "accept": true, "note": "yes" })).await;
    assert_eq!(decided.status, StatusCode::NO_CONTENT, "{}", decided.body);
    let mine = site.get(As::Program(&member), "/api/v1/me/claims?state=accepted").await;
    insta::assert_json_snapshot!(without_ids(mine.json()), @r#"
    {
      "items": [
        {
          "author": {
            "claimed": false,
            "handle": "david-tolnay",
            "id": "[id]",
            "name": "David Tolnay",
            "sample": false,
            "url": "/@david-tolnay"
          },
          "created_at": "2026-01-01T08:00:00Z",
          "decided_at": "2026-01-01T08:00:00Z",
          "id": "[id]",
          "member": {
            "claimed": true,
            "handle": "dtolnay",
            "id": "[id]",
            "name": "dtolnay",
            "sample": false,
            "url": "/@dtolnay"
          },
          "note": "yes",
          "proof": "admin",
          "state": "accepted",
          "why": "see my site"
        }
      ],
      "next": null
    }
    "#);
    let old = site.get(As::Stranger, "/api/v1/members/david-tolnay").await.json();
    assert_eq!(old["handle"], "dtolnay");
    let role = json!({ "role": "moderator", "standing": "disabled" });
    let changed = site.api(As::Program(&admin), Method::PATCH, "/api/v1/admin/members/mallory", role).await;
    assert_eq!((&changed.json()["role"], &changed.json()["standing"]), (&json!("moderator"), &json!("disabled")));
    assert_eq!(site.get(As::Program(&other), "/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn every_text_exists_in_all_three_languages() {
    let keys = |text: &str| -> Vec<String> {
        text.lines().filter_map(|l| l.split_once(" = ")).map(|(key, _)| key.to_owned()).collect()
    };
    let hans = keys(include_str!("../../locales/zh-Hans.ftl"));
    assert!(hans.len() > 100);
    assert_eq!(hans, keys(include_str!("../../locales/zh-Hant.ftl")));
    assert_eq!(hans, keys(include_str!("../../locales/en.ftl")));
}

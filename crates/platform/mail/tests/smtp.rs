//! Mails over a real connection to a server on this machine.

use xinghe_core::mail::{Mail, MailError, Mailer};
use xinghe_mail::Smtp;
use xinghe_testkit::SmtpPeer;

fn mail() -> Mail {
    Mail {
        key: "account.7".into(),
        to: "lilei@example.org".into(),
        subject: "确认邮箱".into(),
        text: "你好，\nhttps://xinghe.test/email/verify?token=abc".into(),
        html: "<p>你好</p>".into(),
    }
}

#[tokio::test]
async fn a_mail_arrives_as_text_and_html_under_its_own_name() {
    let peer = SmtpPeer::start().await;
    let smtp = Smtp::new(peer.url(), "星河 <no-reply@xinghe.test>").expect("settings");
    smtp.send(&mail()).await.expect("sent");
    let got = peer.last();
    assert_eq!(got.to, "lilei@example.org");
    for part in ["Message-ID: <account.7@xinghe.test>", "Auto-Submitted: auto-generated", "text/plain", "text/html"] {
        assert!(got.text.contains(part), "{part}: {}", got.text);
    }
}

#[tokio::test]
async fn what_a_server_refuses_is_told_apart_and_names_nobody() {
    let peer = SmtpPeer::start().await;
    let smtp = Smtp::new(peer.url(), "no-reply@xinghe.test").expect("settings");
    peer.refuse_next("550 no lilei@example.org here");
    assert_eq!(smtp.send(&mail()).await, Err(MailError::Never("the mail server refused: 550".into())));
    peer.refuse_next("451 come back, lilei@example.org");
    assert_eq!(smtp.send(&mail()).await, Err(MailError::Later("the mail server said 451".into())));
    smtp.send(&mail()).await.expect("sent at last");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_later() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let gone = Smtp::new(&url, "no-reply@xinghe.test").expect("settings").send(&mail()).await;
    assert!(matches!(&gone, Err(MailError::Later(why)) if !why.contains("lilei")), "{gone:?}");
}

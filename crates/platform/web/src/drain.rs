//! Ending a server: who is being answered gets an answer, and who only holds a connection keeps nobody waiting.
//!
//! A server that ends waits for its connections, also for one over which half a request came an hour ago. So requests
//! are counted from the moment their head is there until their answer has gone out, and a body that stopped coming is
//! given up. When nothing is counted any more, the connections that are left have nothing to lose.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long a body may pause once the server ends.
const PAUSE: Duration = Duration::from_secs(1);

/// Counts the requests that are being answered.
#[derive(Debug, Clone)]
pub struct Drain {
    running: watch::Sender<usize>,
    closing: CancellationToken,
}

/// One request that is being answered.
struct Running(watch::Sender<usize>);

impl Running {
    fn new(running: &watch::Sender<usize>) -> Self {
        running.send_modify(|n| *n += 1);
        Self(running.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n = n.saturating_sub(1));
    }
}

impl Drain {
    /// `closing` is cancelled when the server begins to end.
    pub fn new(closing: CancellationToken) -> Self {
        Self { running: watch::Sender::new(0), closing }
    }

    /// Counts what goes through this router.
    pub fn around(&self, router: Router) -> Router {
        let drain = self.clone();
        router.layer(middleware::from_fn(move |request, next| answer(drain.clone(), request, next)))
    }

    /// Waits until no request is being answered.
    pub async fn idle(&self) {
        // It cannot be closed: this holds the sender.
        let _ = self.running.subscribe().wait_for(|n| *n == 0).await;
    }
}

async fn answer(drain: Drain, request: Request, next: Next) -> Response {
    let running = Running::new(&drain.running);
    let request = if request.body().is_end_stream() { request } else { request.map(|b| patient(b, drain.closing)) };
    next.run(request).await.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _until_it_is_sent = &running;
            frame
        }))
    })
}

/// A body that breaks off, rather than ends, where it pauses while the server ends.
fn patient(body: Body, closing: CancellationToken) -> Body {
    let pieces = body.into_data_stream();
    Body::from_stream(stream::unfold(Some((pieces, closing)), async |state| {
        let (mut pieces, closing) = state?;
        let late = async {
            closing.cancelled().await;
            tokio::time::sleep(PAUSE).await;
        };
        tokio::select! {
            biased;
            piece = pieces.next() => Some((piece?, Some((pieces, closing)))),
            () = late => Some((Err(axum::Error::new(std::io::Error::other("the server ends"))), None)),
        }
    }))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use tokio::sync::mpsc;
    use tower::ServiceExt;

    use super::*;

    fn app(drain: &Drain) -> Router {
        drain.around(Router::new().route("/", axum::routing::any(async |body: String| body)))
    }

    #[tokio::test]
    async fn a_request_counts_until_its_answer_is_sent() {
        let drain = Drain::new(CancellationToken::new());
        drain.idle().await;
        let response = app(&drain).oneshot(Request::new(Body::from("whole"))).await.unwrap();
        assert_eq!(*drain.running.borrow(), 1, "the answer is not out yet");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "whole");
        drain.idle().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stopped_coming_is_given_up_when_the_server_ends() {
        let closing = CancellationToken::new();
        let drain = Drain::new(closing.clone());
        let (send, receive) = mpsc::unbounded_channel::<Result<&str, std::io::Error>>();
        send.send(Ok("half")).unwrap();
        let pieces = stream::unfold(receive, async |mut from| Some((from.recv().await?, from)));
        let asked = tokio::spawn(app(&drain).oneshot(Request::new(Body::from_stream(pieces))));
        closing.cancel();
        let status = asked.await.unwrap().unwrap().status();
        assert_ne!(status, StatusCode::OK, "half of a body is never taken for all of it");
        drop(send);
        drain.idle().await;
    }
}

//! `xinghe serve`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use xinghe_web::{Drain, Gate};

use crate::cli::Serve;
use crate::community::Community;
use crate::settings::Settings;
use crate::{output, seed};

/// How long requests under way may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(20);

/// How long the last answers take from here to the wire.
const SENT: Duration = Duration::from_millis(300);

pub async fn run(command: Serve, settings: Settings) -> anyhow::Result<ExitCode> {
    // Before anything is opened: a second server on the same data must not begin to work.
    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!("cannot listen on {}; is another server running there? Choose another with --listen", settings.listen)
    })?;
    let (gate, closing) = (Gate::new(), CancellationToken::new());
    let drain = Drain::new(closing.clone());
    let mut served = {
        let (app, token) =
            (drain.around(gate.router()).into_make_service_with_connect_info::<SocketAddr>(), closing.clone());
        tokio::spawn(async move {
            axum::serve(listener, app).with_graceful_shutdown(async move { token.cancelled().await }).await
        })
    };
    let community = Community::open(settings).await?;
    anyhow::ensure!(
        community.search.keeps_index(),
        "another process of xinghe works on {}; stop it first, or give this one a folder of its own with --data-dir",
        community.settings.data_dir.display()
    );
    let fresh = !command.empty && seed::is_untouched(&community).await?;
    let shell = community.shell()?;
    let stop = community.stop.clone();
    let (readers, workers) = (community.readers(), community.workers());
    let mut behind = tokio::task::JoinSet::new();
    let (token, parallel) = (stop.clone(), community.settings.workers);
    community.readiness.follow(readers.clone());
    behind.spawn(async move { readers.run(token).await });
    let token = stop.clone();
    behind.spawn(async move { workers.run(parallel, token).await });
    let (token, sweep) = (stop.clone(), shell.sweep());
    behind.spawn(async move {
        while tokio::time::timeout(Duration::from_secs(60), token.cancelled()).await.is_err() {
            sweep();
        }
    });
    let (token, readiness) = (stop.clone(), community.readiness.clone());
    behind.spawn(async move { readiness.watch(token).await });
    community.search.resume().await?;
    announce(&community).await?;
    gate.open(shell.router);
    let ending = super::ended();
    tokio::pin!(ending);
    if fresh {
        tokio::select! {
            brought = seed::bring(&community) => brought.context("the first content could not be brought")?,
            () = &mut ending => {}
        }
    }
    if !stop.is_cancelled() {
        ending.await;
    }
    output::note("ending: requests and jobs under way are finished or given back");
    stop.cancel();
    closing.cancel();
    let _ = tokio::time::timeout(GRACE, async {
        // Connections over which nothing, or half a request, came do not end by themselves.
        let answered = async {
            drain.idle().await;
            tokio::time::sleep(SENT).await;
        };
        tokio::select! {
            _ = &mut served => {}
            () = answered => {}
        }
        while behind.join_next().await.is_some() {}
    })
    .await;
    served.abort();
    community.store.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn announce(community: &Community) -> anyhow::Result<()> {
    let url = community.settings.public_url();
    output::note(&format!("星河 Xinghe {} on {url}", env!("CARGO_PKG_VERSION")));
    output::note(&format!("embedder: {}", community.embedder));
    let mail = if community.accounts.sends_mail() { "by smtp_url" } else { "none; set smtp_url and mail_from" };
    output::note(&format!("mail: {mail}"));
    if let Some(link) = community.accounts.first_admin_link(&url).await? {
        output::note(&format!("The first administrator signs up here, once: {link}"));
    }
    Ok(())
}

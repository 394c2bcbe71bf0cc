//! Serves the shell alone, with `/design`: `cargo run -p xinghe-web --example design`.

use std::net::SocketAddr;
use std::sync::Arc;

use xinghe_store::{SystemClock, SystemRandom};
use xinghe_web::viewer::NoSessions;
use xinghe_web::{WebSettings, shell};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8099".to_owned());
    let mut settings = WebSettings::new(format!("http://{listen}"));
    settings.dev = true;
    let shell = shell::build(&[], settings, Arc::new(NoSessions), Arc::new(SystemClock), Arc::new(SystemRandom))?;
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    axum::serve(listener, shell.router.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

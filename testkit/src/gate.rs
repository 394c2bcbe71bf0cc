//! A door on the way to a server, to be shut and opened again.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Passes TCP connections on to a server. Shut, it breaks those that are open and turns new ones away, as a server
/// does that was stopped.
pub struct Gate {
    address: SocketAddr,
    shut: watch::Sender<bool>,
    task: AbortHandle,
}

impl Gate {
    /// An open gate on a free port of this machine, before the server at `host:port`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn before(server: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (shut, state) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, mut state) = (server.clone(), state.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = state.wait_for(|shut| *shut) => {}
                        () = pass(client, &server) => {}
                    }
                });
            }
        });
        Ok(Self { address, shut, task: task.abort_handle() })
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks all connections and lets none through.
    pub fn shut(&self) {
        self.shut.send_replace(true);
    }

    /// Lets connections through again.
    pub fn open(&self) {
        self.shut.send_replace(false);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
        self.shut.send_replace(true);
    }
}

async fn pass(mut client: TcpStream, server: &str) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        // An error here is one of the two sides gone, which is what the test wants to see at the other.
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

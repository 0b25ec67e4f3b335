//! The peer of `__test__/interop/conversation.js` made of tokio-tungstenite.

use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config, client_async_with_config};

const SIZE: usize = 16 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Every message that is sent and comes back, by name.
fn messages() -> [(&'static str, Message); 4] {
    let pattern: Vec<u8> = b"a pattern of no power of two".iter().copied().cycle().take(SIZE).collect();
    [
        ("text", Message::text("h\u{e9}llo \u{6c34} \u{1f600}")),
        ("binary", Message::binary((0..=255).collect::<Vec<u8>>())),
        ("long text", Message::text("\u{e9}".repeat(SIZE / 2))),
        ("long binary", Message::binary(pattern)),
    ]
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_frame_size(None).max_message_size(None)
}

fn report_close(frame: Option<CloseFrame>) {
    if let Some(CloseFrame { code, reason }) = frame {
        println!("closed {} {reason}", u16::from(code));
    }
}

fn close_frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() }
}

/// Sends everything back, and closes when told to.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Outcome<()> {
    let mut socket = accept_async_with_config(stream, Some(config())).await?;
    while let Some(message) = socket.next().await {
        match message? {
            Message::Text(text) if text.starts_with("close ") => {
                let mut words = text.split(' ').skip(1);
                let (code, reason) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                socket.close(Some(close_frame(code.parse()?, reason))).await?;
            }
            message @ (Message::Text(_) | Message::Binary(_)) => socket.send(message).await?,
            Message::Close(frame) => report_close(frame),
            _ => {}
        }
    }
    Ok(())
}

async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        if let Err(error) = converse(stream).await {
            println!("failed: {error}");
        }
    }
}

async fn open(url: &str) -> Outcome<WebSocketStream<TcpStream>> {
    let authority = url.trim_start_matches("ws://").trim_end_matches('/');
    let stream = TcpStream::connect(authority).await?;
    Ok(client_async_with_config(url, stream, Some(config())).await?.0)
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Outcome<Message> {
    Ok(socket.next().await.ok_or("the server is gone")??)
}

/// Reads until the server's close frame, and then until the end.
async fn read_close(socket: &mut WebSocketStream<TcpStream>) -> Outcome<()> {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(frame) = message {
            report_close(frame);
        }
    }
    Ok(())
}

async fn connect(url: &str) -> Outcome<()> {
    let mut socket = open(url).await?;
    for (name, message) in messages() {
        socket.send(message.clone()).await?;
        if next(&mut socket).await? == message {
            println!("echoed {name}");
        }
    }
    socket.send(Message::Ping("p".into())).await?;
    if let Message::Pong(payload) = next(&mut socket).await? {
        println!("pong {}", String::from_utf8_lossy(&payload));
    }
    socket.send(Message::text("close 3001 bye")).await?;
    read_close(&mut socket).await?;

    let mut socket = open(url).await?;
    socket.close(Some(close_frame(3002, "own"))).await?;
    read_close(&mut socket).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("serve") => serve().await,
        Some("connect") => connect(&arguments.next().ok_or("which URL?")?).await,
        _ => Err("serve, or connect URL".into()),
    }
}

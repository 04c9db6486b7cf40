//! `download http://HOST:PORT/PATH FILE`: goes on where an earlier run has ended, however it ended.
//!
//! The progress bar counts complete bytes and no others, so what it shows is in the file: also after a `kill -9`.
//! Without a terminal the counts are lines. ^C drops the write that is under way; `settle` then says what became of it.
//!
//! Complete is not durable: after a power failure the file may be longer than what is right in it. A program that must
//! survive one stores a count that it has synced.

use std::{error::Error, io::SeekFrom, path::Path};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, fs::File};
use futures_lite::AsyncSeekExt;
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    header::{CONTENT_RANGE, HOST, RANGE},
};
use hyper_util::rt::TokioIo;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::net::TcpStream;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What is complete, for a person and for a program.
pub struct Progress(ProgressBar);

impl Default for Progress {
    fn default() -> Self {
        let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} to go");
        Self(ProgressBar::no_length().with_style(style.expect("a valid template")))
    }
}

impl Progress {
    /// How many bytes of the file are complete, those of earlier runs included.
    pub fn complete(&self) -> u64 {
        self.0.position()
    }

    fn begin(&self, complete: u64, total: Option<u64>) {
        self.0.set_position(complete);
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.say();
    }

    fn add(&self, complete: usize) {
        self.0.inc(complete as u64);
        self.say();
    }

    fn say(&self) {
        if self.0.is_hidden() {
            println!("complete: {}", self.complete());
        }
    }
}

/// Asks for what follows the first `from` bytes.
async fn ask(url: &str, from: u64) -> Result<Response<Incoming>> {
    let url: hyper::Uri = url.parse()?;
    let authority = url.authority().ok_or("the URL has no host")?.clone();
    let socket = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    // It fails when the server goes away; so does the body, which tells it.
    tokio::spawn(connection);
    let request = Request::get(url.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, authority.as_str())
        .header(RANGE, format!("bytes={from}-"))
        .body(Empty::<Bytes>::new())?;
    Ok(sender.send_request(request).await?)
}

/// The header that says which bytes of how many an answer has: `bytes 5-9/10`, or `bytes */10` for none.
fn range_of(response: &Response<Incoming>) -> Option<&str> {
    response.headers().get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")
}

/// Writes the body as it comes. It may be dropped anywhere: whoever does that settles the writer.
pub async fn receive<B, W>(mut body: B, writer: &mut W, progress: &Progress) -> Result<()>
where
    B: Body<Data = Bytes, Error: Error + Send + Sync + 'static> + Unpin,
    W: AsyncWriteComplete + Unpin,
{
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame?.into_data() else { continue };
        while !data.is_empty() {
            let n = writer.write_complete(&data).await?;
            if n == 0 {
                return Err("the file takes no more".into());
            }
            progress.add(n);
            let _ = data.split_to(n);
        }
    }
    Ok(())
}

/// Asks what became of a write that was dropped, and counts it.
pub async fn settle<W: AsyncWriteComplete + Unpin>(writer: &mut W, progress: &Progress) -> Result<()> {
    if let Some(settled) = writer.settle().await? {
        progress.add(settled.completed());
    }
    Ok(())
}

/// Brings the file to the end of what is at `url`, beginning with what it has.
async fn download(url: &str, file: &mut File, progress: &Progress) -> Result<()> {
    let len = file.metadata().await?.len();
    let response = ask(url, len).await?;
    let (range, rest) = (range_of(&response).unwrap_or(""), response.body().size_hint().exact());
    let from = match response.status() {
        StatusCode::PARTIAL_CONTENT if range.starts_with(&format!("{len}-")) => len,
        // A server without ranges sends all of it.
        StatusCode::OK => 0,
        // Nothing follows.
        StatusCode::RANGE_NOT_SATISFIABLE if range == format!("*/{len}") => {
            progress.begin(len, Some(len));
            return Ok(());
        }
        other => return Err(format!("the server answers {other}, range {range:?}").into()),
    };
    if from < len {
        file.set_len(from).await?;
    }
    file.seek(SeekFrom::Start(from)).await?;
    progress.begin(from, rest.map(|rest| from + rest));
    receive(response.into_body(), file, progress).await
}

async fn run(url: &str, path: &Path) -> Result<()> {
    let mut file = File::options().write(true).create(true).open(path).await?;
    let progress = Progress::default();
    let ended = tokio::select! {
        ended = download(url, &mut file, &progress) => ended,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Err("interrupted".into())
        }
    };
    // Nothing to do after an end that no signal made; a write that failed was told.
    settle(&mut file, &progress).await?;
    ended
        .map_err(|error| format!("{error}; {} bytes are there, the next run goes on from them", progress.complete()))?;
    file.sync_all().await?;
    file.close_complete().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [url, path] = &*arguments else { return Err("usage: download http://HOST:PORT/PATH FILE".into()) };
    run(url, Path::new(path)).await
}

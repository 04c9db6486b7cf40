//! The program `examples/download.rs`: interrupted wherever it is, it goes on from exactly what is complete.

use std::{convert::Infallible, future::ready, path::Path, process::Stdio};

use async_write_complete::{AsyncWriteComplete, Offload};
use async_write_complete_conformance::Stepped;
use futures_lite::future::{block_on, poll_once};
use futures_util::stream::{BoxStream, StreamExt, empty, once, pending};
use http_body_util::{Full, StreamBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Frame, Incoming},
    header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use libraries::noise;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
    sync::mpsc,
};

#[path = "../../examples/download.rs"]
#[allow(dead_code, reason = "its `main` runs as a program of its own")]
mod program;

const LEN: usize = 4_000_001;

/// After so many bytes an answer stalls, so that no run comes to the end before it is interrupted.
const STALL: usize = 1_000_000;

type Answer = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>;

/// Answers with what follows the beginning that the request names; that beginning is told.
fn answer(request: &Request<Incoming>, source: &Bytes, begins: &mpsc::UnboundedSender<usize>) -> Response<Answer> {
    let range = request.headers()[RANGE].to_str().unwrap();
    let begin: usize = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
    begins.send(begin).unwrap();
    let len = source.len();
    let response = Response::builder();
    if begin >= len {
        let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
        return response
            .header(CONTENT_RANGE, format!("bytes */{len}"))
            .body(StreamBody::new(empty().boxed()))
            .unwrap();
    }
    let data = source.slice(begin..len.min(begin + STALL));
    let stalls = begin + data.len() < len;
    let data = once(ready(Ok(Frame::data(data))));
    let body = if stalls { data.chain(pending()).boxed() } else { data.boxed() };
    let response = response.status(StatusCode::PARTIAL_CONTENT);
    let response = response.header(CONTENT_RANGE, format!("bytes {begin}-{}/{len}", len - 1));
    response.header(CONTENT_LENGTH, len - begin).body(StreamBody::new(body)).unwrap()
}

/// Serves the source. Gives its address, and where each request began.
async fn serve(source: Vec<u8>) -> (String, mpsc::UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/source", listener.local_addr().unwrap());
    let (begins, told) = mpsc::unbounded_channel();
    let source = Bytes::from(source);
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let (source, begins) = (source.clone(), begins.clone());
            let service = service_fn(move |request| {
                let response = answer(&request, &source, &begins);
                async { Ok::<_, Infallible>(response) }
            });
            // It fails whenever a client is killed.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    });
    (url, told)
}

/// The program, and the lines that it prints. Dropped, it is killed.
fn start(url: &str, path: &Path) -> (Child, Lines<BufReader<ChildStdout>>) {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("examples/download");
    assert!(program.exists(), "`cargo test` builds {program:?}; `cargo test --test it` does not");
    let mut command = Command::new(program);
    command.arg(url).arg(path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    (child, BufReader::new(stdout).lines())
}

/// Reads counts until one is `at_least`, or the last one. Gives it.
async fn count(lines: &mut Lines<BufReader<ChildStdout>>, at_least: usize) -> Option<usize> {
    let mut last = None;
    while let Some(line) = lines.next_line().await.unwrap() {
        let count = line.strip_prefix("complete: ").unwrap().parse().unwrap();
        assert!(last.is_none_or(|last| last <= count), "counts do not go back");
        last = Some(count);
        if count >= at_least {
            break;
        }
    }
    last
}

/// The file as an interrupted run has left it: a beginning of the source.
fn left_behind(path: &Path, source: &[u8]) -> usize {
    let bytes = std::fs::read(path).unwrap();
    assert!(source.starts_with(&bytes), "a beginning of the source, of {} bytes", bytes.len());
    bytes.len()
}

/// Interrupts the program each time it has come most of the way to the stall, and lets it go on, to the end.
async fn interrupted_on_and_on(
    interrupt: impl AsyncFn(&mut Child, &mut Lines<BufReader<ChildStdout>>) -> Option<usize>,
) {
    let (dir, source) = (tempfile::tempdir().unwrap(), noise(LEN));
    let path = dir.path().join("f");
    let (url, mut begins) = serve(source.clone()).await;
    let (mut there, mut runs) = (0, 0);
    while there < LEN {
        let (mut child, mut lines) = start(&url, &path);
        let seen = count(&mut lines, there + STALL / 2).await.unwrap();
        let exact = interrupt(&mut child, &mut lines).await;
        assert_eq!(begins.recv().await.unwrap(), there, "it goes on from exactly what is there");
        there = left_behind(&path, &source);
        assert!(seen <= there, "{seen} bytes were called complete, and {there} are there");
        if let Some(exact) = exact {
            assert_eq!(exact.max(seen), there, "what is called complete last is what is there");
        }
        runs += 1;
    }
    assert!(runs >= LEN / STALL, "{runs} runs");

    // One more run finds nothing to do.
    let (mut child, mut lines) = start(&url, &path);
    assert_eq!(count(&mut lines, usize::MAX).await, Some(LEN));
    assert!(child.wait().await.unwrap().success());
    assert!(std::fs::read(&path).unwrap() == source);
}

#[tokio::test]
async fn killed_it_goes_on_from_what_is_there() {
    interrupted_on_and_on(async |child, _| {
        child.kill().await.unwrap();
        None
    })
    .await;
}

#[tokio::test]
async fn interrupted_it_says_exactly_what_is_there() {
    interrupted_on_and_on(async |child, lines| {
        // It may have come to its end before.
        if let Some(id) = child.id() {
            kill_process(Pid::from_raw(id as i32).unwrap(), Signal::INT).ok();
        }
        let last = count(lines, usize::MAX).await;
        child.wait().await.unwrap();
        Some(last.unwrap_or(0))
    })
    .await;
}

/// The write is held in the middle, so nothing is left to chance.
#[test]
fn dropped_in_the_middle_of_a_write() {
    let (dir, source) = (tempfile::tempdir().unwrap(), Bytes::from(noise(LEN)));
    let path = dir.path().join("f");
    let pool = Stepped::new();
    let mut writer = Offload::with_pool(std::fs::File::create(&path).unwrap(), pool.clone());
    let progress = program::Progress::default();

    let mut dropped = Box::pin(program::receive(Full::new(source.clone()), &mut writer, &progress));
    assert!(block_on(poll_once(&mut dropped)).is_none());
    drop(dropped);
    let taken = writer.outstanding().expect("the write was submitted").len();
    assert!(0 < taken && taken < LEN);
    assert_eq!(progress.complete(), 0, "submitted is not complete");

    assert!(block_on(poll_once(program::settle(&mut writer, &progress))).is_none());
    assert_eq!((left_behind(&path, &source), progress.complete()), (0, 0));
    assert!(pool.step());
    block_on(program::settle(&mut writer, &progress)).unwrap();
    assert_eq!((left_behind(&path, &source), progress.complete()), (taken, taken as u64));

    let mut rest = Box::pin(program::receive(Full::new(source.slice(taken..)), &mut writer, &progress));
    while block_on(poll_once(&mut rest)).is_none() {
        assert_eq!(left_behind(&path, &source) as u64, progress.complete());
        assert!(pool.step());
    }
    drop(rest);
    assert_eq!((left_behind(&path, &source), progress.complete()), (LEN, LEN as u64));
}

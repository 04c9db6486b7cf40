//! Readers.

use super::*;

/// What cannot be written to at all.
#[derive(Debug)]
struct Source(Cursor<&'static [u8]>);

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Seek for Source {
    fn seek(&mut self, pos: io::SeekFrom) -> io::Result<u64> {
        self.0.seek(pos)
    }
}

#[test]
fn a_source_needs_no_promise_to_be_read() {
    let pool = Stepped::new();
    let mut reader =
        Offload::reader_with_pool(Source(Cursor::new(b"abcdef")), pool.clone()).policy(Policy::never_spin());
    assert_eq!(read_now(&mut reader, &pool, 2), b"ab");
    abandon(&mut reader, &pool, 3);
    assert_eq!(ready(read(&mut reader, 10)).unwrap(), b"cde");
    assert_eq!(read_now(&mut reader, &pool, 10), b"f");
    assert_eq!(read_now(&mut reader, &pool, 10), b"");
}

#[test]
fn over_the_pool_that_callers_get_by_default() {
    let mut reader = Offload::reader(Source(Cursor::new(b"abcdef")));
    block_on(async {
        let (mut all, mut rest) = (String::new(), String::new());
        reader.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "abcdef");
        assert_eq!(reader.seek(io::SeekFrom::Start(4)).await.unwrap(), 4);
        reader.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "ef");
        assert_eq!(reader.with_mut(|source| source.0.position()).await.unwrap(), 6);
        assert_eq!(reader.into_inner().await.unwrap().0.position(), 6);
    });
}

/// An `Offload<File>` is one type, whichever way it was made, and so it can be written to.
#[test]
fn a_write_lands_where_the_reads_ended_here_too() {
    let (destination, pool) = (Scripted::new().holding(b"abcdef"), Stepped::new());
    let observer = destination.observer();
    let mut file = Offload::reader_with_pool(destination, pool.clone()).policy(Policy::never_spin());
    abandon(&mut file, &pool, 4);
    assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
    write_now(&mut file, &pool, b"XY");
    assert_eq!(observer.bytes(), b"aXYdef");
}

/// Somebody else would go on reading behind them.
#[test]
fn a_source_does_not_come_out_over_fetched_bytes() {
    let pool = Stepped::new();
    let mut reader =
        Offload::reader_with_pool(Source(Cursor::new(b"abcdef")), pool.clone()).policy(Policy::never_spin());
    abandon(&mut reader, &pool, 4);
    assert_eq!(ready(read(&mut reader, 1)).unwrap(), b"a");
    let (error, mut reader) = steps::drive(&pool, reader.into_inner()).unwrap_err().into_parts();
    assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
    assert_eq!(ready(read(&mut reader, 4)).unwrap(), b"bcd");
    assert_eq!(steps::drive(&pool, reader.into_inner()).unwrap().0.position(), 4);
}

#[test]
fn lines_of_a_real_file() {
    let mut file = tempfile::tempfile().unwrap();
    for n in 0..1000 {
        writeln!(file, "line {n}").unwrap();
    }
    file.rewind().unwrap();
    block_on(async {
        let reader = Offload::reader_with_pool(file, Threads::new(1));
        let mut lines = futures_lite::AsyncBufReadExt::lines(futures_lite::io::BufReader::new(reader));
        let mut count = 0;
        while let Some(line) = futures_lite::StreamExt::next(&mut lines).await {
            assert_eq!(line.unwrap(), format!("line {count}"));
            count += 1;
        }
        assert_eq!(count, 1000);
    });
}

#[test]
fn open_reads_what_create_wrote() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    block_on(async {
        let mut writer = Offload::create(&path).await.unwrap();
        writer.write_all_complete(b"there").await.unwrap();
        let mut reader = Offload::open(&path).await.unwrap();
        let mut there = String::new();
        reader.read_to_string(&mut there).await.unwrap();
        assert_eq!(there, "there");
        assert!(reader.write_complete(b"x").await.is_err(), "opened for reading");
    });
}

//! Records that several writers append to one file, each with a descriptor of its own: a record is one `write(2)`, so
//! the system keeps them whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{IoSlice, Write},
    path::Path,
    thread,
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, Offload,
    adapter::{ToFuturesIo, ToTokio},
    offload::Policy,
};
use futures_lite::future::block_on;

use crate::common::random::XorShift;

/// How a record is written.
#[derive(Clone, Copy, Debug)]
enum Face {
    Std,
    Slice,
    NeverSpinning,
    Vectored,
    Bytes,
    FuturesIo,
    ToFuturesIo,
    Tokio,
    TokioFile,
}

use Face::*;

const FACES: [Face; 9] = [Std, Slice, NeverSpinning, Vectored, Bytes, FuturesIo, ToFuturesIo, Tokio, TokioFile];

fn append(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

/// Lengths round the sizes at which systems and files cut.
fn len_of(writer: u8, record: usize, most: usize) -> usize {
    const LENGTHS: [usize; 12] = [2, 7, 100, 511, 512, 513, 4095, 4096, 4097, 65_535, 65_537, 300_001];
    let choice = XorShift::new((record * 256 + usize::from(writer)) as u64).below(LENGTHS.len());
    LENGTHS[choice].min(most)
}

/// A line of one letter.
fn record(writer: u8, record: usize, most: usize) -> Vec<u8> {
    let mut bytes = vec![b'a' + writer; len_of(writer, record, most)];
    *bytes.last_mut().unwrap() = b'\n';
    bytes
}

/// Writes `records` one after the other; answers their counts.
fn write(face: Face, file: File, records: impl Iterator<Item = Vec<u8>>) -> Vec<usize> {
    block_on(async {
        let mut counts = Vec::new();
        match face {
            Std => {
                let mut file = file;
                counts.extend(records.map(|record| file.write(&record).unwrap()));
            }
            Slice | NeverSpinning => {
                let policy = if let Slice = face { Policy::default() } else { Policy::never_spin() };
                let mut writer = Offload::new(file).policy(policy);
                for record in records {
                    counts.push(writer.write_complete(&record).await.unwrap());
                }
            }
            Vectored => {
                let mut writer = Offload::new(file);
                for record in records {
                    let (a, b) = record.split_at(record.len() / 3);
                    let slices = [IoSlice::new(a), IoSlice::new(b""), IoSlice::new(b)];
                    counts.push(writer.write_vectored_complete(&slices).await.unwrap());
                }
            }
            Bytes => {
                let mut writer = Offload::new(file);
                for record in records {
                    counts.push(writer.write_bytes_complete(&record.into()).await.unwrap());
                }
            }
            FuturesIo => {
                let mut writer = Offload::new(file);
                for record in records {
                    counts.push(futures_lite::AsyncWriteExt::write(&mut writer, &record).await.unwrap());
                }
            }
            ToFuturesIo => {
                let mut writer = ToFuturesIo::new(Offload::new(file));
                for record in records {
                    counts.push(futures_lite::AsyncWriteExt::write(&mut writer, &record).await.unwrap());
                }
            }
            Tokio => {
                let mut writer = ToTokio::new(Offload::new(file));
                for record in records {
                    counts.push(tokio::io::AsyncWriteExt::write(&mut writer, &record).await.unwrap());
                }
            }
            TokioFile => {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let _context = runtime.enter();
                let mut file = async_write_complete::tokio::fs::File::from_std(file);
                for record in records {
                    counts.push(tokio::io::AsyncWriteExt::write(&mut file, &record).await.unwrap());
                }
            }
        }
        counts
    })
}

/// Takes `text` apart into records, and counts those of each writer.
fn whole_records(text: &[u8], writers: usize, most: usize) -> Vec<usize> {
    let mut counts = vec![0; writers];
    let mut rest = text;
    while let Some(first) = rest.first() {
        let at = text.len() - rest.len();
        let writer = first.wrapping_sub(b'a');
        let count = counts.get_mut(usize::from(writer)).unwrap_or_else(|| panic!("torn at {at}"));
        let expected = record(writer, *count, most);
        assert!(rest.starts_with(&expected), "at {at}: no record {count} of writer {writer}");
        rest = &rest[expected.len()..];
        *count += 1;
    }
    counts
}

/// Each writer appends `records` records of at most `most` bytes.
fn together(faces: &[Face], records: usize, most: usize) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    thread::scope(|scope| {
        for (writer, face) in (0..).zip(faces) {
            let path = &path;
            scope.spawn(move || {
                let counts = write(*face, append(path), (0..records).map(|n| record(writer, n, most)));
                for (n, count) in counts.into_iter().enumerate() {
                    assert_eq!(count, len_of(writer, n, most), "{face:?}: a short count for record {n}");
                }
            });
        }
    });
    let text = fs::read(&path).unwrap();
    assert_eq!(whole_records(&text, faces.len(), most), vec![records; faces.len()]);
}

#[test]
fn records_of_every_face_are_whole_and_in_order() {
    together(&FACES, 40, usize::MAX);
}

#[test]
fn small_records_in_quick_succession_are_whole_and_in_order() {
    together(&[Slice, NeverSpinning, Vectored, FuturesIo, Tokio, TokioFile], 600, 100);
}

#[test]
fn records_of_each_face_among_themselves_are_whole() {
    for face in FACES {
        together(&[face; 3], 30, 5000);
    }
}

/// Futures that are dropped after one poll, each settled after: what was submitted is there once, whole.
#[test]
fn records_whose_futures_are_dropped_are_whole_and_there_once() {
    const WRITERS: u8 = 4;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let path = &path;
            scope.spawn(move || {
                block_on(async {
                    let mut log = Offload::new(append(path));
                    for n in 0..50 {
                        let record = record(writer, n, 5000);
                        let completed = match futures_lite::future::poll_once(log.write_complete(&record)).await {
                            Some(count) => count.unwrap(),
                            None => log.settle().await.unwrap().expect("it was submitted").completed(),
                        };
                        assert_eq!(completed, record.len());
                    }
                });
            });
        }
    });
    assert_eq!(whole_records(&fs::read(&path).unwrap(), WRITERS.into(), 5000), [50; WRITERS as usize]);
}

/// Handles of one descriptor (`dup`), as a logger that is cloned has them.
#[test]
fn records_of_clones_of_one_descriptor_are_whole() {
    const WRITERS: u8 = 4;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let log = append(&path);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let log = log.try_clone().unwrap();
            scope.spawn(move || {
                let counts = write(Slice, log, (0..100).map(|n| record(writer, n, 10_000)));
                assert!(counts.into_iter().enumerate().all(|(n, count)| count == len_of(writer, n, 10_000)));
            });
        }
    });
    assert_eq!(whole_records(&fs::read(&path).unwrap(), WRITERS.into(), 10_000), [100; WRITERS as usize]);
}

/// An answered record is in the file before anything else is done with its writer.
#[test]
fn an_answered_record_is_there_though_others_append() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    thread::scope(|scope| {
        scope.spawn(|| write(Slice, append(&path), (0..200).map(|n| record(1, n, 600))));
        block_on(async {
            let mut log = Offload::new(append(&path));
            for n in 0..200 {
                log.write_all_complete(&record(0, n, 600)).await.unwrap();
                let text = fs::read(&path).unwrap();
                // A record that the other one is appending right now may be seen in part.
                let lines = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                assert_eq!(whole_records(&text[..lines], 2, 600)[0], n + 1);
            }
        });
    });
}

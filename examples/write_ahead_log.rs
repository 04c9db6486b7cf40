//! A tiny store that survives a kill: what was set is in the log before `set` answers, and is read back at the start.
//!
//! `cargo run --example write_ahead_log --all-features` starts itself as a child, kills that while it sets keys, opens
//! the store again, and finds every key that was answered for.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use async_write_complete::{Offload, commit::GroupCommit, fs::replace};
use futures_lite::future::block_on;

/// Keys and values of text. Any number of tasks set keys at once.
struct Store {
    log: GroupCommit<Offload<File>>,
    /// Each with the position behind it in the log of this process.
    values: Mutex<HashMap<String, (u64, String)>>,
}

impl Store {
    /// Reads the log up to a record that a kill has torn, writes that to a new file in its place, and goes on behind
    /// it.
    ///
    /// What was read may have been in the page cache alone, and after a failed sync for good. A new file is durable,
    /// with its name, before it is served.
    fn open(path: &Path) -> io::Result<Self> {
        let bytes = if path.try_exists()? { std::fs::read(path)? } else { Vec::new() };
        let (mut values, mut whole) = (HashMap::new(), 0);
        while let Some((key, value, len)) = decode(&bytes[whole..]) {
            values.insert(key, (0, value));
            whole += len;
        }
        block_on(replace(path, &bytes[..whole]))?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self { log: GroupCommit::new(Offload::new(file)), values: Mutex::new(values) })
    }

    /// Sets a key. It is durable when this answers, whatever happens then; many tasks share one sync.
    ///
    /// After an error nobody knows whether it is set, and the store takes nothing more: open it anew. Of two that set
    /// one key at once, the later one in the log counts, as it will at the next start.
    async fn set(&self, key: &str, value: &str) -> io::Result<()> {
        let at = self.log.append_durable(&encode(key, value)).await?.offset();
        let mut values = self.values.lock().expect("no panic");
        if values.get(key).is_none_or(|(before, _)| *before < at) {
            values.insert(key.to_owned(), (at, value.to_owned()));
        }
        Ok(())
    }

    fn get(&self, key: &str) -> Option<String> {
        self.values.lock().expect("no panic").get(key).map(|(_, value)| value.clone())
    }
}

/// A checksum, two lengths, the key, the value.
fn encode(key: &str, value: &str) -> Vec<u8> {
    let mut record = vec![0; 4];
    record.extend((key.len() as u32).to_le_bytes());
    record.extend((value.len() as u32).to_le_bytes());
    record.extend([key.as_bytes(), value.as_bytes()].concat());
    let sum = checksum(&record[4..]);
    record[..4].copy_from_slice(&sum.to_le_bytes());
    record
}

/// The first record, with its length; `None` if it is torn, or there is none.
fn decode(bytes: &[u8]) -> Option<(String, String, usize)> {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let key_end = 12 + number(4)? as usize;
    let end = key_end + number(8)? as usize;
    let (key, value) = (bytes.get(12..key_end)?, bytes.get(key_end..end)?);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    (checksum(&bytes[4..end]) == number(0)?).then_some((text(key)?, text(value)?, end))
}

/// FNV-1a: enough to tell a torn record from a whole one.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Sets keys from four threads until it is killed, and tells of each one.
fn set_for_ever(path: &Path) -> io::Result<()> {
    let store = Arc::new(Store::open(path)?);
    let threads = (0..4).map(|thread| {
        let store = store.clone();
        std::thread::spawn(move || {
            for n in 0.. {
                let key = format!("{thread}.{n}");
                block_on(store.set(&key, &format!("value of {key}"))).expect("the log takes it");
                println!("{key}");
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().expect("no panic"));
    Ok(())
}

fn main() -> io::Result<()> {
    if let Some(path) = std::env::args_os().nth(1) {
        return set_for_ever(Path::new(&path));
    }
    let path = tempfile::NamedTempFile::new()?.into_temp_path();
    let mut child = Command::new(std::env::current_exe()?).arg(&path).stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let answered: Vec<_> = lines.take(200).collect::<Result<_, _>>()?;
    child.kill()?;
    child.wait()?;
    let store = Store::open(&path)?;
    assert!(answered.iter().all(|key| store.get(key) == Some(format!("value of {key}"))));
    println!("killed; all {} keys that were answered for are there", answered.len());
    Ok(())
}

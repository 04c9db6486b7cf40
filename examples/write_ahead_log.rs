//! A tiny store that survives a kill: what was set is in the log before `set` answers, and is read back at the start.
//!
//! `cargo run --example write_ahead_log --all-features` starts itself as a child, kills that while it sets keys, opens
//! the store again, and finds every key that was answered for.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use async_write_complete::{Offload, commit::GroupCommit};
use futures_lite::future::block_on;

/// Keys and values of text. Any number of tasks set keys at once.
struct Store {
    log: GroupCommit<Offload<File>>,
    values: Mutex<HashMap<String, String>>,
}

impl Store {
    /// Reads the log, cuts off a record that a kill has torn, and goes on behind it.
    ///
    /// What was read may have been in the page cache alone, so it is synced before it is served; so is the file's name.
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (mut values, mut whole) = (HashMap::new(), 0);
        while let Some((key, value, len)) = decode(&bytes[whole..]) {
            values.insert(key, value);
            whole += len;
        }
        file.set_len(whole as u64)?;
        file.sync_all()?;
        #[cfg(unix)]
        File::open(path.canonicalize()?.parent().expect("a file is in a directory"))?.sync_all()?;
        Ok(Self { log: GroupCommit::new(Offload::new(file)), values: Mutex::new(values) })
    }

    /// Sets a key. It is durable when this answers, whatever happens then; many tasks share one sync.
    ///
    /// After an error nobody knows whether it is set, and the store takes nothing more. Do not open it again: that
    /// reads the page cache, and not what the medium has. Write the values to a new file.
    async fn set(&self, key: &str, value: &str) -> io::Result<()> {
        self.log.append_durable(&encode(key, value)).await?;
        self.values.lock().expect("no panic").insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn get(&self, key: &str) -> Option<String> {
        self.values.lock().expect("no panic").get(key).cloned()
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

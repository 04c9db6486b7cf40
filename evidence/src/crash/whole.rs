//! Records that are files of their own: who makes them, and what is left of them.
//!
//! On ext4, XFS and btrfs a sync of a new file brings its name along, so a directory that is not synced shows only
//! where a file is renamed: the control renames.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use async_write_complete::{AsyncWriteCompleteExt as _, Offload, fs::replace};

use super::{
    judge::{Damage, Finding, Report},
    record::{self, Id},
    report::Reporter,
};

/// How a file gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// `fs::replace` of one file, over and over.
    Replaced,
    /// `fs::replace` under a name that is new each time.
    Made,
    /// A new file, a sync of it and one of its directory: the program of `src/book/limits.md`.
    Created,
    /// As `fs::replace` of one file, without the sync of the directory.
    Renamed,
}

/// Makes files for ever. It returns an error only.
pub(super) async fn write(whole: Whole, path: &Path, reporter: Reporter) -> io::Result<()> {
    for number in 0.. {
        let id = Id { task: 0, number };
        let (record, new) = (id.record(), name(path, number));
        match whole {
            Whole::Replaced => replace(path, &record).await?,
            Whole::Made => replace(&new, &record).await?,
            Whole::Created => create(&new, &record).await?,
            Whole::Renamed => rename(path, &record)?,
        }
        reporter.answered(id, record.len() as u64);
    }
    Ok(())
}

async fn create(path: &Path, record: &[u8]) -> io::Result<()> {
    let mut file = Offload::create(path).await?;
    file.write_all_complete(record).await?;
    file.sync_all().await?;
    file.close_complete().await?;
    Offload::open(path.parent().ok_or(io::ErrorKind::InvalidInput)?).await?.sync_all().await
}

fn rename(path: &Path, record: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(record)?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

/// The name of the file of that number.
fn name(path: &Path, number: u32) -> PathBuf {
    path.with_extension(number.to_string())
}

/// Compares the files with the reports.
pub(super) fn look(whole: Whole, path: &Path, reports: &[Report]) -> io::Result<Finding> {
    match whole {
        Whole::Replaced | Whole::Renamed => replaced(path, reports),
        Whole::Made => each(path, reports, true),
        Whole::Created => each(path, reports, false),
    }
}

/// One file, which is whole and no older than what was reported last.
fn replaced(path: &Path, reports: &[Report]) -> io::Result<Finding> {
    let bytes = read(path)?;
    let mut damage = Damage::default();
    if let Some(last) = reports.iter().map(|report| report.id.number).max() {
        match bytes.as_deref().map(whole_record) {
            Some(Some(number)) if number >= last => {}
            // The file of the beginning is empty.
            Some(None) if bytes.is_some_and(|bytes| !bytes.is_empty()) => damage.torn = 1,
            _ => damage.lost = 1,
        }
    }
    Ok(Finding { damage, is_cut: false })
}

/// Each file that was reported, whole. If each is to be `whole`, also every other one that is there.
fn each(path: &Path, reports: &[Report], whole: bool) -> io::Result<Finding> {
    let mut finding = Finding { damage: Damage::default(), is_cut: false };
    let is_reported = |number| reports.iter().any(|report| report.id.number == number);
    // No more than one is on its way.
    let last = reports.iter().map(|report| report.id.number).max().map_or(0, |last| last + 1);
    for number in 0..=last {
        match read(&name(path, number))? {
            Some(bytes) if whole_record(&bytes) == Some(number) => {}
            Some(_) if whole || is_reported(number) => finding.damage.torn += 1,
            Some(_) => finding.is_cut = true,
            None if is_reported(number) => finding.damage.lost += 1,
            None => {}
        }
    }
    Ok(finding)
}

/// The number of the record that is all of these bytes.
fn whole_record(bytes: &[u8]) -> Option<u32> {
    let (id, len) = record::first(bytes)?;
    (len == bytes.len() && id.task == 0).then_some(id.number)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Damage = Damage { lost: 0, torn: 0, doubled: 0, misplaced: 0 };
    const LOST: Damage = Damage { lost: 1, ..CLEAN };
    const TORN: Damage = Damage { torn: 1, ..CLEAN };

    fn record(number: u32) -> Vec<u8> {
        Id { task: 0, number }.record()
    }

    fn reports(count: u32) -> Vec<Report> {
        (0..count).map(|number| Report { id: Id { task: 0, number }, end: None }).collect()
    }

    /// What is found where 0 to 4 were reported.
    fn found(whole: Whole, files: &[(Option<u32>, &[u8])]) -> Finding {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("records");
        for (number, bytes) in files {
            fs::write(number.map_or(path.clone(), |number| name(&path, number)), bytes).expect("a file");
        }
        look(whole, &path, &reports(5)).expect("a finding")
    }

    #[test]
    fn a_replaced_file_is_whole_and_no_older_than_reported() {
        let of = |bytes: &[u8]| found(Whole::Replaced, &[(None, bytes)]).damage;
        assert_eq!((of(&record(4)), of(&record(5))), (CLEAN, CLEAN));
        assert_eq!((of(&record(3)), of(b"")), (LOST, LOST));
        assert_eq!(found(Whole::Replaced, &[]).damage, LOST);
        let (whole, other) = (record(4), Id { task: 1, number: 4 }.record());
        let more = [whole.as_slice(), b"more"].concat();
        assert_eq!((of(&whole[1..]), of(&whole[..whole.len() - 1]), of(&more), of(&other)), (TORN, TORN, TORN, TORN));
    }

    #[test]
    fn each_new_file_is_looked_for() {
        let whole: Vec<Vec<u8>> = (0..6).map(record).collect();
        let all: Vec<(Option<u32>, &[u8])> = (0..).map(Some).zip(whole.iter().map(Vec::as_slice)).collect();
        for way in [Whole::Made, Whole::Created] {
            assert_eq!(found(way, &all).damage, CLEAN);
            assert_eq!(found(way, &all[..5]).damage, CLEAN, "the sixth was not reported");
            assert_eq!(found(way, &all[1..]).damage, LOST);
            let cut = [&[(Some(0), &whole[0][1..])], &all[1..]].concat();
            assert_eq!(found(way, &cut).damage, TORN);
            let another = [&[(Some(0), whole[1].as_slice())], &all[1..]].concat();
            assert_eq!(found(way, &another).damage, TORN);
        }
    }

    #[test]
    fn a_file_that_was_not_reported_may_be_half_there_where_it_has_its_name_from_the_beginning() {
        let whole: Vec<Vec<u8>> = (0..5).map(record).collect();
        let mut files: Vec<(Option<u32>, &[u8])> = (0..).map(Some).zip(whole.iter().map(Vec::as_slice)).collect();
        files.push((Some(5), b""));
        assert_eq!(found(Whole::Made, &files), Finding { damage: TORN, is_cut: false });
        assert_eq!(found(Whole::Created, &files), Finding { damage: CLEAN, is_cut: true });
    }
}

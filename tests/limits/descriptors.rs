//! A process that has as many descriptors as it may.

use super::*;

#[test]
fn an_open_fails_and_what_is_open_goes_on_and_closes() {
    passes("descriptors::child_without_a_descriptor", &path(), &[]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_without_a_descriptor() {
    const EMFILE: i32 = 24;

    let path = path_of_a_child();
    let mut file = block_on(Offload::create(&path)).unwrap();
    block_on(file.write_complete(b"before")).unwrap();
    let before = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(0), maximum: before.maximum }).unwrap();
    assert_eq!(block_on(Offload::open(&path)).unwrap_err().raw_os_error(), Some(EMFILE));
    assert_eq!(block_on(read(&path)).unwrap_err().raw_os_error(), Some(EMFILE));
    block_on(file.write_complete(b", at the limit")).unwrap();
    // The file keeps what it has.
    assert_eq!(block_on(replace(&path, b"anew")).unwrap_err().raw_os_error(), Some(EMFILE));
    block_on(file.close_complete()).unwrap();
    setrlimit(Resource::Nofile, before).unwrap();
    assert_eq!(block_on(read(&path)).unwrap(), b"before, at the limit");
    block_on(replace(&path, b"anew")).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"anew");
    io::stdout().flush().unwrap();
}

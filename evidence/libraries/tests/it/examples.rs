//! The examples assert what they show, so to run one is to test it.

#[path = "../../examples/compio_file.rs"]
mod compio_file;
#[path = "../../examples/file_and_socket.rs"]
mod file_and_socket;
#[path = "../../examples/object_log.rs"]
mod object_log;
#[path = "../../examples/tokio_uring_file.rs"]
mod tokio_uring_file;

macro_rules! run {
    ($($example:ident)*) => { $(
        #[test]
        fn $example() {
            self::$example::main().unwrap();
        }
    )* };
}

run! { compio_file file_and_socket object_log tokio_uring_file }

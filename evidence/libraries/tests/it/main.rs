//! Each module puts a library on top of a file of ours, or a runtime below our traits, and checks the bytes by other means.

mod buffered;
mod compression;
mod copies;
mod csv_records;
mod download;
mod framed;
mod parquet_file;
mod tar_archive;
mod tls;

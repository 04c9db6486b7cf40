//! The adapters from today's traits.

use async_write_complete::adapter::{FromFuturesIo, FromTokio};
use async_write_complete_conformance::{Carrier, Certify, certify};
use futures_util::io::BufWriter;

// Over a writer that takes nothing while it is held.
certify! { from_futures_io: Certify::over(FromFuturesIo::new).carried(Carrier::Polls).closes() }
certify! { from_tokio: Certify::over(FromTokio::new).carried(Carrier::Polls).closes() }

// Over one that takes bytes and needs the flush.
certify! { from_a_futures_io_buffer:
    Certify::over(|destination| FromFuturesIo::new(BufWriter::new(destination)))
        .carried(Carrier::Polls)
        .indirect()
        .closes()
}
certify! { from_a_tokio_buffer:
    Certify::over(|destination| FromTokio::new(tokio::io::BufWriter::new(destination)))
        .carried(Carrier::Polls)
        .indirect()
        .closes()
}

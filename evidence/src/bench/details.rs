//! What a run leaves beside the rows of its JSON.

use serde::{Deserialize, Serialize};

use super::row::Row;

/// The part of a row that the JSON has no place for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Details {
    pub(crate) situation: String,
    pub(crate) size: usize,
    pub(crate) subject: String,
    pub(super) threads: usize,
    pub(super) latencies: Vec<(f64, f64)>,
    pub(super) lateness_p99_ns: f64,
    pub(crate) heap: f64,
    pub(super) file_system: String,
}

impl Details {
    pub(super) fn of(row: &Row) -> Self {
        Details {
            situation: row.situation.clone(),
            size: row.size,
            subject: row.subject.clone(),
            threads: row.threads,
            latencies: row.latencies.clone(),
            lateness_p99_ns: row.lateness_p99_ns,
            heap: row.heap,
            file_system: row.file_system.clone(),
        }
    }
}

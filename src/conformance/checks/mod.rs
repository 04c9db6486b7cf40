//! The checks: one for each rule, each in a file of its own.
//!
//! A check judges its own rule and no other. Where a writer does something that another rule forbids, the case ends as
//! unclear, so that one fault is reported under one rule.

use super::judge::{Judge, Judged};
use crate::{contract::Rule, write::AsyncWriteComplete};

// The list of the macro `certify!`: a rule without a check does not compile, nor does a check without a rule.
crate::certify! { @each checks {} }

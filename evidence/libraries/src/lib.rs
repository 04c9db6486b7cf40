//! What the tests and examples share.

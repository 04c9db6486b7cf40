//! Each module puts a library on top of a file of ours, or a runtime below our traits, and checks the bytes by other means.

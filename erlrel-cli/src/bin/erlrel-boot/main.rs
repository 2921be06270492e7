//! The command `erlrel`.
fn main() {}

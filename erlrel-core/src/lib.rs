//! erlrel

pub mod beam;
pub mod deflate;
pub mod digest;
pub mod fs;
pub mod observer;
pub mod platform;
pub mod tree;

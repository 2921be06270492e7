//! erlrel

pub mod digest;
pub mod deflate;
pub mod fs;
pub mod observer;
pub mod platform;
pub mod vsn;

pub mod beam;
pub mod elf;
pub mod term;

pub mod application;
pub mod tree;

pub mod project;
pub mod otp;

pub mod release;

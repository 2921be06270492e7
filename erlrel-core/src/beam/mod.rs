//! BEAM files: the chunks of a compiled module.

mod chunks;
mod strip;

pub use chunks::{BeamError, imports};
pub use strip::strip;

//! erlrel

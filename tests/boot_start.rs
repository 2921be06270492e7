//! What `erlrel-boot` does around a release otherwise than the start script: hooks between two of its own processes, and
//! help. What both do alike is shown with the start script.

mod help;
mod hooks;

//! Images in real registries: Debian's docker-registry, as open as it is without configuration, behind a password, over
//! TLS, and with tokens.

mod bases;
mod memory;
mod progress;
mod pushed;
mod uploads;
mod ways_in;

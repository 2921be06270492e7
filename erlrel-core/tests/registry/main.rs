//! The registry client against a registry in memory that has the ways and faults of real ones.

#![expect(clippy::expect_used, reason = "a test ends where it cannot go on")]

mod faulty;
mod fixture;

mod combinations;
mod credentials;
mod destination;
mod pull;
mod push;
mod waiting;

//! `erlrel image --from`: images of releases that something else has assembled.

mod base;
mod mix;
mod refused;
mod relx;
mod small;

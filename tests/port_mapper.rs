//! `erlrel-boot` as epmd, compared with OTP's: the same requests, the same words, and nodes that find each other.

mod nodes;
mod requests;
mod running;
mod words;

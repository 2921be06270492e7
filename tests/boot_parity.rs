//! The program that starts a release in an image against relx's own start script: both start the same release, and what they
//! render, hand to the virtual machine and say is the same, but for the differences that are listed with their reasons.

mod answers;
mod arrived;
mod commands;
mod daemons;
mod differences;
mod ends;
mod files;
mod installed;
mod live;
mod rendering;
mod upgrades;

//! The program that starts a release in an image against relx's own start script: both start the same release, and what they
//! render, hand to the virtual machine and say is the same, but for the differences that are listed with their reasons.

mod arrived;
mod differences;
mod files;
mod installed;
mod rendering;

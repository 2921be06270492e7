//! Images of the samples in a real Docker daemon.

mod base;
mod console;
mod contents;
mod exit;
mod fit;
mod health;
mod hooks;
mod kill;
mod processes;
mod runtime_page;
mod service;
mod shell;
mod signals;
mod stop;

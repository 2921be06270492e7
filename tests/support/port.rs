//! Ports for servers and for the nodes' epmd.

use std::sync::atomic::{AtomicU16, Ordering};

/// A port that nobody listens on, that no other test gets, and below those that the kernel gives away.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other runs of the tests begin elsewhere.
    let start = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(COUNT)).expect("smaller");
    let mut ports = std::iter::repeat_with(|| FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT);
    ports.by_ref().take(usize::from(COUNT)).find(|port| is_free(*port)).expect("a free port")
}

fn is_free(port: u16) -> bool {
    let address = ("0.0.0.0", port);
    std::net::TcpListener::bind(address).is_ok() && std::net::UdpSocket::bind(address).is_ok()
}

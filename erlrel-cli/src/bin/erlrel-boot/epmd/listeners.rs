//! The sockets on which the port mapper waits for connections.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, ipproto, listen, socket_with, sockopt};

use crate::epmd::error::EpmdError;

/// As many connections as may wait to be taken; the kernel knows a bound of its own.
const WAITING: i32 = 4096;

/// One for each address.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) sockets: Vec<TcpListener>,
}

impl Listeners {
    /// Listens on these addresses, or on all if there are none; nothing, if somebody else listens there already. What a
    /// machine lacks – all of IPv6, a loopback address – is passed over.
    ///
    /// # Errors
    /// An address is not this machine's, this user may not listen there, or nothing is left to listen on.
    pub(super) fn open(port: u16, addresses: &[IpAddr]) -> Result<Option<Self>, EpmdError> {
        let all = [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()];
        let mut sockets = Vec::new();
        let mut missing = None;
        for ip in if addresses.is_empty() { &all } else { addresses } {
            let address = SocketAddr::new(*ip, port);
            match open(address) {
                Ok(socket) => sockets.push(socket),
                Err(Errno::ADDRINUSE) => return Ok(None),
                Err(errno) => {
                    let error = EpmdError::Listen { address, source: errno.into() };
                    if !may_be_missing(*ip, errno) {
                        return Err(error);
                    }
                    missing = Some(error);
                }
            }
        }
        match missing {
            Some(error) if sockets.is_empty() => Err(error),
            _ => Ok(Some(Self { sockets })),
        }
    }
}

fn may_be_missing(ip: IpAddr, errno: Errno) -> bool {
    match errno {
        Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT => true,
        Errno::ADDRNOTAVAIL => ip.is_loopback() || ip.is_unspecified(),
        _ => false,
    }
}

/// A socket that does not make anybody wait. One for IPv6 is for nothing else, so that both can be on one port.
fn open(address: SocketAddr) -> Result<TcpListener, Errno> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    // Connections of an earlier port mapper may be about to end still.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, WAITING)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::Listeners;
    use std::net::{IpAddr, TcpStream};

    fn addresses(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn the_second_one_on_a_port_gives_way_to_the_first() {
        let first = Listeners::open(0, &addresses(&["127.0.0.1"])).unwrap().unwrap();
        let port = first.sockets[0].local_addr().unwrap().port();
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert!(Listeners::open(port, &[]).unwrap().is_none());
        assert!(Listeners::open(port, &addresses(&["127.0.0.1", "127.0.0.2"])).unwrap().is_none());
        drop(first);
        assert!(Listeners::open(port, &[]).unwrap().is_some());
    }

    #[test]
    fn an_address_of_another_machine_is_named() {
        let error = Listeners::open(4000, &addresses(&["192.0.2.1"])).unwrap_err().to_string();
        assert!(error.starts_with("cannot listen on 192.0.2.1:4000: "), "{error}");
    }
}

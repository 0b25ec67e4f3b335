//! A connection's descriptor. It is Node's own: a duplicate would halve the number of connections that a process can
//! hold. Once Node has closed it, the system may give its number to another file, so we stop using it before that.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

/// A stream socket that Node opens and closes.
#[derive(Debug)]
pub(crate) struct Socket(BorrowedFd<'static>);

impl Socket {
    /// Borrows `fd`.
    ///
    /// # Safety
    /// `fd` is open, and whoever closes it drops what this returns before.
    pub(crate) unsafe fn borrow(fd: RawFd) -> Self {
        // SAFETY: it is open, as the caller says, for as long as it is used.
        Socket(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Reads what is there; 0 at the end.
    pub(crate) fn receive(&self, into: &mut [u8]) -> io::Result<usize> {
        // SAFETY: it is as long as it says, and bytes that were written may be written again.
        self.receive_raw(unsafe { &mut *(std::ptr::from_mut(into) as *mut [MaybeUninit<u8>]) })
    }

    /// Reads what is there behind `bytes`, up to `most` bytes, or as many as they have room for; 0 at the end.
    pub(crate) fn receive_behind(&self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let room = bytes.spare_capacity_mut();
        let most = room.len().min(most);
        let count = self.receive_raw(&mut room[..most])?;
        // SAFETY: the kernel has written that many bytes.
        unsafe { bytes.set_len(bytes.len() + count) };
        Ok(count)
    }

    fn receive_raw(&self, into: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        loop {
            // SAFETY: `into` is writable for its length.
            let count = unsafe {
                libc::recv(self.0.as_raw_fd(), into.as_mut_ptr().cast(), into.len(), libc::MSG_DONTWAIT)
            };
            match Self::counted(count) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Whether the peer has ended its side, with nothing left to read.
    pub(crate) fn is_at_end(&self) -> bool {
        let mut byte = 0_u8;
        let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
        // SAFETY: `byte` is writable for its length.
        unsafe { libc::recv(self.0.as_raw_fd(), (&raw mut byte).cast(), 1, flags) == 0 }
    }

    /// Writes what the kernel takes. If the peer is gone this is an error, never the signal SIGPIPE.
    pub(crate) fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            // SAFETY: `bytes` are readable for their length.
            let count = unsafe {
                let flags = libc::MSG_DONTWAIT | NO_SIGNAL;
                libc::send(self.0.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags)
            };
            match Self::counted(count) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Writes several parts in one call.
    pub(crate) fn send_parts(&self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        loop {
            // SAFETY: an all-zero msghdr is an empty one. `IoSlice` has the layout of iovec, the parts are readable
            // for their lengths, and the kernel does not write to what is sent.
            let count = unsafe {
                let mut message: libc::msghdr = std::mem::zeroed();
                message.msg_iov = parts.as_ptr().cast_mut().cast();
                message.msg_iovlen = parts.len() as _;
                libc::sendmsg(self.0.as_raw_fd(), &message, libc::MSG_DONTWAIT | NO_SIGNAL)
            };
            match Self::counted(count) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn counted(count: libc::ssize_t) -> io::Result<usize> {
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}

/// Whether the peer has ended its side of a socket, read or not, and how many bytes the system holds that the peer has not
/// acknowledged, as far as that is known.
pub(crate) fn peer_state(fd: RawFd) -> (bool, usize) {
    let mut one = libc::pollfd { fd, events: ENDED, revents: 0 };
    // SAFETY: `one` is one descriptor. The system refuses a number that names none.
    let count = unsafe { libc::poll(&raw mut one, 1, 0) };
    let ended = (ENDED & !libc::POLLIN) | libc::POLLHUP | libc::POLLERR;
    (count > 0 && one.revents & ended != 0, unacknowledged(fd))
}

/// Where no event says that one side has ended, a descriptor that is asked for what can be read is hung up then.
#[cfg(any(target_os = "linux", target_os = "android"))]
const ENDED: libc::c_short = libc::POLLRDHUP;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const ENDED: libc::c_short = libc::POLLIN;

/// Bytes that the peer has not acknowledged; 0 if that is not known.
fn unacknowledged(fd: RawFd) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: the call writes one integer, to `count`.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let known = unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut count) } == 0;
    #[cfg(target_vendor = "apple")]
    let known = {
        let mut size = size_of::<libc::c_int>() as libc::socklen_t;
        let (level, name) = (libc::SOL_SOCKET, libc::SO_NWRITE);
        // SAFETY: the call writes `size` bytes at most, which `count` has.
        unsafe { libc::getsockopt(fd, level, name, (&raw mut count).cast(), &raw mut size) == 0 }
    };
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    let known = fd < 0;
    if known { usize::try_from(count).unwrap_or(0) } else { 0 }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Where the flag does not exist (macOS), libuv has set `SO_NOSIGPIPE` on the socket.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
const NO_SIGNAL: libc::c_int = 0;

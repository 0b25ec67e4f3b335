//! The direct transport of one copy of the shim.

use super::shared::Shared;
use crate::protocol::Work;
use crate::transport::reactor::Reactor;
use napi::sys;
use std::ffi::c_void;

/// The direct transport of one copy of the shim.
pub(in crate::binding) struct Direct {
    pub(in crate::binding) reactor: Reactor,
    pub(in crate::binding) env: sys::napi_env,
    /// The shim keeps it and the scratch alive: the reference is weak.
    pub(in crate::binding) callback: sys::napi_ref,
    pub(in crate::binding) scratch: Shared,
    pub(in crate::binding) tie: *mut Tie,
    /// A chunk that had more rows than the shared memory holds: the next call into JavaScript brings the rest.
    pub(in crate::binding) unfinished: Option<Chunk>,
    /// Calls into JavaScript that have not returned: more than one when a handler runs the loop.
    pub(in crate::binding) depth: u32,
}

/// What the cleanup hook, and the handles that are closing, refer to.
pub(in crate::binding) struct Tie {
    /// The registry; null once the handles are closing.
    pub(in crate::binding) registry: *mut c_void,
    pub(in crate::binding) hook: sys::napi_async_cleanup_hook_handle,
    /// Handles that are not closed.
    pub(in crate::binding) open: u32,
}

/// The bytes that a read of a connection has brought: their range in the scratch, and the work that parsing them may
/// still do in this batch.
pub(in crate::binding) struct Chunk {
    pub(in crate::binding) slot: u32,
    pub(in crate::binding) at: usize,
    pub(in crate::binding) end: usize,
    pub(in crate::binding) work: Work,
}

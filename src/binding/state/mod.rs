//! What one copy of the shim owns on the native side: the registry, and everything that it holds.

pub(in crate::binding) mod codecs;
#[cfg(unix)]
pub(in crate::binding) mod direct;
pub(in crate::binding) mod jobs;
pub(in crate::binding) mod masks;
pub(in crate::binding) mod registry;
pub(in crate::binding) mod returning;
pub(in crate::binding) mod shared;
pub(in crate::binding) mod stack;
pub(in crate::binding) mod stages;
pub(in crate::binding) mod texts;
pub(in crate::binding) mod threads;

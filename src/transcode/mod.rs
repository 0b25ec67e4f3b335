//! UTF-8 on the wire, Latin-1 and UTF-16 in JavaScript's strings, and what leads from one to another.
//!
//! All of it is `simdutf`, the library that Node.js itself carries, with the feature of that name (which `node` brings).
//! Without it no C++ is compiled, and what the protocol needs, validation, is `simdutf8`.
//!
//! Every conversion checks what it reads, and none relies on what somebody else has found valid before: the bytes of a
//! chunk are also in the hands of JavaScript, and the conversions that trust their input are hardly faster, or slower. In
//! the two places where they are used, the text has been validated just before.

#[cfg(feature = "simdutf")]
mod decode;
#[cfg(feature = "simdutf")]
mod encode;

#[cfg(feature = "simdutf")]
pub use decode::{is_latin1, utf8_to_latin1, utf8_to_utf16};
#[cfg(feature = "simdutf")]
pub use encode::{append, append_ascii, append_large, write, write_ascii};

/// Whether `bytes` are UTF-8.
#[inline]
pub fn is_utf8(bytes: &[u8]) -> bool {
    #[cfg(feature = "simdutf")]
    return simdutf::validate_utf8(bytes);
    #[cfg(not(feature = "simdutf"))]
    return simdutf8::basic::from_utf8(bytes).is_ok();
}

#[cfg(all(test, feature = "simdutf"))]
mod tests;

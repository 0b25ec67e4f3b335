//! Values of JavaScript: reading and making them, arguments by name, and large Buffers and strings without a copy.

mod ascii;
pub(in crate::binding) mod external;
pub(in crate::binding) mod fields;
pub(in crate::binding) mod owned;
pub(in crate::binding) mod values;

//! Large strings of ASCII, which need not be fetched as UTF-16.

use super::values::{Args, check, reserve};
use napi::{Result, sys};
use std::ptr;

impl Args<'_> {
    /// Whether a string of `units` UTF-16 units is ASCII, by counting: only for engines that count fast.
    pub(in crate::binding) fn is_ascii(&self, index: usize, units: usize) -> Result<bool> {
        let value = self.value(index);
        let mut first = [0_u16; 1024];
        let (mut length, mut written) = (0, 0);
        // SAFETY: the value is an argument of the running call, and `first` has room for what is asked for. Without memory
        // only the length is told.
        unsafe {
            check(sys::napi_get_value_string_utf16(
                self.env(),
                value,
                first.as_mut_ptr(),
                first.len(),
                &mut written,
            ))?;
            if first.iter().any(|unit| *unit > 0x7F) {
                return Ok(false);
            }
            check(sys::napi_get_value_string_utf8(self.env(), value, ptr::null_mut(), 0, &mut length))?;
        }
        // Any other character takes more than one byte.
        Ok(length == units)
    }

    /// Appends a string of `units` units of ASCII to `out`: half as long as to fetch UTF-16 and to narrow it.
    pub(in crate::binding) fn append_ascii(
        &self,
        index: usize,
        units: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let (value, start, mut written) = (self.value(index), out.len(), 0);
        reserve(out, units + 1)?;
        // SAFETY: `out` has room for `units` bytes and the NUL that napi adds; all that is counted was written.
        unsafe {
            let target = out.as_mut_ptr().add(start).cast();
            check(sys::napi_get_value_string_latin1(self.env(), value, target, units + 1, &mut written))?;
            out.set_len(start + written.min(units));
        }
        Ok(())
    }

    /// Writes a string of ASCII to `target`, which has a byte more than it: how many bytes that are.
    pub(in crate::binding) fn write_ascii(&self, index: usize, target: &mut [u8]) -> Result<usize> {
        let (value, mut written) = (self.value(index), 0);
        // SAFETY: napi writes no more than `target` holds, the NUL that it adds included.
        check(unsafe {
            let start = target.as_mut_ptr().cast();
            sys::napi_get_value_string_latin1(self.env(), value, start, target.len(), &mut written)
        })?;
        Ok(written)
    }
}

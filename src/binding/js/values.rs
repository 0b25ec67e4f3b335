//! Reading and making JavaScript values, close to napi: the message path cannot afford references or copies.

use napi::{Error, Result, Status, sys};
use std::collections::TryReserveError;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;

/// The most arguments that any export reads.
pub(in crate::binding) const MAX_ARGUMENTS: usize = 14;

/// What an element of an array may be: written, listed and deleted.
const ELEMENT: sys::napi_property_attributes = sys::PropertyAttributes::writable
    | sys::PropertyAttributes::enumerable
    | sys::PropertyAttributes::configurable;

/// Memory on the stack for strings, most of which are short: one call reads these, where asking for the length first takes two.
const SHORT: usize = 256;

/// A string that does not fit is cut off in front of a character, which leaves at most so many bytes of the memory free.
const LONGEST_CHARACTER: usize = 4;

/// Turns a napi status into a result.
pub(in crate::binding) fn check(status: sys::napi_status) -> Result<()> {
    if status == sys::Status::napi_ok { Ok(()) } else { Err(Error::from_status(Status::from(status))) }
}

/// The status of an error after which a connection cannot send any more; its code in JavaScript is `NOT_SENT`.
pub(in crate::binding) const NOT_SENT: Status = Status::Cancelled;

/// The status of an error for want of memory; its code in JavaScript is Node's own.
pub(in crate::binding) const NO_MEMORY: Status = Status::QueueFull;

/// The status of an error for a panic; its code in JavaScript is that of the WebAssembly engine for the same.
pub(in crate::binding) const PANICKED: Status = Status::Unknown;

/// Reserves room for `more` elements in `vector`. A refused allocation is an error, which the caller of `send` gets as
/// an exception.
#[inline]
pub(in crate::binding) fn reserve<T>(vector: &mut Vec<T>, more: usize) -> Result<()> {
    vector.try_reserve(more).map_err(no_memory)
}

/// The error that the caller of `send` gets when there is no memory.
#[cold]
pub(in crate::binding) fn no_memory(_: TryReserveError) -> Error {
    Error::new(NO_MEMORY, "Out of memory")
}

/// The code of an error in JavaScript, if it has one.
fn code_of(error: &Error) -> Option<&'static CStr> {
    match error.status {
        NOT_SENT => Some(c"NOT_SENT"),
        NO_MEMORY => Some(c"ERR_MEMORY_ALLOCATION_FAILED"),
        PANICKED => Some(c"ERR_FAYE_WEBSOCKET_STOPPED"),
        _ => None,
    }
}

/// `error` as an object of `env`: a `TypeError` for an invalid argument, an `Error` otherwise; null, which JavaScript gets as
/// `undefined`, where none can be made.
pub(in crate::binding) fn object_of(env: sys::napi_env, error: &Error) -> sys::napi_value {
    let text = error.reason.replace('\0', "\\0");
    let (mut message, mut code, mut object) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let named = code_of(error).unwrap_or_default();
    // SAFETY: `env` is the running one, and each text is valid for its length. A call that fails leaves its null.
    unsafe {
        sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut message);
        if !named.is_empty() {
            sys::napi_create_string_utf8(env, named.as_ptr(), named.count_bytes() as isize, &mut code);
        }
        if error.status == Status::InvalidArg {
            sys::napi_create_type_error(env, code, message, &mut object);
        } else {
            sys::napi_create_error(env, code, message, &mut object);
        }
    }
    object
}

/// Throws `error` in `env`: a `TypeError` for an invalid argument, an `Error` otherwise.
pub(in crate::binding) fn throw(env: sys::napi_env, error: &Error) {
    let text = error.reason.replace('\0', "\\0") + "\0";
    // SAFETY: `env` is the running one and `text` ends with a NUL. If throwing fails there is an exception
    // pending already, which is as good.
    unsafe {
        if error.status == Status::InvalidArg {
            sys::napi_throw_type_error(env, ptr::null(), text.as_ptr().cast());
        } else {
            let code = code_of(error).map_or(ptr::null(), CStr::as_ptr);
            sys::napi_throw_error(env, code, text.as_ptr().cast());
        }
    }
}

/// A caller's fault becomes a `TypeError`.
pub(in crate::binding) fn invalid(error: impl std::fmt::Display) -> Error {
    Error::new(Status::InvalidArg, error.to_string())
}

/// The arguments of one call.
pub(in crate::binding) struct Args<'a> {
    env: sys::napi_env,
    values: &'a [sys::napi_value; MAX_ARGUMENTS],
}

impl<'a> Args<'a> {
    pub(in crate::binding) fn new(env: sys::napi_env, values: &'a [sys::napi_value; MAX_ARGUMENTS]) -> Self {
        Args { env, values }
    }

    /// A small non-negative number.
    pub(in crate::binding) fn u32(&self, index: usize) -> Result<u32> {
        let mut result = 0;
        // SAFETY: the value is an argument of the running call.
        check(unsafe { sys::napi_get_value_uint32(self.env, self.values[index], &mut result) })?;
        Ok(result)
    }

    /// A small non-negative number, or nothing. The type is asked for, since Deno reads any other value as 0.
    pub(in crate::binding) fn optional_u32(&self, index: usize) -> Result<Option<u32>> {
        if self.kind(index)? == sys::ValueType::napi_number { self.u32(index).map(Some) } else { Ok(None) }
    }

    /// The memory of a Buffer, or nothing. The type is asked for, since Node 18 aborts on the memory of any other value.
    pub(in crate::binding) fn optional_bytes(&self, index: usize) -> Result<Option<&'a mut [u8]>> {
        if self.kind(index)? == sys::ValueType::napi_object { self.bytes(index).map(Some) } else { Ok(None) }
    }

    /// What an argument is.
    fn kind(&self, index: usize) -> Result<sys::napi_valuetype> {
        self.kind_of(self.values[index])
    }

    /// What a value of the running call is.
    pub(in crate::binding) fn kind_of(&self, value: sys::napi_value) -> Result<sys::napi_valuetype> {
        let mut kind = 0;
        // SAFETY: `value` is a value of the running call.
        check(unsafe { sys::napi_typeof(self.env, value, &mut kind) })?;
        Ok(kind)
    }

    /// Any number.
    pub(in crate::binding) fn f64(&self, index: usize) -> Result<f64> {
        self.float_of(self.values[index])
    }

    /// Any number, of a value of the running call.
    pub(in crate::binding) fn float_of(&self, value: sys::napi_value) -> Result<f64> {
        let mut result = 0.0;
        // SAFETY: as in `kind_of`.
        check(unsafe { sys::napi_get_value_double(self.env, value, &mut result) })?;
        Ok(result)
    }

    /// The memory of a Buffer or Uint8Array, for the length of the call. On Node 18 anything else ends the process.
    ///
    /// The shim passes distinct memory for distinct arguments, none of it shared with a registry's rows or slab.
    pub(in crate::binding) fn bytes(&self, index: usize) -> Result<&'a mut [u8]> {
        let (mut data, mut length) = (ptr::null_mut(), 0);
        // SAFETY: as in `u32`.
        check(unsafe { sys::napi_get_buffer_info(self.env, self.values[index], &mut data, &mut length) })?;
        if length == 0 {
            return Ok(&mut []);
        }
        // SAFETY: napi vouches for `length` bytes at `data`. They cannot move or go while we run, as no
        // JavaScript runs meanwhile, and nobody else refers to them (see above).
        Ok(unsafe { slice::from_raw_parts_mut(data.cast(), length) })
    }

    /// A weak reference to an argument, which is an object.
    pub(in crate::binding) fn weak(&self, index: usize) -> Result<sys::napi_ref> {
        let mut reference = ptr::null_mut();
        // SAFETY: as in `u32`.
        check(unsafe { sys::napi_create_reference(self.env, self.values[index], 0, &mut reference) })?;
        Ok(reference)
    }

    /// An argument as it is.
    pub(in crate::binding) fn value(&self, index: usize) -> sys::napi_value {
        self.values[index]
    }

    /// The environment of the call.
    pub(in crate::binding) fn env(&self) -> sys::napi_env {
        self.env
    }

    /// Copies a string of `length` UTF-16 units into `out`, replacing what was there.
    pub(in crate::binding) fn read_utf16(
        &self,
        index: usize,
        length: usize,
        out: &mut Vec<u16>,
    ) -> Result<()> {
        out.clear();
        reserve(out, length + 1)?;
        let mut written = 0;
        // SAFETY: `out` has room for `length` units and the NUL that napi adds; all that is counted was written.
        unsafe {
            check(sys::napi_get_value_string_utf16(
                self.env,
                self.values[index],
                out.as_mut_ptr(),
                length + 1,
                &mut written,
            ))?;
            out.set_len(written.min(length));
        }
        Ok(())
    }

    /// A string, or `None` for anything else.
    pub(in crate::binding) fn string(&self, index: usize) -> Result<Option<String>> {
        read_string(self.env, self.values[index])
    }

    /// The same of a value of the running call.
    pub(in crate::binding) fn string_of(&self, value: sys::napi_value) -> Result<Option<String>> {
        read_string(self.env, value)
    }

    /// The strings of an array, a value of the running call; `None` for anything else.
    pub(in crate::binding) fn strings_of(&self, array: sys::napi_value) -> Result<Option<Vec<String>>> {
        let (mut is_array, mut length) = (false, 0);
        // SAFETY: as in `kind_of`.
        unsafe {
            check(sys::napi_is_array(self.env, array, &mut is_array))?;
            if !is_array {
                return Ok(None);
            }
            check(sys::napi_get_array_length(self.env, array, &mut length))?;
        }
        let mut strings = Vec::with_capacity(length as usize);
        for i in 0..length {
            let mut element = ptr::null_mut();
            // SAFETY: as in `kind_of`; the shim passes plain arrays, so that no getter runs.
            check(unsafe { sys::napi_get_element(self.env, array, i, &mut element) })?;
            let Some(string) = read_string(self.env, element)? else { return Ok(None) };
            strings.push(string);
        }
        Ok(Some(strings))
    }

    /// A number that fits a signed 32-bit integer.
    #[inline]
    pub(in crate::binding) fn number(&self, number: i32) -> Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is the running one.
        check(unsafe { sys::napi_create_int32(self.env, number, &mut value) })?;
        Ok(value)
    }

    /// Any number.
    pub(in crate::binding) fn float(&self, number: f64) -> Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: as in `number`.
        check(unsafe { sys::napi_create_double(self.env, number, &mut value) })?;
        Ok(value)
    }

    /// `undefined`, which is also what an export returns that has nothing to say.
    pub(in crate::binding) fn undefined(&self) -> sys::napi_value {
        ptr::null_mut()
    }

    /// A string of one byte a character.
    pub(in crate::binding) fn latin1(&self, bytes: &[u8]) -> Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: `bytes` is readable for its length.
        check(unsafe {
            sys::napi_create_string_latin1(self.env, bytes.as_ptr().cast(), bytes.len() as isize, &mut value)
        })?;
        Ok(value)
    }

    /// A string of UTF-16 units.
    pub(in crate::binding) fn utf16(&self, units: &[u16]) -> Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: `units` is readable for its length.
        check(unsafe {
            sys::napi_create_string_utf16(self.env, units.as_ptr(), units.len() as isize, &mut value)
        })?;
        Ok(value)
    }

    /// A string.
    pub(in crate::binding) fn text(&self, text: &str) -> Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: `text` is readable for its length.
        check(unsafe {
            sys::napi_create_string_utf8(self.env, text.as_ptr().cast(), text.len() as isize, &mut value)
        })?;
        Ok(value)
    }

    /// A Buffer with a copy of `bytes`.
    pub(in crate::binding) fn copy(&self, bytes: &[u8]) -> Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: `bytes` is readable for its length; nothing is written to the copy from here.
        check(unsafe {
            sys::napi_create_buffer_copy(
                self.env,
                bytes.len(),
                bytes.as_ptr().cast(),
                ptr::null_mut(),
                &mut value,
            )
        })?;
        Ok(value)
    }

    /// An array of values. They are defined and not set: a setter that somebody has put on the prototype of arrays would be
    /// called, and could call exports while this one has the registry.
    pub(in crate::binding) fn array(&self, values: &[sys::napi_value]) -> Result<sys::napi_value> {
        let mut array = ptr::null_mut();
        let mut elements = Vec::with_capacity(values.len());
        for (i, &value) in values.iter().enumerate().filter(|(_, value)| !value.is_null()) {
            elements.push(sys::napi_property_descriptor {
                utf8name: ptr::null(),
                name: self.latin1(i.to_string().as_bytes())?,
                method: None,
                getter: None,
                setter: None,
                value,
                attributes: ELEMENT,
                data: ptr::null_mut(),
            });
        }
        // SAFETY: all values were made by this call, and the descriptors are read before it returns.
        unsafe {
            check(sys::napi_create_array_with_length(self.env, values.len(), &mut array))?;
            check(sys::napi_define_properties(self.env, array, elements.len(), elements.as_ptr()))?;
        }
        Ok(array)
    }

    /// Sets an element that an array of the shim's has already. That costs a tenth of making an array, and as the element is the
    /// array's own, no setter of a prototype is called.
    pub(in crate::binding) fn set(
        &self,
        array: sys::napi_value,
        index: u32,
        value: sys::napi_value,
    ) -> Result<()> {
        // SAFETY: both are values of the running call.
        check(unsafe { sys::napi_set_element(self.env, array, index, value) })
    }
}

/// Reads `value` if it is a string.
fn read_string(env: sys::napi_env, value: sys::napi_value) -> Result<Option<String>> {
    let mut short = [MaybeUninit::<u8>::uninit(); SHORT];
    let mut length = 0;
    // SAFETY: `value` is a value of the running call. napi writes what fits and a NUL, and says how much that was.
    let status =
        unsafe { sys::napi_get_value_string_utf8(env, value, short.as_mut_ptr().cast(), SHORT, &mut length) };
    if status == sys::Status::napi_string_expected {
        return Ok(None);
    }
    check(status)?;
    if length + LONGEST_CHARACTER < SHORT {
        // SAFETY: napi has written so many.
        let bytes = unsafe { slice::from_raw_parts(short.as_ptr().cast::<u8>(), length) };
        return Ok(Some(String::from_utf8_lossy(bytes).into_owned()));
    }
    // SAFETY: without memory napi only counts, then writes what it counted and a NUL.
    let bytes = unsafe {
        check(sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &mut length))?;
        let mut bytes = vec![0u8; length + 1];
        check(sys::napi_get_value_string_utf8(
            env,
            value,
            bytes.as_mut_ptr().cast(),
            length + 1,
            &mut length,
        ))?;
        bytes.truncate(length);
        bytes
    };
    // napi writes valid UTF-8 only, so nothing is lost here.
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

//! The argument of a call that takes names: one object with all of its fields, read into a struct of Rust's.
//!
//! Calls that happen once a connection take their arguments this way (`lib/native/index.d.ts`); those that happen once a
//! message stay positional, since each name costs a look-up. `accept` is called by names, which JavaScript spreads to
//! positions (`lib/native/by_names.js`), since a server may be asked for thousands of connections a second. A field of the
//! wrong type is a `TypeError` that names the call and the field. JavaScript passes object literals that spell out every
//! name, so that no getter runs and nothing is found on a prototype.

use super::values::{Args, check, invalid};
use napi::{Result, sys};
use std::cell::Cell;
use std::ffi::CStr;
use std::ptr;

/// Where the value of a field is found.
enum Place {
    /// Under its name in this object.
    Named(sys::napi_value),
    /// At this argument, behind those of the fields that were asked for before it.
    Next(Cell<usize>),
}

/// The fields of one object.
pub(in crate::binding) struct Fields<'a> {
    args: &'a Args<'a>,
    place: Place,
    /// Whose fields they are, for errors.
    owner: &'static str,
}

impl<'a> Fields<'a> {
    /// The object at argument `index`.
    pub(in crate::binding) fn of(args: &'a Args<'a>, index: usize, owner: &'static str) -> Result<Self> {
        let object = args.value(index);
        if args.kind_of(object)? == sys::ValueType::napi_object {
            Ok(Fields { args, place: Place::Named(object), owner })
        } else {
            Err(invalid(format!("{owner} takes an object")))
        }
    }

    /// The fields that are the arguments themselves, in the order in which they are asked for.
    pub(in crate::binding) fn in_order(args: &'a Args<'a>, owner: &'static str) -> Self {
        Fields { args, place: Place::Next(Cell::new(0)), owner }
    }

    /// The object of a field, or `None` for one that is undefined. `owner` stands in errors for the whole of it.
    pub(in crate::binding) fn fields(&self, name: &CStr, owner: &'static str) -> Result<Option<Self>> {
        let object = self.value(name)?;
        match self.args.kind_of(object)? {
            sys::ValueType::napi_undefined => Ok(None),
            sys::ValueType::napi_object => {
                Ok(Some(Fields { args: self.args, place: Place::Named(object), owner }))
            }
            _ => Err(self.mistyped(name, "an object")),
        }
    }

    /// A number.
    pub(in crate::binding) fn number(&self, name: &CStr) -> Result<f64> {
        self.optional_number(name)?.ok_or_else(|| self.mistyped(name, "a number"))
    }

    /// A number, or `None` for one that is undefined.
    pub(in crate::binding) fn optional_number(&self, name: &CStr) -> Result<Option<f64>> {
        let value = self.value(name)?;
        match self.args.kind_of(value)? {
            sys::ValueType::napi_undefined => Ok(None),
            sys::ValueType::napi_number => self.args.float_of(value).map(Some),
            _ => Err(self.mistyped(name, "a number")),
        }
    }

    /// A boolean.
    pub(in crate::binding) fn flag(&self, name: &CStr) -> Result<bool> {
        let (value, mut flag) = (self.value(name)?, false);
        if self.args.kind_of(value)? != sys::ValueType::napi_boolean {
            return Err(self.mistyped(name, "a boolean"));
        }
        // SAFETY: `value` is a value of the running call.
        check(unsafe { sys::napi_get_value_bool(self.args.env(), value, &mut flag) })?;
        Ok(flag)
    }

    /// A string.
    pub(in crate::binding) fn text(&self, name: &CStr) -> Result<String> {
        self.optional_text(name)?.ok_or_else(|| self.mistyped(name, "a string"))
    }

    /// A string, or `None` for one that is undefined.
    pub(in crate::binding) fn optional_text(&self, name: &CStr) -> Result<Option<String>> {
        let value = self.value(name)?;
        match self.args.string_of(value)? {
            None if self.args.kind_of(value)? != sys::ValueType::napi_undefined => {
                Err(self.mistyped(name, "a string"))
            }
            text => Ok(text),
        }
    }

    /// An array of strings; no strings for one that is undefined.
    pub(in crate::binding) fn texts(&self, name: &CStr) -> Result<Vec<String>> {
        let value = self.value(name)?;
        if self.args.kind_of(value)? == sys::ValueType::napi_undefined {
            return Ok(Vec::new());
        }
        self.args.strings_of(value)?.ok_or_else(|| self.mistyped(name, "an array of strings"))
    }

    fn value(&self, name: &CStr) -> Result<sys::napi_value> {
        let object = match &self.place {
            Place::Named(object) => *object,
            Place::Next(next) => return Ok(self.args.value(next.replace(next.get() + 1))),
        };
        let mut value = ptr::null_mut();
        // SAFETY: the object is one of the running call, and the name ends with a NUL. No JavaScript runs (see above).
        check(unsafe { sys::napi_get_named_property(self.args.env(), object, name.as_ptr(), &mut value) })?;
        Ok(value)
    }

    #[cold]
    fn mistyped(&self, name: &CStr, expected: &str) -> napi::Error {
        invalid(format!("{}: {} must be {expected}", self.owner, name.to_string_lossy()))
    }
}

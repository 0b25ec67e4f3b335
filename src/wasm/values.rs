//! Arguments and results of the calls that are not made for every message: a flat form of JavaScript's values
//! (`lib/wasm/values.js`).
//!
//! Each value is a byte that says what it is, and then: nothing; a number as eight bytes; or a length as four bytes, all
//! little-endian, with so many bytes or values behind it.

use super::memory;
use super::state::state;

const UNDEFINED: u8 = 0;
const NUMBER: u8 = 1;
const TEXT: u8 = 2;
const BYTES: u8 = 3;
const LIST: u8 = 4;
const TYPE_ERROR: u8 = 5;
const ERROR: u8 = 6;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Undefined,
    Number(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
}

/// Why a call throws.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// The caller's arguments.
    Type(String),
    Other(String),
}

/// A caller's fault.
pub(super) fn invalid(error: impl std::fmt::Display) -> Fault {
    Fault::Type(error.to_string())
}

/// A fault that is not the caller's.
pub(super) fn failed(error: impl std::fmt::Display) -> Fault {
    Fault::Other(error.to_string())
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Number(f64::from(number))
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Value::Number(f64::from(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Number(f64::from(u8::from(flag)))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Undefined, Into::into)
    }
}

/// The arguments of one call; one that is missing is undefined.
pub(super) struct Args(Vec<Value>);

impl Args {
    /// Any number; 0 for anything else.
    pub(super) fn number(&self, index: usize) -> f64 {
        if let Some(Value::Number(number)) = self.0.get(index) { *number } else { 0.0 }
    }

    /// A whole number. A float converts by saturation.
    pub(super) fn u32(&self, index: usize) -> u32 {
        self.number(index) as u32
    }

    /// A whole number, or nothing.
    pub(super) fn optional_u32(&self, index: usize) -> Option<u32> {
        matches!(self.0.get(index), Some(Value::Number(_))).then(|| self.u32(index))
    }

    /// A string, or nothing.
    pub(super) fn text(&self, index: usize) -> Option<&str> {
        if let Some(Value::Text(text)) = self.0.get(index) { Some(text) } else { None }
    }

    /// The strings of a list, or nothing.
    pub(super) fn texts(&self, index: usize) -> Result<Option<Vec<String>>, Fault> {
        let Some(Value::List(values)) = self.0.get(index) else { return Ok(None) };
        let text = |value: &Value| match value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(invalid("An array of strings is expected")),
        };
        values.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// The numbers of a list, or nothing.
    pub(super) fn numbers(&self, index: usize) -> Option<Vec<f64>> {
        let Some(Value::List(values)) = self.0.get(index) else { return None };
        let number = |value: &Value| if let Value::Number(number) = value { *number } else { f64::NAN };
        Some(values.iter().map(number).collect())
    }
}

/// Calls `body` with the arguments that stand in the first `length` bytes of the area. The address of what it
/// returned, as a value, with its length in the head.
pub(super) fn call(length: u32, body: impl FnOnce(&Args) -> Result<Value, Fault>) -> *const u8 {
    let mut bytes = state().area.get(..length as usize).unwrap_or_default();
    let args = match read(&mut bytes) {
        Some(Value::List(values)) => Args(values),
        _ => Args(Vec::new()),
    };
    let mut out = Vec::new();
    match body(&args) {
        Ok(value) => write(&value, &mut out),
        Err(Fault::Type(text)) => write_bytes(TYPE_ERROR, text.as_bytes(), &mut out),
        Err(Fault::Other(text)) => write_bytes(ERROR, text.as_bytes(), &mut out),
    }
    state().put(out)
}

/// Reads a value from the front of `bytes`; nothing if that is not one.
fn read(bytes: &mut &[u8]) -> Option<Value> {
    let (kind, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(match *kind {
        UNDEFINED => Value::Undefined,
        NUMBER => Value::Number(f64::from_le_bytes(*part(bytes)?)),
        TEXT => Value::Text(String::from_utf8_lossy(counted(bytes)?).into_owned()),
        BYTES => Value::Bytes(counted(bytes)?.to_vec()),
        LIST => {
            let count = u32::from_le_bytes(*part(bytes)?);
            Value::List((0..count).map_while(|_| read(bytes)).collect())
        }
        _ => return None,
    })
}

fn counted<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(*part(bytes)?);
    let (front, rest) = bytes.split_at_checked(length as usize)?;
    *bytes = rest;
    Some(front)
}

fn part<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (front, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(front)
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Undefined => out.push(UNDEFINED),
        Value::Number(number) => {
            out.push(NUMBER);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Text(text) => write_bytes(TEXT, text.as_bytes(), out),
        Value::Bytes(bytes) => write_bytes(BYTES, bytes, out),
        Value::List(values) => {
            out.push(LIST);
            out.extend_from_slice(&(values.len() as u32).to_le_bytes());
            values.iter().for_each(|value| write(value, out));
        }
    }
}

fn write_bytes(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// `last_words()`: what a panic said; the address, with the length in the head.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "last_words"))]
pub(super) extern "C" fn last_words() -> *const u8 {
    state().put(memory::take_last_words().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_as_it_was_written() {
        let value = Value::List(vec![
            Value::Undefined,
            Value::Number(-1.5),
            "漢é".into(),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![true.into(), None::<u32>.into(), Some(7).into()]),
        ]);
        let mut bytes = Vec::new();
        write(&value, &mut bytes);
        assert_eq!(read(&mut bytes.as_slice()), Some(value));
        for cut in 0..bytes.len() {
            // What is cut short is another value or none, and never more than there is.
            let _ = read(&mut &bytes[..cut]);
        }
    }

    #[test]
    fn arguments_that_are_missing_are_undefined() {
        let args = Args(vec![3.into(), "text".into(), Value::List(vec!["a".into()])]);
        assert_eq!((args.u32(0), args.optional_u32(0), args.text(0)), (3, Some(3), None));
        assert_eq!((args.u32(1), args.optional_u32(1), args.text(1)), (0, None, Some("text")));
        assert_eq!(args.texts(2), Ok(Some(vec!["a".to_owned()])));
        assert_eq!((args.texts(3), args.numbers(3)), (Ok(None), None));
    }
}

//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 section 9.1), read and written.
//!
//! [`parse`] takes time linear in the header's length and allocates in proportion to it. It reads what the npm
//! package `websocket-extensions` reads and as that does: a value that looks like a decimal number is a number,
//! quoted or not; a key that occurs again collects its values in a list; every backslash of a quoted string is
//! dropped. Writing is [`Offer`]'s `Display`, and [`serialize`] for a list.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

/// One element of the header's list: an extension by name, with the parameters that the peer gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The registered token of the extension, in the peer's own case.
    pub name: String,
    /// The parameters in order of their first appearance; no name occurs twice.
    pub params: Vec<Param>,
}

/// A parameter of an [`Offer`].
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The parameter's token.
    pub name: String,
    /// Its values in order: at least one, and more than one where the parameter was repeated.
    pub values: Vec<Value>,
}

/// The value of a [`Param`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The parameter stood alone, without `=`.
    Flag,
    /// A decimal number: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`. Too large for a double, it is infinite.
    Number(f64),
    /// Any other token or quoted string, unescaped.
    Text(String),
}

/// A header that does not follow the grammar; it holds the header's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidHeader(pub String);

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid Sec-WebSocket-Extensions header: {}", self.0)
    }
}

impl std::error::Error for InvalidHeader {}

/// Parses the value of a `Sec-WebSocket-Extensions` header; the empty string holds no offers.
///
/// Blanks may surround `,`, `;` and `=` but neither begin nor end the header, since HTTP strips them there.
pub fn parse(header: &str) -> Result<Vec<Offer>, InvalidHeader> {
    let mut offers = Vec::new();
    if header.is_empty() {
        return Ok(offers);
    }
    let mut reader = Reader { rest: header };
    loop {
        let Some(offer) = reader.offer() else { return Err(InvalidHeader(header.to_owned())) };
        offers.push(offer);
        if reader.rest.is_empty() {
            return Ok(offers);
        }
        if !reader.separator(b',') {
            return Err(InvalidHeader(header.to_owned()));
        }
    }
}

/// Writes offers (or a server's answers) as one header value.
pub fn serialize(offers: &[Offer]) -> String {
    offers.iter().map(Offer::to_string).collect::<Vec<_>>().join(", ")
}

/// What remains to be read. The methods consume what they recognise, and nothing if they answer no.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn offer(&mut self) -> Option<Offer> {
        let name = self.token()?.to_owned();
        let mut params: Vec<Param> = Vec::new();
        let mut places: HashMap<&'a str, usize> = HashMap::new();
        while self.separator(b';') {
            let key = self.token()?;
            let value = if self.separator(b'=') { self.value()? } else { Value::Flag };
            match places.entry(key) {
                Entry::Occupied(place) => params.get_mut(*place.get())?.values.push(value),
                Entry::Vacant(place) => {
                    place.insert(params.len());
                    params.push(Param { name: key.to_owned(), values: vec![value] });
                }
            }
        }
        Some(Offer { name, params })
    }

    /// `token` of RFC 2616 section 2.2.
    fn token(&mut self) -> Option<&'a str> {
        let length = self.rest.bytes().take_while(|byte| is_token(*byte)).count();
        let (token, rest) = self.rest.split_at_checked(length)?;
        if token.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(token)
    }

    /// One of the separators with the blanks around it.
    fn separator(&mut self, wanted: u8) -> bool {
        let Some(after) = skip_blanks(self.rest).strip_prefix(char::from(wanted)) else { return false };
        self.rest = skip_blanks(after);
        true
    }

    fn value(&mut self) -> Option<Value> {
        if !self.rest.starts_with('"') {
            return self.token().map(|token| Value::from_text(token.to_owned()));
        }
        self.quoted_string().map(Value::from_text)
    }

    /// `quoted-string` of RFC 2616 section 2.2, unescaped. The reference removes every backslash, so that an
    /// escaped backslash leaves nothing; RFC 6455 allows no backslash in a value anyway.
    fn quoted_string(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest.strip_prefix('"')?.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    '\\' => {}
                    escaped if escaped.is_ascii() => text.push(escaped),
                    _ => return None,
                },
                control if control.is_ascii_control() && control != '\t' => return None,
                plain => text.push(plain),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }
}

impl Value {
    fn from_text(text: String) -> Value {
        match is_number(&text).then(|| text.parse()) {
            Some(Ok(number)) => Value::Number(number),
            _ => Value::Text(text),
        }
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `LWS` of RFC 2616 section 2.2: blanks, and line breaks where a blank follows.
fn skip_blanks(text: &str) -> &str {
    const BLANKS: [char; 2] = [' ', '\t'];
    let mut rest = text.trim_start_matches(BLANKS);
    while let Some(folded) = rest.strip_prefix("\r\n").filter(|folded| folded.starts_with(BLANKS)) {
        rest = folded.trim_start_matches(BLANKS);
    }
    rest
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for param in &self.params {
            for value in &param.values {
                write!(f, "; {}", param.name)?;
                match value {
                    Value::Flag => {}
                    Value::Number(number) => write_number(f, *number)?,
                    Value::Text(text) => write_text(f, text)?,
                }
            }
        }
        Ok(())
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if !text.is_empty() && text.bytes().all(is_token) {
        return write!(f, "={text}");
    }
    f.write_str("=\"")?;
    for char in text.chars() {
        if matches!(char, '"' | '\\') || (char.is_ascii_control() && char != '\t') {
            f.write_str("\\")?;
        }
        write!(f, "{char}")?;
    }
    f.write_str("\"")
}

/// As ECMAScript writes a number (ECMA-262, Number::toString), since these end up in error texts: an exponent
/// from 1e21 up and below 1e-6, no sign on zero.
fn write_number(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    let size = number.abs();
    if size.is_infinite() {
        return f.write_str(if number > 0.0 { "=Infinity" } else { "=-Infinity" });
    }
    if size == 0.0 {
        return f.write_str("=0");
    }
    if size >= 1e21 {
        return write!(f, "={}", format!("{number:e}").replace('e', "e+"));
    }
    if size < 1e-6 { write!(f, "={number:e}") } else { write!(f, "={number}") }
}

#[cfg(test)]
mod tests;

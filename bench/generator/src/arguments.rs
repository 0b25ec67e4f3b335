//! The command line: a command word, then `--name value` pairs and `--flags`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::Outcome;

/// Arguments after the command word.
pub(crate) struct Arguments(HashMap<String, String>);

impl Arguments {
    /// Reads `--name value` pairs; a name followed by another name, or by nothing, is a flag.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut found = HashMap::new();
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or_else(|| format!("unexpected argument {word}"))?;
            let value = words.next_if(|next| !next.starts_with("--")).unwrap_or_default();
            found.insert(name.to_owned(), value);
        }
        Ok(Self(found))
    }

    /// Whether a flag was given.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text of an argument, or a default.
    pub(crate) fn text<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.0.get(name).map_or(default, String::as_str)
    }

    /// A number that must be given.
    pub(crate) fn number(&self, name: &str) -> Outcome<usize> {
        let text = self.0.get(name).ok_or_else(|| format!("--{name} NUMBER is missing"))?;
        text.parse().map_err(|_| format!("--{name} {text}: not a number").into())
    }

    /// A duration in milliseconds that must be given.
    pub(crate) fn millis(&self, name: &str) -> Outcome<Duration> {
        Ok(Duration::from_millis(self.number(name)? as u64))
    }

    /// The server's address: loopback, at `--port`.
    pub(crate) fn address(&self) -> Outcome<SocketAddr> {
        let port = u16::try_from(self.number("port")?)?;
        Ok(SocketAddr::from(([127, 0, 0, 1], port)))
    }
}

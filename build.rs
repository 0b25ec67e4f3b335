//! Link arguments that a Node.js addon needs; nothing for the core alone.

fn main() {
    if std::env::var_os("CARGO_FEATURE_NODE").is_some() {
        napi_build::setup();
    }
}

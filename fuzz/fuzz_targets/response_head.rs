#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| faye_websocket_native_fuzz::response_head::run(data));

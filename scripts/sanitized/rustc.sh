#!/bin/sh
# Cargo's RUSTC_WORKSPACE_WRAPPER: has the compiler instrument this package's library, and nothing else, so that all other
# crates serve as they were compiled before. A stable compiler has to be asked for it.
case " $* " in
*" --crate-name faye_websocket_native "*) RUSTC_BOOTSTRAP=1 exec "$@" -Zsanitizer=address ;;
*) exec "$@" ;;
esac

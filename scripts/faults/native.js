'use strict';

/** Faults in the binding and the direct transport, in Rust. */

const { fault } = require('./edit');

const REGISTRY = 'src/binding/registry.rs';
const DIRECT = 'src/binding/direct.rs';
const TURN = 'src/binding/turn.rs';
const SEND = 'src/binding/send.rs';
const OPEN = 'src/binding/open.rs';
const CONNECT = 'src/binding/connect.rs';
const RECEIVE = 'src/binding/receive.rs';
const MASKS = 'src/binding/masks.rs';
const FINISHED = 'src/binding/finished.rs';
const DRAFTS = 'src/binding/drafts.rs';
const REACTOR = 'src/transport/reactor.rs';
const OUTBOX = 'src/transport/outbox.rs';

const MASK = 'if session.masks() { Some(self.masks.next()?) } else { None }';

module.exports = [
  fault(
    'a slot is used again under the same number',
    ['native_slots'],
    [
      REGISTRY,
      'slot.generation = (generation + 1) % GENERATIONS;',
      'slot.generation = generation % GENERATIONS;'
    ]
  ),
  fault('a client sends without masks', ['client_handshake'], [REGISTRY, MASK, 'None; let _ = &self.masks']),
  fault(
    'a client masks every frame with the same key',
    ['parity: client-life: masks each frame'],
    [
      MASKS,
      'if let Some(key) = self.block.pop() {\n            return Ok(key);',
      'if let Some(key) = self.block.last() {\n            return Ok(*key);'
    ]
  ),
  fault(
    'a server masks',
    ['parity: server-api: sends strings as text'],
    [REGISTRY, MASK, 'Some(self.masks.next()?)']
  ),
  fault(
    'the subprotocol that was agreed on is not told to the owner',
    ['parity: server-protocols: picks the only one'],
    [OPEN, 'args.text(protocol.unwrap_or_default())?,', 'args.text("")?,']
  ),
  fault(
    'own headers of a server are not sent',
    ['parity: own headers'],
    [OPEN, '&Response { headers: &headers, protocol,', '&Response { headers: &Headers::default(), protocol,']
  ),
  fault(
    'the nonce of a client is always the same',
    ['parity: asks with a new key'],
    [CONNECT, 'masks::random(&mut nonce)?;', 'masks::random(&mut [0; 16])?;\n        nonce[0] = 1;']
  ),
  fault(
    'headers for the proxy reach the server',
    ['parity: client-proxy: keeps headers', 'parity: client-proxy: sends headers', 'client_readme'],
    [CONNECT, 'let headers = headers(args, 8)?;', 'let headers = headers(args, 2)?;']
  ),
  fault(
    'text in Latin-1 is read as UTF-16',
    ['parity: server-frames: receives text of two', 'server_flow'],
    [RECEIVE, 'if mem::is_utf8_latin1(bytes) {', 'if mem::is_utf8_latin1(bytes) || bytes.len() > 8 {']
  ),
  fault(
    'a panic ends more than its connection',
    ['native_slots'],
    [
      RECEIVE,
      'if i32::try_from(chunk.len()).is_err() {',
      'if at as usize > chunk.len() { panic!() }\n        if chunk.is_empty() {'
    ]
  ),
  fault(
    'text whose length is longer in bytes has a wrong header (stream)',
    ['server_stream: server_send', 'server_stream: server_flow'],
    [
      SEND,
      'slab.copy_within(guess..guess + length, size);',
      'slab.copy_within(guess..guess + length, guess);'
    ]
  ),
  fault(
    'text whose length is longer in bytes has a wrong header (direct)',
    ['server_send', 'server_flow'],
    [DIRECT, 'out.copy_within(start + size..start + size + length, start + header.len(length));', '']
  ),
  fault(
    'a text that grows beyond its memory is cut',
    ['server_stream: server_send'],
    [SEND, '-((needed + MAX_HEADER) as i32)', '-((needed / 2) as i32)']
  ),
  fault(
    'what could not be sent is lost when a socket is given back',
    ['server_owner'],
    [DIRECT, 'if keep {', 'if keep && false {']
  ),
  fault(
    'what waits for a socket is not counted',
    ['server_flow'],
    [DIRECT, '.map_or(0, |one| one.pending());', '.map_or(0, |one| one.pending() & 1);']
  ),
  fault(
    'pause lets the rest of what has come through',
    ['server_flow', 'parity: paused'],
    [DIRECT, '1 => Pause::Now,', '1 => Pause::No,']
  ),
  fault(
    'pause outside of a handler lets nothing more through',
    ['parity: paused'],
    [DIRECT, '_ => Pause::AfterNext,', '_ => Pause::Now,']
  ),
  fault(
    'a payload of more than a packet is sent without its header',
    ['server_send'],
    [
      DIRECT,
      'Ok(reactor.flush_with(slot, &bytes[..size], payload))',
      'Ok(reactor.flush_with(slot, &bytes[..size - size], payload))'
    ]
  ),
  fault(
    'the end of the peer is forgotten',
    ['parity: server-close', 'server_owner'],
    [TURN, '                            rows.push(Kind::End, 0, 0, 0);\n', '']
  ),
  fault(
    'a reset of the peer is forgotten',
    ['server_owner', 'parity: reset'],
    [TURN, 'rows.push(Kind::ReadFailed, 0, 0, number);', 'let _ = number;']
  ),
  fault(
    'the rest of a packet with more messages than rows is lost',
    ['server_throws', 'server_flow'],
    [TURN, '*unfinished = Some((slot, reached, end));\n', '']
  ),
  fault(
    'what stands behind a large compressed message is lost',
    ['extensions_large'],
    [TURN, 'rows.push(Kind::Rest, reached as i32, end - reached, 0);', '']
  ),
  fault(
    'rows of others are lost when a handler throws',
    ['server_throws'],
    [TURN, '            argument = -1;\n', '            break;\n']
  ),
  fault(
    'an exception of a handler is swallowed',
    ['server_throws'],
    [TURN, 'if sys::napi_fatal_exception(env, error) != sys::Status::napi_ok {', 'if error.is_null() {']
  ),
  fault(
    'answers wait for the next turn that has something to send',
    ['server_flow', 'server_send'],
    [
      TURN,
      '            direct.reactor.flush_all();\n        }\n    }\n    // SAFETY: as above.\n',
      '            let _ = direct;\n        }\n    }\n    // SAFETY: as above.\n'
    ],
    [
      TURN,
      'if let Some(direct) = &mut (*uv::data(handle).cast::<Registry>()).direct {\n            direct.reactor.flush_all();',
      'if let Some(direct) = &mut (*uv::data(handle).cast::<Registry>()).direct {\n            let _ = direct;'
    ]
  ),
  fault(
    'a connection that read all of a full buffer is not read again',
    ['server_flow', 'threats_memory'],
    [
      REACTOR,
      'self.readable = *count == into.len() || self.hung_up || self.urgent;',
      'self.readable = false;'
    ]
  ),
  fault(
    'the end of a peer that said something before is not read',
    ['parity: server-close', 'server_owner', 'threats_random'],
    [
      REACTOR,
      'self.readable = *count == into.len() || self.hung_up || self.urgent;',
      'self.readable = *count == into.len();'
    ]
  ),
  fault(
    'a paused connection is read',
    ['server_flow', 'parity: paused'],
    [REACTOR, 'let held_up = self.pause == Pause::Now || self.backed_up;', 'let held_up = self.backed_up;']
  ),
  fault(
    'a connection that is backed up is read on',
    ['server_flow: is read no further'],
    [
      REACTOR,
      'let held_up = self.pause == Pause::Now || self.backed_up;',
      'let held_up = self.pause == Pause::Now;'
    ]
  ),
  fault(
    'a connection never counts as backed up',
    ['server_flow'],
    [REACTOR, 'self.backed_up |= self.outbox.len() >= HIGH_WATER;', '']
  ),
  fault(
    'a connection that was backed up is not told that it has drained',
    ['server_flow'],
    [
      REACTOR,
      'std::mem::take(&mut self.backed_up).then_some(Outcome::Drained)',
      '{ self.backed_up = false; None }'
    ]
  ),
  fault(
    'a write that fails is forgotten',
    ['server_owner'],
    [REACTOR, 'Some(Outcome::Failed(error.raw_os_error().unwrap_or(libc::EIO)))', 'let _ = error; None']
  ),
  fault(
    'a socket that has room again is not written to',
    ['server_flow'],
    [
      REACTOR,
      '!connection.outbox.is_empty() && waits {\n                    self.flush(slot);',
      '!connection.outbox.is_empty() && waits {\n                    self.connection(slot);'
    ]
  ),
  fault(
    'a connection leaves its place in the list of those with something to send',
    ['server_flow', 'server_send'],
    [REACTOR, '                connection.dirty = false;\n', '']
  ),
  fault(
    'direct connections do not keep the process alive',
    ['server_exit', 'server_owner'],
    [REACTOR, 'handles.keep_alive(self.alive > 0);', 'handles.keep_alive(false);']
  ),
  fault(
    'direct connections keep the process alive for ever',
    ['server_owner', 'server_exit'],
    [REACTOR, '(true, false) => self.alive -= 1,', '(true, false) => {}']
  ),
  fault(
    'a busy connection starves the others',
    ['direct_wakeups'],
    [REACTOR, 'self.ready.push_back(slot);', 'self.ready.push_front(slot);']
  ),
  fault(
    'the part of a large payload that the kernel does not take is lost',
    ['server_flow'],
    [OUTBOX, '                    self.bytes.extend_from_slice(body);\n', '']
  ),
  fault(
    'a part of what waits is sent twice',
    ['server_flow'],
    [OUTBOX, 'Ok(count) => self.sent += count,', 'Ok(count) => self.sent += count - (count & 1),']
  ),
  fault(
    'what was sent in part is given back whole',
    ['server_owner'],
    [OUTBOX, '        bytes.drain(..self.sent);\n', '']
  ),
  fault(
    'a large message never ends its job',
    ['extensions_large'],
    [
      FINISHED,
      'cells.extend([id, kind, length, extra]);',
      'if length < 0 { cells.extend([id, kind, length, extra]); }'
    ]
  ),
  fault(
    'a session that lent its codec does not get it back',
    ['extensions_large', 'deflate_interop'],
    [FINISHED, 'session.give_deflate(deflate);', 'drop(deflate);']
  ),
  fault(
    'the goodbye of a draft is not sent',
    ['server_drafts'],
    [
      DRAFTS,
      'let bytes = self.session.as_mut()?.close()?;',
      'let bytes = self.session.as_mut()?.close()?;\n        let bytes = &bytes[..0];'
    ]
  ),
  fault(
    'a message of a draft over maxLength is accepted',
    ['server_drafts'],
    [
      DRAFTS,
      'HixieSession::accept(draft, &fields, &headers, max_length as u64, &mut head)',
      'HixieSession::accept(draft, &fields, &headers, u64::MAX.min(max_length as u64 + (1 << 40)), &mut head)'
    ]
  )
];

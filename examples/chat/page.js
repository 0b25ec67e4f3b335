(function () {
  'use strict';

  const base = location.origin.replace(/^http/, 'ws');
  const find = (id) => document.getElementById(id);

  /** Adds a line to a log and keeps the last two hundred. Text only: nothing said here is markup. */
  function print(log, text) {
    const line = document.createElement('li');
    line.textContent = text;
    log.append(line);
    if (log.children.length > 200) log.firstElementChild.remove();
    log.parentElement.scrollTop = log.scrollHeight;
  }

  /**
   * Opens a WebSocket, and opens it again a while after it was lost.
   *
   * @param {string} path
   * @param {HTMLOutputElement} state shows whether it is open
   * @param {function} onmessage
   * @param {function} [onopen]
   * @returns {{send: function}} `send` is false when there is no connection
   */
  function connect(path, state, onmessage, onopen) {
    let socket;
    function open() {
      socket = new WebSocket(base + path);
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => {
        state.value = 'open';
        if (onopen) onopen();
      };
      socket.onmessage = (event) => onmessage(event.data);
      socket.onclose = (event) => {
        state.value = `closed (${event.code}), trying again`;
        setTimeout(open, 1000 + 2000 * Math.random());
      };
    }
    open();
    return {
      send(data) {
        if (socket.readyState !== WebSocket.OPEN) return false;
        socket.send(data);
        return true;
      }
    };
  }

  /** For the strip, which is a script of its own. */
  window.page = { connect, find };

  // Chat

  /** What was said while there was no connection. */
  const unsaid = [];
  const chat = connect('/chat', find('chat-state'), (data) => print(find('chat-log'), data), say);

  find('chat-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = find('chat-text');
    unsaid.push(`${find('chat-name').value}: ${text.value}`);
    text.value = '';
    say();
    text.focus();
  });

  /** Sends what was said, and tells what has to wait. */
  function say() {
    while (unsaid.length > 0 && chat.send(unsaid[0])) unsaid.shift();
    const count = unsaid.length;
    find('chat-waiting').value =
      count === 0
        ? ''
        : `Offline: ${count === 1 ? '1 message waits' : `${count} messages wait`} and will be sent.`;
  }

  // Echo: replies come in the order of the messages, so the first one sent is the first one back.

  const sent = [];
  const echo = connect('/echo', find('echo-state'), (data) => {
    const { what, expected, begun } = sent.shift();
    const verdict = isEqual(expected, data) ? 'came back unchanged' : 'CAME BACK CHANGED';
    print(find('echo-log'), `${what} ${verdict} in ${(performance.now() - begun).toFixed(1)} ms`);
  });

  function sendEcho(what, data) {
    const message = { what, expected: data, begun: performance.now() };
    if (echo.send(data)) sent.push(message);
    else sent.length = 0;
  }

  function isEqual(a, b) {
    if (typeof a === 'string') return a === b;
    if (!(b instanceof ArrayBuffer) || b.byteLength !== a.byteLength) return false;
    const received = new Uint8Array(b);
    return a.every((byte, i) => byte === received[i]);
  }

  function randomBytes(length) {
    const bytes = new Uint8Array(length);
    // The browser gives at most 65,536 random bytes at a time.
    for (let i = 0; i < length; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
    return bytes;
  }

  find('echo-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = find('echo-text').value;
    sendEcho(`“${text}”`, text);
  });
  find('echo-binary').addEventListener('click', () => sendEcho('256 bytes', randomBytes(256)));
  find('echo-large').addEventListener('click', () => sendEcho('1 MiB', randomBytes(1 << 20)));

  // Feed

  const feed = new EventSource('/feed');
  const state = find('feed-state');
  feed.onopen = () => (state.value = 'open');
  feed.onerror = () => (state.value = feed.readyState === EventSource.CLOSED ? 'closed' : 'trying again');
  feed.addEventListener('people', (event) => {
    print(find('feed-log'), `${event.data} in the chat (event ${event.lastEventId})`);
  });
  feed.addEventListener('said', (event) => {
    print(find('feed-log'), `${event.data} (event ${event.lastEventId})`);
  });
})();

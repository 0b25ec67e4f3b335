(function () {
  'use strict';

  /**
   * The live strip: figures of the server with small charts, a flood of messages, and a crowd of connections.
   */

  const { connect, find } = window.page;
  const MESSAGES = 100000;
  /** Seconds that a chart shows. */
  const SECONDS = 60;
  /** Bytes that may wait in the browser before the flood pauses. */
  const ENOUGH = 1 << 20;

  const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
  const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

  const size = (bytes) =>
    bytes >= 1 << 20 ? `${fine.format(bytes / 2 ** 20)} MiB` : `${fine.format(bytes / 1024)} KiB`;
  const time = (milliseconds) => (milliseconds === null ? '–' : `${fine.format(milliseconds)} ms`);

  /** What stands in the strip: a label, the text of a line of figures, and what of it is drawn. */
  const TILES = [
    ['Connections', (f) => whole.format(f.connections), (f) => f.connections],
    ['Messages a second', (f) => short.format(f.messages), (f) => f.messages],
    ['Bytes a second', (f) => `${size(f.bytes)}`, (f) => f.bytes],
    ['Ping, p50', (f) => time(f.p50), (f) => f.p50],
    ['Ping, p99', (f) => time(f.p99), (f) => f.p99],
    ['Memory of the process', (f) => size(f.memory), (f) => f.memory],
    ['Growth a connection', (f) => (f.perConnection === null ? 'open 1,000 to see' : size(f.perConnection))],
    ['Compressed to', (f) => (f.ratio === null ? '–' : `${whole.format(f.ratio * 100)} %`), (f) => f.ratio],
    ['Transport, engine', (f) => `${f.transport}, ${f.engine}`]
  ];

  const tiles = TILES.map(([label, text, value]) => {
    const tile = document.createElement('div');
    const name = document.createElement('dt');
    const figure = document.createElement('dd');
    name.textContent = label;
    figure.textContent = '–';
    tile.append(name, figure);
    find('tiles').append(tile);
    return { text, figure, chart: value ? createChart(tile, value) : null };
  });

  /** A line of the last minute below a figure. The figure says the same in words, so it is hidden from readers. */
  function createChart(tile, value) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    svg.setAttribute('viewBox', `0 0 ${SECONDS - 1} 20`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    svg.append(line);
    tile.append(svg);
    const values = [];
    return (figures) => {
      values.push(value(figures) || 0);
      if (values.length > SECONDS) values.shift();
      const most = Math.max(...values) || 1;
      const points = values.map(
        (v, i) => `${SECONDS - values.length + i},${(19 - (v / most) * 18).toFixed(2)}`
      );
      line.setAttribute('points', points.join(' '));
    };
  }

  let opened = false;
  const live = connect('/live', find('live-state'), (data) => {
    const figures = JSON.parse(data);
    for (const { text, figure, chart } of tiles) {
      figure.textContent = text(figures);
      if (chart) chart(figures);
    }
    showCrowd(figures);
  });

  // Crowd

  find('crowd').addEventListener('click', () => {
    opened = !opened;
    const sent = live.send(opened ? 'open' : 'close');
    if (!sent) opened = !opened;
    find('crowd').textContent = opened ? 'Close them' : 'Open 1,000 connections';
    find('crowd-result').value = sent ? (opened ? 'Opening …' : 'Closing …') : 'There is no connection now.';
  });

  function showCrowd({ crowd, perConnection }) {
    find('crowd-progress').value = crowd;
    if (crowd === 1000 && perConnection !== null)
      find('crowd-result').value =
        `1,000 are open; the process grew by ${size(perConnection)} for each, with both of its ends.`;
    else if (opened) find('crowd-result').value = `${whole.format(crowd)} are open.`;
    else if (crowd === 0 && find('crowd-result').value === 'Closing …')
      find('crowd-result').value = 'All are closed.';
  }

  // Flood

  const button = find('flood');
  button.addEventListener('click', () => {
    button.disabled = true;
    find('flood-result').value = 'Sending …';
    flood(MESSAGES, (count) => (find('flood-progress').value = count)).then(
      (seconds) => {
        const rate = whole.format(MESSAGES / seconds);
        find('flood-result').value =
          `100,000 there and back in ${fine.format(seconds)} s: ${rate} messages a second.`;
        button.disabled = false;
      },
      () => {
        find('flood-result').value = 'The connection was lost.';
        button.disabled = false;
      }
    );
  });

  /** Sends `count` messages to the echo and waits for all of them; the seconds that it took. */
  function flood(count, onProgress) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/echo`);
      const message = 'x'.repeat(64);
      let begun = 0;
      let sent = 0;
      let came = 0;
      const { port1, port2 } = new MessageChannel();
      function send() {
        for (let i = 0; i < 1000 && sent < count && socket.bufferedAmount < ENOUGH; i++, sent++)
          socket.send(message);
        // A message to oneself comes after what has arrived meanwhile, and sooner than a timer.
        if (sent < count && socket.readyState === WebSocket.OPEN) port2.postMessage(null);
      }
      port1.onmessage = send;
      socket.onopen = () => {
        begun = performance.now();
        send();
      };
      socket.onmessage = () => {
        came += 1;
        if (came % 1000 === 0) onProgress(came);
        if (came < count) return;
        resolve((performance.now() - begun) / 1000);
        socket.close();
      };
      socket.onclose = () => {
        port1.close();
        reject(new Error('closed'));
      };
    });
  }
})();

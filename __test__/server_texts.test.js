'use strict';

// Texts in many scripts and of many lengths come back as they were sent: on both transports, over TLS, compressed, and
// from client and server alike. Half of a surrogate pair becomes U+FFFD, wherever it stands.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { serve } = require('../testing/peers/server');

const SCRIPTS = {
  English: 'The last bus waits for whoever has lost a glove. ',
  'English with one curly quote': `${'trains that wait for buses '.repeat(40)}it’s ${'buses that wait for trains '.repeat(40)}`,
  French: 'Près du kiosque, une élève révise sa leçon où il fait déjà très doux. ',
  German: 'Die Müllerin prüft die große Brücke und grüßt schließlich die Kühe. ',
  Turkish: 'Yaşlı saatçi dükkânını güneş doğmadan açar, ığıl ığıl su akar. ',
  Vietnamese: 'Bà cụ bán phở kể chuyện ngày xưa cho lũ trẻ trên dòng nước lững lờ. ',
  Polish: 'Źródło tryskało spod głazu, choć mgła była gęsta jak żółte powidła. ',
  Russian: 'Рыжий кот вздохнул, отряхнулся и важно пошёл встречать зиму. ',
  Greek: 'Το καράβι αργούσε πάντα, κι η γιαγιά μετρούσε τα αστέρια. ',
  Arabic: 'صاحب المكتبة الصغيرة يرتب الكتب القديمة على الرفوف ',
  Hebrew: 'הזקנים צחקו ופינו לה כיסא ליד לוח השחמט ',
  Hindi: 'डाकिया पुल पर रुककर सबके नाम पढ़ता और मुस्कुराता है। ',
  Thai: 'คุณตาสอนให้หลานพายเรืออย่างระมัดระวังริมคลอง',
  Korean: '골목 끝 빵집 아저씨는 손님이 무엇을 좋아하는지 다 안다. ',
  Japanese: '駅前の時計台は、毎日すこしだけ遅れて鐘を鳴らした。',
  Chinese: '老人们说,那不是雨声,是茶馆的屋顶在唱歌。',
  emoji: '☔🚲🐾👩‍💻👍🏽❤️🇮🇸🥳',
  'JSON with names': '{"name":"Zoë Łukasz 李雷","mood":"😀","tags":["über","naïve"],"id":123456}, ',
  'one to four bytes in turn': 'aé漢😀'
};
/** In UTF-16 units: around the lengths of headers, of vectors, of what is large, and of the slab. */
const LENGTHS = [
  1, 2, 3, 15, 16, 17, 31, 33, 41, 42, 43, 62, 63, 64, 65, 125, 126, 127, 128, 129, 255, 1000, 4096, 5457,
  5462, 16_383, 16_384, 21_840, 21_850, 32_768, 65_535, 65_536, 70_000
];
const HALVES = ['\ud800', '\udfff', '\udc00\ud800', '\ud834\ud834\udd1e', '\ud834\udd1e\udd1e'];

const WAYS = {
  'the direct transport': { options: { transport: 'direct' } },
  'the stream transport': { options: { transport: 'stream' } },
  TLS: { secure: true },
  'the stream transport, compressed': { options: { transport: 'stream', extensions: [WebSocket.deflate] } },
  'the direct transport, compressed': { options: { transport: 'direct', extensions: [WebSocket.deflate] } }
};

/** The first `length` units of a text over and over, without half a pair at the end. */
function cut(text, length) {
  const long = text.repeat(Math.ceil(length / text.length)).slice(0, length);
  return long.isWellFormed && !long.isWellFormed() ? long.slice(0, -1) : long.replace(/[\ud800-\udbff]$/, '');
}

/** What `string` is as UTF-8 and back. */
function mended(string) {
  return Buffer.from(string).toString();
}

/** A client of an echo, which says what comes back for a list of texts that are sent at once. */
async function startEcho(t, { options = {}, secure = false }) {
  const echo = (ws) => {
    ws.onmessage = ({ data }) => ws.send(data);
  };
  const { url } = await serve(t, echo, { options, secure });
  const client = new WebSocket.Client(url, [], { ...options, tls: { rejectUnauthorized: false } });
  t.after(() => client.close());
  await once(client, 'open');
  return async (texts) => {
    const replies = [];
    const all = new Promise((resolve) => {
      client.onmessage = ({ data }) => replies.push(data) === texts.length && resolve(replies);
      client.onclose = () => resolve(replies);
    });
    for (const text of texts) client.send(text);
    return all;
  };
}

for (const [way, settings] of Object.entries(WAYS)) {
  describe(`over ${way}, a text`, () => {
    for (const [script, sample] of Object.entries(SCRIPTS)) {
      test(`in ${script} comes back as it was sent, at every length`, async (t) => {
        const echo = await startEcho(t, settings);
        const texts = LENGTHS.map((length) => cut(sample, length));

        const replies = await echo(texts);

        assert.strictEqual(replies.length, texts.length);
        for (let i = 0; i < texts.length; i++) assert.ok(replies[i] === texts[i], `${LENGTHS[i]} units`);
      });
    }

    test('comes back with U+FFFD for each half of a pair', async (t) => {
      const echo = await startEcho(t, settings);
      const texts = [];
      for (const half of HALVES) {
        for (const length of [0, 1, 7, 30, 31, 32, 100, 2000, 20_000]) {
          const filling = cut('aé漢😀', length);
          texts.push(half + filling, filling + half, filling + half + filling);
        }
      }

      const replies = await echo(texts);

      assert.strictEqual(replies.length, texts.length);
      for (let i = 0; i < texts.length; i++) assert.ok(replies[i] === mended(texts[i]), `text ${i}`);
    });
  });
}

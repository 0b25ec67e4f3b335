'use strict';

/**
 * `npm run reference`: writes docs/reference.md from the type declarations, so that there is one place to keep true.
 * With `--check` it writes nothing, and fails if the file is not what it would write.
 */

const fs = require('node:fs');
const path = require('node:path');

const ts = require('typescript');

const { ROOT } = require('./process');

const OUTPUT = path.join(ROOT, 'docs', 'reference.md');
/** The declarations, with what stands before the names in each. */
const SOURCES = {
  'index.d.ts': '',
  'types/options.d.ts': '',
  'types/events.d.ts': '',
  'types/eventsource.d.ts': '',
  'types/extension.d.ts': '',
  'deflate.d.ts': 'deflate.',
  'topics.d.ts': 'topics.',
  'driver.d.ts': 'driver.'
};

/** What is described, in this order, and under which heading. */
const CHAPTERS = [
  ['WebSocket', 'WebSocket, on a server'],
  ['Client', 'WebSocket.Client'],
  ['Connection', 'What both have'],
  ['EventSource', 'WebSocket.EventSource'],
  ['MemoryUsage', 'What `WebSocket.memoryUsage()` returns'],
  ['Metrics', 'What `WebSocket.metrics()` returns'],
  ['Compression', 'What `compression` of the metrics has for each way'],
  ['PrepareOptions', 'Options of `WebSocket.prepare`'],
  ['PreparedMessage', 'What `WebSocket.prepare` returns'],
  ['BroadcastOptions', 'Options of `WebSocket.broadcast`'],
  ['ShutdownOptions', 'Options of `WebSocket.shutdown`'],
  ['ShutdownResult', 'What `WebSocket.shutdown` resolves to'],
  ['Streams', 'What `WebSocket.toStreams` returns'],
  ['ListenerOptions', 'Options of `addEventListener`'],
  ['Options', 'Options of both'],
  ['ServerOptions', 'Options of the server'],
  ['ClientOptions', 'Options of the client'],
  ['ProxyOptions', 'The option `proxy`'],
  ['Endpoint', 'What the option `createConnection` gets'],
  ['EventSourceOptions', 'Options of EventSource'],
  ['Event', 'Events'],
  ['MessageEvent', 'The event `message`'],
  ['ErrorEvent', 'The event `error`'],
  ['CloseEvent', 'The event `close`'],
  ['deflate.Deflate', 'The extension `WebSocket.deflate`'],
  ['deflate.Options', 'Options of `deflate.configure`'],
  ['topics.Topics', 'Topics'],
  ['topics.Options', 'Options of `new Topics`'],
  ['topics.SubscribeOptions', 'Options of `subscribe`'],
  ['topics.Subscribed', 'What `subscribe` resolves to'],
  ['topics.Message', 'What the option `format` gets'],
  ['topics.Gap', 'The event `gap` of topics'],
  ['topics.Slow', 'The event `slow` of topics'],
  ['topics.Metrics', 'What `metrics()` of topics returns'],
  ['topics.RedisOptions', 'Options of `redis`, an adapter of topics'],
  ['topics.RedisStreamsOptions', 'Options of `redisStreams` besides'],
  ['topics.NatsOptions', 'Options of `nats`, an adapter of topics'],
  ['topics.JetStreamOptions', 'Options of `jetStream` besides'],
  ['topics.Keeping', 'Options of `redisStreams` and `jetStream` about publishing'],
  ['topics.Adapter', 'Adapters'],
  ['topics.AdapterEvents', 'What an adapter tells its topics'],
  ['topics.Page', 'What `read` of an adapter resolves to'],
  ['driver.Driver', 'Drivers'],
  ['driver.Options', 'Options of drivers'],
  ['driver.ServingDriver', 'What `driver.server()` returns'],
  ['driver.ClientDriver', 'What `driver.client()` returns'],
  ['driver.Proxy', 'What `proxy` of a client’s driver returns'],
  ['Extension', 'Extensions'],
  ['ExtensionOptions', 'What an extension is told of a connection'],
  ['ExtensionSession', 'What an extension does for one connection'],
  ['ExtensionClientSession', 'What it does besides for a client'],
  ['ExtensionServerSession', 'What it does besides for a server'],
  ['ExtensionMessage', 'A message on its way through extensions']
];

/** What has no chapter: types that only say what others say in words. */
const LEFT_OUT = [
  'Base',
  'RequestHead',
  'ConnectionStates',
  'ListenerObject',
  'Blob',
  'OpenEvent',
  'Events',
  'EventSourceEvents',
  'ExtensionParams',
  'topics.Events',
  'driver.Request',
  'topics.RedisClient',
  'topics.NatsConnection'
];

/** Finds the declarations by their names. */
function declarations() {
  const found = new Map();
  for (const [file, prefix] of Object.entries(SOURCES)) {
    const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    const visit = (node) => {
      if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
        found.set(prefix + node.name.text, node);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

/** The documentation of a node: its text, and its tags as pairs of name and text. */
function documentation(node) {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  if (!doc) return { text: '', tags: [] };
  const tags = (doc.tags || []).map((tag) => {
    const name = tag.tagName.text;
    const subject = tag.name ? `\`${tag.name.getText()}\` ` : '';
    return [name, subject + plain(tag.comment)];
  });
  return { text: plain(doc.comment), tags };
}

/** A comment as one paragraph for each of its own. */
function plain(comment) {
  const text = ts.getTextOfJSDocComment(comment) || '';
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' '))
    .join('\n\n');
}

/** A chapter about a class or an interface. */
function chapter(node, heading) {
  const { text, tags } = documentation(node);
  const example = tags.find(([name]) => name === 'example');
  const code = example && ['```js', exampleOf(node), '```'].join('\n');
  const members = node.members.filter((member) => member.name || ts.isConstructorDeclaration(member));
  const parts = [`## ${heading}`, text, code, ...groups(members).map(describeGroup)];
  return parts.filter(Boolean).join('\n\n');
}

/** The code of an example, with its own line breaks and indentation. */
function exampleOf(node) {
  const [tag] = ts.getJSDocTags(node).filter((each) => each.tagName.text === 'example');
  return tag
    .getText()
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

/** Overloads together, but for constructors, each of which has a text of its own; and the listener methods that EventEmitter has anyway left out. */
function groups(members) {
  const byName = new Map();
  for (const member of members) {
    // A name such as `[Symbol.asyncIterator]` has no text.
    const name = member.name ? member.name.text || member.name.getText() : `constructor ${byName.size}`;
    if (['on', 'once', 'addListener'].includes(name) && !ts.isPropertySignature(member)) continue;
    byName.set(name, [...(byName.get(name) || []), member]);
  }
  return [...byName.values()];
}

/** A member: its signature, and what is said about it. */
function describeGroup(group) {
  const { text, tags } = documentation(group[0]);
  const signature = group[0]
    .getText()
    .replace(/\s+/g, ' ')
    .replace(/\( /g, '(')
    .replace(/ \)/g, ')')
    .replace(/ \| undefined/g, '')
    .replace(/;$/, '');
  const notes = tags
    .filter(([name]) => ['param', 'returns', 'throws'].includes(name))
    .map(([name, note]) => `- ${name === 'param' ? '' : `${name} `}${note}`);
  const first = `**\`${signature}\`**`;
  return [text ? `${first}  \n${text}` : first, notes.join('\n')].filter(Boolean).join('\n\n');
}

/** The events, which the declarations have as overloads of `on`. */
const EVENTS = `## All events

| event | of | when |
| --- | --- | --- |
| \`open\` | both, EventSource | the handshake is done, in the tick behind the constructor's for a server |
| \`message\` | both | a message came; \`data\` has it, as a string or a Buffer |
| \`data\` | both, as streams | the same, with what \`message\` has in \`data\` as its argument |
| \`drain\` | both, EventSource, as streams | what was sent has left, after \`send\` returned false |
| \`error\` | both | something failed; \`message\`, and \`error\`, a real Error. It needs no listener; \`close\` follows |
| \`end\` | both, as streams | right before \`close\` |
| \`close\` | both, EventSource | the connection is over: \`code\` and \`reason\` |

What can go wrong, each close code, and the environment variables: [errors.md](errors.md).`;

/** Links to all chapters. */
function contents() {
  const link = (heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-');
  return ['All events', ...CHAPTERS.map(([, heading]) => heading)]
    .map((heading) => `- [${heading}](#${link(heading)})`)
    .join('\n');
}

/** The whole page. */
function page() {
  const found = declarations();
  const intro =
    '# Reference\n\nMade from the type declarations by `npm run reference`. The classes are EventEmitters too, with `on`, `once`,\n' +
    '`removeListener` and so on.';
  const missing = [...found.keys()].filter(
    (name) => !LEFT_OUT.includes(name) && !CHAPTERS.some(([described]) => described === name)
  );
  if (missing.length > 0) throw new Error(`there is no chapter about ${missing.join(', ')}`);
  const chapters = CHAPTERS.map(([name, heading]) => {
    if (!found.has(name)) throw new Error(`there is no declaration of ${name}`);
    return chapter(found.get(name), heading);
  });
  return [intro, contents(), EVENTS, ...chapters].join('\n\n') + '\n';
}

if (!process.argv.includes('--check')) {
  fs.mkdirSync(path.dirname(OUTPUT), { recursive: true });
  fs.writeFileSync(OUTPUT, page());
} else if (!fs.existsSync(OUTPUT) || fs.readFileSync(OUTPUT, 'utf8') !== page()) {
  console.error('docs/reference.md is not what the type declarations say; npm run reference');
  process.exitCode = 1;
}

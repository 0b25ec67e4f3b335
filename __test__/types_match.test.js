'use strict';

// The type declarations say what there is, and there is what they say.

const assert = require('node:assert');
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { Stream } = require('node:stream');
const { test } = require('node:test');

const ts = require('typescript');

const WebSocket = require('..');
const { CLIENT, SERVER } = require('../lib/opening/options');
const topics = require('../topics');

const declarations = new Map();
for (const file of ['index.d.ts', 'types/eventsource.d.ts', 'types/options.d.ts']) collect(parse(file));

/** What a class has of its own and by way of its ancestors, short of Node's. */
function membersOf(constructor) {
  const members = new Set();
  for (let o = constructor.prototype; o !== Stream.prototype; o = Object.getPrototypeOf(o)) {
    for (const name of Object.keys(o)) if (!/^_|^[A-Z]/.test(name)) members.add(name);
  }
  return members;
}

for (const [name, constructor, classes] of [
  ['WebSocket', WebSocket, ['WebSocket', 'Connection']],
  ['WebSocket.Client', WebSocket.Client, ['Client', 'Connection']],
  ['WebSocket.EventSource', WebSocket.EventSource, ['EventSource']]
]) {
  test(`every public member of ${name} is declared`, () => {
    const declared = new Set(classes.flatMap((each) => declarations.get(each).map(({ member }) => member)));

    assert.deepStrictEqual(
      [...membersOf(constructor)].filter((member) => !declared.has(member)),
      []
    );
  });

  test(`every declared method of ${name} is there`, () => {
    const methods = classes.flatMap((each) => declarations.get(each).filter(({ isMethod }) => isMethod));
    assert.ok(methods.length >= 10);
    const missing = methods.filter(({ member, isStatic }) => {
      return typeof (isStatic ? constructor : constructor.prototype)[member] !== 'function';
    });

    // What it inherits from EventEmitter it has as well, since that is where its prototype ends.
    assert.ok(constructor.prototype instanceof EventEmitter);
    assert.deepStrictEqual(missing, []);
  });
}

test('the declared methods of Topics are those that it has', () => {
  const found = new Map();
  const [namespace] = parse('topics.d.ts').statements.filter(ts.isModuleDeclaration);
  ts.forEachChild(namespace.body, (node) => {
    if (ts.isClassDeclaration(node))
      found.set(
        node.name.text,
        node.members.map((member) => member.name?.text)
      );
  });
  const inherited = ['on', 'once'];
  const declared = new Set(found.get('Topics').filter((name) => name && !inherited.includes(name)));
  const methods = Object.getOwnPropertyNames(topics.Topics.prototype).filter(
    (name) => name !== 'constructor'
  );

  assert.deepStrictEqual([...declared].sort(), methods.sort());
  assert.deepStrictEqual(
    Object.keys(new topics.Topics()).filter((name) => !/^_(events|maxL)/.test(name)),
    []
  );
});

test('the declared options are those that are known', () => {
  const of = (...names) => names.flatMap((name) => declarations.get(name).map(({ member }) => member)).sort();

  // A server knows some that mean nothing to it; they are not declared.
  const server = SERVER.filter((key) => !['proxy', 'tls', 'ca'].includes(key));
  const client = [...CLIENT];
  assert.deepStrictEqual(of('Options', 'ServerOptions'), server.sort());
  assert.deepStrictEqual(of('Options', 'ClientOptions'), client.sort());
});

test('the reference has members without plain names, and properties that are called like methods of EventEmitter', () => {
  const reference = fs.readFileSync(path.join(__dirname, '..', 'docs', 'reference.md'), 'utf8');
  for (const signature of ['[Symbol.asyncIterator](', '[Symbol.asyncDispose](', 'once?: boolean'])
    assert.ok(reference.includes(`**\`${signature}`), signature);
});

/** Parses a file of declarations. */
function parse(file) {
  const text = fs.readFileSync(path.join(__dirname, '..', file), 'utf8');
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
}

/** Collects the members of all classes and interfaces below a node. */
function collect(node) {
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    const members = node.members.filter(({ name }) => name && !ts.isComputedPropertyName(name));
    declarations.set(node.name.text, members.map(describeMember));
  }
  ts.forEachChild(node, collect);
}

/** What there is to know about a member. */
function describeMember(member) {
  const flags = ts.getCombinedModifierFlags(member);
  return {
    member: member.name.text,
    isMethod: ts.isMethodDeclaration(member),
    isStatic: (flags & ts.ModifierFlags.Static) !== 0
  };
}

test('the driver has for ES modules what it has for CommonJS', async () => {
  const driver = require('../driver');
  const module = await import('../driver.mjs');

  assert.deepStrictEqual(Object.keys(module).sort(), [...Object.keys(driver), 'default'].sort());
  for (const name of Object.keys(driver)) assert.strictEqual(module[name], driver[name]);
});

for (const entry of ['index', 'deflate', 'topics', 'driver']) {
  test(`${entry}.d.mts names what ${entry}.mjs has, and the types of ${entry}.d.ts`, async () => {
    const root = path.join(__dirname, '..');
    const files = ['.d.ts', '.d.mts'].map((extension) => path.join(root, entry + extension));
    const { ModuleKind, ModuleResolutionKind, ScriptTarget, SymbolFlags } = ts;
    const program = ts.createProgram(files, {
      module: ModuleKind.Node16,
      moduleResolution: ModuleResolutionKind.Node16,
      target: ScriptTarget.ES2022
    });
    const checker = program.getTypeChecker();
    const [common, module] = files.map((file) => {
      const found = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
      return found.map((symbol) => {
        const meant = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        return { name: symbol.name, flags: meant.flags };
      });
    });
    const named = (symbols, flags) => symbols.filter((each) => each.flags & flags).map(({ name }) => name);
    const names = named(module, SymbolFlags.Value).filter((name) => name !== 'default');
    const values = Object.keys(await import(`../${entry}.mjs`)).filter((name) => name !== 'default');

    for (const name of values) assert.ok(names.includes(name), `the value ${name}`);
    const types = named(module, SymbolFlags.Type);
    for (const name of named(common, SymbolFlags.Type)) assert.ok(types.includes(name), `the type ${name}`);
  });
}

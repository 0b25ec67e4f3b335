'use strict';

const js = require('@eslint/js');
const globals = require('globals');

module.exports = [
  { ignores: ['binding.js', 'target/', 'dist/', 'coverage/', '.autobahn/', '.cache/'] },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'commonjs', globals: globals.node },
    rules: {
      strict: ['error', 'global'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-implicit-coercion': ['error', { boolean: true, number: true, string: false }],
      'no-unused-vars': ['error', { args: 'after-used', argsIgnorePattern: '^_' }]
    }
  },
  {
    // Test runners replace the global ones, by ones that never fire or by numbers. What applications wait for, they may:
    // `setTimeout` stays theirs.
    files: ['lib/**/*.js'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'].map((name) => ({
          name,
          message: "Take Node's own: require('timers')."
        }))
      ]
    }
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: globals.node }
  },
  {
    // What a browser runs.
    files: ['examples/chat/{page,strip}.js'],
    languageOptions: { sourceType: 'script', globals: globals.browser },
    rules: { strict: ['error', 'function'] }
  },
  {
    // It hands functions over to the page.
    files: ['__test__/browser.test.js', 'consumers/hot_reload.check.js', 'scripts/screenshots.js'],
    languageOptions: {
      globals: { ...globals.node, document: 'readonly', location: 'readonly', window: 'readonly' }
    }
  },
  {
    // Programs as users of faye-websocket have long written them.
    files: ['testing/package/*.js'],
    languageOptions: { globals: globals.node },
    rules: { strict: 'off', 'no-var': 'off', 'no-unused-vars': 'off' }
  },
  {
    // What webpack puts into a page.
    files: ['consumers/programs/page_*.js'],
    languageOptions: { sourceType: 'module', globals: { ...globals.browser, module: 'readonly' } }
  }
];

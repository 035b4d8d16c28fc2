import { availableParallelism } from 'node:os';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, defineConfig, parseValue, showValue } from '../src/config.ts';
import { environmentOf, flagOf, settings } from '../src/settings.ts';
import type { Config } from '../src/config.ts';
import type { Setting, SettingName } from '../src/settings.ts';

const names = Object.keys(settings) as SettingName[];
const maxTimerMs = 2 ** 31 - 1;

function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('no ConfigError was thrown');
}

/** The values that a setting takes. */
function notAProxy(value: string): string {
  return `"${value}" is not an address or a network such as 10.0.0.0/8, nor "loopback", "linklocal" or "uniquelocal"`;
}

function valuesOf(name: SettingName): fc.Arbitrary<Config[SettingName]> {
  const setting: Setting = settings[name];
  switch (setting.kind) {
    case 'count':
      return fc.integer({ min: setting.min ?? 0, max: setting.max ?? Number.MAX_SAFE_INTEGER });
    case 'duration': {
      // Any millisecond, and whole seconds and minutes, which are shown as such.
      const unit = fc.constantFrom(1, 1_000, 60_000);
      const amount = fc.integer({ min: setting.min ?? 0, max: Math.floor(maxTimerMs / 60_000) });
      return fc.oneof(
        fc.integer({ min: setting.min ?? 0, max: maxTimerMs }),
        fc.tuple(amount, unit).map(([n, ms]) => n * ms),
      );
    }
    case 'choice':
      return fc.constantFrom(...setting.choices);
    case 'switch':
      return fc.boolean();
    case 'text':
      return fc.string({ minLength: 1 });
    case 'list':
      if (name === 'redis') return fc.array(fc.webAuthority().map((host) => `redis://${host}`));
      if (name === 'trustProxy') return fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('10.0.0.0/8')));
      return fc.array(
        fc
          .tuple(fc.constantFrom('http', 'https'), fc.domain(), fc.integer({ min: 1024, max: 65_535 }))
          .map(([scheme, domain, port]) => `${scheme}://${domain}:${port}`),
      );
  }
}

describe('names', () => {
  test.each([
    ['port', 'port', 'HUBBUB_PORT'],
    ['pingPeriodMs', 'ping-period', 'HUBBUB_PING_PERIOD'],
    ['maxMessageBytes', 'max-message-bytes', 'HUBBUB_MAX_MESSAGE_BYTES'],
    ['maxConnectionsPerAddress', 'max-connections-per-address', 'HUBBUB_MAX_CONNECTIONS_PER_ADDRESS'],
  ] as const)('%s is --%s and %s', (name, flag, variable) => {
    expect([flagOf(name), environmentOf(name)]).toEqual([flag, variable]);
  });

  test('every setting has a flag in kebab case and a variable of its own', () => {
    const flags = names.map(flagOf);
    const variables = names.map(environmentOf);
    expect(flags.filter((flag) => !/^[a-z]+(-[a-z]+)*$/.test(flag))).toEqual([]);
    expect(variables.filter((variable) => !/^HUBBUB_[A-Z_]+[A-Z]$/.test(variable))).toEqual([]);
    expect(new Set(flags).size).toBe(names.length);
    expect(new Set(variables).size).toBe(names.length);
  });

  test('the flags that people and scripts rely on are there', () => {
    const promised =
      'port host origin rate burst ping-period pong-wait write-wait close-timeout drain-timeout max-message-bytes ' +
      'max-connections max-connections-per-address trust-proxy log-level compress echo';
    expect(names.map(flagOf)).toEqual(expect.arrayContaining(promised.split(' ')));
  });
});

describe('values as text', () => {
  test.each(names)('%s: what is shown is read back as the same value', (name) => {
    fc.assert(
      fc.property(valuesOf(name), (value) => {
        expect(parseValue(name, showValue(name, value))).toEqual(value);
      }),
    );
  });

  test.each([
    ['250ms', 250],
    ['25s', 25_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
  ])('%s is a duration of %d ms', (text, ms) => {
    expect(parseValue('pingPeriodMs', text)).toBe(ms);
  });

  test.each([
    [1, '1ms'],
    [1_500, '1500ms'],
    [25_000, '25s'],
    [90_000, '90s'],
    [120_000, '2m'],
  ])('%d ms is shown as %s', (ms, text) => {
    expect(showValue('pingPeriodMs', ms)).toBe(text);
  });

  test.each(['true', '1', 'yes', 'on'])('a switch is on with %s', (text) => {
    expect(parseValue('compress', text)).toBe(true);
  });

  test.each(['false', '0', 'no', 'off'])('a switch is off with %s', (text) => {
    expect(parseValue('compress', text)).toBe(false);
  });

  test('auto is as many workers as the machine can run at once', () => {
    expect(parseValue('workers', 'auto')).toBe(availableParallelism());
    expect(() => parseValue('port', 'auto')).toThrow('--port auto: must be a whole number');
  });

  test('a list is split at commas, without the blanks around them', () => {
    const origins = ['https://a.example', 'http://b.example:8080'];
    expect(parseValue('origin', 'https://a.example, http://b.example:8080,')).toEqual(origins);
    expect(parseValue('origin', '')).toEqual([]);
  });

  test.each([
    ['port', 'http', 'must be a whole number'],
    ['port', '-1', 'must be a whole number'],
    ['port', '80.5', 'must be a whole number'],
    ['port', '', 'must be a whole number'],
    ['port', '65536', 'must be from 0 to 65535'],
    ['pingPeriodMs', '25', 'must be a duration such as 250ms, 25s or 2m'],
    ['pingPeriodMs', '-5s', 'must be a duration such as 250ms, 25s or 2m'],
    ['pingPeriodMs', '1h', 'must be a duration such as 250ms, 25s or 2m'],
    ['pingPeriodMs', '0s', 'must be from 1ms to 2147483647ms'],
    ['compress', 'maybe', 'must be true or false'],
    ['logLevel', 'loud', 'must be one of trace, debug, info, warn, error, fatal, silent'],
    ['host', '', 'must not be empty'],
    ['origin', 'example.com', '"example.com" is not an exact origin such as https://chat.example.com'],
    ['trustProxy', '10.0.0.1,proxy.example', notAProxy('proxy.example')],
    ['redis', 'http://127.0.0.1', '"http://127.0.0.1" is not a URL such as redis://127.0.0.1:6379'],
    ['redis', 'redis://a/tea', '"redis://a/tea" is not a URL such as redis://127.0.0.1:6379'],
    ['redis', 'redis:///', '"redis:///" is not a URL such as redis://127.0.0.1:6379'],
    ['redis', 'redis://a,6379', '"6379" is not a URL such as redis://127.0.0.1:6379'],
    ['trustProxy', '10.0.0.0/33', notAProxy('10.0.0.0/33')],
    ['trustProxy', '0.0.0.0/0', notAProxy('0.0.0.0/0')],
  ] as const)('%s: "%s" %s, and the error names where it was given', (name, text, reason) => {
    expect(errorOf(() => parseValue(name, text))).toBe(`--${flagOf(name)} ${text}: ${reason}`);
    expect(errorOf(() => parseValue(name, text, 'environment'))).toBe(
      `${environmentOf(name)}=${text}: ${reason}`,
    );
  });
});

test.each([
  ['http://ann:secret@a', '//***@a:'],
  ['redis://:secret%ff@a', '//***@a:'],
  ['redis://ann:sec/r@t@a,redis://ann:secret@b/tea', '//***@b/tea:'],
])('an error about %s has no name and no password in it', (text, shownAs) => {
  const error = errorOf(() => parseValue('redis', text, 'environment'));
  expect(error).toContain(shownAs);
  expect(error).not.toMatch(/ann|sec/);
});

describe('the whole configuration', () => {
  test('is made of the defaults where nothing else is said', () => {
    expect(defineConfig()).toEqual(
      Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting.default])),
    );
  });

  test('has the defaults that the design promises', () => {
    expect(defineConfig()).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      maxMessageBytes: 4_096,
      roomsPerConnection: 128,
      rate: 10,
      burst: 20,
      handshakeTimeoutMs: 10_000,
      pingPeriodMs: 25_000,
      pongWaitMs: 8_000,
      writeWaitMs: 10_000,
      closeTimeoutMs: 5_000,
      drainTimeoutMs: 30_000,
      drainGraceMs: 5_000,
      registerCapacity: 256,
      unregisterCapacity: 256,
      broadcastCapacity: 1_024,
      outboxMessages: 256,
      outboxBytes: 1_048_576,
      presenceIntervalMs: 250,
      presenceDetailLimit: 50,
      compress: false,
      compressThresholdBytes: 512,
    });
  });

  test('takes what differs from them', () => {
    expect(defineConfig({ port: 9000, compress: true })).toEqual({
      ...defineConfig(),
      port: 9000,
      compress: true,
    });
  });

  const numeric = names.filter((name) => ['count', 'duration'].includes(settings[name].kind));

  test.each(numeric)('%s takes both ends of its range, and nothing beyond', (name) => {
    const setting: Setting & { readonly min?: number; readonly max?: number } = settings[name];
    const min = setting.min ?? 0;
    const max = setting.kind === 'duration' ? maxTimerMs : (setting.max ?? Number.MAX_SAFE_INTEGER);
    const range = `must be from ${showValue(name, min)} to ${showValue(name, max)}`;
    // Without what depends on it, so that only its own range speaks.
    const define = (value: number) =>
      defineConfig({
        drainGraceMs: 0,
        drainTimeoutMs: maxTimerMs,
        redis: ['redis://127.0.0.1'],
        [name]: value,
      });
    expect([define(min)[name], define(max)[name]]).toEqual([min, max]);
    for (const beyond of [min - 1, max + 1, Number.NaN]) {
      expect(errorOf(() => define(beyond))).toBe(`--${flagOf(name)} ${showValue(name, beyond)}: ${range}`);
    }
  });

  test('a count is whole', () => {
    expect(errorOf(() => defineConfig({ burst: 1.5 }))).toMatch(/^--burst 1\.5: must be from 1 to /);
  });

  test.each([
    'chat.example.com',
    'https://chat.example.com/',
    'https://chat.example.com/path',
    'https://chat.example.com:443',
    'https://CHAT.example.com',
    'https://*.example.com',
    '*',
    'null',
  ])('%s is no exact origin', (origin) => {
    const fine = 'https://fine.example';
    expect(errorOf(() => defineConfig({ origin: [fine, origin] }))).toBe(
      `--origin ${fine},${origin}: "${origin}" is not an exact origin such as https://chat.example.com`,
    );
  });

  test('the drain grace is part of the drain timeout', () => {
    expect(defineConfig({ drainGraceMs: 30_000 }).drainGraceMs).toBe(30_000);
    expect(errorOf(() => defineConfig({ drainGraceMs: 30_001 }))).toBe(
      '--drain-grace 30001ms: must not be longer than --drain-timeout 30s',
    );
  });

  test('with compression on, some message is large enough to be compressed', () => {
    const sizes = { compressThresholdBytes: 4_097, maxMessageBytes: 4_096 };
    expect(defineConfig(sizes)).toMatchObject(sizes);
    expect(errorOf(() => defineConfig({ ...sizes, compress: true }))).toBe(
      '--compress-threshold-bytes 4097: must not be above --max-message-bytes 4096, or nothing would be compressed',
    );
  });
});

import { readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../../src/config.ts';
import { defaultUrl, readOptions, type LoadFlags } from '../../src/load/options.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'hubbub-load-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('without flags: 1,000 users in 10 rooms for a minute, a sixth of it ramp', () => {
  expect(readOptions(defaultUrl, {})).toEqual({
    scenario: {
      url: 'ws://127.0.0.1:8080',
      vus: 1_000,
      durationMs: 60_000,
      rampMs: 10_000,
      rooms: 10,
      rate: 1,
      payloadBytes: 64,
    },
    thresholds: [],
    json: false,
    html: undefined,
  });
});

test.each([
  ['http://chat.example', 'ws://chat.example'],
  ['https://chat.example/', 'wss://chat.example'],
  ['wss://chat.example:8443/hubbub/?x=1#y', 'wss://chat.example:8443/hubbub'],
  ['ws://[::1]:8080', 'ws://[::1]:8080'],
])('%s is the server at %s', (url, expected) => {
  expect(readOptions(url, {}).scenario.url).toBe(expected);
});

describe('what cannot be is one line that says why', () => {
  const cases: [LoadFlags, string][] = [
    [{ vus: '0' }, '--vus 0: must be a whole number from 1 to'],
    [{ vus: 'many' }, '--vus many: must be a whole number'],
    [{ rooms: '1.5' }, '--rooms 1.5: must be a whole number from 1 to 100000'],
    [{ rate: '-1' }, '--rate -1: must be a number from 0 to 10000'],
    [{ rate: '1e3' }, '--rate 1e3: must be a number from 0 to 10000'],
    [{ rate: '10001' }, '--rate 10001: must be a number from 0 to 10000'],
    [{ payload: '31' }, '--payload 31: must be a whole number from 32 to 1048576'],
    [{ duration: '60' }, '--duration 60: must be a duration such as 500ms, 30s or 2m'],
    [{ duration: '0s' }, '--duration 0s: must be from 1ms to 24h'],
    [{ duration: '25h' }, '--duration 25h: must be a duration such as 500ms, 30s or 2m'],
    [{ duration: '1441m' }, '--duration 1441m: must be from 1ms to 24h'],
    [{ duration: '5s', ramp: '6s' }, '--ramp 6s: must not be longer than --duration, which includes it'],
    [{ threshold: ['p95<200', 'nonsense'] }, '--threshold nonsense: must be a figure'],
    [{ html: '/nowhere/at/all.html' }, '--html /nowhere/at/all.html: cannot be written: ENOENT'],
  ];
  test.each(cases)('%j', (flags, message) => {
    expect(() => readOptions(defaultUrl, flags)).toThrow(ConfigError);
    expect(() => readOptions(defaultUrl, flags)).toThrow(message);
  });

  test.each(['127.0.0.1:8080', 'ftp://chat.example', 'chat', ''])('the server %j', (url) => {
    expect(() => readOptions(url, {})).toThrow(
      `load ${url}: must be the URL of a server, such as ws://127.0.0.1:8080`,
    );
  });

  test('more users than the process may have files open', () => {
    expect(() => readOptions(defaultUrl, { vus: '1000' }, 1_024)).toThrow(
      '--vus 1000: at most 992 are possible here, since each needs a file descriptor (ulimit -n)',
    );
    expect(readOptions(defaultUrl, { vus: '992' }, 1_024).scenario.vus).toBe(992);
  });
});

test('a report that is there already stays as it is until there is a new one', () => {
  const file = join(folder(), 'report.html');
  writeFileSync(file, 'the last one');
  expect(readOptions(defaultUrl, { html: file }).html).toBe(file);
  expect(readFileSync(file, 'utf8')).toBe('the last one');
});

test('a mistake leaves no report behind', () => {
  const path = folder();
  expect(() => readOptions(defaultUrl, { html: join(path, 'report.html'), vus: '0' })).toThrow(ConfigError);
  expect(readdirSync(path)).toEqual([]);
});

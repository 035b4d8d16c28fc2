import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Logger } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { Config } from '../src/config.ts';
import { createLogger } from '../src/logger.ts';

/** A logger into a file, and what the file says at any moment. */
function logToFile(level: Config['logLevel'], isTerminal: boolean): { logger: Logger; read: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'hubbub-log-'));
  const path = join(folder, 'log');
  const fd = openSync(path, 'w');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  return {
    logger: createLogger(level, fd, isTerminal),
    read: () => stripVTControlCharacters(readFileSync(path, 'utf8')),
  };
}

test('a terminal gets time, level and message, at once', () => {
  const { logger, read } = logToFile('info', true);
  logger.info('hello');
  expect(read()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: hello\n$/);
});

test('anything else gets a line of JSON, at once', () => {
  const { logger, read } = logToFile('info', false);
  logger.warn({ room: 'general' }, 'hello');
  expect(JSON.parse(read())).toMatchObject({ level: 40, room: 'general', msg: 'hello' });
});

test('a terminal gets an error with its stack', () => {
  const { logger, read } = logToFile('info', true);
  logger.fatal({ err: new Error('boom') }, 'uncaught exception');
  expect(read()).toMatch(/FATAL: uncaught exception\n[^]*Error: boom\n +at /);
});

test('what is less severe than the level is not logged, and silent logs nothing', () => {
  const warn = logToFile('warn', false);
  warn.logger.info('hello');
  expect(warn.read()).toBe('');
  const silent = logToFile('silent', true);
  silent.logger.fatal('hello');
  expect(silent.read()).toBe('');
});

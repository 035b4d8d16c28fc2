/** The options of a load test: what each flag means, its default, and what is too much for this machine. */
import { closeSync, openSync } from 'node:fs';
import { ConfigError, parseDuration } from '../config.ts';
import { minPayloadBytes } from './content.ts';
import { showCount } from './format.ts';
import type { Scenario } from './scenario.ts';
import { parseThreshold, type Threshold } from './threshold.ts';

/** As the command line gives them: what was not given is not there. */
export interface LoadFlags {
  readonly vus?: string;
  readonly duration?: string;
  readonly ramp?: string;
  readonly rooms?: string;
  readonly rate?: string;
  readonly payload?: string;
  readonly threshold?: readonly string[];
  readonly json?: boolean;
  readonly html?: string;
}

export interface LoadOptions {
  readonly scenario: Scenario;
  readonly thresholds: readonly Threshold[];
  /** Whether stdout gets one JSON document instead of the summary. */
  readonly json: boolean;
  /** The file that gets the page. */
  readonly html: string | undefined;
}

export const defaultUrl = 'ws://127.0.0.1:8080';

const maxRooms = 100_000;
const maxRate = 10_000;
const maxPayloadBytes = 1_024 * 1_024;
const maxDurationMs = 24 * 60 * 60 * 1_000;

/** Without --ramp, the users come in this part of the duration. */
const rampShare = 1 / 6;

/** What the process itself has open: the standard streams, the loop's own, modules being read. */
const filesBesideSockets = 32;

/** @throws ConfigError naming the flag that cannot be. */
export function readOptions(
  url: string,
  flags: LoadFlags,
  maxOpenFiles: number = openFilesLimit(),
): LoadOptions {
  const durationMs = duration('duration', flags.duration ?? '60s', 1);
  const rampMs = flags.ramp === undefined ? durationMs * rampShare : duration('ramp', flags.ramp, 0);
  if (rampMs > durationMs) {
    throw new ConfigError(`--ramp ${flags.ramp}: must not be longer than --duration, which includes it`);
  }
  const scenario = {
    url: serverUrl(url),
    vus: vus(flags.vus ?? '1000', maxOpenFiles - filesBesideSockets),
    durationMs,
    rampMs,
    rooms: count('rooms', flags.rooms ?? '10', 1, maxRooms),
    rate: rate(flags.rate ?? '1'),
    payloadBytes: count('payload', flags.payload ?? '64', minPayloadBytes, maxPayloadBytes),
  };
  const thresholds = (flags.threshold ?? []).map(parseThreshold);
  if (flags.html !== undefined) checkWritable(flags.html);
  return { scenario, thresholds, json: flags.json === true, html: flags.html };
}

/** How many files, and so sockets, this process may have open. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft: number | 'unlimited' } };
  };
  // Windows has no such limit, and says nothing of it.
  const limit = userLimits?.open_files?.soft;
  return typeof limit === 'number' ? limit : Infinity;
}

function vus(text: string, possible: number): number {
  const wanted = count('vus', text, 1, Number.MAX_SAFE_INTEGER);
  if (wanted <= possible) return wanted;
  throw new ConfigError(
    `--vus ${text}: at most ${showCount(possible)} are possible here, since each needs a file descriptor (ulimit -n)`,
  );
}

function count(name: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw mistake(name, text, `must be a whole number from ${min} to ${max}`);
}

function rate(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= maxRate) return value;
  throw mistake('rate', text, `must be a number from 0 to ${maxRate}`);
}

function duration(name: string, text: string, minMs: number): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw mistake(name, text, 'must be a duration such as 500ms, 30s or 2m');
  if (ms >= minMs && ms <= maxDurationMs) return ms;
  throw mistake(name, text, `must be from ${minMs}ms to 24h`);
}

/** @returns the server's URL for WebSockets, whatever is behind its host and path prefix taken off. */
function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(ws|http)s?:$/.test(url.protocol)) {
    throw new ConfigError(`load ${text}: must be the URL of a server, such as ${defaultUrl}`);
  }
  return `${url.origin.replace(/^http/, 'ws')}${url.pathname.replace(/\/+$/, '')}`;
}

/** A test that took an hour must not find out at its end that it cannot write what it found. */
function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw mistake('html', file, `cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function mistake(name: string, text: string, reason: string): ConfigError {
  return new ConfigError(`--${name} ${text}: ${reason}`);
}

/**
 * The configuration: what was set, read from text where it came as such, and checked: each value by itself, and how they fit
 * together.
 */
import { assertNever } from './assert.ts';
import { untrustable } from './remote-address.ts';
import { environmentOf, flagOf, settings, type Setting, type SettingName } from './settings.ts';

/** The longest that Node's timers can wait; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const;

type ValueOf<S extends Setting> = S extends { kind: 'duration' | 'count' }
  ? number
  : S extends { kind: 'switch' }
    ? boolean
    : S extends { kind: 'list' }
      ? readonly string[]
      : S extends { kind: 'choice'; choices: readonly (infer Choice)[] }
        ? Choice
        : string;

export type Config = { readonly [Name in SettingName]: ValueOf<(typeof settings)[Name]> };

/** A setting that cannot be: its message is one line for the person who set it, and may get into logs. */
export class ConfigError extends Error {
  override name = 'ConfigError';

  constructor(message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\/\/[^"\n]*@/g, '//***@'), options);
  }
}

/** A setting's value as one would type it: 25000 ms is `25s`. */
export function showValue(name: SettingName, value: Config[SettingName]): string {
  if (settings[name].kind !== 'duration' || typeof value !== 'number') return String(value);
  if (value > 0 && value % unitMs.m === 0) return `${value / unitMs.m}m`;
  return value > 0 && value % unitMs.s === 0 ? `${value / unitMs.s}s` : `${value}ms`;
}

/** Where a text came from; an error names the setting as it was written there. */
type TextSource = 'flag' | 'environment';

/**
 * Reads a setting's value from text, as given on the command line or in the environment.
 * @throws ConfigError naming the flag or the variable, when the text is no such value or out of range.
 */
export function parseValue(
  name: SettingName,
  text: string,
  source: TextSource = 'flag',
): Config[SettingName] {
  const reading = readText(settings[name], text);
  const reason = 'reason' in reading ? reading.reason : misfit(name, reading.value);
  if ('value' in reading && reason === undefined) return reading.value;
  const given = source === 'flag' ? `--${flagOf(name)} ${text}` : `${environmentOf(name)}=${text}`;
  throw new ConfigError(`${given}: ${reason}`);
}

/** @returns the milliseconds that a text such as `250ms`, `25s` or `2m` says, or undefined where it is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * unitMs[unit as keyof typeof unitMs];
}

type Reading = { readonly value: Config[SettingName] } | { readonly reason: string };

function readText(setting: Setting, text: string): Reading {
  switch (setting.kind) {
    case 'duration': {
      const value = parseDuration(text);
      return value === undefined ? { reason: 'must be a duration such as 250ms, 25s or 2m' } : { value };
    }
    case 'count':
      if (text === 'auto' && setting.auto !== undefined) return { value: setting.auto() };
      if (/^\d+$/.test(text)) return { value: Number(text) };
      return { reason: `must be a whole number${setting.auto === undefined ? '' : ' or auto'}` };
    case 'switch':
      if (['true', '1', 'yes', 'on'].includes(text)) return { value: true };
      if (['false', '0', 'no', 'off'].includes(text)) return { value: false };
      return { reason: 'must be true or false' };
    case 'list': {
      const parts = text.split(',').map((part) => part.trim());
      return { value: parts.filter((part) => part !== '') };
    }
    case 'choice':
    case 'text':
      return { value: text };
    default:
      return assertNever(setting);
  }
}

const defaults = Object.fromEntries(
  Object.entries(settings).map(([name, setting]) => [name, setting.default]),
) as unknown as Config;

/**
 * Makes the whole configuration from what differs from the defaults, and asserts its relations.
 * @throws ConfigError when a value is out of range or two do not fit together.
 */
export function defineConfig(overrides: Partial<Config> = {}): Config {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const config = { ...defaults, ...Object.fromEntries(given) } as Config;
  for (const name of Object.keys(settings) as SettingName[]) {
    const reason = misfit(name, config[name]);
    if (reason === undefined) continue;
    throw new ConfigError(`${shown(name, config)}: ${reason}`);
  }
  checkRelations(config);
  return config;
}

/** @returns why the value cannot be this setting's, or undefined where it can. */
function misfit(name: SettingName, value: Config[SettingName]): string | undefined {
  const setting: Setting = settings[name];
  switch (setting.kind) {
    case 'count':
      return outOfRange(name, value, setting.min ?? 0, setting.max ?? Number.MAX_SAFE_INTEGER);
    case 'duration':
      return outOfRange(name, value, setting.min ?? 0, maxTimerMs);
    case 'choice':
      if (setting.choices.includes(String(value))) return undefined;
      return `must be one of ${setting.choices.join(', ')}`;
    case 'text':
      return value === '' && setting.mayBeEmpty !== true ? 'must not be empty' : undefined;
    case 'list':
      return misfitInList(name, value as readonly string[]);
    case 'switch':
      return undefined;
    default:
      return assertNever(setting);
  }
}

function outOfRange(
  name: SettingName,
  value: Config[SettingName],
  min: number,
  max: number,
): string | undefined {
  const fits = typeof value === 'number' && value >= min && value <= max;
  if (fits && (settings[name].kind === 'duration' || Number.isInteger(value))) return undefined;
  return `must be from ${showValue(name, min)} to ${showValue(name, max)}`;
}

function misfitInList(name: SettingName, values: readonly string[]): string | undefined {
  if (name === 'redis') return notRedis(values);
  return name === 'trustProxy' ? untrustable(values) : inexactOrigin(values);
}

function notRedis(urls: readonly string[]): string | undefined {
  const wrong = urls.find((url) => !isRedisUrl(url));
  return wrong === undefined ? undefined : `"${wrong}" is not a URL such as redis://127.0.0.1:6379`;
}

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname } = new URL(text);
  // The path is the number of a database; the client decodes the names.
  if (!/^rediss?:$/.test(protocol) || hostname === '' || !/^(\/\d*)?$/.test(pathname)) return false;
  return isPercentEncoded(username) && isPercentEncoded(password);
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function inexactOrigin(origins: readonly string[]): string | undefined {
  const wrong = origins.find((origin) => !isExactOrigin(origin));
  if (wrong === undefined) return undefined;
  return `"${wrong}" is not an exact origin such as https://chat.example.com`;
}

/** Parsed and printed again, an exact origin is the same: no path, no default port, nothing to normalise. */
function isExactOrigin(text: string): boolean {
  if (text.includes('*')) return false; // a URL may have it, but nobody means it to the letter
  return URL.canParse(text) && new URL(text).origin === text;
}

function checkRelations(config: Config): void {
  if (!/^https?:$/.test(URL.canParse(config.statelyUrl) ? new URL(config.statelyUrl).protocol : '')) {
    throw new ConfigError(`${shown('statelyUrl', config)}: must be a URL such as https://stately.ai/inspect`);
  }
  if (config.drainGraceMs > config.drainTimeoutMs) {
    throw new ConfigError(
      `${shown('drainGraceMs', config)}: must not be longer than ${shown('drainTimeoutMs', config)}`,
    );
  }
  if (config.workers > 0 && config.redis.length === 0) {
    throw new ConfigError(`${shown('workers', config)}: needs --redis, by which workers share their rooms`);
  }
  if (config.workers > 0 && config.record !== '') {
    throw new ConfigError(
      `${shown('record', config)}: not with ${shown('workers', config)}, which would all write into it`,
    );
  }
  if (config.compress && config.compressThresholdBytes > config.maxMessageBytes) {
    throw new ConfigError(
      `${shown('compressThresholdBytes', config)}: must not be above ${shown('maxMessageBytes', config)}, or nothing would be compressed`,
    );
  }
}

function shown(name: SettingName, config: Config): string {
  return `--${flagOf(name)} ${showValue(name, config[name])}`;
}

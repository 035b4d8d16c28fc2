import { describe, expect, test } from 'vitest';
import {
  closeCodes,
  maxCloseReasonBytes,
  nameOfCode,
  otherCode,
  type CloseCode,
} from '../src/close-codes.ts';

const catalogue: readonly CloseCode[] = Object.values(closeCodes);
/** The codes of which RFC 6455 section 7.4.1 says that no close frame may bear them. */
const neverSent: ReadonlySet<number> = new Set([1004, 1005, 1006, 1015]);

describe('the catalogue of close codes', () => {
  test('has each code and each name once', () => {
    expect(new Set(catalogue.map(({ code }) => code)).size).toBe(catalogue.length);
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  });

  test('has the codes that clients rely on', () => {
    const promised = { 1000: 'normal', 1009: 'message too big', 1011: 'internal error', 1012: 'restarting' };
    const ours = {
      1013: 'at capacity',
      4001: 'slow consumer',
      4002: 'no pong',
      4003: 'token expired',
      4004: 'handshake timeout',
      4005: 'session replaced',
      4006: 'room unavailable',
      4500: 'bad request',
      4501: 'unauthorized',
      4502: 'rate limit abuse',
      4503: 'kicked',
      4504: 'limit reached',
    };
    const names = Object.fromEntries(catalogue.map(({ code, name }) => [code, name]));
    expect(names).toMatchObject({ ...promised, ...ours });
  });

  test.each(catalogue)(
    '$code ($name) is one that a close frame may bear or that is only recorded',
    ({ code }) => {
      const isStandard = code >= 1000 && code <= 1014 && code !== 1004;
      expect(isStandard || (code >= 4000 && code <= 4999)).toBe(true);
    },
  );

  test.each(catalogue)('$code ($name) has a reason that fits into a close frame', ({ code, reason }) => {
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(maxCloseReasonBytes);
    expect(reason === '').toBe(neverSent.has(code));
  });

  const ours = catalogue.filter(({ code }) => code >= 4000);

  test.each(ours)('$code ($name): its range says whether to come back', ({ code, reconnect }) => {
    expect(reconnect).toBe(code < 4500 ? 'yes' : 'no');
  });

  test('those whom a restart or a lack of room sent away come back, but not all at once', () => {
    expect([closeCodes.restarting.reconnect, closeCodes.atCapacity.reconnect]).toEqual(['spread', 'later']);
  });

  test('names every code that it has, and none that it does not have', () => {
    expect(catalogue.map(({ code }) => nameOfCode(code))).toEqual(catalogue.map(({ name }) => name));
    expect([999, 3000, 4999].map(nameOfCode)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(nameOfCode(otherCode)).toBe('other');
  });
});

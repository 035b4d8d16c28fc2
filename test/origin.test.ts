import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOriginAllowed } from '../src/origin.ts';

const allowed = ['https://example.com', 'http://localhost:5173'];

describe('a request', () => {
  test('without an origin comes from no browser, and may pass', () => {
    expect(isOriginAllowed({ host: 'chat.example' }, [])).toBe(true);
    expect(isOriginAllowed({}, [])).toBe(true);
  });

  test.each([
    ['http://chat.example:8080', 'chat.example:8080'],
    ['https://chat.example', 'chat.example'], // TLS ended by a proxy before us
    ['http://chat.example', 'CHAT.example'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['http://[::1]:8080', '[::1]:8080'],
    ['http://xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('of a page of %s may pass to that same host %s', (origin, host) => {
    expect(isOriginAllowed({ origin, host }, [])).toBe(true);
  });

  test.each(allowed)('of a page of %s, which is allowed, may pass', (origin) => {
    expect(isOriginAllowed({ origin, host: 'chat.example' }, allowed)).toBe(true);
  });

  test.each([
    ['an allowed origin is its prefix', 'https://example.com.evil.net'],
    ['an allowed origin is its suffix', 'https://evil-example.com'],
    ['it is a subdomain of an allowed one', 'https://sub.example.com'],
    ['its scheme is another', 'http://example.com'],
    ['its port is another', 'https://example.com:8443'],
    ['it has the allowed one as its user', 'https://example.com@evil.net'],
    ['it names an allowed one in its path', 'https://evil.net/https://example.com'],
    ['our host is its prefix', 'http://chat.example:8080.evil.net'],
    ['our host is its user', 'http://chat.example:8080@evil.net'],
    ['our host has another port', 'http://chat.example'],
    ['it is a sandboxed page', 'null'],
    ['it is a file', 'file://'],
    ['it is no URL', 'chat.example:8080'],
    ['it is empty', ''],
  ])('is refused where %s', (_, origin) => {
    expect(isOriginAllowed({ origin, host: 'chat.example:8080' }, allowed)).toBe(false);
  });

  test('with an origin but without a host is refused', () => {
    expect(isOriginAllowed({ origin: 'http://chat.example' }, [])).toBe(false);
  });

  test('of any foreign page is refused, and of that page once it is allowed', () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), (domain, port) => {
        const headers = { origin: `https://${domain}:${port}`, host: 'chat.internal:8080' };
        expect(isOriginAllowed(headers, allowed)).toBe(false);
        expect(isOriginAllowed(headers, [...allowed, headers.origin])).toBe(true);
      }),
    );
  });
});

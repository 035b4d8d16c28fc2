import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../src/page.ts';
import { parseClientMessage, parseRoomName } from '../src/protocol.ts';
import { parseRoomName as parsePageRoomName, roomInHash, hashOf } from '../src/web/model/room-names.ts';

const built = fileURLToPath(new URL('../dist/web/', import.meta.url));
const source = fileURLToPath(new URL('../src/web/', import.meta.url));
const html = readFileSync(path.join(built, 'index.html'), 'utf8');

describe('the page', () => {
  it('has every file that it refers to, by a name that its content makes', () => {
    const references = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(2);
    for (const reference of references) {
      expect(reference).toMatch(/^\.\/assets\/[\w-]+-[\w-]{8}\.(?:js|css|svg)$/);
      expect(readFileSync(path.join(built, reference)).length).toBeGreaterThan(0);
    }
  });

  it('has nothing inline, so that the strictest content security policy fits it', () => {
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|<[^>]+ (?:style|on\w+)=/i);
  });

  it('never makes markup of text', () => {
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(file)) continue;
      expect(readFileSync(path.join(source, file), 'utf8')).not.toMatch(
        /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|eval\(|srcDoc/,
      );
    }
  });

  it('takes the room names that the server takes, save those that a URL cannot hold', () => {
    const likely = fc.string({
      unit: fc.constantFrom('a', 'Ж', '9', '.', '_', '-', ' ', '/', 'é', '🦊'),
      maxLength: 66,
    });
    fc.assert(
      fc.property(fc.oneof(likely, fc.string({ unit: 'grapheme' })), (text) => {
        const name = text.normalize('NFC');
        const inUrl = name !== '.' && name !== '..';
        expect(parsePageRoomName(text)).toBe(inUrl ? parseRoomName(text) : undefined);
      }),
    );
  });

  it('finds a room again in the address that it makes of it', () => {
    for (const room of ['general', 'чай', 'a.b-c_d', '%']) expect(roomInHash(hashOf(room))).toBe(room);
    expect(roomInHash('#%')).toBe('%');
    expect(roomInHash('')).toBe('');
  });
});

describe('what curl is told', () => {
  it('names the page, the WebSocket and the stats of this very server', () => {
    const text = plainText('http://127.0.0.1:9000');
    expect(text).toContain(' http://127.0.0.1:9000/ ');
    expect(text).toContain(' ws://127.0.0.1:9000/ws/general ');
    expect(text).toContain(' http://127.0.0.1:9000/stats ');
    expect(text).toMatch(/\n$/);
  });

  it('gives an example that the protocol takes', () => {
    const [example = ''] = /\{"type".*?\}/.exec(plainText('http://127.0.0.1:9000')) ?? [];
    expect(parseClientMessage(example)).toEqual({ ok: true, message: { type: 'chat', content: 'hello' } });
  });

  it('speaks of wss behind https', () => {
    expect(plainText('https://chat.example.com/')).toContain('wss://chat.example.com/ws/general');
  });
});

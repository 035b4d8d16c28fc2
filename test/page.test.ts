import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPage, plainText } from '../src/page.ts';
import { parseClientMessage, parseDisplayName, parseRoomName } from '../src/protocol.ts';

const page = loadPage();
const textOf = (path: string): string => page.get(path)?.body.toString() ?? '';
const html = textOf('/');
const scripts = [...page.keys()].filter((path) => path.endsWith('.js'));

function attributeOf(element: string, attribute: string): string {
  const [tag = ''] = new RegExp(`<[^>]* id="${element}"[^>]*>`).exec(html) ?? [];
  return new RegExp(` ${attribute}="([^"]*)"`).exec(tag)?.[1] ?? '';
}

describe('the page', () => {
  it('has every file that it refers to', () => {
    const references = [html, ...scripts.map(textOf)].flatMap((text) =>
      [...text.matchAll(/(?: href="| src="|^import .* from '\.\/)([^"'#]+)["']/gm)].map(
        (match) => `/${match[1]}`,
      ),
    );
    expect(references.length).toBeGreaterThan(5);
    expect(new Set(references)).toEqual(new Set([...page.keys()].filter((path) => path !== '/')));
  });

  it('has nothing inline, so that the strictest content security policy fits it', () => {
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|<[^>]+ (?:style|on\w+)=/i);
  });

  it('names no other host', () => {
    for (const path of page.keys()) {
      expect(textOf(path).replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
    }
  });

  it.each(scripts)('%s never makes markup of text', (path) => {
    expect(textOf(path)).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|eval\(|srcdoc/,
    );
  });

  it('takes the room names that the server takes, save those that a URL cannot hold', () => {
    const pattern = new RegExp(`^(?:${attributeOf('room', 'pattern')})$`, 'v');
    const likely = fc.string({
      unit: fc.constantFrom('a', 'Ж', '9', '.', '_', '-', ' ', '/', 'é', '🦊'),
      maxLength: 66,
    });
    fc.assert(
      fc.property(fc.oneof(likely, fc.string({ unit: 'grapheme' })), (text) => {
        const name = text.normalize('NFC');
        const inUrl = name !== '.' && name !== '..';
        expect(pattern.test(name)).toBe(inUrl && parseRoomName(text) !== undefined);
      }),
    );
  });

  it('takes display names as long as the server takes them', () => {
    const longest = Number(attributeOf('name', 'maxlength'));
    expect(parseDisplayName('x'.repeat(longest))).toBeDefined();
    expect(parseDisplayName('x'.repeat(longest + 1))).toBeUndefined();
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

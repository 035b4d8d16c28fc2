import { describe, expect, it } from 'vitest';
import { partsOf } from '../../src/web/model/rich-text.ts';

const text = (words: string) => ({ kind: 'text', text: words });
const link = (words: string, href = words) => ({ kind: 'link', text: words, href });
const code = (words: string) => ({ kind: 'code', text: words });
const block = (words: string) => ({ kind: 'block', text: words });

describe('what a member typed', () => {
  it.each([
    ['plain words', [text('plain words')]],
    ['', []],
    ['see https://example.com/a.', [text('see '), link('https://example.com/a'), text('.')]],
    ['(http://example.com)', [text('('), link('http://example.com'), text(')')]],
    ['ada@example.com', [link('ada@example.com', 'mailto:ada@example.com')]],
    ['example.com', [text('example.com')]],
    ['javascript:alert(1)', [text('javascript:alert(1)')]],
    ['data:text/html,<b>x</b>', [text('data:text/html,<b>x</b>')]],
    ['ftp://example.com //example.com', [text('ftp://example.com //example.com')]],
    ['run `npm ci` now', [text('run '), code('npm ci'), text(' now')]],
    ['`https://example.com`', [code('https://example.com')]],
    ['one ` alone', [text('one ` alone')]],
    ['a\n```\nb\nc\n```\nd', [text('a'), block('b\nc'), text('d')]],
    ['```js\nlet x;\n```', [block('let x;')]],
    ['```one line```', [block('one line')]],
    ['``` open', [text('``` open')]],
    ['```a``b```', [block('a``b')]],
  ])('%j', (typed, parts) => {
    expect(partsOf(typed)).toEqual(parts);
  });

  it('takes no longer than it is long to take apart', () => {
    for (const typed of ['`'.repeat(4_000), '```'.repeat(1_300), 'http://'.repeat(570), 'a@'.repeat(2_000)]) {
      const start = performance.now();
      partsOf(typed);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });
});

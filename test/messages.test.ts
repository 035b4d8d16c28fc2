import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chatText, chatTextOf, storedText } from '../src/messages.ts';

/** Any UTF-16 at all: quotes, controls, separators of lines, halves of surrogate pairs. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800', '\udc00', '}', ',"offset":9}'))
    .map((some) => some.join('')),
);

test('whatever is said, by whomever: a chat laid out by hand is the text that JSON.stringify makes, stored or not', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, fc.nat(), (room, sender, content, offset) => {
      const said = { id: 'an id', room, sender, content, timestamp: 'now' };
      const { id, timestamp } = said;
      const text = JSON.stringify({ type: 'chat', id, room, sender, content, timestamp, offset });
      expect(chatText(said, offset)).toBe(text);
      expect(chatTextOf(storedText(said), offset)).toBe(text);
      expect(text).not.toMatch(/[\r\n]/);
      expect(Buffer.from(text).toString()).toBe(text);
    }),
    { numRuns: 500 },
  );
});

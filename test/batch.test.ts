import { describe, expect, test, vi } from 'vitest';
import { Batch, type Encoding, type Payload } from '../src/batch.ts';

function encoding(name: string) {
  const encode = vi.fn<Encoding['encode']>((messages) => Buffer.from(`${name}:${messages.join('|')}`));
  return { name, encode };
}

describe('a batch', () => {
  test('says how many messages it is', () => {
    const messages: Payload[] = ['one', Buffer.from('two'), 'three'];
    const batch = new Batch(messages);
    expect([batch.size, batch.messages]).toEqual([3, messages]);
  });

  test('is encoded once per encoding, and every call gets the same buffer', () => {
    const [first, second, third] = [encoding('a'), encoding('b'), encoding('c')];
    const batch = new Batch(['one', 'two']);
    const before = [first, second, third].map((each) => batch.bytes(each));
    const after = [third, second, first].map((each) => batch.bytes(each)).toReversed();

    expect(before.map(String)).toEqual(['a:one|two', 'b:one|two', 'c:one|two']);
    for (const [index, bytes] of before.entries()) expect(after[index]).toBe(bytes);
    for (const { encode } of [first, second, third]) expect(encode).toHaveBeenCalledOnce();
  });

  test('is not encoded before anyone asks', () => {
    const { encode } = encoding('a');
    expect(new Batch(['one']).size).toBe(1);
    expect(encode).not.toHaveBeenCalled();
  });

  test('is encoded once even where the bytes are none', () => {
    const silent = { name: 'silent', encode: vi.fn<Encoding['encode']>(() => Buffer.alloc(0)) };
    const batch = new Batch(['one']);
    expect(batch.bytes(silent)).toBe(batch.bytes(silent));
    expect(silent.encode).toHaveBeenCalledOnce();
  });
});

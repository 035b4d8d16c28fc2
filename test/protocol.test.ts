import * as fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../src/config.ts';
import { errorText, welcomeText } from '../src/messages.ts';
import {
  errorCodes,
  parseClientMessage,
  parseDisplayName,
  parseRoomName,
  protocolSchema,
  type ErrorCode,
  type ServerMessage,
} from '../src/protocol.ts';
import { MemoryHouse } from './support/memory-house.ts';

function house(settings?: Partial<Config>) {
  const built = new MemoryHouse(settings);
  onTestFinished(() => built.close());
  const { clock, hub } = built;
  return { clock, hub, enter: built.enter.bind(built) };
}

/** Any UTF-16 at all, halves of surrogate pairs too, for JSON can bring them. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

const isClientMessage = Compile(protocolSchema.$defs.ClientMessage);
const isServerMessage = Compile(protocolSchema.$defs.ServerMessage);
const isMessage = Compile(protocolSchema);

describe('a room name', () => {
  test.each(['general', 'a', 'A-1_b.c', '.', 'é', '寿司', '٣', 'x'.repeat(64), '𝒳'.repeat(64)])(
    '%s is one',
    (name) => {
      expect(parseRoomName(name)).toBe(name.normalize('NFC'));
    },
  );

  test.each([
    ['nothing', ''],
    ['65 characters', 'x'.repeat(65)],
    ['a blank', 'two words'],
    ['a slash', 'a/b'],
    ['a line feed', 'tea\n'],
    ['a control character', 'tea\0'],
    ['an invisible character', 'tea\u200b'],
    ['one that turns the text around', 'tea\u202e'],
    ['an emoji', '🫖'],
    ['half of a surrogate pair', '\ud83e'],
    ['markup', '<b>'],
    ['a percent sign', '%41'],
  ])('with %s is none', (_, name) => {
    expect(parseRoomName(name)).toBeUndefined();
  });

  test('is the same room however its letters are composed', () => {
    expect(parseRoomName('cafe\u0301')).toBe('caf\u00e9');
    expect(parseRoomName('e\u0301'.repeat(64))).toBe('\u00e9'.repeat(64));
  });

  test('is read as itself: what was accepted once is accepted unchanged', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string()), (text) => {
        const name = parseRoomName(text);
        expect(name === undefined ? undefined : parseRoomName(name)).toBe(name);
      }),
    );
  });
});

describe('a display name', () => {
  test.each([
    ['Ann', 'Ann'],
    ['  Ann  ', 'Ann'],
    ['Ann Lee', 'Ann Lee'],
    ['🫖 maker', '🫖 maker'],
    ['<b>', '<b>'],
    ['Jose\u0301', 'Jos\u00e9'],
    ['x'.repeat(32), 'x'.repeat(32)],
    ['servers', 'servers'],
  ])('"%s" is shown as "%s"', (text, name) => {
    expect(parseDisplayName(text)).toBe(name);
  });

  test.each([
    ['nothing', ''],
    ['only blanks', ' \t\n '],
    ['33 characters', 'x'.repeat(33)],
    ["the server's name", 'server'],
    ["the server's name in capitals", ' SERVER '],
    ['a line feed', 'a\nb'],
    ['a control character', 'a\u0007b'],
    ['an invisible character', 'serv\u200ber'],
    ['one that turns the text around', 'a\u202eb'],
    ['a line separator', 'a\u2028b'],
    ['a private character', '\ue000'],
    ['half of a surrogate pair', '\ud83e'],
  ])('with %s is none', (_, text) => {
    expect(parseDisplayName(text)).toBeUndefined();
  });
});

describe('what a client may send', () => {
  test.each([
    { type: 'chat', content: 'hello' },
    { type: 'chat', content: '', room: 'tea' },
    { type: 'join', room: 'tea' },
    { type: 'leave', room: 'tea' },
  ])('%j is read as it is', (message) => {
    expect(parseClientMessage(JSON.stringify(message))).toEqual({ ok: true, message });
    expect(isClientMessage.Check(message)).toBe(true);
  });

  test('may have members that this protocol does not know', () => {
    const message = { type: 'chat', content: 'hello', mood: 'merry', __proto__: null };
    expect(parseClientMessage(JSON.stringify(message))).toMatchObject({
      ok: true,
      message: { mood: 'merry' },
    });
  });

  test('is exactly what the published schema says', () => {
    const near = fc.record(
      {
        type: fc.constantFrom('chat', 'join', 'leave', 'welcome', 'toString', 7),
        room: fc.oneof(fc.string(), fc.jsonValue()),
        content: fc.oneof(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(near, near, fc.jsonValue()), (value) => {
        expect(parseClientMessage(JSON.stringify(value)).ok).toBe(isClientMessage.Check(value));
      }),
      { numRuns: 500 },
    );
  });

  test('may be any text at all without harm', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json()), (text) => {
        const parsed = parseClientMessage(text);
        expect(parsed.ok || parsed.reason.length > 0).toBe(true);
      }),
    );
  });
});

/** The parser's own words, which differ from one version of Node to the next. */
const syntaxError = expect.stringMatching(/^not JSON: \w+ \S/) as string;

describe('a message that is not understood', () => {
  test.each<[string, ErrorCode, string]>([
    ['', 'bad_json', syntaxError],
    ['hello', 'bad_json', syntaxError],
    ['{"type":"chat"', 'bad_json', syntaxError],
    ['{"type":"leave","room":"a"}\n{"type":"leave","room":"b"}', 'bad_json', syntaxError],
    ['null', 'bad_shape', 'a message is a JSON object with a "type"'],
    ['42', 'bad_shape', 'a message is a JSON object with a "type"'],
    ['"chat"', 'bad_shape', 'a message is a JSON object with a "type"'],
    ['[{"type":"chat"}]', 'bad_shape', 'a message is a JSON object with a "type"'],
    ['{}', 'unknown_type', 'unknown message type: known are chat, join, leave, ping'],
    ['{"type":null}', 'unknown_type', 'unknown message type: known are chat, join, leave, ping'],
    ['{"type":["chat"]}', 'unknown_type', 'unknown message type: known are chat, join, leave, ping'],
    ['{"type":"CHAT"}', 'unknown_type', 'unknown message type: known are chat, join, leave, ping'],
    ['{"type":"welcome"}', 'unknown_type', 'unknown message type: known are chat, join, leave, ping'],
    ['{"type":"constructor"}', 'unknown_type', 'unknown message type: known are chat, join, leave, ping'],
    ['{"type":"chat"}', 'bad_shape', 'chat: must have required properties content'],
    ['{"type":"chat","content":null}', 'bad_shape', 'chat: content must be string'],
    ['{"type":"chat","content":"x","room":7}', 'bad_shape', 'chat: room must be string'],
    ['{"type":"join"}', 'bad_shape', 'join: must have required properties room'],
    ['{"type":"join","room":["tea"]}', 'bad_shape', 'join: room must be string'],
    ['{"type":"leave","room":null}', 'bad_shape', 'leave: room must be string'],
  ])('%s -> %s', (text, code, words) => {
    expect(parseClientMessage(text)).toEqual({ ok: false, code, reason: words });
  });
});

describe('a message that is not taken', () => {
  /** Of which room the error is, and why. */
  type Refused = readonly [room: string, code: ErrorCode, words: string];

  test.each<[string, string | Buffer, Refused]>([
    ['no JSON', '{', ['', 'bad_json', 'not JSON: ']],
    ['no object', '[]', ['', 'bad_shape', 'a message is a JSON object with a "type"']],
    ['no content', '{"type":"chat"}', ['', 'bad_shape', 'chat: must have required properties content']],
    ['an unknown type', '{"type":"shout"}', ['', 'unknown_type', 'unknown message type: known are ']],
    ['bytes', Buffer.from('{"type":"chat","content":"x"}'), ['', 'binary', errorCodes.binary]],
    ['an empty text', '{"type":"chat","content":""}', ['tea', 'empty', errorCodes.empty]],
    ['only blanks', '{"type":"chat","content":" \\t\\n\\u2003"}', ['tea', 'empty', errorCodes.empty]],
    ['a bad room', '{"type":"chat","content":"x","room":"a b"}', ['', 'bad_room', errorCodes.bad_room]],
    ['a bad room to join', '{"type":"join","room":""}', ['', 'bad_room', errorCodes.bad_room]],
    ['a bad room to leave', '{"type":"leave","room":"/"}', ['', 'bad_room', errorCodes.bad_room]],
    [
      'a room one is not in',
      '{"type":"chat","content":"x","room":"coffee"}',
      ['coffee', 'not_in_room', errorCodes.not_in_room],
    ],
    [
      'leave of a room one is not in',
      '{"type":"leave","room":"coffee"}',
      ['coffee', 'not_in_room', errorCodes.not_in_room],
    ],
    ['one room too many', '{"type":"join","room":"coffee"}', ['coffee', 'limit_reached', 'no more rooms']],
  ])('with %s is answered with the reason, and the connection stays', (_, message, [room, code, words]) => {
    const { enter, clock } = house({ roomsPerConnection: 1 });
    const [ann, bob] = [enter('ann'), enter('bob')];
    ann.heard.length = 0;
    bob.heard.length = 0;
    ann.peer.send(message);
    clock.settle();
    expect(ann.heard).toEqual([
      {
        type: 'error',
        room,
        sender: 'server',
        content: expect.stringContaining(words) as string,
        timestamp: '2026-01-01T00:00:00.000Z',
        code,
      },
    ]);
    expect(bob.heard).toEqual([]);

    ann.peer.send('{"type":"chat","content":"still here"}');
    clock.settle();
    expect([ann.peer.isClosed, bob.heard.at(-1)]).toMatchObject([false, { content: 'still here' }]);
  });

  test('because it came too soon is answered with when to come back', () => {
    const { enter, clock } = house({ rate: 10, burst: 1 });
    const ann = enter('ann');
    ann.heard.length = 0;
    for (const content of ['one', 'two']) ann.peer.send(JSON.stringify({ type: 'chat', content }));
    clock.settle();
    expect(ann.heard).toMatchObject([
      { type: 'error', code: 'rate_limited', content: 'too many messages', retryAfterMs: 100 },
      { type: 'chat', content: 'one' },
    ]);
    clock.advance(100);
    ann.peer.send('{"type":"chat","content":"three"}');
    clock.settle();
    expect(ann.heard.at(-1)).toMatchObject({ type: 'chat', content: 'three', offset: 2 });
  });
});

/** The schema, as far as one who reads it as plain JSON looks into it. */
interface Published {
  readonly $defs: Record<string, { readonly anyOf: readonly { readonly description?: string }[] }>;
}

/** The error codes that a hub with a memory broker sends; the others are for HTTP, and for brokers that can be away. */
const codesOfSockets = Object.keys(errorCodes).filter((code) => !['too_long', 'unavailable'].includes(code));

/** Members of a message that the schema of its type does not name. */
function unnamed(message: ServerMessage): string[] {
  const schema = protocolSchema.$defs.ServerMessage.anyOf.find(
    ({ properties }) => properties.type.const === message.type,
  );
  return Object.keys(message).filter((key) => !Object.hasOwn(schema?.properties ?? {}, key));
}

describe('the published schema', () => {
  test('describes every message of a session in which everything happens', () => {
    const { hub, enter, clock } = house({ rate: 100, burst: 20, roomsPerConnection: 2 });
    const ann = enter('ann');
    enter('bob').peer.close();
    clock.advance(1_000);
    const crowd = [enter('cid'), enter('dot')];
    for (const { peer } of crowd) peer.close();
    clock.advance(1_000);
    const messages = [
      { type: 'chat', content: 'hello \u0000 <b>"\\ 🫖', id: 'my-1' },
      { type: 'ping' },
      { type: 'join', room: 'coffee' },
      { type: 'join', room: 'juice' },
      { type: 'chat', content: 'in coffee', room: 'coffee' },
      { type: 'chat', content: '   ' },
      { type: 'chat' },
      { type: 'join', room: 'not a room' },
      { type: 'leave', room: 'coffee' },
      { type: 'leave', room: 'coffee' },
      { type: 'dance' },
    ];
    for (const message of messages) ann.peer.send(JSON.stringify(message));
    ann.peer.send('{');
    ann.peer.send(Buffer.from('bytes'));
    for (let n = 0; n < 30; n += 1) ann.peer.send('{"type":"chat","content":"flood"}');
    clock.settle();
    hub.announceDrain();
    clock.settle();

    const kinds = ann.heard.map((message) => {
      if (message.type === 'system') return message.event;
      return message.type === 'error' ? message.code : message.type;
    });
    expect(new Set(kinds)).toEqual(
      new Set([
        'welcome',
        'chat',
        'ack',
        'pong',
        'joined',
        'left',
        'presence',
        'draining',
        ...codesOfSockets,
      ]),
    );
    for (const message of ann.heard) {
      expect([message, isServerMessage.Errors(message)]).toEqual([message, []]);
      expect(isMessage.Check(message)).toBe(true);
      expect(unnamed(message)).toEqual([]);
    }
  });

  test('describes an error with any code, reason and wait', () => {
    const codes = fc.constantFrom(...(Object.keys(errorCodes) as ErrorCode[]));
    const details = fc.record(
      {
        timestamp: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') }),
        room: anyText,
        reason: anyText,
        retryAfterMs: fc.nat(),
      },
      { requiredKeys: ['timestamp'] },
    );
    fc.assert(
      fc.property(codes, details, (code, { timestamp, ...rest }) => {
        const text = errorText(code, { ...rest, timestamp: timestamp.toISOString() });
        const message = JSON.parse(text) as ServerMessage;
        expect(isServerMessage.Errors(message)).toEqual([]);
        expect(unnamed(message)).toEqual([]);
        expect(message).toEqual({
          type: 'error',
          sender: 'server',
          code,
          timestamp: timestamp.toISOString(),
          room: rest.room ?? '',
          content: rest.reason ?? errorCodes[code],
          ...(rest.retryAfterMs === undefined ? {} : { retryAfterMs: rest.retryAfterMs }),
        });
      }),
    );
  });

  test('describes a welcome to anyone, anywhere', () => {
    fc.assert(
      fc.property(
        anyText,
        anyText,
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        (name, room, offset, members, recovered) => {
          const timestamp = '2026-01-01T00:00:00.000Z';
          const position = { epoch: 'first', offset };
          const text = welcomeText({
            you: 'id',
            name,
            room,
            position,
            recovered,
            members,
            pingPeriodMs: 1,
            timestamp,
          });
          const message = JSON.parse(text) as ServerMessage;
          expect(isServerMessage.Errors(message)).toEqual([]);
          expect(message).toMatchObject({
            type: 'welcome',
            name,
            room,
            offset,
            members,
            recovered,
            epoch: 'first',
          });
        },
      ),
    );
  });

  const chat = {
    type: 'chat',
    id: 'id',
    room: 'tea',
    sender: 'ann',
    content: 'hello',
    timestamp: '2026-01-01T00:00:00.000Z',
    offset: 1,
  };

  test.each([
    ['without its offset', { ...chat, offset: undefined }],
    ['with half an offset', { ...chat, offset: 1.5 }],
    ['with a timestamp that is none', { ...chat, timestamp: 'yesterday' }],
    ['of an unknown type', { ...chat, type: 'shout' }],
    ['with an unknown error code', { ...chat, type: 'error', code: 'oops' }],
    ['with an unknown event', { ...chat, type: 'system', event: 'danced', members: 1 }],
  ])('does not describe a message %s', (_, message) => {
    expect(isServerMessage.Check(chat)).toBe(true);
    expect(isServerMessage.Check(JSON.parse(JSON.stringify(message)))).toBe(false);
  });

  test('is JSON, and says in words what each message is', () => {
    const published = JSON.parse(JSON.stringify(protocolSchema)) as Published;
    expect(published).toEqual(protocolSchema);
    const schemas = Object.values(published.$defs).flatMap(({ anyOf }) => anyOf);
    expect(schemas).toHaveLength(10);
    expect(schemas.filter(({ description }) => !description)).toEqual([]);
  });
});

test('every error code has words', () => {
  expect(Object.entries(errorCodes).filter(([, words]) => words.trim() === '')).toEqual([]);
});

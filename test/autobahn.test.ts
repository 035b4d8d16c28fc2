/**
 * The cases by which the Autobahn test suite judges WebSocket servers, by their numbers there, against /echo: what
 * matters of framing, fragmentation, UTF-8, closing and compression. A case is what a client sends, what it has to
 * hear, and with which code it is closed.
 */
import { createHash } from 'node:crypto';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatServer } from '../src/index.ts';
import * as raw from './support/raw-client.ts';
import { patient, serveUntilEnd, type TestServerOptions } from './support/test-server.ts';

const { opcodes, rsv, frame, text, binary, continuation, ping, pong, close, fragments } = raw;

const kib = 1_024;
const mib = 1_024 * kib;

interface Case {
  readonly id: string;
  readonly what: string;
  /** What the client sends; where the server is not to close it, the client says goodbye with 1000 at the end. */
  readonly sends: readonly Buffer[];
  /** The size of the pieces in which it is sent; all at once unless given. */
  readonly octets: number | undefined;
  /** What comes back, before the close frame. */
  readonly hears: readonly string[];
  /** The code in the server's close frame. */
  readonly code: number;
}

/** A case in which all is well. */
function fine(
  id: string,
  what: string,
  sends: readonly Buffer[],
  hears: readonly string[],
  octets?: number,
): Case {
  return { id, what, sends: [...sends, close(1000)], octets, hears, code: 1000 };
}

interface Before {
  /** What comes back before it is closed. */
  readonly hears?: readonly string[];
  readonly octets?: number | undefined;
}

/** A case in which the server closes the connection, after what could be answered before. */
function wrong(
  id: string,
  what: string,
  sends: readonly Buffer[],
  code: number,
  { hears = [], octets }: Before = {},
): Case {
  return { id, what, sends, octets, hears, code };
}

const nameOf = new Map<number, string>(Object.entries(opcodes).map(([name, opcode]) => [opcode, name]));

/** A frame in words: short ones whole, long ones by their hash. */
function shown(opcode: number, payload: string | Buffer): string {
  const octets = Buffer.from(payload as string);
  const hash = () => createHash('sha256').update(octets).digest('hex').slice(0, 16);
  const content = octets.length <= 32 ? octets.toString('latin1') : `${octets.length} octets, ${hash()}`;
  return `${nameOf.get(opcode) ?? opcode}: ${content}`;
}

const hearsText = (content: string | Buffer) => shown(opcodes.text, content);
const hearsBinary = (content: string | Buffer) => shown(opcodes.binary, content);
const hearsPong = (content: string | Buffer = '') => shown(opcodes.pong, content);

/** Runs the cases on a server of their own. */
function describeCases(name: string, options: TestServerOptions, cases: readonly Case[]): void {
  describe(`Autobahn ${name}`, patient, () => {
    let server: ChatServer;
    let end: () => Promise<void>;
    beforeAll(async () => {
      ({ server, end } = await serveUntilEnd({ echo: true, maxMessageBytes: 16 * mib, ...options }));
    }, patient.timeout);
    afterAll(() => end(), patient.timeout);

    const table = cases.map((one) => [one.id, one.what, one.code, one] as const);
    test.each(table)('%s %s → %d', async (_id, _what, code, { sends, octets, hears }) => {
      const client = await raw.RawClient.connect(server.url, { path: '/echo' });
      await client.send(Buffer.concat(sends), octets);
      const closed = await client.closeFrame();
      await client.ended;
      const { all } = client.frames;
      expect(all.slice(0, -1).map(({ opcode, payload }) => shown(opcode, payload))).toEqual(hears);
      expect(closed.code).toBe(code);
      expect(all.at(-1)?.opcode).toBe(opcodes.close);
      for (const { fin, rsv: reserved } of all) expect({ fin, reserved }).toEqual({ fin: true, reserved: 0 });
    });
  });
}

/** The same messages whole, frame by frame in writes of their own, and octet by octet. */
function chopped(
  ids: readonly [string, string, string],
  make: (id: string, octets?: number) => Case,
): Case[] {
  return [make(ids[0]), make(ids[1], 7), make(ids[2], 1)];
}

// 1: framing

const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];

describeCases('1 framing', {}, [
  ...sizes.map((size, i) => {
    const payload = '*'.repeat(size);
    return fine(`1.1.${i + 1}`, `text of ${size}`, [text(payload)], [hearsText(payload)]);
  }),
  fine(
    '1.1.8',
    'text of 65536 in pieces of 997',
    [text('*'.repeat(65_536))],
    [hearsText('*'.repeat(65_536))],
    997,
  ),
  ...sizes.map((size, i) => {
    const payload = Buffer.alloc(size, 0xfe);
    return fine(`1.2.${i + 1}`, `binary of ${size}`, [binary(payload)], [hearsBinary(payload)]);
  }),
  fine(
    '1.2.8',
    'binary of 65536 in pieces of 997',
    [binary(Buffer.alloc(65_536, 0xfe))],
    [hearsBinary(Buffer.alloc(65_536, 0xfe))],
    997,
  ),
]);

// 2: pings and pongs

const someOctets = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
const tenPings = Array.from({ length: 10 }, (_, i) => `payload-${i}`);

describeCases('2 pings and pongs', {}, [
  fine('2.1', 'a ping that carries nothing', [ping()], [hearsPong()]),
  fine('2.2', 'a ping that carries text', [ping('Hello, world!')], [hearsPong('Hello, world!')]),
  fine('2.3', 'a ping that carries octets', [ping(someOctets)], [hearsPong(someOctets)]),
  fine('2.4', 'a ping of 125', [ping(Buffer.alloc(125, 0xfe))], [hearsPong(Buffer.alloc(125, 0xfe))]),
  wrong('2.5', 'a ping of 126', [ping(Buffer.alloc(126, 0xfe))], 1002),
  fine('2.6', 'a ping of 125 octet by octet', [ping('x'.repeat(125))], [hearsPong('x'.repeat(125))], 1),
  fine('2.7', 'a pong that nobody asked for', [pong()], []),
  fine('2.8', 'a pong that nobody asked for, with a payload', [pong('unsolicited')], []),
  fine('2.9', 'such a pong, then a ping', [pong('unsolicited'), ping('payload')], [hearsPong('payload')]),
  fine(
    '2.10',
    'ten pings',
    tenPings.map((payload) => ping(payload)),
    tenPings.map(hearsPong),
  ),
  fine(
    '2.11',
    'ten pings octet by octet',
    tenPings.map((payload) => ping(payload)),
    tenPings.map(hearsPong),
    1,
  ),
]);

// 3: reserved bits

const hello = 'Hello, world!';
const afterHello = { hears: [hearsText(hello)] };

describeCases('3 reserved bits', {}, [
  wrong('3.1', 'text with RSV 1', [text(hello, { rsv: 0x10 })], 1002),
  ...chopped(['3.2', '3.3', '3.4'], (id, pieces) =>
    wrong(id, 'text, text with RSV 2, ping', [text(hello), text(hello, { rsv: 0x20 }), ping()], 1002, {
      ...afterHello,
      octets: pieces,
    }),
  ),
  wrong('3.4+', 'text with RSV 4, which is for compression', [text(hello, { rsv: 0x40 })], 1002),
  wrong('3.5', 'binary with RSV 5', [binary(someOctets, { rsv: 0x50 })], 1002),
  wrong('3.6', 'a ping with RSV 6', [ping(hello, { rsv: 0x60 })], 1002),
  wrong('3.7', 'a close frame with RSV 7', [close(1000, '', { rsv: 0x70 })], 1002),
]);

// 4: opcodes

describeCases('4 reserved opcodes', {}, [
  ...[3, 4, 5, 6, 7].flatMap((opcode, i) => [
    wrong(`4.1.${i + 1}`, `opcode ${opcode}`, [frame(opcode)], 1002),
    wrong(
      `4.1.${i + 1}+`,
      `text, then opcode ${opcode}`,
      [text(hello), frame(opcode, hello), ping()],
      1002,
      afterHello,
    ),
  ]),
  ...[11, 12, 13, 14, 15].flatMap((opcode, i) => [
    wrong(`4.2.${i + 1}`, `opcode ${opcode}`, [frame(opcode)], 1002),
    wrong(
      `4.2.${i + 1}+`,
      `text, then opcode ${opcode}`,
      [text(hello), frame(opcode, hello), ping()],
      1002,
      afterHello,
    ),
  ]),
]);

// 5: fragmentation

const notLast = { fin: false };
const inFragments = [text('frag1', notLast), continuation('frag2')];
const whole = hearsText('frag1frag2');

describeCases('5 fragmentation', {}, [
  wrong('5.1', 'a ping in fragments', [ping('frag1', notLast), continuation('frag2')], 1002),
  wrong('5.2', 'a pong in fragments', [pong('frag1', notLast), continuation('frag2')], 1002),
  wrong('5.2+', 'a close frame in fragments', [close(1000, '', notLast)], 1002),
  ...chopped(['5.3', '5.4', '5.5'], (id, pieces) =>
    fine(id, 'text in fragments', inFragments, [whole], pieces),
  ),
  ...chopped(['5.6', '5.7', '5.8'], (id, pieces) =>
    fine(
      id,
      'text in fragments, and a ping between them',
      [text('frag1', notLast), ping('ping'), continuation('frag2')],
      [hearsPong('ping'), whole],
      pieces,
    ),
  ),
  ...chopped(['5.9', '5.10', '5.11'], (id, pieces) =>
    wrong(id, 'a last continuation of nothing, then text', [continuation('none'), text(hello)], 1002, {
      octets: pieces,
    }),
  ),
  ...chopped(['5.12', '5.13', '5.14'], (id, pieces) =>
    wrong(id, 'a continuation of nothing, then text', [continuation('none', notLast), text(hello)], 1002, {
      octets: pieces,
    }),
  ),
  wrong(
    '5.15',
    'text in fragments, a continuation of nothing, text',
    [...inFragments, continuation('x', notLast), text(hello)],
    1002,
    {
      hears: [whole],
    },
  ),
  wrong(
    '5.16',
    'continuations of nothing before text in fragments',
    [continuation('x', notLast), ...inFragments, continuation('x', notLast), ...inFragments],
    1002,
  ),
  wrong(
    '5.17',
    'last continuations of nothing before text in fragments',
    [continuation('x'), ...inFragments, continuation('x'), ...inFragments],
    1002,
  ),
  wrong('5.18', 'text within text', [text('frag1', notLast), text('frag2')], 1002),
  wrong('5.18+', 'binary within text', [text('frag1', notLast), binary('frag2')], 1002),
  ...chopped(['5.19', '5.20', '5.20+'], (id, pieces) =>
    fine(
      id,
      'text in five fragments, and pings between them',
      [
        text('fragment1', notLast),
        continuation('fragment2', notLast),
        ping('pongme 1!'),
        continuation('fragment3', notLast),
        continuation('fragment4', notLast),
        ping('pongme 2!'),
        continuation('fragment5'),
      ],
      [
        hearsPong('pongme 1!'),
        hearsPong('pongme 2!'),
        hearsText('fragment1fragment2fragment3fragment4fragment5'),
      ],
      pieces,
    ),
  ),
  fine(
    '5.21',
    'binary in fragments of one octet',
    [fragments(opcodes.binary, someOctets, 1)],
    [hearsBinary(someOctets)],
  ),
  fine(
    '5.22',
    'a message that ends with an empty fragment',
    [text(hello, notLast), continuation('')],
    [hearsText(hello)],
  ),
]);

// 6: UTF-8

const greek = Buffer.from('κόσμε');
const greeting = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
const surrogate = Buffer.from([0xed, 0xa0, 0x80]);
const tooHigh = Buffer.from([0xf4, 0x90, 0x80, 0x80]);
const edited = Buffer.from('edited');

const validSequences: readonly (readonly [string, string])[] = [
  ['6.5.1', ''],
  ['6.5.2', 'κόσμε'],
  ['6.6', '\u{24b62}'],
  ['6.7.1', '\u0000'],
  ['6.7.2', '\u0080'],
  ['6.7.3', '\u0800'],
  ['6.7.4', '\u{10000}'],
  ['6.9.1', '\u007f'],
  ['6.9.2', '\u07ff'],
  ['6.9.3', '\uffff'],
  ['6.9.4', '\u{10ffff}'],
  ['6.11.1', '\ud7ff'],
  ['6.11.2', '\ue000'],
  ['6.11.3', '\ufffd'],
  ['6.22.1', '\ufffe'],
  ['6.22.2', '\u{1fffe}'],
  ['6.22.3', '\u{10fffe}'],
  ['6.23.1', '\ufdd0'],
  ['6.23.2', '\ufeff'],
];

// After Markus Kuhn's stress test for UTF-8 decoders.
const invalidSequences: readonly (readonly [string, string])[] = [
  ['6.6.1', 'ce'],
  ['6.6.3', 'ceba e1'],
  ['6.6.4', 'ceba e1bd'],
  ['6.6.8', 'f0a4ad'],
  ['6.8.1', 'f888808080'],
  ['6.8.2', 'fc8480808080'],
  ['6.10.1', 'f7bfbfbf'],
  ['6.10.2', 'fbbfbfbfbf'],
  ['6.10.3', 'fdbfbfbfbfbf'],
  ['6.11.5', 'f4908080'],
  ['6.12.1', '80'],
  ['6.12.2', 'bf'],
  ['6.12.3', '80bf'],
  ['6.12.8', '808182838485868788898a8b8c8d8e8f'],
  ['6.13.1', 'c020c120c220df20'],
  ['6.13.2', 'e020e120e220ef20'],
  ['6.13.3', 'f020f120f720'],
  ['6.14.1', 'c0'],
  ['6.14.2', 'e080'],
  ['6.14.3', 'f08080'],
  ['6.14.6', 'df'],
  ['6.14.7', 'efbf'],
  ['6.14.8', 'f7bfbf'],
  ['6.15.1', 'c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf'],
  ['6.16.1', 'fe'],
  ['6.16.2', 'ff'],
  ['6.16.3', 'fefeffff'],
  ['6.17.1', 'c0af'],
  ['6.17.2', 'e080af'],
  ['6.17.3', 'f08080af'],
  ['6.18.1', 'c1bf'],
  ['6.18.2', 'e09fbf'],
  ['6.18.3', 'f08fbfbf'],
  ['6.19.1', 'c080'],
  ['6.19.2', 'e08080'],
  ['6.19.3', 'f0808080'],
  ['6.20.1', 'eda080'],
  ['6.20.2', 'edadbf'],
  ['6.20.3', 'edae80'],
  ['6.20.4', 'edafbf'],
  ['6.20.5', 'edb080'],
  ['6.20.6', 'edbe80'],
  ['6.20.7', 'edbfbf'],
  ['6.21.1', 'eda080edb080'],
  ['6.21.2', 'edafbfedbfbf'],
];

describeCases('6 UTF-8', {}, [
  fine('6.1.1', 'empty text', [text('')], [hearsText('')]),
  fine(
    '6.1.2',
    'empty text in fragments',
    [text('', notLast), continuation('', notLast), continuation('')],
    [hearsText('')],
  ),
  fine(
    '6.1.3',
    'text between empty fragments',
    [text('', notLast), continuation('middle', notLast), continuation('')],
    [hearsText('middle')],
  ),
  fine('6.2.1', 'valid text', [text(greeting)], [hearsText(greeting)]),
  fine(
    '6.2.2',
    'valid text in two fragments',
    [text(greeting.subarray(0, 12), notLast), continuation(greeting.subarray(12))],
    [hearsText(greeting)],
  ),
  fine(
    '6.2.3',
    'valid text in fragments of one octet',
    [fragments(opcodes.text, greeting, 1)],
    [hearsText(greeting)],
  ),
  fine('6.2.4', 'Greek in fragments of one octet', [fragments(opcodes.text, greek, 1)], [hearsText(greek)]),
  fine('6.2.5', 'binary that is no UTF-8', [binary(surrogate)], [hearsBinary(surrogate)]),
  wrong('6.3.1', 'text with a surrogate in it', [text(Buffer.concat([greek, surrogate, edited]))], 1007),
  wrong(
    '6.3.2',
    'the same in fragments of one octet',
    [fragments(opcodes.text, Buffer.concat([greek, surrogate, edited]), 1)],
    1007,
  ),
  // The server need not wait for the end to see these are invalid. Ours does: it judges whole messages.
  wrong(
    '6.4.1',
    'invalid in the second of three fragments',
    [text(greek, notLast), continuation(tooHigh, notLast), continuation(edited)],
    1007,
  ),
  wrong(
    '6.4.2',
    'invalid at the end of the first fragment',
    [
      text(Buffer.concat([greek, tooHigh.subarray(0, 2)]), notLast),
      continuation(tooHigh.subarray(2), notLast),
      continuation(edited),
    ],
    1007,
  ),
  wrong(
    '6.4.3',
    'invalid in the middle of a frame, piece by piece',
    [text(Buffer.concat([greek, tooHigh, edited]))],
    1007,
    { octets: 5 },
  ),
  wrong('6.4.4', 'the same octet by octet', [text(Buffer.concat([greek, tooHigh, edited]))], 1007, {
    octets: 1,
  }),
  wrong(
    '6.4.5',
    'a code point cut off by the end',
    [text(greek, notLast), continuation(greek.subarray(0, 1))],
    1007,
  ),
  ...validSequences.flatMap(([id, content]) => [
    fine(id, 'a valid sequence', [text(content)], [hearsText(content)]),
    fine(
      `${id}+`,
      'the same in fragments of one octet',
      [fragments(opcodes.text, Buffer.from(content), 1)],
      [hearsText(content)],
    ),
  ]),
  ...invalidSequences.flatMap(([id, hex]) => {
    const sequence = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    return [
      wrong(id, `the invalid sequence ${hex}`, [text(sequence)], 1007),
      wrong(`${id}+`, 'the same in fragments of one octet', [fragments(opcodes.text, sequence, 1)], 1007),
    ];
  }),
]);

// 7: closing

const validCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const invalidCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
const large = 'x'.repeat(256 * kib);

describeCases('7 closing', {}, [
  fine('7.1.1', 'a message, then goodbye', [text(hello)], [hearsText(hello)]),
  fine('7.1.2', 'goodbye twice', [close(1000)], []),
  wrong('7.1.3', 'goodbye, then a ping', [close(1000), ping()], 1000),
  wrong('7.1.4', 'goodbye, then text', [close(1000), text(hello)], 1000),
  wrong(
    '7.1.5',
    'goodbye between fragments',
    [text('frag1', notLast), close(1000), continuation('frag2')],
    1000,
  ),
  wrong('7.1.6', '256 KiB, goodbye, then a ping', [text(large), close(1000), ping()], 1000, {
    hears: [hearsText(large)],
  }),
  wrong('7.3.1', 'a close frame that says nothing', [close()], 1005),
  wrong('7.3.2', 'a close frame of one octet', [frame(opcodes.close, 'x')], 1002),
  wrong('7.3.3', 'a code', [close(1000)], 1000),
  wrong('7.3.4', 'a code and a reason', [close(1000, hello)], 1000),
  wrong('7.3.5', 'a reason of 123', [close(1000, 'x'.repeat(123))], 1000),
  wrong('7.3.6', 'a reason of 124', [close(1000, 'x'.repeat(124))], 1002),
  wrong('7.5.1', 'a reason that is no UTF-8', [close(1000, surrogate)], 1007),
  ...validCodes.map((code, i) => wrong(`7.7.${i + 1}`, `the code ${code}`, [close(code)], code)),
  ...invalidCodes.map((code, i) =>
    wrong(`7.9.${i + 1}`, `the code ${code}, which is none`, [close(code)], 1002),
  ),
  ...validCodes.map((code, i) =>
    wrong(`7.13.${i + 1}`, `the code ${code} with a reason`, [close(code, hello)], code),
  ),
]);

// 9: limits, 10: automatic fragmentation

const messages = (size: number) => Array.from({ length: 1_000 }, () => 'x'.repeat(size));

describeCases('9 large messages', {}, [
  ...[64 * kib, 256 * kib, mib, 4 * mib].flatMap((size, i) => {
    const payload = Buffer.alloc(size, '*');
    return [
      fine(`9.1.${i + 1}`, `text of ${size / kib} KiB`, [text(payload)], [hearsText(payload)]),
      fine(`9.2.${i + 1}`, `binary of ${size / kib} KiB`, [binary(payload)], [hearsBinary(payload)]),
    ];
  }),
  ...[64, kib, 64 * kib, mib].flatMap((size, i) => {
    const payload = Buffer.alloc(4 * mib, '*');
    return [
      fine(
        `9.3.${i + 1}`,
        `text of 4 MiB in fragments of ${size}`,
        [fragments(opcodes.text, payload, size)],
        [hearsText(payload)],
      ),
      fine(
        `9.4.${i + 1}`,
        `binary of 4 MiB in fragments of ${size}`,
        [fragments(opcodes.binary, payload, size)],
        [hearsBinary(payload)],
      ),
    ];
  }),
  ...[512, 2 * kib].flatMap((size, i) => {
    const payload = Buffer.alloc(mib, '*');
    return [
      fine(`9.5.${i + 1}`, `text of 1 MiB in pieces of ${size}`, [text(payload)], [hearsText(payload)], size),
      fine(
        `9.6.${i + 1}`,
        `binary of 1 MiB in pieces of ${size}`,
        [binary(payload)],
        [hearsBinary(payload)],
        size,
      ),
    ];
  }),
  ...[0, 16, 64, 256, kib, 4 * kib].map((size, i) =>
    fine(
      `9.7.${i + 1}`,
      `1,000 messages of ${size}`,
      messages(size).map((message) => text(message)),
      messages(size).map(hearsText),
    ),
  ),
  fine(
    '10.1.1',
    '64 KiB in fragments of 1300',
    [fragments(opcodes.text, Buffer.alloc(65_536, '*'), 1_300)],
    [hearsText('*'.repeat(65_536))],
  ),
  wrong('9.9', 'one octet above 16 MiB', [binary(Buffer.alloc(16 * mib + 1))], 1009),
  wrong('9.10', 'the same in fragments', [fragments(opcodes.binary, Buffer.alloc(16 * mib + 1), mib)], 1009),
]);

// 12 and 13: permessage-deflate (RFC 7692)

/** Octets that look random, the same in every run. */
function noise(size: number): Buffer {
  const bytes: Buffer[] = [];
  for (let i = 0; i * 32 < size; i += 1) bytes.push(createHash('sha256').update(String(i)).digest());
  return Buffer.concat(bytes).subarray(0, size);
}

const flushEnd = Buffer.from([0x00, 0x00, 0xff, 0xff]);

function deflate(payload: string | Buffer, windowBits = 15): Buffer {
  return deflateRawSync(payload, { windowBits, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function inflate(payload: Buffer, windowBits: number): Buffer {
  const finishFlush = constants.Z_SYNC_FLUSH;
  return inflateRawSync(Buffer.concat([payload, flushEnd]), { windowBits, finishFlush });
}

const compressed = { rsv: rsv.first };

/** An extension and its parameters, whose order says nothing. */
function paramsOf(extensions: string): Set<string> {
  return new Set(extensions.split('; '));
}

describe('Autobahn 12 and 13 permessage-deflate', patient, () => {
  let server: ChatServer;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ server, end } = await serveUntilEnd({ echo: true, compress: true, maxMessageBytes: 16 * mib }));
  }, patient.timeout);
  afterAll(() => end(), patient.timeout);

  const connectOffering = (offer: string) =>
    raw.RawClient.connect(server.url, { path: '/echo', headers: { 'sec-websocket-extensions': offer } });

  /** Sends, says goodbye, and reads what came back: each message decompressed where it says that it is compressed. */
  const converse = async (client: raw.RawClient, sends: readonly Buffer[], windowBits = 15) => {
    await client.send(Buffer.concat([...sends, close(1000)]));
    const { code } = await client.closeFrame();
    await client.ended;
    const data = client.frames.all.filter(({ opcode }) => opcode <= opcodes.binary);
    return {
      code,
      heard: data.map((one) =>
        shown(one.opcode, one.rsv === rsv.first ? inflate(one.payload, windowBits) : one.payload),
      ),
      areCompressed: data.map((one) => one.rsv === rsv.first),
    };
  };

  const contents: readonly (readonly [string, (size: number) => Buffer])[] = [
    [
      'JSON',
      (size) =>
        Buffer.from(JSON.stringify(Array.from({ length: size }, (_, i) => ({ i, x: i % 7 }))).slice(0, size)),
    ],
    ['noise', noise],
    ['zeros', (size) => Buffer.alloc(size)],
  ];
  const deflatedSizes = [0, 16, 64, 256, kib, 4 * kib, 8 * kib, 16 * kib, 32 * kib, 64 * kib, 128 * kib];

  test.each(
    contents.flatMap(([kind, make], i) =>
      deflatedSizes.map((size, j) => [`12.${i + 1}.${j + 1}`, kind, size, make] as const),
    ),
  )('%s: 20 messages of %s, each of %d octets', async (_, kind, size, make) => {
    const payload = make(size);
    const opcode = kind === 'JSON' ? opcodes.text : opcodes.binary;
    const sent = Array.from({ length: 20 }, () => frame(opcode, deflate(payload), compressed));
    const { code, heard, areCompressed } = await converse(await connectOffering('permessage-deflate'), sent);
    expect(code).toBe(1000);
    expect(heard).toEqual(sent.map(() => shown(opcode, payload)));
    expect(new Set(areCompressed)).toEqual(new Set([size >= server.config.compressThresholdBytes]));
  });

  const noTakeover = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

  test.each([
    ['13.1', 'permessage-deflate', noTakeover],
    ['13.2', 'permessage-deflate; client_no_context_takeover', noTakeover],
    ['13.3', 'permessage-deflate; server_no_context_takeover', noTakeover],
    ['13.4', 'permessage-deflate; client_max_window_bits', noTakeover],
    ['13.5', 'permessage-deflate; server_max_window_bits=9', `${noTakeover}; server_max_window_bits=9`],
    ['13.6', 'permessage-deflate; server_max_window_bits=15', `${noTakeover}; server_max_window_bits=15`],
    ['13.7', 'permessage-deflate; client_max_window_bits=9', `${noTakeover}; client_max_window_bits=9`],
    ['13.8', 'permessage-deflate; server_max_window_bits="10"', `${noTakeover}; server_max_window_bits=10`],
    ['13.9', 'x-webkit-deflate-frame, permessage-deflate', noTakeover],
    ['13.10', 'permessage-deflate; server_max_window_bits=8', `${noTakeover}; server_max_window_bits=8`],
    ['13.11', 'x-webkit-deflate-frame', ''],
  ])('%s: offered %s', async (_, offer, expected) => {
    const client = await connectOffering(offer);
    const agreed = client.answer.headers.get('sec-websocket-extensions') ?? '';
    expect(paramsOf(agreed)).toEqual(paramsOf(expected));

    // What the server sends must need no larger window than was agreed.
    const serverBits = Number(/server_max_window_bits=(\d+)/.exec(agreed)?.[1] ?? 15);
    const clientBits = Number(/client_max_window_bits=(\d+)/.exec(agreed)?.[1] ?? 15);
    const payload = noise(10_000).toString('hex').repeat(3);
    const options = agreed === '' ? {} : compressed;
    const sent = text(agreed === '' ? payload : deflate(payload, clientBits), options);
    const { code, heard, areCompressed } = await converse(client, [sent, sent], serverBits);
    expect(code).toBe(1000);
    expect(heard).toEqual([hearsText(payload), hearsText(payload)]);
    expect(areCompressed[0]).toBe(agreed !== '' && serverBits > 8);
  });

  test.each([
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate;',
  ])('an offer that makes no sense, %s → 400', async (offer) => {
    expect((await connectOffering(offer)).answer.status).toBe(400);
  });

  // The examples of RFC 7692 section 7.2.3
  test.each([
    ['one block', 'f248cdc9c90700'],
    ['a block that is not compressed', '000500faff48656c6c6f00'],
    ['a block that says it is the last', 'f348cdc9c9070000'],
    ['two blocks', 'f2480500 0000ffff cac9c90700'],
  ])('a message of %s', async (_, hex) => {
    const payload = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const { code, heard } = await converse(await connectOffering('permessage-deflate'), [
      text(payload, compressed),
    ]);
    expect({ code, heard }).toEqual({ code: 1000, heard: [hearsText('Hello')] });
  });

  test('compressed and plain messages, whole and in fragments, as they come', async () => {
    const client = await connectOffering('permessage-deflate');
    const payload = deflate(hello);
    const { code, heard } = await converse(client, [
      text(hello),
      text(payload, compressed),
      text(payload.subarray(0, 4), { ...compressed, fin: false }),
      ping('meanwhile'),
      continuation(payload.subarray(4, 7), notLast),
      continuation(payload.subarray(7)),
      text('Hello, ', notLast),
      continuation('world!'),
    ]);
    expect(code).toBe(1000);
    expect(heard).toEqual(Array.from({ length: 4 }, () => hearsText(hello)));
    expect(client.frames.all.map(({ opcode, payload: carried }) => shown(opcode, carried))).toContain(
      hearsPong('meanwhile'),
    );
  });

  test.each([
    [
      'a continuation that says it is compressed',
      [text('He', { ...compressed, fin: false }), continuation('llo', compressed)],
      1002,
    ],
    ['a ping that says it is compressed', [ping(deflate(hello), compressed)], 1002],
    ['a close frame that says it is compressed', [close(1000, '', compressed)], 1002],
    ['another reserved bit', [text(deflate(hello), { rsv: rsv.first | rsv.second })], 1002],
    ['octets that no compressor makes', [text(Buffer.alloc(64, 0xff), compressed)], 1007],
    ['compressed text that is no UTF-8', [text(deflate(surrogate), compressed)], 1007],
    ['a small message that is a large one', [binary(deflate(Buffer.alloc(16 * mib + 1)), compressed)], 1009],
  ] as const)('%s', async (_, sends, code) => {
    const client = await connectOffering('permessage-deflate');
    await client.send(Buffer.concat(sends));
    expect((await client.closeFrame()).code).toBe(code);
    await client.ended;
    expect(client.frames.all).toHaveLength(1);
  });
});

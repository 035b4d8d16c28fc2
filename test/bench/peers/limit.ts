/**
 * The limit: the least a Node process can do for the job.
 *
 * The upgrade is done by hand; frames are parsed as far as well-behaved clients need it; what a room gathered in one turn
 * of the event loop is one buffer, and each member gets it by one `socket.write`. There are no actors, no
 * validation, no heartbeats, no bounds: a server with any of these can come near it but not below.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { seatOf, type Seat } from './message.ts';
import { serve } from './serve.ts';

interface Room {
  readonly members: Set<Duplex>;
  readonly pending: string[];
  offset: number;
}

const websocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opText = 1;
const opClose = 8;

const counters = { messages: 0, writes: 0 };
const rooms = new Map<string, Room>();
const touched: Room[] = [];
let timestamp = '';

// A number that grows, in the shape of a UUID v7: as many bytes as hubbub's ids.
let nextId = 0;
function takeId(): string {
  const digits = String(nextId++).padStart(12, '0');
  return `01990000-0000-7000-8000-${digits}`;
}

/** Takes one member's message; it goes out at the end of this turn. */
function take(room: Room, { room: roomName, name }: Seat, text: string): void {
  const { content } = JSON.parse(text) as { content: string };
  if (touched.length === 0) {
    timestamp = new Date().toISOString();
    setImmediate(flush);
  }
  if (room.pending.length === 0) touched.push(room);
  room.offset += 1;
  room.pending.push(
    `{"type":"chat","id":"${takeId()}","room":"${roomName}","sender":"${name}",` +
      `"content":${JSON.stringify(content)},"timestamp":"${timestamp}","offset":${room.offset}}`,
  );
  counters.messages += 1;
}

function flush(): void {
  for (const room of touched) {
    const bytes = encode(room.pending);
    for (const member of room.members) member.write(bytes);
    counters.writes += room.members.size;
    room.pending.length = 0;
  }
  touched.length = 0;
}

/**
 * Lays texts out as unmasked text frames (RFC 6455 section 5.2), one after the other. A chat message is always
 * longer than 125 bytes and shorter than 64 KiB, so its header is always four bytes.
 */
function encode(texts: readonly string[]): Buffer {
  let most = 0;
  for (const text of texts) most += 4 + text.length * 3;
  const bytes = Buffer.allocUnsafe(most);
  let at = 0;
  for (const text of texts) {
    const length = bytes.write(text, at + 4);
    bytes[at] = 0x80 | opText;
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(length, at + 2);
    at += 4 + length;
  }
  return bytes.subarray(0, at);
}

/**
 * Reads masked frames of less than 64 KiB.
 * @returns what is left of an incomplete one.
 */
function decode(bytes: Buffer, onText: (text: string) => void, onClose: () => void): Buffer | undefined {
  let at = 0;
  while (bytes.length - at >= 2) {
    const short = bytes[at + 1]! & 0x7f;
    const maskAt = at + (short === 126 ? 4 : 2);
    if (bytes.length < maskAt + 4) break;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const start = maskAt + 4;
    const end = start + length;
    if (bytes.length < end) break;
    for (let i = 0; i < length; i++) bytes[start + i]! ^= bytes[maskAt + (i & 3)]!;
    const opcode = bytes[at]! & 0x0f;
    if (opcode === opText) onText(bytes.toString('utf8', start, end));
    else if (opcode === opClose) onClose();
    at = end;
  }
  return at === bytes.length ? undefined : bytes.subarray(at);
}

function accept(request: IncomingMessage, socket: Duplex): void {
  const key = String(request.headers['sec-websocket-key']);
  const digest = createHash('sha1').update(key).update(websocketGuid).digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${digest}\r\n\r\n`,
  );
  const seat = seatOf(request.url);
  const room = rooms.get(seat.room) ?? { members: new Set<Duplex>(), pending: [], offset: 0 };
  rooms.set(seat.room, room);
  room.members.add(socket);

  let rest: Buffer | undefined;
  const onText = (text: string) => take(room, seat, text);
  const onClose = () => socket.end();
  socket.on('data', (chunk: Buffer) => {
    rest = decode(rest === undefined ? chunk : Buffer.concat([rest, chunk]), onText, onClose);
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    room.members.delete(socket);
    if (room.members.size === 0) rooms.delete(seat.room);
  });
}

await serve(createServer().on('upgrade', accept), counters);

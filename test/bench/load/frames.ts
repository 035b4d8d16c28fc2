/**
 * Frames as a client writes them (RFC 6455 section 5.2): masked, and made once per member, because all but the head
 * of its messages is always the same.
 */
import { contentOf, stampMasked } from './content.ts';
import type { Dialect } from './dialects.ts';

export const opText = 0x1;
export const opClose = 0x8;
export const opPing = 0x9;
export const opPong = 0xa;

// A mask of zeros would be legal, and would spare servers the unmasking that real clients cost them.
const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** @returns one whole masked frame. */
export function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const header = headerOf(opcode, payload.length);
  const frame = Buffer.concat([header, mask, payload]);
  for (let at = 0; at < payload.length; at++) frame[header.length + 4 + at]! ^= mask[at & 3]!;
  return frame;
}

function headerOf(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, 0x80 | length]);
  return Buffer.from([0x80 | opcode, 0x80 | 126, length >> 8, length & 0xff]);
}

/** One member's chat message, as often as it is wanted. */
export class ChatFrame {
  readonly #frame: Buffer;
  readonly #maskAt: number;
  readonly #contentAt: number;

  constructor(dialect: Dialect, sender: number, contentBytes: number) {
    const content = contentOf(sender, contentBytes);
    const text = dialect.chat(content);
    this.#frame = maskedFrame(opText, Buffer.from(text));
    const payloadAt = this.#frame.length - Buffer.byteLength(text);
    this.#maskAt = payloadAt - 4;
    this.#contentAt = payloadAt + text.indexOf(content);
  }

  /** @returns the frame so many times over, in bytes of their own: the last ones may still be waiting to be written. */
  copies(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(this.#frame.length * count);
    for (let index = 0; index < count; index++) this.#frame.copy(bytes, this.#frame.length * index);
    return bytes;
  }

  /** Stamps one of the copies. */
  stamp(copies: Buffer, index: number, stampUs: number): void {
    const frameAt = this.#frame.length * index;
    stampMasked(copies, frameAt + this.#contentAt, frameAt + this.#maskAt, stampUs);
  }
}

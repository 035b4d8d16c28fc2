/**
 * Frames lays out messages as the data frames of a WebSocket server: unmasked, unfragmented, one after the
 * other in one buffer (RFC 6455 section 5.2), compressed one by one where that was agreed (RFC 7692).
 */
import { constants, deflateRawSync } from 'node:zlib';
import type { Encoding, Payload } from '../batch.ts';

const finText = 0x81;
const finBinary = 0x82;
const rsv1 = 0x40; // "this message is compressed" (RFC 7692 section 6)

export interface Deflation {
  /** The window agreed for what the server sends, 9 to 15. */
  readonly windowBits: number;
  /** Smaller messages are sent as they are. */
  readonly thresholdBytes: number;
}

export class Frames implements Encoding {
  readonly name: string;
  readonly #deflation: Deflation | undefined;

  constructor(deflation?: Deflation) {
    this.#deflation = deflation;
    this.name = deflation === undefined ? 'frames' : `frames deflated, window ${deflation.windowBits}`;
  }

  encode(messages: readonly Payload[]): Buffer {
    return this.#deflation === undefined
      ? encodePlain(messages)
      : Buffer.concat(messages.map((message) => encodeDeflated(message, this.#deflation as Deflation)));
  }
}

function encodePlain(messages: readonly Payload[]): Buffer {
  let size = 0;
  for (const message of messages) size += frameSize(Buffer.byteLength(message));
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const message of messages) at = writeFrame(bytes, at, message);
  return bytes;
}

function encodeDeflated(message: Payload, { windowBits, thresholdBytes }: Deflation): Buffer {
  if (Buffer.byteLength(message) < thresholdBytes) return encodePlain([message]);
  const deflated = deflateRawSync(message, { windowBits, finishFlush: constants.Z_SYNC_FLUSH });
  // The four octets that end every flush are left out (RFC 7692 section 7.2.1).
  const bytes = encodePlain([deflated.subarray(0, -4)]);
  bytes[0] = (typeof message === 'string' ? finText : finBinary) | rsv1;
  return bytes;
}

function headerSize(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function frameSize(length: number): number {
  return headerSize(length) + length;
}

/** @returns where the next frame begins. */
function writeFrame(bytes: Buffer, at: number, message: Payload): number {
  const length = Buffer.byteLength(message);
  const header = headerSize(length);
  const payload = at + header;
  bytes[at] = typeof message === 'string' ? finText : finBinary;
  if (header === 2) {
    bytes[at + 1] = length;
  } else if (header === 4) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(length, at + 2);
  } else {
    bytes[at + 1] = 127;
    bytes.writeUInt32BE(0, at + 2);
    bytes.writeUInt32BE(length, at + 6);
  }
  if (typeof message === 'string') bytes.write(message, payload);
  else message.copy(bytes, payload);
  return payload + length;
}

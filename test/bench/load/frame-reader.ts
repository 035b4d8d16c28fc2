/**
 * A frame reader finds the frames that a server sent (RFC 6455 section 5.2) in bytes that come in any pieces. It looks
 * at headers, and steps over payloads.
 */

/** Told of each frame: its first byte, and where its payload is. */
export type OnFrame = (bytes: Buffer, first: number, payloadAt: number, length: number) => void;

/** So much of a payload is there when its frame is told of; the end of a longer one may still be to come. */
export const peekBytes = 256;

export class FrameReader {
  readonly #onFrame: OnFrame;
  /** The beginning of a frame that has not all come yet. */
  #rest: Buffer | undefined;
  /** What is still to come of a payload whose frame has been told of. */
  #skip = 0;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** Reads the bytes from `from` to `end`, which are the caller's again afterwards. */
  read(piece: Buffer, from: number, end: number): void {
    if (this.#rest === undefined) {
      this.#readAll(piece, from, end);
      return;
    }
    const bytes = Buffer.concat([this.#rest, piece.subarray(from, end)]);
    this.#rest = undefined;
    this.#readAll(bytes, 0, bytes.length);
  }

  #readAll(bytes: Buffer, from: number, end: number): void {
    let at = from + this.#skip;
    while (at < end) {
      if (end - at < 10 && end - at < headerLength(bytes, at, end)) break;
      const short = bytes[at + 1]! & 0x7f;
      let payloadAt = at + 2;
      let length = short;
      if (short === 126) {
        length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
        payloadAt = at + 4;
      } else if (short === 127) {
        length = bytes.readUInt32BE(at + 6);
        payloadAt = at + 10;
      }
      if (payloadAt + Math.min(length, peekBytes) > end) break;
      this.#onFrame(bytes, bytes[at]!, payloadAt, length);
      at = payloadAt + length;
    }
    this.#skip = Math.max(0, at - end);
    if (at < end) this.#rest = Buffer.from(bytes.subarray(at, end));
  }
}

function headerLength(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return 2;
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return 2;
  return short === 126 ? 4 : 10;
}

/**
 * A batch is the messages a room gathered in one round, encoded once per wire format and shared by every member.
 */

/** A message as it goes to a socket: text, or bytes where a binary message is echoed. */
export type Payload = string | Buffer;

/** A wire format: how a socket's kind wants its messages laid out. */
export interface Encoding {
  readonly name: string;
  /**
   * @param epoch the life of the numbering that the messages' offsets are of, where they have any
   * @returns all messages as the bytes of one socket write
   */
  encode(messages: readonly Payload[], epoch: string): Buffer;
}

export class Batch {
  readonly messages: readonly Payload[];
  /** How many messages this is, for counters and marks. */
  readonly size: number;
  readonly #epoch: string;
  // Nearly always all members of a room use one encoding, so the first one has a place of its own.
  #encoding: Encoding | undefined;
  #bytes: Buffer | undefined;
  #others: Map<Encoding, Buffer> | undefined;

  constructor(messages: readonly Payload[], epoch = '') {
    this.messages = messages;
    this.#epoch = epoch;
    this.size = messages.length;
  }

  /** The bytes in this encoding: made at the first call, the same Buffer at every later one. */
  bytes(encoding: Encoding): Buffer {
    if (this.#encoding === encoding && this.#bytes !== undefined) return this.#bytes;
    if (this.#bytes === undefined) {
      this.#encoding = encoding;
      this.#bytes = encoding.encode(this.messages, this.#epoch);
      return this.#bytes;
    }
    this.#others ??= new Map();
    let bytes = this.#others.get(encoding);
    if (bytes === undefined) {
      bytes = encoding.encode(this.messages, this.#epoch);
      this.#others.set(encoding, bytes);
    }
    return bytes;
  }
}

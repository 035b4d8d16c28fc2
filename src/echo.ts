/**
 * An echo is the session of a conformance test: each message goes back as it came, through the same socket,
 * reader, machine and writer as a chat's. One that reads slower than it sends is made to wait, and
 * closed only where it reads nothing for long.
 */
import { Batch } from './batch.ts';
import type { Sender } from './channel.ts';
import type { Session } from './reader.ts';
import type { Writer } from './writer.ts';

export class Echo implements Session {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  open(): boolean {
    this.#writer.registered();
    return true;
  }

  take(data: Buffer, isBinary: boolean, sender: Sender): boolean {
    this.#writer.offer(new Batch([isBinary ? data : data.toString()]));
    this.#writer.flush();
    return this.#writer.hasRoomFor(sender);
  }

  // Without a rate there is nothing to refuse.
  refuse(): void {}

  close(): void {
    this.#writer.unregistered();
  }
}

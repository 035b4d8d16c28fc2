/** A refusal is the session of one that is let in only to be told why it may not stay. */
import type { Session } from './reader.ts';
import type { Writer } from './writer.ts';

export class Refusal implements Session {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  open(): boolean {
    return true;
  }

  take(): boolean {
    return true;
  }

  refuse(): void {}

  close(): void {
    this.#writer.unregistered();
  }
}

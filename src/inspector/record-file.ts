/** A record file is where a recording is written to while it is made. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Sink } from './inspector.ts';
import type { Lost } from './messages.ts';

/** What may wait for a slow disk; beyond it records are left out, and it is written down that they were. */
const mostWaitingBytes = 16 * 1_024 * 1_024;

export class RecordFile implements Sink {
  readonly #stream: WriteStream;
  #lost = 0;
  #losses = 0;
  #failed: unknown;

  /** Opens a file, and empties one that is there. @throws the system's error where it cannot. */
  static async open(path: string): Promise<RecordFile> {
    const stream = createWriteStream(path);
    await once(stream, 'open');
    return new RecordFile(stream);
  }

  constructor(stream: WriteStream) {
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#failed ??= error;
    });
  }

  write(text: string): void {
    if (this.#failed !== undefined) return;
    if (this.#stream.writableLength > mostWaitingBytes) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0) this.#tellLoss();
    this.#stream.write(`${text}\n`);
  }

  /** Ends the file. @throws what the system said against writing it. */
  async end(): Promise<void> {
    if (this.#failed === undefined) {
      this.#stream.end();
      await finished(this.#stream).catch((error: unknown) => {
        this.#failed ??= error;
      });
    }
    if (this.#failed !== undefined) throw this.#failed;
  }

  #tellLoss(): void {
    this.#losses += 1;
    const lost: Lost = { type: 'lost', batches: this.#losses, records: this.#lost };
    this.#stream.write(`${JSON.stringify(lost)}\n`);
    this.#lost = 0;
  }
}

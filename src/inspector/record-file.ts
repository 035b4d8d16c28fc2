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
  #hasFailed = false;

  /**
   * Opens a file, and empties one that is there. @throws the system's error where it cannot.
   * @param onFailure is told, once, why no more can be written, as on a disk that is full
   */
  static async open(path: string, onFailure: (error: Error) => void): Promise<RecordFile> {
    const stream = createWriteStream(path);
    await once(stream, 'open');
    return new RecordFile(stream, onFailure);
  }

  constructor(stream: WriteStream, onFailure: (error: Error) => void) {
    this.#stream = stream;
    stream.on('error', (error) => {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      onFailure(error);
    });
  }

  write(text: string): void {
    if (this.#hasFailed) return;
    if (this.#stream.writableLength > mostWaitingBytes) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0) this.#tellLoss();
    this.#stream.write(`${text}\n`);
  }

  /** @returns once all is written, or cannot be. */
  async end(): Promise<void> {
    if (this.#hasFailed) return;
    this.#stream.end();
    // Why it could not be was told.
    await finished(this.#stream).catch(() => undefined);
  }

  #tellLoss(): void {
    this.#losses += 1;
    const lost: Lost = { type: 'lost', batches: this.#losses, records: this.#lost };
    this.#stream.write(`${JSON.stringify(lost)}\n`);
    this.#lost = 0;
  }
}

/** A record file is where a recording is written to while it is made. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Sink } from './inspector.ts';
import type { Lost } from './messages.ts';
import { isRecordText } from './ring.ts';

/**
 * What may wait for a slow disk; beyond it lines are left out until most of that is written. Then it is written down that
 * they were, and the recording begins anew from what there is by then: what is changed by lines that nobody has cannot
 * be known from those that come later.
 */
const mostWaitingBytes = 16 * 1_024 * 1_024;
const littleWaitingBytes = mostWaitingBytes / 4;

export class RecordFile implements Sink {
  readonly #stream: Writable;
  #isBehind = false;
  #lost = { batches: 0, records: 0 };
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

  constructor(stream: Writable, onFailure: (error: Error) => void) {
    this.#stream = stream;
    stream.on('error', (error) => {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      onFailure(error);
    });
  }

  write(text: string, anew: () => Iterable<string>): void {
    if (this.#hasFailed) return;
    if (this.#stream.writableLength > (this.#isBehind ? littleWaitingBytes : mostWaitingBytes)) {
      this.#leaveOut(text);
      return;
    }
    if (this.#isBehind) {
      this.#tellLoss();
      for (const line of anew()) this.#writeLine(line);
    }
    this.#writeLine(text);
  }

  /** @returns once all is written, or cannot be. */
  async end(): Promise<void> {
    if (this.#hasFailed) return;
    if (this.#isBehind) this.#tellLoss();
    this.#stream.end();
    // Why it could not be was told.
    await finished(this.#stream).catch(() => undefined);
  }

  #leaveOut(text: string): void {
    if (!this.#isBehind) this.#lost.batches += 1;
    this.#isBehind = true;
    if (isRecordText(text)) this.#lost.records += 1;
  }

  #tellLoss(): void {
    this.#isBehind = false;
    this.#writeLine(JSON.stringify({ type: 'lost', ...this.#lost } satisfies Lost));
  }

  #writeLine(line: string): void {
    this.#stream.write(`${line}\n`);
  }
}

/** The importer reads a recording from a file of the user's, in the page alone, and says how that goes. */
import type { Recording } from '../../../inspector/recording.ts';
import { Signal } from '../../model/signal.ts';

export type Import =
  | { readonly status: 'idle' }
  | { readonly status: 'reading'; readonly name: string; readonly percent: number }
  | { readonly status: 'failed'; readonly name: string; readonly reason: string };

const idle: Import = { status: 'idle' };

/** Beyond this one would wait for minutes; the last part of what is larger can be cut off and read. */
const mostBytes = 2 * 1_024 ** 3;

export class Importer {
  readonly state = new Signal<Import>(idle);
  readonly #open: (recording: Recording, name: string) => void;
  // The file that was chosen last: what is read of others is dropped.
  #file: File | undefined;

  constructor(open: (recording: Recording, name: string) => void) {
    this.#open = open;
  }

  /** Reads a file, and opens it where it is a recording. */
  async read(file: File): Promise<void> {
    const { name } = file;
    this.#file = file;
    this.#tell(file, { status: 'reading', name, percent: 0 });
    try {
      if (file.size > mostBytes) throw new Error('it has more than 2 GiB: read a part of it');
      const { readRecordingFrom } = await import('../../../inspector/recording.ts');
      const recording = await readRecordingFrom(this.#chunksOf(file));
      if (this.#file !== file) return;
      this.#open(recording, name);
      this.#tell(file, idle);
    } catch (error) {
      this.#tell(file, { status: 'failed', name, reason: (error as Error).message });
    }
  }

  /** Reads no further, and says no more of what could not be read. */
  dismiss(): void {
    this.#file = undefined;
    this.state.set(idle);
  }

  #tell(file: File, state: Import): void {
    if (this.#file === file) this.state.set(state);
  }

  async *#chunksOf(file: File): AsyncGenerator<string> {
    const reader = file.stream().getReader();
    const decoder = new TextDecoder();
    let bytes = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#file !== file) break;
        bytes += value.length;
        this.#tell(file, {
          status: 'reading',
          name: file.name,
          percent: Math.floor((100 * bytes) / file.size),
        });
        yield decoder.decode(value, { stream: true });
      }
      yield decoder.decode();
    } finally {
      await reader.cancel();
    }
  }
}

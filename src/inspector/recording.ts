/**
 * A recording is the inspector's own messages in a file: JSON, one a line (JSONL).
 *
 * - The first line is a `hello` whose `mode` is `recording`.
 * - Then come, in any number: `definition`; `actors`, the baseline; and records, each on a line by itself, in the
 *   order of their `seq`. A `lost` says that the file could not be written fast enough at that place.
 * - A last line that was cut short, as by a crash, is left out. What it does not know, a reader passes over.
 *
 * messages.ts describes the members. This file is plain, so the page reads a recording by the same code.
 */
import type { Actor, Definition, Hello, InspectorMessage, InspectorRecord } from './messages.ts';
import { applyRecord, type Moment } from './timeline.ts';

export interface Recording {
  readonly hello: Hello;
  readonly definitions: readonly Definition[];
  /** The actors before the first record. */
  readonly actors: readonly Actor[];
  readonly records: readonly InspectorRecord[];
}

/** A file that is no recording: its message says why, and in which line. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** How many records are kept, the last ones: what was before them becomes the baseline. */
const mostRecords = 200_000;

/** @throws RecordingError where the text is no recording. */
export function readRecording(lines: Iterable<string>, most = mostRecords): Recording {
  const reader = new RecordingReader(most);
  for (const line of lines) reader.take(line);
  return reader.end();
}

/** Reads a recording line by line, for files that are larger than one would hold at once. */
export class RecordingReader {
  readonly #most: number;
  readonly #moment: Moment = new Map();
  readonly #definitions = new Map<string, Definition>();
  #records: InspectorRecord[] = [];
  #hello: Hello | undefined;
  #line = 0;
  // A line that is no JSON may only be the last one.
  #torn: number | undefined;

  constructor(most = mostRecords) {
    this.#most = most;
  }

  take(line: string): void {
    this.#line += 1;
    if (line.trim() === '') return;
    if (this.#torn !== undefined) throw new RecordingError(`line ${this.#torn} is no JSON`);
    const message = parse(line);
    if (message === undefined) this.#torn = this.#line;
    else this.#takeMessage(message);
  }

  /** @throws RecordingError where there was no recording in it. */
  end(): Recording {
    const hello = this.#hello;
    if (hello === undefined) throw new RecordingError('the file is no recording: its first line is no hello');
    this.#fold(this.#most);
    const at = this.#records.at(-1)?.at ?? hello.at;
    return {
      hello: { ...hello, mode: 'recording', at, canControl: false, hasLab: false, hasFlights: false },
      definitions: [...this.#definitions.values()],
      actors: [...this.#moment.values()],
      records: this.#records,
    };
  }

  #takeMessage(message: InspectorMessage | InspectorRecord): void {
    if (this.#hello === undefined) {
      if ('kind' in message || message.type !== 'hello') {
        throw new RecordingError('the file is no recording: its first line is no hello');
      }
      if (message.version !== 1) {
        throw new RecordingError(
          `the recording is of version ${String(message.version)}, and this reads version 1`,
        );
      }
      this.#hello = message;
    } else if ('kind' in message) {
      this.#records.push(message);
      if (this.#records.length > 2 * this.#most) this.#fold(this.#most);
    } else if (message.type === 'definition') {
      this.#definitions.set(message.id, message);
    } else if (message.type === 'actors') {
      for (const actor of message.actors) this.#moment.set(actor.id, actor);
    }
  }

  /** Moves the baseline on, so that no more records than these are left. */
  #fold(most: number): void {
    const over = this.#records.length - most;
    if (over <= 0) return;
    for (const record of this.#records.slice(0, over)) applyRecord(this.#moment, record);
    this.#records = this.#records.slice(over);
  }
}

function parse(line: string): InspectorMessage | InspectorRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isMessage = typeof value === 'object' && value !== null && ('type' in value || 'kind' in value);
    return isMessage ? (value as InspectorMessage | InspectorRecord) : undefined;
  } catch {
    return undefined;
  }
}

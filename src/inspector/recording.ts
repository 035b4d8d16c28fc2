/**
 * A recording is the inspector's own messages in a file: JSON, one a line (JSONL).
 *
 * - The first line is a `hello` whose `mode` is `recording`.
 * - Then come, in any number and in the order in which it happened: `definition`; `actors`, the baseline; records, each
 *   on a line by itself, in the order of their `seq`; and `figures`, the counters of those connections whose counters have
 *   changed since the last ones: once a second, or less often where there are more than 500 of them a second.
 * - A `lost` says that the file could not be written fast enough at that place. After it the recording begins anew: with
 *   all `definition`s, `actors` that has `anew`, which are all that there are by then, and the `figures` of all.
 * - A last line that was cut short, as by a crash, is left out. What it does not know, a reader passes over.
 *
 * messages.ts describes the members. The page and `hubbub replay` both read a recording by this code.
 */
import { Baseline } from './baseline.ts';
import { deepestLine, isDeeper } from './depth.ts';
import { faultIn, isKnown } from './lines.ts';
import type { Definition, Hello, InspectorMessage, InspectorRecord, Lost } from './messages.ts';
import type { Aside, Between, Recording } from './recorded.ts';

export type { Recording } from './recorded.ts';

/** A file that is no recording: its message says why, and in which line. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** What is kept of the records, the last ones: what was before them becomes the baseline. */
export interface RecordingLimits {
  readonly records: number;
  /** About how many characters of text they may have been. */
  readonly characters: number;
}

const recordingLimits: RecordingLimits = { records: 200_000, characters: 128 * 1_024 * 1_024 };

/** No line is longer, unless the file is no text at all. */
const longestLine = 64 * 1_024 * 1_024;

/** What no process that was recorded has had at once: as many would be too much for those who show them. */
const mostActors = 500_000;

/** @throws RecordingError where the text is no recording. */
export function readRecording(lines: Iterable<string>, limits = recordingLimits): Recording {
  const reader = new RecordingReader(limits);
  for (const line of lines) reader.take(line);
  return reader.end();
}

/** Reads a file as it comes, however large it is. @throws RecordingError where it is no recording. */
export async function readRecordingFrom(
  chunks: AsyncIterable<string>,
  limits = recordingLimits,
): Promise<Recording> {
  const reader = new RecordingReader(limits);
  let begun: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    begun.push(first);
    length += first.length;
    if (length > longestLine) throw reader.fault('is longer than any line of a recording');
    if (others.length === 0) continue;
    reader.take(begun.join(''));
    const last = others.pop() ?? '';
    for (const line of others) reader.take(line);
    begun = [last];
    length = last.length;
  }
  reader.take(begun.join(''));
  return reader.end();
}

class RecordingReader {
  readonly #limits: RecordingLimits;
  readonly #baseline = new Baseline();
  readonly #definitions = new Map<string, Definition>();
  // What happened since the baseline, and how many characters of text each was.
  #happened: (InspectorRecord | Aside)[] = [];
  #lengths: number[] = [];
  #characters = 0;
  #folded = 0;
  // What was lost before the baseline.
  #lost: Lost | undefined;
  #hello: Hello | undefined;
  // Lines that are taken in.
  #lines = 0;
  // A line that is no JSON may only be the last one.
  #torn: RecordingError | undefined;

  constructor(limits: RecordingLimits) {
    this.#limits = limits;
  }

  take(line: string): void {
    if (line.trim() !== '') this.#takeLine(line);
    this.#lines += 1;
  }

  /** @throws RecordingError where there was no recording in it. */
  end(): Recording {
    const hello = this.#hello;
    if (hello === undefined) throw this.#torn ?? new RecordingError(`the file is empty: ${expectedFirst}`);
    this.#fold(this.#happened.length - this.#limits.records);
    const { records, between } = this.#sorted();
    const at = records.at(-1)?.at ?? hello.at;
    return {
      hello: { ...hello, mode: 'recording', at, canControl: false, hasLab: false, hasFlights: false },
      definitions: [...this.#definitions.values()],
      actors: [...this.#baseline.actors],
      records,
      between,
      folded: this.#folded,
    };
  }

  /** @returns an error about the line that comes next. */
  fault(words: string): RecordingError {
    return new RecordingError(`line ${this.#lines + 1} ${words}`);
  }

  #takeLine(line: string): void {
    if (this.#torn !== undefined) throw this.#torn;
    const message = parse(line);
    if (message !== undefined && isDeeper(message, deepestLine)) throw this.fault('is nested too deeply');
    if (message === undefined) {
      const expected = this.#hello === undefined ? expectedFirst : expectedEach;
      this.#torn = this.fault(`is no JSON object with a type or a kind: ${expected}`);
      return;
    }
    if (this.#hello === undefined) this.#greet(message);
    const fault = faultIn(message);
    if (fault !== undefined) throw this.fault(`is not as expected: ${fault}`);
    if (isKnown(message)) this.#takeMessage(message, line.length);
  }

  #greet(message: InspectorMessage | InspectorRecord): void {
    if ('kind' in message || message.type !== 'hello') throw this.fault(`is no hello: ${expectedFirst}`);
    const { version } = message as { version?: unknown };
    if (version === 1) return;
    throw this.fault(`is of a recording of version ${String(version)}, and this reads version 1`);
  }

  #takeMessage(message: InspectorMessage | InspectorRecord, characters: number): void {
    if ('kind' in message || message.type === 'figures' || message.type === 'lost') {
      this.#happen(message, characters);
    } else if (message.type === 'actors') {
      if (this.#happened.length === 0) this.#baseline.take(message);
      else this.#happen(message, characters);
    } else if (message.type === 'hello') {
      this.#hello ??= message;
    } else if (message.type === 'definition') {
      this.#definitions.set(message.id, message);
    }
    if (this.#baseline.size > mostActors) throw this.fault(`makes it more than ${mostActors} actors at once`);
  }

  #happen(what: InspectorRecord | Aside, characters: number): void {
    this.#happened.push(what);
    this.#lengths.push(characters);
    this.#characters += characters;
    this.#keepToLimits();
  }

  #keepToLimits(): void {
    const { records, characters } = this.#limits;
    const { length } = this.#happened;
    if (length > 2 * records) this.#fold(length - records);
    if (this.#characters > characters) this.#fold(Math.ceil(length / 2));
  }

  /** Moves the baseline on by so much of what happened. */
  #fold(count: number): void {
    if (count <= 0) return;
    for (const what of this.#happened.splice(0, count)) {
      if ('kind' in what) {
        this.#baseline.apply(what);
        this.#folded += 1;
      } else {
        this.#baseline.take(what);
        if (what.type === 'lost') this.#lost = what;
      }
    }
    for (const length of this.#lengths.splice(0, count)) this.#characters -= length;
  }

  #sorted(): Pick<Recording, 'records' | 'between'> {
    const records: InspectorRecord[] = [];
    const between: Between[] = [this.#lost, this.#baseline.figures].flatMap((message) =>
      message === undefined ? [] : [{ before: 0, message }],
    );
    for (const what of this.#happened) {
      if ('kind' in what) records.push(what);
      else between.push({ before: records.length, message: what });
    }
    return { records, between };
  }
}

const expectedFirst =
  'a recording is JSON, one object a line, and its first line is {"type":"hello","version":1,…}';
const expectedEach = 'each line of a recording is one';

function parse(line: string): InspectorMessage | InspectorRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isMessage = typeof value === 'object' && value !== null && ('type' in value || 'kind' in value);
    return isMessage ? (value as InspectorMessage | InspectorRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** What a recording holds once it is read, and how a viewer is told it. */
import type {
  Actor,
  Actors,
  Definition,
  Figures,
  Hello,
  InspectorRecord,
  Lost,
  Records,
} from './messages.ts';

export interface Recording {
  readonly hello: Hello;
  readonly definitions: readonly Definition[];
  /** The actors before the first record. */
  readonly actors: readonly Actor[];
  readonly records: readonly InspectorRecord[];
  /** What was told between the records, in order. */
  readonly between: readonly Between[];
  /** How many records there were before these: they are in the actors. */
  readonly folded: number;
}

/** What is told between records, and the index of the record before which it is. */
export interface Between {
  readonly before: number;
  readonly message: Aside;
}

export type Aside = Actors | Figures | Lost;

const recordsInBatch = 2_000;

/** A recording as a viewer is told it. */
export function* messagesOf(recording: Recording): Generator<Hello | Definition | Aside | Records> {
  const { hello, definitions, actors, records, between } = recording;
  yield hello;
  yield* definitions;
  yield { type: 'actors', done: true, actors };
  let told = 0;
  for (const { before, message } of [...between, { before: records.length, message: undefined }]) {
    while (told < before) {
      const batch = records.slice(told, Math.min(before, told + recordsInBatch));
      told += batch.length;
      yield { type: 'records', records: batch, sampledAway: 0 };
    }
    if (message !== undefined) yield message;
  }
}

/**
 * What the primary and its workers say to each other, over the channel that Node gives each pair.
 *
 * The two may be of different versions, for a primary outlives its workers: whoever does not know a message ignores it.
 */
import type { Census, Figures, Topic } from '../figures.ts';

/** `stopping`: all of them drain; `replaced`: the others go on, and take who comes. */
export type DrainReason = 'stopping' | 'replaced';

export type ToWorker =
  | { type: 'drain'; reason: DrainReason } // close what you have, and end
  | { type: 'count'; id: number; topic: Topic } // say your figures
  | { type: 'census'; id: number; census: Census }; // here is what you asked for

export type FromWorker =
  | { type: 'listening'; lines: readonly string[] } // connections may come
  | { type: 'ready' } // and the broker is there
  | { type: 'hopeless'; reason: string } // it could not start, and will not if it is tried again
  | { type: 'figures'; id: number; figures: Figures[Topic] } // the answer to `count`
  | { type: 'ask'; id: number; topic: Topic } // somebody wants the figures of all
  | { type: 'farewell'; farewell: Farewell }; // it has drained

/** What a worker leaves behind. */
export interface Farewell {
  readonly connections: number;
  readonly closedByCode: Readonly<Record<string, number>>;
  /** The names of what is still alive in it. */
  readonly leaks: readonly string[];
  readonly figures?: Figures | undefined;
}

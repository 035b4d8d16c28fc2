/**
 * A flight is the recorder that every connection has on board: its last events and transitions, kept whether anybody
 * watches or not, so that there is something to tell once it has gone wrong.
 */
import type { StateValue } from 'xstate';
import { statesInWords } from '../state-value.ts';
import type { Step } from './messages.ts';

/** How many steps are kept. */
export const stepsKept = 50;

/** What is kept of a step: when, since the beginning, what, and the state after it where that is another one. */
type Slot = [sinceMs: number, event: string, state: string | undefined];

const slotSize = 3 satisfies Slot['length'];

export class Flight {
  readonly startedAt: number;
  // One ring for all that there is of a step, for there is one of these for each of thousands of connections. It grows
  // only as far as it must: most of them do little in their lives.
  readonly #log: Slot[number][] = [];
  #count = 0;
  #value: StateValue | undefined;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** Notes an event, and the state after it. */
  step(at: number, eventType: string, value: StateValue): void {
    const slot = (this.#count % stepsKept) * slotSize;
    this.#log[slot] = at - this.startedAt;
    this.#log[slot + 1] = eventType;
    this.#log[slot + 2] = value === this.#value ? undefined : describe(value);
    this.#value = value;
    this.#count += 1;
  }

  /** What is kept, the oldest first; a state only where it differs from the one before. */
  steps(): Step[] {
    const kept = Math.min(this.#count, stepsKept);
    let before: string | undefined;
    return Array.from({ length: kept }, (_, index) => {
      const [sinceMs, event, state = before] = this.#slot(this.#count - kept + index);
      const step = { at: this.startedAt + sinceMs, event };
      if (state === undefined || state === before) return step;
      before = state;
      return { ...step, state };
    });
  }

  /** How many steps were there before those that are kept. */
  get forgotten(): number {
    return Math.max(0, this.#count - stepsKept);
  }

  get lastEvent(): string | undefined {
    return this.#count === 0 ? undefined : this.#slot(this.#count - 1)[1];
  }

  #slot(number: number): Slot {
    const at = (number % stepsKept) * slotSize;
    return this.#log.slice(at, at + slotSize) as Slot;
  }
}

// A machine has few states, and thousands of connections are in the same: each is named once.
const names = new Map<string, string>();

/** `connecting`, `open · alive · flowing · clear`. */
function describe(value: StateValue): string {
  const name = statesInWords(value);
  const known = names.get(name);
  if (known === undefined) names.set(name, name);
  return known ?? name;
}

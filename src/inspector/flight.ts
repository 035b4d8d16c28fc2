/**
 * A flight is the recorder that every connection has on board: its last events and transitions, kept whether anybody
 * watches or not, so that there is something to tell once it has gone wrong.
 */
import type { StateValue } from 'xstate';
import { statesInWords } from '../state-value.ts';
import type { Step } from './messages.ts';

/** How many steps are kept. */
export const stepsKept = 50;

export class Flight {
  // Rings that grow only as far as they must: most connections do little in their lives.
  readonly #times: number[] = [];
  readonly #events: string[] = [];
  readonly #states: (string | undefined)[] = [];
  #count = 0;
  #value: StateValue | undefined;

  /** Notes an event, and the state after it. */
  step(at: number, eventType: string, value: StateValue): void {
    const slot = this.#count % stepsKept;
    this.#times[slot] = at;
    this.#events[slot] = eventType;
    this.#states[slot] = value === this.#value ? undefined : describe(value);
    this.#value = value;
    this.#count += 1;
  }

  /** What is kept, the oldest first; a state only where it differs from the one before. */
  steps(): Step[] {
    const kept = Math.min(this.#count, stepsKept);
    let before: string | undefined;
    return Array.from({ length: kept }, (_, index) => {
      const slot = (this.#count - kept + index) % stepsKept;
      const state = this.#states[slot] ?? before;
      const step = { at: this.#times[slot] ?? 0, event: this.#events[slot] ?? '' };
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
    return this.#events[(this.#count - 1) % stepsKept];
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

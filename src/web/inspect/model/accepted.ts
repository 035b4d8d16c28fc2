/** The events that a machine would take in the states that it is in. */
import type { Actor, Definition } from '../../../inspector/messages.ts';
import { activePaths } from '../../model/chart.ts';

export interface Accepted {
  /** The event, and on what condition. */
  readonly label: string;
  /** The states that take it, by their paths. */
  readonly states: readonly string[];
}

/** @returns in the order of the definition, each once. */
export function acceptedBy({ value }: Actor, { transitions, name }: Definition): Accepted[] {
  const active = new Set(['', ...activePaths(value)]);
  const accepted = new Map<string, string[]>();
  for (const { state, label } of transitions) {
    if (!active.has(state)) continue;
    const states = accepted.get(label) ?? [];
    accepted.set(label, states);
    states.push(state === '' ? name : state);
  }
  return [...accepted].map(([label, states]) => ({ label, states }));
}

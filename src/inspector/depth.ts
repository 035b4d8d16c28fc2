/** Depth is how many objects are in one another. It is bounded where states are recorded, and so where they are read. */
import type { StateValue } from './messages.ts';

/** No machine that anybody could look at has as many states in one another. */
const deepestState = 90;

/** What a line of a recording has around the state of an actor, and more than any other member takes. */
const levelsAround = 10;

export const deepestLine = deepestState + levelsAround;

/** What stands for the states that are deeper. */
const deeper = '‹nested deeper›';

/** @returns a state without what is too deep for those who go through it. */
export function boundedState(value: StateValue, levels = deepestState): StateValue {
  if (typeof value === 'string' || !isDeeper(value, levels)) return value;
  if (levels === 0) return deeper;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, boundedState(inner, levels - 1)]),
  );
}

/** Whether more than so many objects are in one another. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

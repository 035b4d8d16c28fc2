/** State values: how XState tells which states a machine is in. */

/** The name of the top state: `open` of `{ open: { heartbeat: 'alive' } }`. */
export function topState(value: unknown): string {
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}

/** The names of the innermost states, in order: `alive`, `flowing` and `clear` of an open connection. */
export function innermostStates(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value as object).flatMap(([name, inner]) => {
    const states = innermostStates(inner);
    return states.length === 0 ? [name] : states;
  });
}

/** `closed`, or `open · alive · flowing · clear`: the top state and the innermost ones. */
export function statesInWords(value: unknown): string {
  return typeof value === 'string' ? value : [topState(value), ...innermostStates(value)].join(' · ');
}

/** State values: how XState tells which states a machine is in. */

/** The name of the top state: `open` of `{ open: { heartbeat: 'alive' } }`. */
export function topState(value: unknown): string {
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}

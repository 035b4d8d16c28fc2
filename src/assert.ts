/** Assertions: they are for bugs, never for input. */

/** Ends a switch over a union: the compiler proves that it is not reached. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** Reads JSON that somebody else wrote. @returns undefined where it is none. */
export function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

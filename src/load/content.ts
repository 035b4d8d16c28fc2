/**
 * The content of a load test's messages says which user of which run sent it, and when; the rest is padding.
 *
 * So a user knows its own messages when they come back, and nothing else is needed to tell how long they took.
 */

/** Room enough for every run, user and time. */
export const minPayloadBytes = 32;

/** @returns what all contents of one user of one run begin with. @param run a few characters of ASCII */
export function signatureOf(run: string, user: number): string {
  return `${run} ${user} `;
}

/**
 * @param sentAtMs since the run began, to the microsecond
 * @returns a content of `bytes` octets, all of them ASCII that JSON leaves as it is
 */
export function writeContent(signature: string, sentAtMs: number, bytes: number): string {
  return `${signature}${Math.round(sentAtMs * 1_000)} `.padEnd(bytes, 'x');
}

/** @returns when the content was sent, in milliseconds since the run began; undefined where another sent it. */
export function readContent(signature: string, content: string): number | undefined {
  if (!content.startsWith(signature)) return undefined;
  const micros = Number.parseInt(content.slice(signature.length), 10);
  return Number.isNaN(micros) ? undefined : micros / 1_000;
}

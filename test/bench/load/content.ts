/**
 * Content is what the load generator's members say: a mark, the sender's number and a stamp of time at its head,
 * all in fixed places, so that who receives it can read them without parsing; then prose up to the size asked for.
 */

/** A message whose latency is taken. */
export const stampedMark = 0x21; // !
/** Any other message. */
export const plainMark = 0x2e; // .

const senderDigits = 5;
const stampDigits = 10;

/** What a content begins with: one byte of mark, then the digits. */
export const headBytes = 1 + senderDigits + stampDigits;

const prose =
  'The hub keeps a list of rooms, and each room a list of members. When somebody speaks, the words travel from ' +
  'a socket to a reader, wait in a channel until the next round, get their place in the order of the room, and ' +
  'leave by as many writers as there are ears to hear. Nobody talks twice, no one is skipped; a listener who ' +
  'cannot keep up is asked to go, politely, with a number that says why. At night, when all is quiet, only ' +
  'heartbeats cross the wire: small questions, small answers. Then morning brings a thousand doors opening at once.';

/** @returns a content of so many bytes, unstamped. */
export function contentOf(sender: number, bytes: number): string {
  const head = String.fromCharCode(plainMark) + String(sender).padStart(senderDigits, '0');
  const filler = prose.repeat(Math.ceil(bytes / prose.length));
  return (head + '0'.repeat(stampDigits) + filler).slice(0, bytes);
}

/** @returns the number of who said the content that begins here. */
export function senderAt(bytes: Buffer, contentAt: number): number {
  return digitsAt(bytes, contentAt + 1, senderDigits);
}

/** @returns when the content that begins here was sent, in microseconds of this process's monotonic clock. */
export function stampAt(bytes: Buffer, contentAt: number): number {
  return digitsAt(bytes, contentAt + 1 + senderDigits, stampDigits);
}

function digitsAt(bytes: Buffer, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) value = value * 10 + bytes[at]! - 0x30;
  return value;
}

/** Marks a content that is masked with `mask`, and writes the stamp into it. */
export function stampMasked(bytes: Buffer, contentAt: number, maskAt: number, stampUs: number): void {
  const payloadAt = maskAt + 4;
  const put = (at: number, byte: number) => {
    bytes[at] = byte ^ bytes[maskAt + ((at - payloadAt) & 3)]!;
  };
  put(contentAt, stampedMark);
  let rest = Math.floor(stampUs);
  for (let at = contentAt + headBytes - 1; at > contentAt + senderDigits; at--) {
    put(at, 0x30 + (rest % 10));
    rest = Math.floor(rest / 10);
  }
}

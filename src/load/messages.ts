/**
 * Messages reads what the server sends, each text once: all members of a room get the same, so that reading again
 * what another user has just read would be most of what a load test costs.
 */

/** A message of a server that has still to prove that it keeps to the protocol. */
export interface Message {
  readonly type: string;
  readonly offset?: unknown;
  readonly content?: unknown;
  readonly code?: unknown;
}

/** As many as may be on their way to the members of all rooms at one time. */
const maxRemembered = 1_024;

/** What is longer would cost too much memory to remember. */
const maxRememberedLength = 4_096;

export class Messages {
  readonly #read = new Map<string, Message>();

  /** @returns the message in a frame, or undefined where it is not a JSON object with a type. */
  read(frame: Buffer): Message | undefined {
    const text = frame.toString();
    const known = this.#read.get(text);
    if (known !== undefined) return known;
    const message = parse(text);
    if (message === undefined || text.length > maxRememberedLength) return message;
    if (this.#read.size >= maxRemembered) this.#read.clear();
    this.#read.set(text, message);
    return message;
  }
}

function parse(text: string): Message | undefined {
  try {
    const value = JSON.parse(text) as Partial<Message> | null;
    return typeof value?.type === 'string' ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}

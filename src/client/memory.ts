/** Memory is what a session remembers: the transport that worked last with a server. */
import type { Storage } from './environment.ts';
import type { TransportName } from './socket.ts';

/** Where a platform has no storage for the session, the process is the session. */
const ofProcess: Storage = {};

export class Memory {
  readonly #key: string;
  readonly #storage: Storage;

  /** @param base the server's URL. */
  constructor(base: string, storage = ofProcess) {
    this.#key = `hubbub ${base}`;
    this.#storage = storage;
  }

  recall(): string | undefined {
    return this.#storage[this.#key];
  }

  remember(transport: TransportName): void {
    try {
      this.#storage[this.#key] = transport;
    } catch {
      // One that is full does without.
    }
  }
}

/** A crowd is the virtual users of one run; it says when the first is in, when all is answered, when all are gone. */
import { VirtualUser, type Run, type UserListener } from './virtual-user.ts';

export type CrowdEdge =
  | { type: 'joined' } // a user was welcomed to its room
  | { type: 'refused'; reason: string } // a user could not connect, or was shown out before its welcome
  | { type: 'settled' } // every message has come back or was refused
  | { type: 'emptied' }; // the last session is over

export class Crowd implements UserListener {
  readonly #run: Run;
  readonly #users: VirtualUser[] = [];
  readonly #tell: (edge: CrowdEdge) => void;
  #ended = 0;
  #isQuiet = false;
  #isLeaving = false;

  constructor(run: Run, tell: (edge: CrowdEdge) => void) {
    this.#run = run;
    this.#tell = tell;
  }

  get size(): number {
    return this.#users.length;
  }

  /** One user more. */
  grow(): void {
    const user = new VirtualUser(this.#users.length, this.#run, this);
    this.#users.push(user);
    user.start();
  }

  /** Nobody says anything more; `settled` follows. */
  quieten(): void {
    this.#isQuiet = true;
    for (const user of this.#users) user.quieten();
    this.answered();
  }

  /** All leave; `emptied` follows. */
  leave(): void {
    this.#isLeaving = true;
    const left = this.#users.filter((user) => user.hasSession);
    this.#ended = this.#users.length - left.length;
    for (const user of this.#users) user.close();
    this.#tellEmptied();
  }

  terminate(): void {
    for (const user of this.#users) user.terminate();
  }

  joined(): void {
    if (this.size === 1) this.#tell({ type: 'joined' });
  }

  refused(reason: string): void {
    if (this.size === 1) this.#tell({ type: 'refused', reason });
  }

  answered(): void {
    if (this.#isQuiet && this.#run.statistics.inFlight === 0) this.#tell({ type: 'settled' });
  }

  ended(): void {
    if (this.#isQuiet) this.answered();
    if (!this.#isLeaving) return;
    this.#ended += 1;
    this.#tellEmptied();
  }

  #tellEmptied(): void {
    if (this.#ended === this.size) this.#tell({ type: 'emptied' });
  }
}

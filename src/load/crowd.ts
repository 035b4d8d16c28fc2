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
  #sessions = 0;
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
    for (const user of this.#users) user.close();
    this.#tellIfEmpty();
  }

  /** Ends what is left without waiting for the server; `emptied` follows. */
  terminate(): void {
    for (const user of this.#users) user.terminate();
  }

  began(): void {
    this.#sessions += 1;
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
    this.#sessions -= 1;
    this.answered(); // nobody will answer what this one had in flight
    if (this.#isLeaving) this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    if (this.#sessions === 0) this.#tell({ type: 'emptied' });
  }
}

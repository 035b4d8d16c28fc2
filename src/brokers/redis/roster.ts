/**
 * A roster is who is in one room on this server, as far as the others are told: changes go out one after the other, and all
 * that has happened meanwhile goes with the next one.
 *
 * What it has told holds for a while only, and is told again and again: so the members of a server that dies are gone soon.
 */
import type { Member } from '../../broker.ts';
import type { Link } from './link.ts';
import { entryOf, namesOf, presenceScript } from './scripts.ts';

export class Roster {
  readonly room: string;
  readonly #server: string;
  /** The entries of all, of those who have come since it was told, and of those who were told of and have gone since. */
  readonly #members = new Set<string>();
  #come = new Set<string>();
  #gone = new Set<string>();
  #last = '';
  /** The link by which all of it was told. */
  #toldBy: Link | undefined;
  #isUnderWay = false;

  constructor(room: string, server: string) {
    this.room = room;
    this.#server = server;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Whether there is nothing to tell. */
  isTold(link: Link | undefined): boolean {
    return !this.#isUnderWay && this.#come.size + this.#gone.size === 0 && this.#toldBy === link;
  }

  enter(member: Member): void {
    const entry = entryOf(member);
    this.#members.add(entry);
    if (!this.#gone.delete(entry)) this.#come.add(entry);
    this.#last = member.name;
  }

  leave(member: Member): void {
    const entry = entryOf(member);
    this.#members.delete(entry);
    if (!this.#come.delete(entry)) this.#gone.add(entry);
    this.#last = member.name;
  }

  /** Tells what has changed, and all of it by a link that is new. @throws the link's error. */
  async tell(link: Link, holdsMs: number): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    try {
      do await this.#tellOnce(link, holdsMs);
      while (this.#come.size + this.#gone.size > 0);
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #tellOnce(link: Link, holdsMs: number): Promise<void> {
    const isWhole = this.#toldBy !== link;
    const [come, gone] = [this.#come, this.#gone];
    this.#come = new Set();
    this.#gone = new Set();
    // Where this fails all of it is told the next time, by whichever link.
    this.#toldBy = undefined;
    const { servers, members, channel } = namesOf(this.room);
    const told = isWhole ? this.#members : come;
    const args = [this.#server, String(holdsMs), channel, isWhole ? '1' : '0'];
    args.push(String(come.size), String(gone.size), this.#last, String(told.size));
    await link.run(presenceScript, this.room, [servers, members + this.#server], [...args, ...told, ...gone]);
    this.#toldBy = link;
  }
}

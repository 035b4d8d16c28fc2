/**
 * A roster is who is in one room on this server, as far as the others are told: changes go out one after the other, and all
 * that has happened meanwhile goes with the next one.
 *
 * What it has told holds for a while only, and is told again and again: so the members of a server that dies are gone soon.
 */
import type { Member } from '../../broker.ts';
import type { Link } from './link.ts';
import { namesOf, presenceScript } from './scripts.ts';

export class Roster {
  readonly room: string;
  readonly #server: string;
  readonly #members = new Map<string, string>();
  #come = new Map<string, string>();
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

  enter({ id, name }: Member): void {
    this.#members.set(id, name);
    this.#gone.delete(id);
    this.#come.set(id, name);
    this.#last = name;
  }

  leave({ id, name }: Member): void {
    this.#members.delete(id);
    if (!this.#come.delete(id)) this.#gone.add(id);
    this.#last = name;
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
    this.#come = new Map();
    this.#gone = new Set();
    const { servers, members, channel } = namesOf(this.room);
    const told = isWhole ? this.#members : come;
    const args = [this.#server, String(holdsMs), channel, isWhole ? '1' : '0'];
    args.push(String(come.size), String(gone.size), this.#last, String(told.size));
    for (const [id, name] of told) args.push(id, name);
    // Where that fails all of it is told by the next link.
    await link.run(presenceScript, this.room, [servers, members + this.#server], [...args, ...gone]);
    this.#toldBy = link;
  }
}

/**
 * The registry is who is in which room on this server, told to the others and kept fresh; and what the others tell of theirs.
 */
import type { Elsewhere, Member } from '../../broker.ts';
import type { Clock } from '../../clock.ts';
import { leaseOf, type Lease } from './lease.ts';
import { KeyError, type Link } from './link.ts';
import { Roster } from './roster.ts';
import {
  aliveScript,
  fullestScript,
  namesOf,
  namesScript,
  roomsNameOf,
  roomsScript,
  serversName,
  serversScript,
} from './scripts.ts';

export interface RegistryOptions {
  /** This server's name: no other's, and never used again. */
  readonly server: string;
  readonly clock: Clock;
  /** Within which the members of a server that has died are gone. */
  readonly ttlMs: number;
  /** Is told of each error that is about some keys alone. */
  readonly report: (error: Error) => void;
}

/** How many rooms are told of at once. */
const roomsAtOnce = 256;

const mostNames = 10_000;
const mostRooms = 1_000;

export class Registry {
  readonly #options: RegistryOptions;
  readonly #lease: Lease;
  readonly #rosters = new Map<string, Roster>();
  // The rooms whose size is to be told.
  #resized = new Set<string>();
  #touched = new Set<Roster>();
  #link: Link | undefined;
  #isFlushing = false;
  #isTellingSizes = false;
  #refreshing: unknown;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#lease = leaseOf(options.ttlMs);
  }

  /** Whether the others know all. */
  get isTold(): boolean {
    if (this.#resized.size > 0 || this.#isTellingSizes) return false;
    for (const roster of this.#rosters.values()) if (!roster.isTold(this.#link)) return false;
    return true;
  }

  enter(room: string, member: Member): void {
    let roster = this.#rosters.get(room);
    if (roster === undefined) {
      roster = new Roster(room, this.#options.server);
      this.#rosters.set(room, roster);
    }
    roster.enter(member);
    this.#touch(roster);
  }

  leave(room: string, member: Member): void {
    const roster = this.#rosters.get(room);
    if (roster === undefined) return;
    roster.leave(member);
    this.#touch(roster);
  }

  /** There is a link: all is told by it. @throws the link's error. */
  async attach(link: Link): Promise<void> {
    this.#link = link;
    await this.#refresh(link);
  }

  detach(): void {
    this.#options.clock.clearTimeout(this.#refreshing);
    this.#link = undefined;
  }

  /** @returns the names of a room's members on other servers. */
  async names(room: string): Promise<Elsewhere<readonly string[]>> {
    const link = this.#link;
    const { servers, members } = namesOf(room);
    try {
      if (link === undefined) return { known: [], complete: false };
      const reply = await link.run(
        namesScript,
        room,
        [servers],
        [this.#options.server, members, String(mostNames)],
      );
      const [areAllRead, known] = reply as [number, string[]];
      return { known, complete: areAllRead === 1 && known.length < mostNames };
    } catch {
      return { known: [], complete: false };
    }
  }

  /** @returns the rooms that have members on other servers: of each server the fullest. */
  async rooms(): Promise<Elsewhere<ReadonlyMap<string, number>>> {
    const known = new Map<string, number>();
    const link = this.#link;
    try {
      if (link === undefined) return { known, complete: false };
      const servers = (await link.run(serversScript, serversName, [serversName], [])) as string[];
      const others = servers.filter((server) => server !== this.#options.server);
      const lists = await Promise.all(others.map((server) => this.#fullest(link, server)));
      for (const list of lists) {
        for (const [room, size] of list) known.set(room, (known.get(room) ?? 0) + size);
      }
      return { known, complete: lists.every((list) => list.length < mostRooms) };
    } catch {
      return { known, complete: false };
    }
  }

  async #fullest(link: Link, server: string): Promise<[string, number][]> {
    const name = roomsNameOf(server);
    const reply = (await link.run(fullestScript, server, [name], [String(mostRooms)])) as string[];
    return reply.flatMap((room, index) =>
      index % 2 === 0 ? [[room, Number(reply[index + 1])] as [string, number]] : [],
    );
  }

  #touch(roster: Roster): void {
    this.#touched.add(roster);
    this.#resized.add(roster.room);
    if (this.#isFlushing) return;
    // Who comes and goes in one round is told of at once.
    this.#isFlushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    const touched = this.#touched;
    this.#touched = new Set();
    const link = this.#link;
    if (link === undefined) return;
    for (const roster of touched) this.#tell(roster, link).catch((error: Error) => link.lose(error));
    this.#tellSizes(link).catch((error: Error) => link.lose(error));
  }

  async #tell(roster: Roster, link: Link): Promise<void> {
    await this.#bear(roster.tell(link, this.#lease.holdsMs));
    if (roster.size === 0 && roster.isTold(link)) this.#rosters.delete(roster.room);
  }

  /** What is wrong with some keys is no reason to give up the link: it is tried again when all is told again. */
  async #bear(telling: Promise<unknown>): Promise<void> {
    try {
      await telling;
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      this.#options.report(error);
    }
  }

  async #tellSizes(link: Link, isWhole = false): Promise<void> {
    if (this.#isTellingSizes) return;
    this.#isTellingSizes = true;
    const { server } = this.#options;
    try {
      do {
        const resized = isWhole ? this.#rosters.keys() : this.#resized;
        const sizes = [...resized].flatMap((room) => [String(this.#rosters.get(room)?.size ?? 0), room]);
        this.#resized = new Set();
        await link.run(
          roomsScript,
          server,
          [roomsNameOf(server)],
          [String(this.#lease.holdsMs), isWhole ? '1' : '0', ...sizes],
        );
      } while (this.#resized.size > 0);
    } finally {
      this.#isTellingSizes = false;
    }
  }

  async #refresh(link: Link): Promise<void> {
    const { server, clock } = this.#options;
    const holdsMs = String(this.#lease.holdsMs);
    await this.#bear(link.run(aliveScript, serversName, [serversName], [server, holdsMs]));
    const rosters = [...this.#rosters.values()];
    while (rosters.length > 0) {
      await Promise.all(rosters.splice(0, roomsAtOnce).map((roster) => this.#tell(roster, link)));
    }
    await this.#tellSizes(link, true);
    if (this.#link !== link) return;
    clock.clearTimeout(this.#refreshing);
    this.#refreshing = clock.setTimeout(() => {
      this.#refresh(link).catch((error: Error) => link.lose(error));
    }, this.#lease.refreshMs);
  }
}

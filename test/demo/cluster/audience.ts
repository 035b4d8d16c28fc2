/**
 * An audience is members of a few rooms who talk all the time, and an account of what came of every word. Each numbers what it
 * says, so that everyone who hears it knows at once what is missing, what came twice, and what came too late.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { joinRoom, type Room } from '../../../src/client/index.ts';
import { pauseFor, until } from '../talk.ts';

export interface AudienceOptions {
  readonly url: string;
  readonly members: number;
  readonly rooms: number;
  /** The mean time between two messages of a member. */
  readonly paceMs: number;
}

/** What came of all that was said. */
export interface Totals {
  said: number;
  acked: number;
  /** Messages heard, of all that members of their rooms were to hear: acked messages times members. */
  delivered: number;
  due: number;
  /** What a member has not heard, and was told of by a gap. */
  told: number;
  /** What a member has not heard, though it has heard what came after it. */
  missing: number;
  duplicated: number;
  outOfOrder: number;
  gaps: number;
}

/** What one member has heard of another one. */
interface Account {
  /** The number that is due. */
  next: number;
  readonly missing: Set<number>;
  /** Whether a gap was told, and nothing heard since. */
  isAfterGap: boolean;
}

class Member {
  readonly name: string;
  readonly roomName: string;
  readonly room: Room;
  acked = 0;
  readonly accounts = new Map<string, Account>();

  constructor(url: string, name: string, roomName: string) {
    this.name = name;
    this.roomName = roomName;
    this.room = joinRoom({ url, room: roomName, name, WebSocket, transports: ['websocket'] });
  }

  of(name: string): Account {
    let account = this.accounts.get(name);
    if (account === undefined) {
      account = { next: 1, missing: new Set(), isAfterGap: false };
      this.accounts.set(name, account);
    }
    return account;
  }
}

const patienceMs = 30_000;

export class Audience {
  readonly totals: Totals = {
    said: 0,
    acked: 0,
    delivered: 0,
    due: 0,
    told: 0,
    missing: 0,
    duplicated: 0,
    outOfOrder: 0,
    gaps: 0,
  };
  readonly #members: readonly Member[];
  readonly #paceMs: number;
  readonly #talk = new AbortController();
  #talking: readonly Promise<void>[] = [];

  private constructor({ url, members, rooms, paceMs }: AudienceOptions) {
    this.#paceMs = paceMs;
    this.#members = Array.from(
      { length: members },
      (_, index) => new Member(url, `member-${index + 1}`, `room-${(index % rooms) + 1}`),
    );
    for (const member of this.#members) {
      for (const other of this.#inRoomOf(member)) member.of(other.name);
      member.room.on('message', ({ sender, content }) => this.#hear(member.of(sender), Number(content)));
      member.room.on('gap', () => this.#miss(member));
    }
  }

  /** Resolves once all are in their rooms. @throws Error where they are not within the time that one cares to wait. */
  static async join(options: AudienceOptions): Promise<Audience> {
    const audience = new Audience(options);
    if (await until(() => audience.open === options.members, patienceMs)) return audience;
    await audience.leave();
    throw new Error(`${options.members - audience.open} of ${options.members} members could not join`);
  }

  get size(): number {
    return this.#members.length;
  }

  get open(): number {
    return this.#members.filter(({ room }) => room.state.status === 'open').length;
  }

  /** Begins to talk. */
  talk(): void {
    const { signal } = this.#talk;
    setMaxListeners(this.#members.length, signal);
    this.#talking = this.#members.map((member) => this.#say(member, signal));
  }

  /** Ends the talk. @returns how many messages were lost: neither heard nor told of by a gap, though there was time enough. */
  async hush(): Promise<number> {
    this.#talk.abort();
    await Promise.race([Promise.all(this.#talking), delay(patienceMs, undefined, { ref: false })]);
    await until(() => this.#lost() === 0, patienceMs);
    return this.#lost();
  }

  async leave(): Promise<void> {
    this.#talk.abort();
    await Promise.all(this.#members.map(({ room }) => room.close()));
  }

  #inRoomOf({ roomName }: Member): Member[] {
    return this.#members.filter((other) => other.roomName === roomName);
  }

  async #say(member: Member, signal: AbortSignal): Promise<void> {
    const listeners = this.#inRoomOf(member).length;
    for (let number = 1; !signal.aborted; number += 1) {
      await pauseFor(this.#paceMs, signal);
      if (signal.aborted) return;
      this.totals.said += 1;
      await member.room.send(String(number));
      member.acked = number;
      this.totals.acked += 1;
      this.totals.due += listeners;
    }
  }

  #hear(account: Account, number: number): void {
    const { totals } = this;
    if (number < account.next) {
      if (!account.missing.delete(number)) return void (totals.duplicated += 1);
      totals.missing -= 1;
      totals.outOfOrder += 1;
      totals.delivered += 1;
      return;
    }
    const skipped = number - account.next;
    if (account.isAfterGap) totals.told += skipped;
    else {
      for (let missed = account.next; missed < number; missed += 1) account.missing.add(missed);
      totals.missing += skipped;
    }
    account.isAfterGap = false;
    account.next = number + 1;
    totals.delivered += 1;
  }

  #miss({ accounts }: Member): void {
    this.totals.gaps += 1;
    for (const account of accounts.values()) account.isAfterGap = true;
  }

  /** What has an ack and is neither heard nor told of. */
  #lost(): number {
    let lost = this.totals.missing;
    for (const member of this.#members) {
      for (const { name, acked } of this.#inRoomOf(member)) {
        const { next, isAfterGap } = member.of(name);
        if (!isAfterGap) lost += Math.max(0, acked + 1 - next);
      }
    }
    return lost;
  }
}

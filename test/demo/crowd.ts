/** A crowd is many members in a few rooms who talk all the time, and a count of what came of every word. */
import { setMaxListeners } from 'node:events';
import { WebSocket } from 'ws';
import { joinRoom, type Gap, type Position, type Room } from '../../src/client/index.ts';
import { pauseFor, until } from './talk.ts';

export interface CrowdOptions {
  readonly url: string;
  readonly members: number;
  readonly rooms: number;
  /** The mean time between two messages of a member. */
  readonly paceMs: number;
  /** From 0 to below 1: how long members wait before they come back. */
  readonly random?: (() => number) | undefined;
}

/** What came of the messages of one act. */
export interface Tally {
  sent: number;
  acked: number;
  /** Acked messages times members of their rooms. */
  due: number;
  delivered: number;
  /** What members were told by a gap that they may have missed, and have. */
  told: number;
  /** What a member has neither got nor been told of. */
  lost: number;
  /** What a member got more than once. */
  duplicated: number;
}

/** A message that is in its room's log. */
interface Acked extends Position {
  readonly room: string;
  readonly content: string;
}

interface Member {
  readonly room: Room;
  readonly roomName: string;
  /** How often each message came. */
  readonly heard: Map<string, number>;
  readonly gaps: Gap[];
}

const patienceMs = 20_000;

export class Crowd {
  readonly #members: readonly Member[];
  readonly #paceMs: number;
  readonly #acked: Acked[] = [];
  #sent = 0;

  private constructor(members: readonly Member[], paceMs: number) {
    this.#members = members;
    this.#paceMs = paceMs;
  }

  /** @throws Error where the server does not let all of them in. */
  static async join(options: CrowdOptions): Promise<Crowd> {
    const all = Array.from({ length: options.members }, (_, index) => memberOf(options, index));
    const crowd = new Crowd(all, options.paceMs);
    try {
      await crowd.allOpen();
    } catch (error) {
      await crowd.leave();
      throw error;
    }
    return crowd;
  }

  /** @throws Error where they are not within the time that one cares to wait. */
  async allOpen(): Promise<void> {
    const all = this.#members.length;
    if (await until(() => this.open === all, patienceMs)) return;
    throw new Error(`${all - this.open} of ${all} members could not join`);
  }

  get open(): number {
    return this.#members.filter(({ room }) => room.state.status === 'open').length;
  }

  get sent(): number {
    return this.#sent;
  }

  get acked(): number {
    return this.#acked.length;
  }

  /**
   * Talks while something happens, until all is said and heard.
   * @returns what came of it; what a member heard before counts for nothing.
   */
  async talkDuring(happening: () => Promise<void>): Promise<Tally> {
    this.#begin();
    const talk = new AbortController();
    setMaxListeners(this.#members.length, talk.signal);
    const talking = this.#members.map((member, index) => this.#talk(member, index, talk.signal));
    try {
      await happening();
    } finally {
      talk.abort();
    }
    await Promise.all(talking);
    await this.allOpen();
    await until(() => this.#tally().lost === 0, patienceMs);
    return this.#tally();
  }

  async leave(): Promise<void> {
    await Promise.all(this.#members.map(({ room }) => room.close()));
  }

  #begin(): void {
    this.#acked.length = 0;
    this.#sent = 0;
    for (const { heard, gaps } of this.#members) {
      heard.clear();
      gaps.length = 0;
    }
  }

  /** Says one thing after the other, whatever becomes of the connection. Ends when the last one has its place. */
  async #talk({ room, roomName }: Member, index: number, signal: AbortSignal): Promise<void> {
    for (let count = 1; !signal.aborted; count += 1) {
      await pauseFor(this.#paceMs, signal);
      if (signal.aborted) return;
      const content = `message ${count} of member ${index}`;
      this.#sent += 1;
      const { epoch, offset } = await room.send(content);
      this.#acked.push({ room: roomName, content, epoch, offset });
    }
  }

  #tally(): Tally {
    const tally = { sent: this.#sent, acked: this.#acked.length, due: 0, delivered: 0, told: 0, lost: 0 };
    for (const { roomName, heard, gaps } of this.#members) {
      for (const message of this.#acked) {
        if (message.room !== roomName) continue;
        tally.due += 1;
        if (heard.has(message.content)) tally.delivered += 1;
        else if (gaps.some((gap) => isWithin(message, gap))) tally.told += 1;
        else tally.lost += 1;
      }
    }
    let duplicated = 0;
    for (const { heard } of this.#members) for (const times of heard.values()) duplicated += times - 1;
    return { ...tally, duplicated };
  }
}

function memberOf({ url, rooms, random }: CrowdOptions, index: number): Member {
  const roomName = `room-${index % rooms}`;
  const room = joinRoom({ url, room: roomName, name: `member-${index}`, WebSocket, random });
  const member: Member = { room, roomName, heard: new Map(), gaps: [] };
  room.on('message', ({ content }) => member.heard.set(content, (member.heard.get(content) ?? 0) + 1));
  room.on('gap', (gap) => member.gaps.push(gap));
  return member;
}

function isWithin({ epoch, offset }: Position, { from, to }: Gap): boolean {
  if (epoch === from.epoch) return offset > from.offset && (epoch !== to.epoch || offset <= to.offset);
  if (epoch === to.epoch) return offset <= to.offset;
  // An epoch is a UUID v7, which tells its age: one that began and ended while one was away is in between too.
  return from.epoch < epoch && epoch < to.epoch;
}

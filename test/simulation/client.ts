/** A client is one visit to the server: the member's end of a connection, with a book of what it hears in each room. */
import { assertNever } from '../../src/assert.ts';
import type { Payload } from '../../src/batch.ts';
import type { Position } from '../../src/broker.ts';
import type { Connection } from '../../src/connections.ts';
import type { ChatMessage, ServerMessage, SystemMessage, WelcomeMessage } from '../../src/protocol.ts';
import type { MemoryPeer } from '../../src/transports/memory.ts';
import type { Random } from '../support/random.ts';
import { contentOf, sayingIn } from './ledger.ts';
import type { Entrance, World } from './world.ts';

/** What a client is given to play. */
export interface Part extends Entrance {
  /** The rooms there are. */
  readonly rooms: readonly string[];
}

/**
 * How a client behaves: `good` is answered everything it asks, `fair` may leave rooms before it is, and neither is
 * ever to be closed for what it does; `bad` is.
 */
export type Manners = 'good' | 'fair' | 'bad';

/** A client's place in a room. */
export interface Seat {
  epoch: string;
  /** The last message heard. */
  offset: number;
  /** How many members there are, as far as the client was told. */
  members: number;
  /** Whether `members` came with the last of the room's joins and leaves, so that the next ones add to it. */
  isCounted: boolean;
  /** The last of its own messages heard here. */
  own: number;
}

export interface ClientOptions {
  readonly world: World;
  readonly part: Part;
  readonly manners: Manners;
  readonly random: Random;
  /** Comes again, as someone new. */
  readonly comeAgain: (since?: Position) => void;
  /** Is told that nothing will be heard of it any more. */
  readonly onSilent: () => void;
}

export class Client {
  readonly world: World;
  readonly part: Part;
  readonly manners: Manners;
  readonly random: Random;
  readonly comeAgain: (since?: Position) => void;
  readonly #onSilent: () => void;
  readonly connection: Connection;
  readonly peer: MemoryPeer;
  readonly seats = new Map<string, Seat>();
  /** The rooms that it has ever asked to leave: from then on it cannot know which welcome is which. */
  readonly left = new Set<string>();
  /** What it asked and should be answered, and what it was answered; the welcome to its first room not among them. */
  asked = 0;
  answered = -1;
  /** How the connection ended; undefined while it lives, for all that the client knows. */
  closed: { code: number; reason: string } | undefined;
  isStalled = false;
  /** When it was cut off, or fell silent without a word; undefined while it gives signs of life. */
  silentSince: number | undefined;
  /** The codes with which something that was done to it, or that it did itself, may end it. */
  readonly mayEndWith = new Set<number>();
  #said = 0;

  constructor(
    { world, part, manners, random, comeAgain, onSilent }: ClientOptions,
    ends: ReturnType<World['connect']> & {},
  ) {
    this.world = world;
    this.part = part;
    this.manners = manners;
    this.random = random;
    this.comeAgain = comeAgain;
    this.#onSilent = onSilent;
    this.connection = ends.connection;
    this.peer = ends.peer;
    this.peer.onMessage = (message) => this.#hear(message);
    this.peer.onClosed = (code, reason) => {
      this.closed = { code, reason };
      this.#note(() => `is gone: ${code} ${reason}`);
    };
  }

  get name(): string {
    return this.part.name;
  }

  /** Whether it still takes part: connected, and able to. */
  get isActive(): boolean {
    return this.closed === undefined && this.silentSince === undefined && this.world.isLively;
  }

  // What it does

  /** Does something later, if it still takes part by then. */
  later(minMs: number, maxMs: number, deed: () => void): void {
    this.world.clock.setTimeout(
      () => {
        if (this.isActive) deed();
      },
      this.random.int(minMs, maxMs),
    );
  }

  /** Does something again and again, for as long as it takes part. */
  every(minMs: number, maxMs: number, deed: () => void): void {
    this.later(minMs, maxMs, () => {
      deed();
      this.every(minMs, maxMs, deed);
    });
  }

  /** Sends messages that arrive in one read, each of which should be answered. */
  ask(...messages: Payload[]): void {
    this.asked += messages.length;
    for (const message of messages) this.#note(() => `sends ${String(message)}`);
    this.peer.send(...messages);
  }

  say(room: string, times = 1): void {
    this.ask(...Array.from({ length: times }, () => this.saying(room)));
  }

  /** Something new to say, as the text of a message. */
  saying(room: string): string {
    this.#said += 1;
    const content = contentOf({ sender: this.name, number: this.#said }, this.random.pick([0, 0, 0, 200]));
    return JSON.stringify({ type: 'chat', room, content });
  }

  join(room: string): string {
    return JSON.stringify({ type: 'join', room });
  }

  leave(room: string): string {
    this.left.add(room);
    return JSON.stringify({ type: 'leave', room });
  }

  /** Where it is in a room, as it would say when it comes back. */
  positionIn(room: string): Position | undefined {
    const seat = this.seats.get(room);
    return seat === undefined ? undefined : { epoch: seat.epoch, offset: seat.offset };
  }

  close(code = 1000): void {
    this.#note(() => `says goodbye: ${code}`);
    this.mayEndWith.add(code);
    this.peer.close(code);
  }

  reset(): void {
    this.#note(() => 'resets the connection');
    this.mayEndWith.add(1006);
    this.peer.reset();
  }

  /** Pulls the plug. */
  cut(): void {
    this.#note(() => 'is cut off');
    this.peer.cut();
    this.silentSince = this.world.clock.now();
    this.#onSilent();
  }

  /** Answers no ping from now on. */
  fallSilent(): void {
    this.#note(() => 'falls silent');
    this.peer.answersPings = false;
    this.silentSince = this.world.clock.now();
    this.#onSilent();
  }

  stall(): void {
    this.#note(() => 'stops reading');
    this.isStalled = true;
    this.peer.stall();
  }

  resume(): void {
    this.#note(() => 'reads again');
    this.isStalled = false;
    this.peer.resume();
  }

  // What it hears

  #hear(payload: Payload): void {
    const message = JSON.parse(String(payload)) as ServerMessage;
    this.#note(() => `hears ${inShort(message)}`);
    switch (message.type) {
      case 'welcome':
        return this.#hearWelcome(message);
      case 'chat':
        return this.#hearChat(message);
      case 'system':
        return this.#hearSystem(message);
      case 'error':
      case 'ack':
      case 'pong':
        this.answered += 1;
        return;
      default:
        return assertNever(message);
    }
  }

  #hearWelcome(message: WelcomeMessage): void {
    const { room, epoch, offset, members, you, name } = message;
    this.answered += 1;
    if (you !== this.connection.id || name !== this.name) this.#breaks(`is taken for ${name}`);
    const before = this.seats.get(room);
    const recovered = this.#checkRecovery(message, before);
    const isThere = before !== undefined && !this.left.has(room);
    if (isThere && (before.epoch !== epoch || before.offset !== offset)) {
      this.#breaks(`is in ${room} at ${before.offset}, and is welcomed at ${offset}`);
    }
    const isCounted = isThere && before.isCounted;
    this.seats.set(room, {
      epoch,
      // What it has missed follows.
      offset: recovered ?? offset,
      members: isCounted ? before.members : members,
      isCounted,
      own: before?.own ?? 0,
    });
  }

  /** @returns the offset after which the client is told all that it has missed; undefined where it is not. */
  #checkRecovery({ room, epoch, offset, recovered }: WelcomeMessage, before: Seat | undefined) {
    const { since } = this.part;
    const isReturn = since !== undefined && room === this.part.room && before === undefined;
    if (recovered && (!isReturn || since.epoch !== epoch)) this.#breaks(`recovers ${room}, and never asked`);
    if (!isReturn) return undefined;
    if (recovered) return since.offset;
    const { historyMessages, historyBytes, historyAgeMs } = this.world.config;
    const isKept = historyBytes > 1_000_000 && historyAgeMs > 250_000;
    if (isKept && since.epoch === epoch && offset - since.offset <= historyMessages)
      this.#breaks(`misses ${room}/${since.offset + 1}–${offset}, which are kept`);
    return undefined;
  }

  #hearChat({ room, offset, content, sender }: ChatMessage): void {
    const seat = this.seats.get(room);
    if (seat === undefined) return this.#breaks(`hears ${room} and was never welcomed there`);
    if (offset !== seat.offset + 1) this.#breaks(`hears ${offset} in ${room} after ${seat.offset}`);
    seat.offset = offset;
    const truth = this.world.ledger.at(seat);
    if (content !== truth)
      this.#breaks(`hears "${content}" as ${offset} in ${room}, where "${truth}" was said`);
    if (sender === this.name) this.#hearOneself(room, seat, content);
  }

  #hearOneself(room: string, seat: Seat, content: string): void {
    const { number } = sayingIn(content);
    if (number <= seat.own) this.#breaks(`hears its own #${number} in ${room} after #${seat.own}`);
    seat.own = number;
    this.answered += 1;
  }

  #hearSystem({ room, event, members, joined = 0, left = 0 }: SystemMessage): void {
    const seat = this.seats.get(room);
    if (seat === undefined) return this.#breaks(`hears of ${room} and was never welcomed there`);
    if (event === 'draining') return;
    const change = event === 'presence' ? joined - left : event === 'joined' ? 1 : -1;
    if (seat.isCounted && seat.members + change !== members) {
      this.#breaks(`hears that ${seat.members} and ${change} are ${members} in ${room}`);
    }
    seat.members = members;
    seat.isCounted = true;
  }

  #note(what: () => string): void {
    this.world.minutes.note(this.name, what);
  }

  #breaks(rule: string): void {
    this.world.minutes.breaks(`${this.name} ${rule}`);
  }
}

/** A message without what is different each time the same world is made. */
function inShort(message: ServerMessage): string {
  switch (message.type) {
    case 'welcome':
      return `welcome to ${message.room} at ${message.offset}, ${message.members} members`;
    case 'chat':
      return `${message.room}/${message.offset} ${message.content.trim()}`;
    case 'system':
      return `in ${message.room}: ${message.content}, ${message.members} members`;
    case 'error':
      return `error ${message.code} ${message.room}`;
    case 'ack':
      return `ack ${message.id} as ${message.room}/${message.offset}`;
    case 'pong':
      return 'pong';
    default:
      return assertNever(message);
  }
}

/**
 * The hub maintains the rooms and who is in them, and turns what members say into batches for everyone.
 *
 * It is an actor whose mailbox is three bounded channels. Once per turn of the event loop it makes a round:
 * unregister and register first, then broadcasts up to a budget, and then one batch for each room touched. It
 * is the sole writer of membership, and knows of connections only that they are subscribers.
 */
import { newId } from './ids.ts';
import { Batch } from './batch.ts';
import type { Broker, BrokerListener, History, Movement, Position, Publication } from './broker.ts';
import { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Entry } from './entry.ts';
import { Limiter } from './limiter.ts';
import type { Limits, Verdict } from './limits.ts';
import { ackText, errorText, welcomeText, type ErrorDetails } from './messages.ts';
import { serverName, type ErrorCode } from './protocol.ts';
import { recoveryOf, Room, type Recovery, type Return, type Subscriber } from './room.ts';
import type { Traffic } from './traffic.ts';
import { userOf } from './user.ts';

/** Asks to enter a room. */
export interface Registration {
  readonly subscriber: Subscriber;
  readonly room: string;
  /** The last message that the asker has, where it comes back; the hub takes it, for it is good once. */
  since?: Position | undefined;
  /** Set by the asker when it has left since: leaving has its own channel, and may overtake this request. */
  withdrawn: boolean;
  /** Set by the hub once it has let the asker in. */
  entered: boolean;
}

/** Asks to leave a room, or, where it names none, to be forgotten. */
export interface Unregistration {
  readonly subscriber: Subscriber;
  readonly room?: string;
}

/** Says something in a room. */
export interface Broadcast {
  /** By which the speaker is, or is about to be, in the room. */
  readonly registration: Registration;
  readonly content: string;
  /** When it was said. */
  readonly saidAt: number;
  /** The speaker's own id for it, by which it is acknowledged, and published once however often it is sent. */
  readonly id?: string | undefined;
}

export interface HubOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly config: Config;
  readonly traffic: Traffic;
  /** Weighs what users say; without it nothing is weighed. */
  readonly limits?: Pick<Limits, 'weigh'> | undefined;
}

/** What the hub shows of itself to those who look. */
export interface HubView {
  readonly channels: readonly { name: string; depth: number; capacity: number; parked: readonly string[] }[];
  readonly rooms: number;
  readonly subscribers: number;
}

/** When to say again what a draining server does not take; a client that is asked to come back need not wait for it. */
const drainRetryMs = 1_000;

/** When to say again what the broker has refused. */
const refusedRetryMs = 1_000;

/** Tells what the hub gave to whom, for those who watch. */
export type DeliveryTap = (batch: Batch, subscriber: Subscriber) => void;

export class Hub implements BrokerListener {
  readonly register: Channel<Registration>;
  readonly unregister: Channel<Unregistration>;
  readonly broadcast: Channel<Broadcast>;
  readonly rooms: ReadonlyMap<string, Room>;
  tap: DeliveryTap | undefined;
  readonly #rooms = new Map<string, Room>();
  readonly #roomsOf = new Map<Subscriber, Set<Room>>();
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #config: Config;
  readonly #traffic: Traffic;
  readonly #limits: Pick<Limits, 'weigh'> | undefined;

  // What was published and is still to be answered: where the broker does so at once, only what asks for an ack.
  readonly #unanswered = new Map<Publication, Broadcast>();

  // This round's work
  #touched = new Set<Room>();
  #unflushed: Subscriber[] = [];
  #timestamp = '';

  #round: unknown;
  #presenceTimer: unknown;
  /** When what waits for the broker has waited for too long. */
  #patience: unknown;
  #isDraining = false;
  /** Whether what was said is being weighed: what is said after it waits. */
  #isWeighing = false;
  #stopped = false;

  constructor({ broker, clock, config, traffic, limits }: HubOptions) {
    this.#broker = broker;
    this.#clock = clock;
    this.#config = config;
    this.#traffic = traffic;
    this.#limits = limits;
    this.rooms = this.#rooms;
    const wake = () => this.#wake();
    this.register = new Channel('register', config.registerCapacity, wake);
    this.unregister = new Channel('unregister', config.unregisterCapacity, wake);
    this.broadcast = new Channel('broadcast', config.broadcastCapacity, wake);
    broker.listen(this);
  }

  /** How many subscribers there are. */
  get subscribers(): number {
    return this.#roomsOf.size;
  }

  /**
   * Tells every room that the server is about to go away. Where the messages go with it, it takes no more of them: whoever
   * has been asked to leave would miss them for good. They can be said again where all come back to.
   */
  announceDrain(): void {
    this.#isDraining = true;
    this.#timestamp = this.#now();
    for (const room of this.#rooms.values()) {
      room.announce({
        type: 'system',
        room: room.name,
        sender: serverName,
        content: 'the server is restarting: please come back in a moment',
        timestamp: this.#timestamp,
        event: 'draining',
        members: room.size,
        spreadMs: this.#config.reconnectSpreadMs,
      });
      this.#touched.add(room);
    }
    this.#wake();
  }

  /** Ends it: no more rounds, and nothing left in channels and rooms. */
  stop(): void {
    this.#stopped = true;
    if (this.#round !== undefined) this.#clock.clearImmediate(this.#round);
    if (this.#presenceTimer !== undefined) this.#clock.clearTimeout(this.#presenceTimer);
    if (this.#patience !== undefined) this.#clock.clearTimeout(this.#patience);
    this.register.clear();
    // Whoever still waits to be forgotten is: nobody is to wait for a hub that is gone.
    for (let left = this.unregister.take(); left !== undefined; left = this.unregister.take()) {
      if (left.room === undefined) left.subscriber.unregistered();
    }
    this.broadcast.clear();
    this.#rooms.clear();
    this.#roomsOf.clear();
    this.#unanswered.clear();
  }

  /** Names what is still in the hub, for the proof that nothing is. */
  remains(): string[] {
    const remains: string[] = [];
    for (const channel of [this.register, this.unregister, this.broadcast]) {
      if (channel.depth > 0) remains.push(`${channel.name}: ${channel.depth} waiting`);
      for (const id of channel.parkedSenders()) remains.push(`${channel.name}: ${id} parked`);
    }
    for (const room of this.#rooms.values())
      remains.push(`room ${room.name}: ${room.members.length} members`);
    return remains;
  }

  /** What those who look may see. */
  view(): HubView {
    const channels = [this.register, this.unregister, this.broadcast].map((channel) => ({
      name: channel.name,
      depth: channel.depth,
      capacity: channel.capacity,
      parked: channel.parkedSenders(),
    }));
    return { channels, rooms: this.#rooms.size, subscribers: this.#roomsOf.size };
  }

  #wake(): void {
    if (this.#stopped || this.#round !== undefined) return;
    this.#round = this.#clock.setImmediate(() => this.#makeRound());
  }

  #makeRound(): void {
    this.#timestamp = this.#now();
    // A round takes what was asked before it began, the parked included, so that nobody who keeps asking can hold up
    // the others. What a sender asks as its parked request moves in relies on that one, and so waits for the next round.
    const joins = this.register.depth + this.register.parked;
    const said = Math.min(this.#config.roundBudget, this.#speakers, this.#broker.window);
    this.#takeUnregistrations(this.unregister.depth + this.unregister.parked);
    this.#takeRegistrations(joins);
    this.#takeBroadcasts(said);
    this.#deliver();
    this.#round = undefined;
    if (this.unregister.depth + this.register.depth + this.#speakers > 0) this.#wake();
    else if (this.broadcast.depth > 0) this.#bePatient();
  }

  /** How many messages can be taken. While the broker takes none they wait for `reopened`, and for those that are weighed. */
  get #speakers(): number {
    return this.#isWeighing || this.#broker.window <= 0 ? 0 : this.broadcast.depth;
  }

  /** Whoever waits for the broker does so for a while only, whether that is away or merely slow. */
  #bePatient(): void {
    const { oldest } = this.broadcast;
    if (oldest === undefined || this.#patience !== undefined) return;
    const leftMs = oldest.saidAt + this.#config.brokerWaitMs - this.#clock.now();
    this.#patience = this.#clock.setTimeout(() => this.#losePatience(), Math.max(0, leftMs));
  }

  #losePatience(): void {
    this.#patience = undefined;
    this.#timestamp = this.#now();
    const now = this.#clock.now();
    for (let next = this.broadcast.oldest; next && this.#isOverdue(next, now); next = this.broadcast.oldest) {
      this.broadcast.take();
      this.#traffic.messagesIn += 1;
      this.#refuse(next, 'unavailable', { retryAfterMs: refusedRetryMs });
    }
    this.#wake();
  }

  /** A broker that answers at once lets nothing wait. */
  #isOverdue({ saidAt }: Broadcast, now: number): boolean {
    return !this.#broker.answersAtOnce && now - saidAt >= this.#config.brokerWaitMs;
  }

  #takeUnregistrations(most: number): void {
    for (let budget = most; budget > 0; budget -= 1) {
      const request = this.unregister.take();
      if (request === undefined) return;
      if (request.room === undefined) this.#forget(request.subscriber);
      else this.#leave(request.subscriber, this.#rooms.get(request.room));
    }
  }

  #takeRegistrations(most: number): void {
    for (let budget = most; budget > 0; budget -= 1) {
      const request = this.register.take();
      if (request === undefined) return;
      if (request.withdrawn) continue;
      request.entered = true;
      this.#enter(request, this.#rooms.get(request.room) ?? this.#openRoom(request.room));
    }
  }

  #takeBroadcasts(most: number): void {
    const now = this.#clock.now();
    const isLate = this.#isDraining && !this.#broker.outlivesServer;
    const weighed: Broadcast[] = [];
    for (let budget = most; budget > 0; budget -= 1) {
      const request = this.broadcast.take();
      if (request === undefined) break;
      this.#traffic.messagesIn += 1;
      if (!request.registration.entered) this.#refuse(request, 'not_in_room');
      else if (isLate) this.#refuse(request, 'unavailable', { retryAfterMs: drainRetryMs });
      else if (this.#isOverdue(request, now))
        this.#refuse(request, 'unavailable', { retryAfterMs: refusedRetryMs });
      else if (this.#limits === undefined) this.#pass(request, now);
      else weighed.push(request);
    }
    if (weighed.length > 0) this.#weigh(weighed);
  }

  /** Asks once for all that a round has taken, and goes on with it in its order. */
  #weigh(requests: readonly Broadcast[]): void {
    const said = new Map<string, number>();
    for (const { registration } of requests) {
      const user = userOf(registration.subscriber);
      said.set(user, (said.get(user) ?? 0) + 1);
    }
    this.#isWeighing = true;
    this.#limits?.weigh(said, (verdicts) => {
      this.#isWeighing = false;
      if (this.#stopped) return;
      this.#timestamp = this.#now();
      this.#sort(requests, verdicts);
      this.#wake();
    });
  }

  #sort(requests: readonly Broadcast[], verdicts: ReadonlyMap<string, Verdict>): void {
    const now = this.#clock.now();
    const passed = new Map<string, number>();
    for (const request of requests) {
      const user = userOf(request.registration.subscriber);
      const { passes = 0, retryAfterMs = 0 } = verdicts.get(user) ?? {};
      const count = (passed.get(user) ?? 0) + 1;
      passed.set(user, count);
      if (count > passes) this.#refuse(request, 'rate_limited', { retryAfterMs });
      else this.#pass(request, now);
    }
  }

  /** Publishes it, unless its room has had enough. */
  #pass(request: Broadcast, now: number): void {
    const retryAfterMs = this.#rooms.get(request.registration.room)?.limiter?.take(now) ?? 0;
    if (retryAfterMs > 0) this.#refuse(request, 'rate_limited', { retryAfterMs });
    else this.#publish(request);
  }

  #publish(request: Broadcast): void {
    const { registration, content, id } = request;
    const { subscriber, room } = registration;
    const message = { id: newId(), room, sender: subscriber.name, content, timestamp: this.#timestamp };
    // No user holds a line break, so that no two users' keys are the same.
    const publication: Publication =
      id === undefined ? message : { ...message, key: `${userOf(subscriber)}\n${id}` };
    if (id !== undefined || !this.#broker.answersAtOnce) this.#unanswered.set(publication, request);
    this.#broker.publish(publication, request.saidAt);
  }

  #refuse({ registration, id }: Broadcast, code: ErrorCode, details: Partial<ErrorDetails> = {}): void {
    const { subscriber, room } = registration;
    const text = errorText(code, { room, timestamp: this.#timestamp, ref: id, ...details });
    this.#answer(subscriber, [text]);
  }

  // Membership

  #openRoom(name: string): Room {
    const { roomRate, roomBurst } = this.#config;
    const isLimited = roomRate > 0 && !this.#broker.limitsRooms;
    const room = new Room(name, isLimited ? new Limiter(roomRate, roomBurst) : undefined);
    this.#rooms.set(name, room);
    this.#broker.subscribe(name);
    return room;
  }

  #enter(request: Registration, room: Room): void {
    const { subscriber, since } = request;
    request.since = undefined;
    const rooms = this.#roomsOf.get(subscriber) ?? new Set();
    if (!rooms.has(room)) {
      this.#roomsOf.set(subscriber, rooms.add(room));
      if (rooms.size === 2) for (const shared of rooms) shared.shared += 1;
      else if (rooms.size > 2) room.shared += 1;
    }
    if (room.position === undefined) room.waiting.set(subscriber, since);
    else this.#admit(subscriber, room, room.position, since);
  }

  #admit(subscriber: Subscriber, room: Room, position: Position, since: Position | undefined): void {
    if (since === undefined) this.#letIn(subscriber, room, { position, recovered: false, missed: [] });
    else this.#readMissed(subscriber, room, since, position);
  }

  /** Has the broker say what one who comes back has missed, and lets it in then. */
  #readMissed(subscriber: Subscriber, room: Room, since: Position, { epoch }: Position): void {
    const comingBack: Return = { subscriber, since, meanwhile: [] };
    room.returning.set(subscriber, comingBack);
    const after = since.epoch === epoch ? since.offset : 0;
    this.#broker.history(room.name, { after, limit: Infinity }, (history) => {
      // It may have left since, or have asked again.
      if (room.returning.get(subscriber) !== comingBack) return;
      this.#timestamp = this.#now();
      if (history === 'unavailable') this.#turnAway(subscriber, room);
      else this.#bringBack(comingBack, room, history);
      this.#wake();
    });
  }

  #bringBack({ subscriber, since, meanwhile }: Return, room: Room, history: History | undefined): void {
    room.returning.delete(subscriber);
    if (room.position === undefined) return;
    this.#letIn(subscriber, room, recoveryOf(since, history, meanwhile, room.position));
  }

  /** What it has missed cannot be read now: it asks again, or comes in anew, and loses nothing. */
  #turnAway(subscriber: Subscriber, room: Room): void {
    this.#answer(subscriber, [errorText('unavailable', { room: room.name, timestamp: this.#timestamp })]);
    room.returning.delete(subscriber);
    if (!room.has(subscriber)) this.#leave(subscriber, room);
  }

  #letIn(subscriber: Subscriber, room: Room, { position, recovered, missed }: Recovery): void {
    // What is in hand is for those who are here already; the welcome's position counts it.
    if (room.hasNews) this.#deliverNow(room);
    if (room.enter(subscriber)) {
      this.#touched.add(room);
      this.#broker.entered(room.name, subscriber);
    }
    const welcome = this.#welcome(subscriber, room, position, recovered);
    this.#answer(subscriber, [welcome, ...missed.map(({ text }) => text)], position.epoch);
    subscriber.registered();
  }

  #welcome(subscriber: Subscriber, room: Room, position: Position, recovered: boolean): string {
    return welcomeText({
      you: subscriber.id,
      name: subscriber.name,
      room: room.name,
      position,
      recovered,
      members: room.size,
      pingPeriodMs: this.#config.pingPeriodMs,
      timestamp: this.#timestamp,
    });
  }

  #leave(subscriber: Subscriber, room: Room | undefined): void {
    const rooms = this.#roomsOf.get(subscriber);
    if (room === undefined || rooms === undefined || !rooms.has(room)) return;
    if (rooms.size > 1) room.shared -= 1;
    rooms.delete(room);
    if (rooms.size === 1) for (const single of rooms) single.shared -= 1;
    if (rooms.size === 0) this.#roomsOf.delete(subscriber);
    room.waiting.delete(subscriber);
    room.returning.delete(subscriber);
    if (room.leave(subscriber)) {
      this.#touched.add(room);
      this.#broker.left(room.name, subscriber);
    }
    if (room.isEmpty) this.#closeRoom(room);
  }

  #forget(subscriber: Subscriber): void {
    for (const room of this.#roomsOf.get(subscriber) ?? []) this.#leave(subscriber, room);
    subscriber.unregistered();
  }

  #closeRoom(room: Room): void {
    this.#rooms.delete(room.name);
    this.#touched.delete(room);
    this.#broker.unsubscribe(room.name);
  }

  // What the broker tells

  subscribed(name: string, position: Position): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    this.#timestamp = this.#now();
    const before = room.position;
    if (before?.epoch !== position.epoch || before.offset !== position.offset) this.#move(room, position);
    for (const [subscriber, since] of room.waiting) this.#admit(subscriber, room, position, since);
    room.waiting.clear();
    this.#wake();
  }

  /** Puts a room at another place; its members are told, for they cannot have what is between. */
  #move(room: Room, position: Position): void {
    if (room.hasNews) this.#deliverNow(room);
    room.position = position;
    for (const member of room.members) {
      this.#answer(member, [this.#welcome(member, room, position, false)], position.epoch);
    }
  }

  message(entry: Entry): void {
    const room = this.#rooms.get(entry.room);
    if (room === undefined) return;
    room.say(entry);
    this.#touched.add(room);
    this.#wake();
  }

  published(publication: Publication, position: Position): void {
    const request = this.#unanswered.get(publication);
    if (request === undefined) return;
    this.#unanswered.delete(publication);
    if (request.id === undefined) return;
    const { subscriber, room } = request.registration;
    this.#timestamp = this.#now();
    this.#answer(subscriber, [ackText({ room, id: request.id, position, timestamp: this.#timestamp })]);
    this.#wake();
  }

  refused(publication: Publication): void {
    this.#refuseLater(publication, 'unavailable', refusedRetryMs);
  }

  limited(publication: Publication, retryAfterMs: number): void {
    this.#refuseLater(publication, 'rate_limited', retryAfterMs);
  }

  #refuseLater(publication: Publication, code: ErrorCode, retryAfterMs: number): void {
    const request = this.#unanswered.get(publication);
    if (request === undefined) return;
    this.#unanswered.delete(publication);
    this.#timestamp = this.#now();
    this.#refuse(request, code, { retryAfterMs });
    this.#wake();
  }

  moved(name: string, { members, joined, left, name: last }: Movement): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    const change = members - room.elsewhere;
    room.elsewhere = members;
    if (room.members.length === 0) return;
    this.#timestamp = this.#now();
    // What was told and what was not may have come in another order.
    if (change === joined - left) room.presence.gather(joined, left, last);
    else room.presence.gather(Math.max(0, change), Math.max(0, -change), '');
    if (!room.presence.pending) return;
    this.#touched.add(room);
    this.#wake();
  }

  reopened(): void {
    if (this.#speakers > 0) this.#wake();
  }

  // Delivery

  /** Offers messages to one subscriber alone; they are written with what else this round brings it. */
  #answer(subscriber: Subscriber, texts: readonly string[], epoch?: string): void {
    const batch = new Batch(texts, epoch);
    this.tap?.(batch, subscriber);
    subscriber.offer(batch);
    this.#unflushed.push(subscriber);
  }

  #deliver(): void {
    const alone = this.#touched.size === 1;
    for (const room of this.#touched) {
      const batch = room.takeBatch(this.#presenceIsDue(room), this.#timestamp);
      if (batch !== undefined) this.#deliverTo(room, batch, alone || room.shared === 0);
    }
    this.#touched.clear();
    for (const subscriber of this.#unflushed) subscriber.flush();
    this.#unflushed = [];
  }

  #deliverNow(room: Room): void {
    const batch = room.takeBatch(false, this.#timestamp);
    if (batch !== undefined) this.#deliverTo(room, batch, false);
  }

  /** @param last whether no member can get more in this round, so that it may be written to at once. */
  #deliverTo(room: Room, batch: Batch, last: boolean): void {
    this.#traffic.deliveries += room.members.length * batch.size;
    if (this.tap !== undefined) for (const member of room.members) this.tap(batch, member);
    for (const member of room.members) {
      member.offer(batch);
      if (last) member.flush();
      else this.#unflushed.push(member);
    }
  }

  // Presence

  #presenceIsDue(room: Room): boolean {
    if (!room.presence.pending) return false;
    const { presenceDetailLimit, presenceBurst, presenceIntervalMs } = this.#config;
    const small = room.size <= presenceDetailLimit;
    if (small && room.presence.allows(this.#clock.now(), presenceBurst, presenceIntervalMs)) return true;
    this.#presenceTimer ??= this.#clock.setTimeout(() => this.#announcePresence(), presenceIntervalMs);
    return false;
  }

  #announcePresence(): void {
    this.#presenceTimer = undefined;
    this.#timestamp = this.#now();
    for (const room of this.#rooms.values()) {
      if (!room.presence.pending) continue;
      const batch = room.takeBatch(true, this.#timestamp);
      if (batch !== undefined) this.#deliverTo(room, batch, true);
    }
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/**
 * The publisher takes what is said from the hub's channel and hands it to the broker, as much as that takes and no more than
 * limits let pass; and it answers each speaker once the broker has, or once that has taken too long.
 */
import { newId } from './ids.ts';
import type { Broker, Position, Publication } from './broker.ts';
import type { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Limits, Verdict } from './limits.ts';
import { ackText, errorText, type ErrorDetails } from './messages.ts';
import type { ErrorCode } from './protocol.ts';
import type { Broadcast } from './requests.ts';
import type { Room, Subscriber } from './room.ts';
import type { Traffic } from './traffic.ts';
import { userOf } from './user.ts';

export interface PublisherOptions {
  readonly broadcast: Channel<Broadcast>;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly config: Config;
  readonly traffic: Traffic;
  /** Weighs what users say; without it nothing is weighed. */
  readonly limits: Pick<Limits, 'weigh'> | undefined;
  readonly rooms: ReadonlyMap<string, Room>;
  /** Gives messages to one subscriber, in the round that is made or in the next one. */
  readonly answer: (subscriber: Subscriber, texts: readonly string[]) => void;
  /** Has the hub make another round. */
  readonly wake: () => void;
}

/** When to say again what a draining server does not take; a client that is asked to come back need not wait for it. */
const drainRetryMs = 1_000;

/** When to say again what the broker has refused. */
const refusedRetryMs = 1_000;

export class Publisher {
  readonly #options: PublisherOptions;
  // What was published and is still to be answered: where the broker does so at once, only what asks for an ack.
  readonly #unanswered = new Map<Publication, Broadcast>();
  #timestamp = '';
  /** When what waits for the broker has waited for too long. */
  #patience: unknown;
  #isDraining = false;
  /** Whether what was said is being weighed: what is said after it waits. */
  #isWeighing = false;
  #stopped = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** How many messages can be taken. While the broker takes none they wait for `reopened`, and for those that are weighed. */
  get depth(): number {
    const { broadcast, broker } = this.#options;
    return this.#isWeighing || broker.window <= 0 ? 0 : broadcast.depth;
  }

  /** From now on it takes nothing that goes with the server. */
  drain(): void {
    this.#isDraining = true;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#patience !== undefined) this.#options.clock.clearTimeout(this.#patience);
    this.#unanswered.clear();
  }

  /** Takes so many messages, in their order. */
  take(most: number, timestamp: string): void {
    const { broadcast, broker, clock, traffic, limits } = this.#options;
    this.#timestamp = timestamp;
    const now = clock.now();
    const isLate = this.#isDraining && !broker.outlivesServer;
    const weighed: Broadcast[] = [];
    for (let budget = most; budget > 0; budget -= 1) {
      const request = broadcast.take();
      if (request === undefined) break;
      traffic.messagesIn += 1;
      if (!request.registration.entered) this.#refuse(request, 'not_in_room');
      else if (isLate) this.#refuse(request, 'unavailable', { retryAfterMs: drainRetryMs });
      else if (this.#isOverdue(request, now))
        this.#refuse(request, 'unavailable', { retryAfterMs: refusedRetryMs });
      else if (limits === undefined) this.#pass(request, now);
      else weighed.push(request);
    }
    if (weighed.length > 0) this.#weigh(weighed);
  }

  /** Whoever waits for the broker does so for a while only, whether that is away or merely slow. */
  bePatient(): void {
    const { broadcast, clock, config } = this.#options;
    const { oldest } = broadcast;
    if (oldest === undefined || this.#patience !== undefined) return;
    const leftMs = oldest.saidAt + config.brokerWaitMs - clock.now();
    this.#patience = clock.setTimeout(() => this.#losePatience(), Math.max(0, leftMs));
  }

  // What the broker tells

  published(publication: Publication, position: Position): void {
    const request = this.#unanswered.get(publication);
    if (request === undefined) return;
    this.#unanswered.delete(publication);
    if (request.id === undefined) return;
    const { subscriber, room } = request.registration;
    const text = ackText({ room, id: request.id, position, timestamp: this.#now() });
    this.#options.answer(subscriber, [text]);
    this.#options.wake();
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
    this.#options.wake();
  }

  #losePatience(): void {
    const { broadcast, clock, traffic, wake } = this.#options;
    this.#patience = undefined;
    this.#timestamp = this.#now();
    const now = clock.now();
    for (let next = broadcast.oldest; next && this.#isOverdue(next, now); next = broadcast.oldest) {
      broadcast.take();
      traffic.messagesIn += 1;
      this.#refuse(next, 'unavailable', { retryAfterMs: refusedRetryMs });
    }
    wake();
  }

  /** A broker that answers at once lets nothing wait. */
  #isOverdue({ saidAt }: Broadcast, now: number): boolean {
    const { broker, config } = this.#options;
    return !broker.answersAtOnce && now - saidAt >= config.brokerWaitMs;
  }

  /** Asks once for all that a round has taken, and goes on with it in its order. */
  #weigh(requests: readonly Broadcast[]): void {
    const said = new Map<string, number>();
    for (const { registration } of requests) {
      const user = userOf(registration.subscriber);
      said.set(user, (said.get(user) ?? 0) + 1);
    }
    this.#isWeighing = true;
    this.#options.limits?.weigh(said, (verdicts) => {
      this.#isWeighing = false;
      if (this.#stopped) return;
      this.#timestamp = this.#now();
      this.#sort(requests, verdicts);
      this.#options.wake();
    });
  }

  #sort(requests: readonly Broadcast[], verdicts: ReadonlyMap<string, Verdict>): void {
    const now = this.#options.clock.now();
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
    const retryAfterMs = this.#options.rooms.get(request.registration.room)?.limiter?.take(now) ?? 0;
    if (retryAfterMs > 0) this.#refuse(request, 'rate_limited', { retryAfterMs });
    else this.#publish(request);
  }

  #publish(request: Broadcast): void {
    const { broker } = this.#options;
    const { registration, content, id } = request;
    const { subscriber, room } = registration;
    const message = { id: newId(), room, sender: subscriber.name, content, timestamp: this.#timestamp };
    // No user holds a line break, so that no two users' keys are the same.
    const publication: Publication =
      id === undefined ? message : { ...message, key: `${userOf(subscriber)}\n${id}` };
    if (id !== undefined || !broker.answersAtOnce) this.#unanswered.set(publication, request);
    broker.publish(publication, request.saidAt);
  }

  #refuse({ registration, id }: Broadcast, code: ErrorCode, details: Partial<ErrorDetails> = {}): void {
    const { subscriber, room } = registration;
    if (code === 'unavailable') this.#options.traffic.messagesRefused += 1;
    const text = errorText(code, { room, timestamp: this.#timestamp, ref: id, ...details });
    this.#options.answer(subscriber, [text]);
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

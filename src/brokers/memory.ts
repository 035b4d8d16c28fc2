/**
 * The memory broker orders, publishes and keeps rooms within one process: everything it does is done when the call
 * returns, so one round of the hub takes a message from channel to writers.
 *
 * What it keeps goes with age and count in each room, and with bytes in all. It needs no timer for that: whatever is
 * asked of it, it looks first for what is too old.
 */
import { setup } from 'xstate';
import type { Broker, BrokerListener, Elsewhere, History, HistoryRange, Publication } from '../broker.ts';
import type { Clock } from '../clock.ts';
import { Log, type LogLimits } from './log.ts';

export interface MemoryBrokerLimits extends LogLimits {
  /** For all rooms together; beyond it, those that were quiet longest lose what they kept. */
  readonly historyBytes: number;
}

export interface MemoryBrokerOptions {
  readonly clock: Clock;
  readonly limits: MemoryBrokerLimits;
}

export class MemoryBroker implements Broker {
  readonly outlivesServer = false;
  readonly answersAtOnce = true;
  readonly limitsRooms = false;
  readonly window = Infinity;
  readonly #clock: Clock;
  readonly #limits: MemoryBrokerLimits;
  readonly #logs = new Map<string, Log>();
  // The logs that keep something, or that nobody is subscribed to, the quietest first.
  readonly #kept = new Set<Log>();
  #newest: Log | undefined;
  #bytes = 0;
  #listener: BrokerListener | undefined;

  constructor({ clock, limits }: MemoryBrokerOptions) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** How many rooms it knows, those included that nobody is in any more. */
  get rooms(): number {
    return this.#logs.size;
  }

  /** About how many bytes it keeps. */
  get bytes(): number {
    return this.#bytes;
  }

  listen(listener: BrokerListener): void {
    this.#listener = listener;
  }

  publish(publication: Publication): void {
    const now = this.#clock.now();
    const log = this.#open(publication.room, now);
    const bytesBefore = log.bytes;
    const { offset, entry } = log.append(publication, now);
    this.#bytes += log.bytes - bytesBefore;
    this.#touch(log);
    this.#trim();
    this.#listener?.published(publication, { epoch: log.epoch, offset });
    if (entry !== undefined && log.isSubscribed) this.#listener?.message(entry);
  }

  subscribe(room: string): void {
    const log = this.#open(room, this.#clock.now());
    log.isSubscribed = true;
    this.#listener?.subscribed(room, log.position);
  }

  unsubscribe(room: string): void {
    const log = this.#logs.get(room);
    if (log === undefined) return;
    const now = this.#clock.now();
    log.isSubscribed = false;
    log.quietSince = now;
    this.#touch(log);
    this.#expire(now);
  }

  // There is no other server.

  entered(): void {}

  left(): void {}

  namesElsewhere(_: string, then: (names: Elsewhere<readonly string[]>) => void): void {
    then({ known: [], complete: true });
  }

  roomsElsewhere(then: (rooms: Elsewhere<ReadonlyMap<string, number>>) => void): void {
    then({ known: new Map(), complete: true });
  }

  history(room: string, range: HistoryRange, then: (history: History | undefined) => void): void {
    const now = this.#clock.now();
    this.#expire(now);
    const log = this.#logs.get(room);
    if (log === undefined) return then(undefined);
    const bytesBefore = log.bytes;
    log.expire(now);
    this.#bytes += log.bytes - bytesBefore;
    then(log.read(range));
  }

  #open(room: string, now: number): Log {
    this.#expire(now);
    let log = this.#logs.get(room);
    if (log === undefined) {
      log = new Log(room, this.#limits, now);
      this.#logs.set(room, log);
      this.#bytes += log.bytes;
      this.#touch(log);
    }
    return log;
  }

  /** Makes it the last one to be given up. */
  #touch(log: Log): void {
    if (this.#newest === log) return;
    this.#newest = log;
    this.#kept.delete(log);
    this.#kept.add(log);
  }

  /** Gives up what was quiet for longer than anything is kept. */
  #expire(now: number): void {
    for (const log of this.#kept) {
      if (!log.isStale(now)) return;
      this.#giveUp(log);
    }
  }

  #trim(): void {
    if (this.#bytes <= this.#limits.historyBytes) return;
    for (const log of this.#kept) {
      if (this.#bytes <= this.#limits.historyBytes) return;
      this.#giveUp(log);
    }
  }

  /** Where people are in the room its numbering goes on; else it is as if the room had never been. */
  #giveUp(log: Log): void {
    this.#kept.delete(log);
    if (this.#newest === log) this.#newest = undefined;
    const bytesBefore = log.bytes;
    log.clear();
    this.#bytes += log.bytes - bytesBefore;
    if (log.isSubscribed) return;
    this.#logs.delete(log.room);
    this.#bytes -= log.bytes;
  }
}

/** The memory broker's life: it is there, and then it is not. */
export const memoryBrokerMachine = setup({
  types: { events: {} as { type: 'stop' } }, // the server has drained: nobody publishes any more
}).createMachine({
  id: 'broker',
  initial: 'local',
  states: {
    local: { on: { stop: 'stopped' } },
    stopped: { type: 'final' },
  },
});

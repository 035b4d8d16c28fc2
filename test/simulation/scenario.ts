/** A scenario is all that a seed decides before anything happens: the limits, who comes, and what goes wrong. */
import { defineConfig, type Config } from '../../src/config.ts';
import type { Random } from '../support/random.ts';
import { behaviours, type BehaviourName } from './behaviours.ts';
import type { Part } from './client.ts';

export interface Scenario {
  readonly config: Config;
  /** How long everyone does what they do. */
  readonly lengthMs: number;
  /** The longest that a turn of the server's event loop takes. */
  readonly turnMs: number;
  readonly cast: readonly Role[];
  readonly faults: readonly Fault[];
  /** When the server drains in the middle of it; undefined where all may first come to rest. */
  readonly drainAtMs: number | undefined;
}

export interface Role {
  readonly behaviour: BehaviourName;
  readonly part: Part;
  readonly entersAtMs: number;
}

export interface Fault {
  /** The server kicks somebody; a transition of somebody's machine throws. */
  readonly kind: 'kick' | 'throw';
  readonly atMs: number;
}

const second = 1_000;
const minute = 60 * second;

const roomNames = ['tea', 'coffee', 'milk', 'water', 'juice'];

export function makeScenario(random: Random): Scenario {
  const lengthMs = random.int(10 * second, 1.5 * minute);
  return {
    config: makeConfig(random),
    lengthMs,
    turnMs: random.pick([0, 1, 5, 20, 20, 100]),
    cast: makeCast(random, lengthMs),
    faults: makeFaults(random, lengthMs),
    drainAtMs: random.chance(0.3) ? random.int(second, lengthMs) : undefined,
  };
}

function makeConfig(random: Random): Config {
  const drainTimeoutMs = random.int(second, 10 * second);
  const capacity = () => random.pick([1, 1, 2, 3, 8, 256]);
  return defineConfig({
    rate: random.pick([0, 0, 5, 10, 50]),
    burst: random.int(2, 20),
    roomRate: random.pick([0, 0, 0, 20]),
    roomBurst: random.int(5, 50),
    abuseLimit: random.int(5, 50),
    roomsPerConnection: random.pick([1, 2, 4, 128]),
    handshakeTimeoutMs: random.int(5 * second, 10 * second),
    pingPeriodMs: random.int(2 * second, 25 * second),
    pongWaitMs: random.int(second / 2, 8 * second),
    writeWaitMs: random.int(second / 2, 10 * second),
    closeTimeoutMs: random.int(second / 2, 5 * second),
    drainTimeoutMs,
    drainGraceMs: random.int(0, drainTimeoutMs),
    registerCapacity: capacity(),
    unregisterCapacity: capacity(),
    broadcastCapacity: capacity(),
    roundBudget: random.pick([1, 2, 5, 64, 1_024]),
    outboxMessages: random.pick([2, 4, 16, 256]),
    outboxBytes: random.pick([512, 4_096, 65_536, 1_048_576]),
    historyMessages: random.pick([0, 1, 5, 100, 100]),
    historyAgeMs: random.pick([second, 30 * second, 300 * second, 300 * second]),
    historyBytes: random.pick([0, 5_000, 64_000_000, 64_000_000]),
    presenceIntervalMs: random.int(50, second),
    presenceBurst: random.int(1, 4),
    presenceDetailLimit: random.pick([0, 2, 5, 50]),
  });
}

function makeCast(random: Random, lengthMs: number): Role[] {
  const names = Object.keys(behaviours) as BehaviourName[];
  const lots = names.flatMap((name) => Array.from({ length: behaviours[name].weight }, () => name));
  const rooms = roomNames.slice(0, random.int(1, roomNames.length));
  // Small casts are quick to run and easy to read, so most are small.
  const size = 2 + Math.floor(28 * random.next() ** 4);
  return Array.from({ length: size }, (_, i) => {
    const behaviour = random.pick(lots);
    const isGood = behaviours[behaviour].manners !== 'bad';
    const part = {
      name: `${behaviour}-${i + 1}`,
      room: random.pick(rooms),
      rooms,
      latencyMs: random.pick([0, 0, 1, 10, 50]),
      wireBytes: isGood ? 65_536 : random.pick([64, 1_024, 65_536]),
    };
    // Half of them come at once, as after a restart.
    return { behaviour, part, entersAtMs: random.chance(0.5) ? 0 : random.int(0, lengthMs / 2) };
  });
}

function makeFaults(random: Random, lengthMs: number): Fault[] {
  const fault = (): Fault => ({
    kind: random.pick(['kick', 'throw']),
    atMs: random.int(second, lengthMs),
  });
  return Array.from({ length: random.pick([0, 0, 1, 3]) }, fault);
}

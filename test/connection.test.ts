import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createActor } from 'xstate';
import type { Broker } from '../src/broker.ts';
import { closeCodes } from '../src/close-codes.ts';
import type { Purpose } from '../src/connections.ts';
import type { Config } from '../src/config.ts';
import { drainLogic } from '../src/drain.ts';
import { latencyMs, MemoryStage, offerSpeech, sabotage } from './support/connection-harness.ts';
import { patient } from './support/test-server.ts';

const chat = JSON.stringify({ type: 'chat', content: 'hello' });
const smallOutbox = { outboxMessages: 8 };

/** A broker that never says that a room is subscribed. */
const silentBroker: Broker = {
  outlivesServer: false,
  answersAtOnce: false,
  limitsRooms: false,
  window: Infinity,
  listen: () => undefined,
  publish: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  entered: () => undefined,
  left: () => undefined,
  namesElsewhere: () => undefined,
  roomsElsewhere: () => undefined,
  history: () => undefined,
};

function isCongested(stage: MemoryStage): boolean {
  return stage.connection.actor.getSnapshot().matches({ open: { outbound: 'congested' } });
}

function isBlocked(stage: MemoryStage): boolean {
  return stage.connection.actor.getSnapshot().matches({ open: { inbound: 'blocked' } });
}

/** Has the peer stop reading, and others speak until its outbox is at its high-water mark. */
function congest(stage: MemoryStage): void {
  stage.peer.stall();
  stage.waitUntil(
    () => isCongested(stage),
    () => offerSpeech(stage.hub),
  );
}

/** Fills the hub's channel and holds its rounds back, so that what the peer says next is parked. */
function block(stage: MemoryStage): void {
  stage.gate.shut();
  offerSpeech(stage.hub);
  stage.peer.send(chat);
  stage.waitUntil(() => isBlocked(stage));
}

function drain(stage: MemoryStage): void {
  const { connections, leaks } = stage;
  const input = { connections, clock: leaks.clock, random: () => 0.5, spreadMs: 1_000 };
  const actor = createActor(drainLogic, { input }).start();
  onTestFinished(() => void actor.stop());
}

interface Death {
  readonly cause: string;
  readonly code: number;
  /** How it comes to that; afterwards time passes. */
  readonly die: (stage: MemoryStage) => void;
  readonly by?: 'peer' | 'server';
  /** What the peer is told; the code unless it differs. */
  readonly seen?: number;
  readonly settings?: Partial<Config>;
  readonly broker?: Broker;
  readonly purpose?: Purpose;
  readonly farewells?: number;
}

const abnormal = closeCodes.abnormal.code;

const deaths: readonly Death[] = [
  {
    cause: 'it is not registered in time',
    code: 4004,
    broker: silentBroker,
    die: (stage) => stage.gate.open(),
  },
  { cause: 'the hub makes no rounds while it registers', code: 4004, die: holdRoundsForAWhile },
  { cause: 'the peer answers no ping', code: 4002, die: (stage) => void stage.register() },
  { cause: 'the wire is cut', code: 4002, seen: abnormal, die: (stage) => stage.register().peer.cut() },
  {
    cause: 'it stays congested for writeWait',
    code: 4001,
    seen: abnormal,
    settings: smallOutbox,
    die: (stage) => congest(stage.register()),
  },
  {
    cause: 'its outbox overflows',
    code: 4001,
    seen: abnormal,
    settings: smallOutbox,
    die(stage) {
      stage.register().peer.stall();
      stage.waitUntil(
        () => !stage.isIn('open'),
        () => offerSpeech(stage.hub),
      );
    },
  },
  {
    cause: 'the answers to its nonsense overflow the outbox before it is registered',
    code: 4001,
    seen: abnormal,
    settings: { ...smallOutbox, rate: 0 },
    broker: silentBroker,
    die(stage) {
      stage.gate.open();
      stage.peer.stall();
      stage.puppet.babble(20);
    },
  },
  {
    cause: 'the peer floods it with messages',
    code: 4502,
    die: (stage) => stage.register().puppet.say(20 + 100 + 1),
  },
  {
    cause: 'the peer floods it with pings',
    code: 4502,
    die: (stage) => stage.register().puppet.ping(100 + 1),
  },
  ...[closeCodes.protocolError, closeCodes.invalidData, closeCodes.messageTooBig].map(({ code, reason }) => ({
    cause: `the transport answers a broken rule: ${reason}`,
    code,
    die: (stage: MemoryStage) => stage.register().peer.breakRules(code, reason),
  })),
  ...[1000, 1001, 3001, 4999].map((code): Death => ({
    cause: `the peer says goodbye with ${code}`,
    code,
    by: 'peer',
    die: (stage) => stage.register().peer.close(code, 'bye'),
  })),
  {
    cause: 'the peer says goodbye before it is registered',
    code: 1000,
    by: 'peer',
    die(stage) {
      stage.peer.close();
      stage.waitUntil(() => stage.peer.isClosed);
      stage.gate.open();
    },
  },
  {
    cause: 'the peer vanishes',
    code: 1006,
    by: 'peer',
    die: (stage) => stage.register().peer.reset(),
  },
  {
    cause: 'the server closes it',
    code: 4503,
    die: (stage) => stage.register().connection.actor.send({ type: 'close', ...closeCodes.kicked }),
  },
  {
    cause: 'the server closes it, and the peer never answers',
    code: 4503,
    seen: abnormal,
    die(stage) {
      stage.register().peer.stall();
      stage.connection.actor.send({ type: 'close', ...closeCodes.kicked });
    },
  },
  { cause: 'the server drains', code: 1012, die: (stage) => drain(stage.register()) },
  {
    cause: 'a transition throws',
    code: 1011,
    die(stage) {
      sabotage('ping');
      stage.register();
    },
  },
  {
    cause: 'it was let in only to be refused',
    code: 4500,
    purpose: { kind: 'refused', ...closeCodes.badRequest },
    farewells: 0,
    die: (stage) => stage.gate.open(),
  },
];

function holdRoundsForAWhile(stage: MemoryStage): void {
  stage.waitUntil(() => stage.isIn('closing'));
  stage.gate.open();
}

describe('a connection dies once, with one code, and leaves nothing', patient, () => {
  test.each(deaths.map((death) => [`${death.cause} -> ${death.code}`, death] as const))('%s', (_, death) => {
    const { code, die, by = 'server', seen = code, farewells = 1, ...options } = death;
    const stage = new MemoryStage(options);
    die(stage);
    stage.waitUntil(() => stage.isIn('closed'));
    expect(stage.leftovers()).toEqual([]);
    expect(stage.close).toMatchObject({ code, by });
    expect(stage.codeSeen).toBe(seen);
    expect(stage.farewells).toBe(farewells);
    expect(stage.socket.goodbyes).toEqual([code]);
    // A private code of the peer's own is counted as other.
    expect([...stage.connections.closedByCode]).toEqual([[by === 'peer' && code >= 3_000 ? 0 : code, 1]]);
  });

  test('however many causes come together, and whenever', () => {
    const causes: readonly ((stage: MemoryStage) => void)[] = [
      ({ connection: { actor } }) => {
        if (actor.getSnapshot().status === 'active') actor.send({ type: 'close', ...closeCodes.kicked });
      },
      ({ puppet }) => puppet.ping(101),
      ({ puppet }) => puppet.babble(9),
      ({ peer }) => peer.breakRules(1002, ''),
      ({ peer }) => peer.close(1001),
      ({ peer }) => peer.reset(),
      ({ peer }) => peer.cut(),
      ({ peer }) => peer.stall(),
      ({ gate }) => gate.shut(),
      ({ gate }) => gate.open(),
      ({ hub }) => offerSpeech(hub),
    ];
    const when = fc.integer({ min: 0, max: 12_000 });
    const moment = fc.tuple(fc.constantFrom(...causes), fc.oneof(when, fc.integer({ max: 20, min: 0 })));
    fc.assert(
      fc.property(
        fc.array(moment, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (moments, isRegistered) => {
          const stage = new MemoryStage({ settings: smallOutbox });
          if (isRegistered) stage.register();
          for (const [cause, atMs] of moments) stage.clock.setTimeout(() => cause(stage), atMs);
          stage.clock.advance(12_000);
          // Whatever there was, it is mute from now on; and the hub works again.
          stage.peer.cut();
          stage.gate.open();
          stage.clock.advance(60_000);
          expect(stage.leftovers()).toEqual([]);
          expect(stage.socket.goodbyes).toHaveLength(1);
          expect(stage.connections.closedByCode.size).toBe(1);
        },
      ),
    );
  });
});

describe('the first cause is the one', () => {
  test('kicked, then closed by the peer with another code -> 4503', () => {
    const stage = new MemoryStage().register();
    stage.peer.close(1001);
    stage.connection.actor.send({ type: 'close', ...closeCodes.kicked });
    stage.waitUntil(() => stage.isIn('closed'));
    expect(stage.close).toMatchObject({ code: 4503, by: 'server' });
    expect(stage.codeSeen).toBe(1001);
    expect(stage.leftovers()).toEqual([]);
  });

  test('a goodbye that was on its way when the server drained stays the drain', () => {
    const stage = new MemoryStage().register();
    stage.connection.actor.send({ type: 'close', ...closeCodes.restarting });
    stage.connection.actor.send({ type: 'close', ...closeCodes.kicked });
    stage.waitUntil(() => stage.isIn('closed'));
    expect(stage.close).toMatchObject({ code: 1012 });
    expect(stage.codeSeen).toBe(1012);
  });
});

describe('a slow consumer', () => {
  test('is closed without what waits for it', () => {
    const stage = new MemoryStage({ settings: smallOutbox }).register();
    congest(stage);
    const { sends } = stage.socket;
    stage.waitUntil(() => stage.isIn('closing'));
    expect(stage.connection.writer.outbox.messages).toBe(0);
    expect(stage.socket.sends).toBe(sends);
  });

  test('is closed writeWait after it was congested, to the millisecond', () => {
    const stage = new MemoryStage({ settings: smallOutbox }).register();
    congest(stage);
    expect(stage.waitUntil(() => stage.isIn('closing'))).toBe(stage.config.writeWaitMs);
  });

  test('that catches up in time is kept, however often it happens', () => {
    const stage = new MemoryStage({ settings: smallOutbox }).register();
    stage.peer.answersPings = true;
    for (let round = 0; round < 5; round += 1) {
      congest(stage);
      stage.clock.advance(stage.config.writeWaitMs - 1);
      stage.peer.resume();
      expect(isCongested(stage)).toBe(false);
    }
    stage.clock.advance(stage.config.writeWaitMs);
    expect(stage.isIn('open')).toBe(true);
  });
});

describe('a peer that does not answer the goodbye', () => {
  test('is terminated after closeTimeout', () => {
    const stage = new MemoryStage().register();
    stage.peer.cut();
    stage.connection.actor.send({ type: 'close', ...closeCodes.kicked });
    expect(stage.waitUntil(() => stage.socket.terminations > 0)).toBe(stage.config.closeTimeoutMs);
    stage.waitUntil(() => stage.isIn('closed'));
    expect(stage.leftovers()).toEqual([]);
  });

  test('is let go of after another closeTimeout, where even that is not heard', () => {
    const stage = new MemoryStage().register();
    stage.socket.isDeaf = true;
    stage.peer.cut();
    stage.connection.actor.send({ type: 'close', ...closeCodes.kicked });
    expect(stage.waitUntil(() => stage.isIn('closed'))).toBe(2 * stage.config.closeTimeoutMs);
    expect(stage.leftovers()).toEqual([]);
  });
});

// Heartbeat

/** Times as one sets them: the bound on the silence holds where the wait for a pong is the shorter one. */
const heartbeat = fc
  .record({
    pingPeriodMs: fc.integer({ min: 50, max: 5_000 }),
    part: fc.double({ min: 0.5, max: 1, noNaN: true }),
  })
  .map(({ pingPeriodMs, part }) => ({ pingPeriodMs, pongWaitMs: Math.ceil(pingPeriodMs * part) }));

const frames = {
  'a chat message': (stage) => stage.peer.send(chat),
  'a message that is none': (stage) => stage.peer.send('nonsense'),
  'a binary message': (stage) => stage.peer.send(Buffer.from('bytes')),
  'a ping': (stage) => stage.peer.ping(),
  'an unasked pong': (stage) => stage.connection.reader.pong(),
} satisfies Record<string, (stage: MemoryStage) => void>;

describe('a heartbeat', patient, () => {
  test.each(Object.entries(frames))('takes %s for a sign of life', (_, send) => {
    const settings = { pingPeriodMs: 1_000, rate: 10, burst: 10 };
    const stage = new MemoryStage({ settings }).register();
    let pings = 0;
    stage.peer.onPing = () => (pings += 1);
    for (let sign = 0; sign < 20; sign += 1) {
      send(stage);
      stage.clock.advance(990);
    }
    expect(stage.isIn('open')).toBe(true);
    expect(pings).toBe(0);
  });

  test('takes a message that the rate limiter refuses for a sign of life', () => {
    const settings = { pingPeriodMs: 1_000, rate: 1, burst: 1 };
    const stage = new MemoryStage({ settings }).register();
    for (let sign = 0; sign < 20; sign += 1) {
      stage.puppet.say(2);
      stage.clock.advance(900);
    }
    expect(stage.transitions.names).not.toContain(
      'open.heartbeat.alive (after pingPeriod) -> open.heartbeat.probing',
    );
    expect(stage.isIn('open')).toBe(true);
  });

  test('pings the peer pingPeriod after its last sign of life', () => {
    const stage = new MemoryStage().register();
    let pingedAt: number | undefined;
    stage.peer.onPing = () => (pingedAt ??= stage.clock.now());
    stage.clock.advance(12_345);
    stage.peer.ping();
    stage.clock.advance(latencyMs);
    const heardAt = stage.clock.now();
    stage.waitUntil(() => pingedAt !== undefined);
    expect(pingedAt).toBe(heardAt + stage.config.pingPeriodMs + latencyMs);
  });

  test('gives the peer pongWait to answer, however late the server is with its ping', () => {
    const stage = new MemoryStage().register();
    // As after a stop of the whole process: nothing was heard for long, as nobody listened.
    const longAgo = stage.clock.now() - 60 * stage.config.pingPeriodMs;
    vi.spyOn(stage.connection.reader, 'lastHeardAt', 'get').mockReturnValue(longAgo);
    const probing = 'open.heartbeat.alive (after pingPeriod) -> open.heartbeat.probing';
    stage.waitUntil(() => stage.transitions.pass(probing));
    expect(stage.waitUntil(() => stage.isIn('closing'))).toBe(stage.config.pongWaitMs);
  });

  test('lets nobody who is half-open live longer than pingPeriod + pongWait, whenever it fell silent', () => {
    const sign = fc.tuple(
      fc.constantFrom(...Object.values(frames)),
      fc.double({ min: 0, max: 1.5, noNaN: true }),
    );
    const signs = fc.array(sign, { maxLength: 8 });
    const property = fc.property(heartbeat, signs, fc.boolean(), (times, life, answersPings) => {
      const stage = new MemoryStage({ settings: { ...times, rate: 0 } }).register();
      stage.peer.answersPings = answersPings;
      const { actor, reader } = stage.connection;
      let silentMs: number | undefined;
      actor.subscribe((snapshot) => {
        if (!snapshot.matches('open')) silentMs ??= stage.clock.now() - reader.lastHeardAt;
      });
      for (const [send, part] of life) {
        if (stage.isIn('open')) send(stage);
        stage.clock.advance(Math.round(part * times.pingPeriodMs));
      }
      stage.peer.cut();
      stage.waitUntil(() => stage.isIn('closed'));
      expect(silentMs).toBeLessThanOrEqual(times.pingPeriodMs + times.pongWaitMs + 1);
      expect(stage.close).toMatchObject({ code: 4002 });
      expect(stage.leftovers()).toEqual([]);
    });
    fc.assert(property);
  });

  test('keeps whoever answers its pings, for as long as one likes', () => {
    const property = fc.property(heartbeat, fc.integer({ min: 1, max: 20 }), (times, periods) => {
      const stage = new MemoryStage({ settings: times }).register();
      stage.peer.answersPings = true;
      stage.clock.advance(periods * times.pingPeriodMs);
      expect(stage.isIn('open')).toBe(true);
    });
    fc.assert(property);
  });

  test('never takes a blocked peer for a dead one, and a dead one for a blocked one no longer than its time', () => {
    const blockedFor = fc.double({ min: 0, max: 20, noNaN: true });
    const property = fc.property(heartbeat, blockedFor, fc.boolean(), (times, periods, isCut) => {
      const stage = new MemoryStage({ settings: { ...times, rate: 0, broadcastCapacity: 1 } }).register();
      stage.peer.answersPings = true;
      block(stage);
      if (isCut) stage.peer.cut();
      stage.clock.advance(Math.round(periods * times.pingPeriodMs));
      expect(isBlocked(stage)).toBe(true);
      stage.gate.open();
      stage.clock.settle();
      expect(isBlocked(stage)).toBe(false);
      stage.clock.advance(times.pingPeriodMs + times.pongWaitMs + 1);
      expect(stage.isIn('open')).toBe(!isCut);
    });
    fc.assert(property);
  });

  test('asks a peer that was blocked before it judges it', () => {
    const stage = new MemoryStage({ settings: { rate: 0, broadcastCapacity: 1 } }).register();
    block(stage);
    stage.clock.advance(10 * stage.config.pingPeriodMs);
    let isAsked = false;
    stage.peer.onPing = () => (isAsked = true);
    stage.gate.open();
    stage.waitUntil(() => !stage.isIn('open'));
    expect(isAsked).toBe(true);
    expect(stage.connection.actor.getSnapshot().context.close).toMatchObject({ code: 4002 });
  });
});

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { labDoings, labGraceMs, labKinds } from '../../src/inspector/lab-kinds.ts';
import { Lab, labKindOf } from '../../src/inspector/lab.ts';
import { Flights } from '../../src/inspector/flights.ts';
import { Inspector } from '../../src/inspector/inspector.ts';
import { SystemSubject } from '../../src/inspector/system-subject.ts';
import { MemoryHouse } from '../support/memory-house.ts';
import { patient } from '../support/test-server.ts';

/** A lab in a house on a simulated clock, with the flights of all its connections. */
function createLab(settings: ConstructorParameters<typeof MemoryHouse>[0] = {}) {
  const house = new MemoryHouse(settings);
  const { connections, clock } = house;
  const flights = new Flights(clock);
  connections.witness = {
    opening: (connection) => flights.begin(connection),
    stepped: (id, eventType, value) => flights.step(id, eventType, value),
    closed: (connection, close) => flights.end(connection, close),
  };
  const lab = new Lab({ connections, clock, isReady: () => true });
  onTestFinished(async () => {
    lab.drain();
    clock.advance(60_000);
    expect(connections.size).toBe(0);
    await house.close();
  });
  const spawn = (kind: keyof typeof labKinds, count = 1): string => {
    const { ok, connections: ids = [] } = lab.carryOut({ do: 'spawn', kind, count });
    expect(ok).toBe(true);
    return ids[0] ?? '';
  };
  const statesOf = (id: string) => flights.storyOf(id)?.steps.flatMap(({ state }) => state ?? []) ?? [];
  const endOf = (id: string) => flights.storyOf(id)?.end?.code;
  return { lab, house, clock, connections, flights, spawn, statesOf, endOf };
}

let stage: ReturnType<typeof createLab>;

function fail(thrown: unknown): never {
  throw thrown;
}

describe('a virtual client', () => {
  beforeEach(() => {
    stage = createLab();
  });

  test('that is polite stays alive and is never pinged', () => {
    const id = stage.spawn('polite');
    stage.clock.advance(120_000);
    expect(stage.statesOf(id)).toEqual(['connecting', 'open · alive · flowing · clear']);
    expect(stage.connections.get(id)?.reader.messagesIn).toBeGreaterThan(50);
  });

  test('that is chatty is not throttled', () => {
    const id = stage.spawn('chatty');
    stage.clock.advance(60_000);
    expect(stage.statesOf(id)).toEqual(['connecting', 'open · alive · flowing · clear']);
  });

  test('that is silent: alive -> probing -> closing with 4002 -> closed', () => {
    const id = stage.spawn('silent');
    stage.clock.advance(120_000);
    expect(stage.statesOf(id)).toEqual([
      'connecting',
      'open · alive · flowing · clear',
      'open · probing · flowing · clear',
      'closing · handshaking · leaving',
      'closing · handshaking · left',
      'closed',
    ]);
    expect(stage.endOf(id)).toBe(4002);
  });

  test('that is slow: clear -> congested -> closing with 4001, while others talk', () => {
    const id = stage.spawn('slow');
    stage.spawn('chatty', 20);
    stage.clock.advance(20_000);
    expect(stage.statesOf(id)).toContain('open · alive · flowing · congested');
    expect(stage.endOf(id)).toBe(4001);
  });

  test('that floods: flowing -> throttled, and in the end closing with 4502', () => {
    const id = stage.spawn('flooding');
    stage.clock.advance(10_000);
    expect(stage.statesOf(id)).toContain('open · alive · throttled · clear');
    expect(stage.endOf(id)).toBe(4502);
  });

  test('that flaps goes without a goodbye and comes back', () => {
    const id = stage.spawn('flapping');
    stage.clock.advance(10_500);
    expect(stage.endOf(id)).toBe(1006);
    expect(stage.flights.graveyard().total).toBeGreaterThanOrEqual(4);
    expect(stage.connections.size).toBeLessThanOrEqual(1);
  });

  test('that is malformed is told so, and stays', () => {
    const id = stage.spawn('malformed');
    stage.clock.advance(10_000);
    expect(stage.statesOf(id)).toEqual(['connecting', 'open · alive · flowing · clear']);
    expect(stage.connections.get(id)?.writer.messagesOut).toBeGreaterThan(20);
  });

  test('that throws in a transition: closing with 1011, and nothing is orphaned', () => {
    const id = stage.spawn('throwing');
    stage.clock.advance(3_000);
    expect(stage.endOf(id)).toBe(1011);
    expect(stage.statesOf(id).at(-1)).toBe('closed');
  });
});

describe('a doing of the lab', () => {
  beforeEach(() => {
    stage = createLab();
  });

  test('stall: the outbox rises; resume: it empties', () => {
    const id = stage.spawn('silent');
    stage.lab.carryOut({ do: 'stall', connection: id });
    stage.spawn('chatty', 20);
    stage.clock.advance(3_000);
    const outbox = stage.connections.get(id)?.writer.outbox;
    expect(outbox?.messages).toBeGreaterThan(100);
    stage.lab.carryOut({ do: 'resume', connection: id });
    stage.clock.advance(100);
    expect(outbox?.messages).toBe(0);
    expect(stage.statesOf(id).slice(-2)).toEqual([
      'open · alive · flowing · congested',
      'open · alive · flowing · clear',
    ]);
  });

  test('cut: it is found out by a ping, and terminated', () => {
    const id = stage.spawn('polite');
    stage.clock.advance(3_000);
    stage.lab.carryOut({ do: 'cut', connection: id });
    stage.clock.advance(120_000);
    expect(stage.endOf(id)).toBe(4002);
    expect(stage.statesOf(id)).toContain('closing · terminating · left');
  });

  test('kick: closed with 4503', () => {
    const id = stage.spawn('polite');
    stage.lab.carryOut({ do: 'kick', connection: id });
    stage.clock.advance(100);
    expect(stage.endOf(id)).toBe(4503);
  });

  test('cannot be done to a real client', () => {
    const { connection } = stage.house.enter('ada');
    expect(labKindOf(connection)).toBeUndefined();
    for (const doing of Object.keys(labDoings) as (keyof typeof labDoings)[]) {
      expect(stage.lab.carryOut({ do: doing, connection: connection.id })).toMatchObject({ ok: false });
    }
    stage.clock.advance(1_000);
    expect(connection.actor.getSnapshot().value).toHaveProperty('open');
    connection.actor.send({ type: 'close', code: 1000, reason: '' });
  });

  test('drain: every client leaves, and none comes back', () => {
    for (const kind of Object.keys(labKinds) as (keyof typeof labKinds)[]) stage.spawn(kind, 3);
    stage.clock.advance(2_500);
    stage.lab.drain();
    stage.clock.advance(60_000);
    expect(stage.connections.size).toBe(0);
    expect(stage.clock.pending).toBe(0);
  });
});

describe('the lab that nobody watches any more', () => {
  beforeEach(() => {
    stage = createLab();
  });

  test('has its clients leave after a while, also those that would come back', () => {
    for (const kind of Object.keys(labKinds) as (keyof typeof labKinds)[]) stage.spawn(kind);
    stage.lab.desert();
    stage.clock.advance(labGraceMs - 1);
    expect(stage.connections.size).toBeGreaterThan(0);
    stage.clock.advance(10_000);
    expect(stage.connections.size).toBe(0);
    expect(stage.clock.pending).toBe(0);
  });

  test('keeps them for whoever watches again by then', () => {
    const id = stage.spawn('polite');
    stage.lab.desert();
    stage.clock.advance(labGraceMs - 1);
    stage.lab.attend();
    stage.clock.advance(2 * labGraceMs);
    expect(stage.connections.get(id)).toBeDefined();
  });

  test('has nothing to wait for where it is empty', () => {
    stage.lab.desert();
    expect(stage.clock.pending).toBe(0);
  });
});

test('the lab is watched for as long as any page is', () => {
  const { lab, clock, connections, spawn } = createLab();
  const outlet = { send: () => undefined, bufferedBytes: 0, close: () => undefined };
  const inspector = new Inspector({ subject: new SystemSubject('lab'), clock, onFault: fail, lab });
  const pages = [inspector.join(outlet), inspector.join(outlet)] as const;
  spawn('polite');
  pages[0].leave();
  clock.advance(2 * labGraceMs);
  expect(connections.size).toBe(1);
  pages[1].leave();
  clock.advance(labGraceMs + 1_000);
  expect(connections.size).toBe(0);
});

test('the lab keeps the room of those that flap while they are away', patient, () => {
  const { lab, clock, connections } = createLab();
  for (let i = 0; i < 5; i += 1) lab.carryOut({ do: 'spawn', kind: 'flapping', count: 100 });
  while (connections.size > 0) clock.advance(100);
  expect(lab.carryOut({ do: 'spawn', kind: 'flapping', count: 1 })).toMatchObject({ ok: false });
  clock.advance(1_000);
  expect(connections.size).toBe(500);
});

test('the lab lets in no more talkers than leave the server time for others', () => {
  const { lab } = createLab();
  const spawn = (kind: keyof typeof labKinds, count: number) => lab.carryOut({ do: 'spawn', kind, count });
  expect(spawn('flooding', 50)).toMatchObject({ ok: true });
  expect(spawn('flooding', 1)).toMatchObject({ ok: false, reason: expect.stringContaining('so much') });
  expect(spawn('silent', 1)).toMatchObject({ ok: false });
  lab.drain();
});

test('the lab has room for so many, and takes nobody in while the server drains', () => {
  const { lab } = createLab();
  for (let i = 0; i < 5; i += 1)
    expect(lab.carryOut({ do: 'spawn', kind: 'silent', count: 100 })).toMatchObject({ ok: true });
  expect(lab.carryOut({ do: 'spawn', kind: 'silent', count: 1 })).toMatchObject({ ok: false });
  const house = new MemoryHouse();
  const closed = new Lab({ connections: house.connections, clock: house.clock, isReady: () => false });
  expect(closed.carryOut({ do: 'spawn', kind: 'polite', count: 1 })).toEqual({
    ok: false,
    reason: 'the server is draining',
  });
});

/**
 * A storm over three servers: 300 clients that come back to whichever server, while 100,000 messages are said, one server is
 * killed, Redis is killed and started again, and another server drains. Each client, those who talk too, hears every message,
 * in order and once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/index.ts';
import { startHubbub, type Child } from '../support/processes.ts';
import { Random } from '../support/random.ts';
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { StormListener } from '../support/storm-listener.ts';
import { StormPlace } from '../support/storm-place.ts';

const seed = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000);
const roomCount = 20;
const listenersPerRoom = 14;
const messagesPerRoom = 5_000;
const inFlight = 50;
const presenceTtlMs = 5_000;

/** What a busy machine may add to that, with Redis killed in the middle of it. */
const slackMs = 10_000;

interface Node {
  readonly url: string;
  readonly child: Child;
}

async function startNode(redis: RedisServer): Promise<Node> {
  const flags = `--redis ${redis.url} --port 0 --rate 0 --history-messages ${messagesPerRoom} --presence-ttl 5s
    --presence-interval 1s --drain-timeout 2s --drain-grace 500ms`;
  const child = startHubbub(flags.split(/\s+/));
  const [, url = ''] = await child.line(/(http:\/\/[\d.:]+)\//);
  await child.line(/broker ready/);
  return { url, child };
}

/** Says all messages of a room, with so many in flight, and what has no ack again wherever it comes back to; and hears them all. */
class Talker {
  readonly done: Promise<void>;
  acked = 0;
  readonly #place = new StormPlace();
  readonly #room: string;
  readonly #pick: () => string;
  readonly #onAck: () => void;
  #said = 0;
  #webSocket: WebSocket | undefined;
  #finish: () => void = () => undefined;

  constructor(room: string, pick: () => string, onAck: () => void) {
    this.#room = room;
    this.#pick = pick;
    this.#onAck = onAck;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get wrong(): readonly string[] {
    return this.#place.wrong;
  }

  /** Comes in, and again whenever it is put out. */
  connect(): void {
    const room = this.#room;
    const webSocket = new WebSocket(
      `${this.#pick().replace('http', 'ws')}/ws/${room}?name=${room}${this.#place.since}`,
    );
    this.#webSocket = webSocket;
    webSocket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString()) as ServerMessage));
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      if (this.#webSocket === webSocket) this.connect();
    });
  }

  talk(): void {
    this.#said = Math.max(this.#said, this.acked + inFlight);
    for (let number = this.acked + 1; number <= Math.min(this.#said, messagesPerRoom); number += 1)
      this.#say(number);
  }

  end(): void {
    const webSocket = this.#webSocket;
    this.#webSocket = undefined;
    webSocket?.terminate();
  }

  #hear(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#place.enter(message);
        if (this.#said > 0) this.talk();
        return;
      case 'error':
        this.#webSocket?.terminate();
        return;
      case 'chat':
        this.#place.hear(message.offset);
        if (message.content !== `message ${message.offset}`)
          this.#place.wrong.push(`${message.content} at ${message.offset}`);
        return this.#finishIfDone();
      case 'ack':
        return this.#takeAck(message);
      case 'system':
      case 'pong':
    }
  }

  #takeAck({ id, offset }: Extract<ServerMessage, { type: 'ack' }>): void {
    if (id !== `id-${offset}`) this.#place.wrong.push(`${id} has the place ${offset}`);
    if (offset <= this.acked) return;
    this.acked = offset;
    this.#onAck();
    this.#finishIfDone();
    if (this.#said >= messagesPerRoom) return;
    this.#said += 1;
    this.#say(this.#said);
  }

  #finishIfDone(): void {
    if (Math.min(this.acked, this.#place.offset) === messagesPerRoom) this.#finish();
  }

  #say(number: number): void {
    const message = { type: 'chat', content: `message ${number}`, id: `id-${number}` };
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#webSocket.send(JSON.stringify(message));
  }
}

/** Does things one after the other, each once so many messages have been acknowledged. */
class Plan {
  readonly done: Promise<void>[] = [];
  #acks = 0;
  readonly #steps: { readonly after: number; readonly run: () => Promise<void> }[];

  constructor(steps: { readonly after: number; readonly run: () => Promise<void> }[]) {
    this.#steps = steps;
  }

  readonly count = (): void => {
    this.#acks += 1;
    const [next] = this.#steps;
    if (next === undefined || this.#acks < next.after) return;
    this.#steps.shift();
    this.done.push(next.run());
  };
}

interface Members {
  readonly members?: number;
  readonly names?: readonly string[];
  readonly complete?: boolean;
}

async function membersOf({ url }: Node, room: string): Promise<Members> {
  return (await (await fetch(`${url}/rooms/${room}`)).json()) as Members;
}

/** Resolves once all members of a room are known, and none of them is in it twice: what a dead server had is gone. */
async function untilNobodyIsTwice(node: Node, room: string): Promise<void> {
  for (;;) {
    const { names = [], complete } = await membersOf(node, room);
    if (complete === true && new Set(names).size === names.length) return;
    await pause(100);
  }
}

/** Resolves once so many are in each room, and no others. */
async function untilThereAre(count: number, node: Node, rooms: readonly string[]): Promise<void> {
  for (const room of rooms) while ((await membersOf(node, room)).members !== count) await pause(20);
}

/** Drains it, and expects it to have left nothing behind. */
async function expectCleanEnd({ child }: Node): Promise<void> {
  child.signal('SIGTERM');
  const { code, stdout } = await child.ended;
  expect([code, stdout.at(-1)]).toEqual([0, expect.stringContaining('left alive: nothing')]);
}

// A quarter of a minute on two quiet cores, and as long as it takes on busy ones.
describe.skipIf(!hasRedis)('three servers', { timeout: 240_000 }, () => {
  test(`in a storm lose nothing and double nothing (seed ${seed})`, async () => {
    const random = new Random(seed);
    // Handed to the system before anything is answered, whatever the disk does: so it outlives the process.
    const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'no']);
    const [doomed, leaving, staying] = await Promise.all([
      startNode(redis),
      startNode(redis),
      startNode(redis),
    ]);
    const alive = [doomed, leaving, staying];
    const forget = (node: Node) => void alive.splice(alive.indexOf(node), 1);
    const pick = () => random.pick(alive).url;
    const all = roomCount * messagesPerRoom;
    const rooms = Array.from({ length: roomCount }, (_, index) => `r${index}`);
    const plan = new Plan([
      {
        after: all * 0.2,
        run: async () => {
          forget(doomed);
          doomed.child.signal('SIGKILL');
          await doomed.child.ended;
          // Who was there is back elsewhere by the same name, and counts twice for a while.
          const killedAt = performance.now();
          await Promise.all(rooms.map((room) => untilNobodyIsTwice(staying, room)));
          expect(performance.now() - killedAt).toBeLessThan(presenceTtlMs + slackMs);
        },
      },
      {
        after: all * 0.45,
        run: async () => {
          await redis.kill();
          await redis.restart();
        },
      },
      {
        after: all * 0.7,
        run: async () => {
          forget(leaving);
          await expectCleanEnd(leaving);
        },
      },
    ]);

    const talkers = rooms.map((room) => new Talker(room, pick, plan.count));
    const listeners = rooms.flatMap((room) =>
      Array.from({ length: listenersPerRoom }, (_, index) => {
        const about = { pick, room, name: `${room}-${index}`, random: random.fork() };
        return new StormListener({
          ...about,
          messages: messagesPerRoom,
          longestVisit: 1_000,
          serversMayGo: true,
        });
      }),
    );
    for (const client of talkers) client.connect();
    for (const listener of listeners) listener.visit();
    await untilThereAre(listenersPerRoom + 1, staying, rooms);
    for (const talker of talkers) talker.talk();
    await Promise.all([...talkers, ...listeners].map(({ done }) => done));
    await Promise.all(plan.done);
    expect([...talkers, ...listeners].flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(plan.done).toHaveLength(3);

    // All listeners are gone; the talkers have all come to the one server that is left.
    await untilThereAre(1, staying, rooms);
    for (const talker of talkers) talker.end();
    await expectCleanEnd(staying);
  });
});

/**
 * A storm over three servers: 300 clients that come back to whichever server, while 100,000 messages are said, one server is
 * killed, Redis is killed and started again, and another server drains. Each client hears every message, in order and once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/index.ts';
import { startHubbub, type Child } from '../support/processes.ts';
import { Random } from '../support/random.ts';
import { hasRedis, RedisServer } from '../support/redis.ts';
import { StormListener } from '../support/storm-listener.ts';

const seed = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000);
const roomCount = 20;
const listenersPerRoom = 14;
const messagesPerRoom = 5_000;
const inFlight = 50;
const presenceTtlMs = 5_000;

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

/** Says all messages of a room, with so many in flight, and what has no ack again wherever it comes back to. */
class Talker {
  readonly done: Promise<void>;
  readonly wrong: string[] = [];
  acked = 0;
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

  /** Comes in, and again whenever it is put out. */
  connect(): void {
    const webSocket = new WebSocket(
      `${this.#pick().replace('http', 'ws')}/ws/${this.#room}?name=${this.#room}`,
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
    if (message.type === 'welcome' && this.#said > 0) this.talk();
    if (message.type === 'error') this.#webSocket?.terminate();
    if (message.type !== 'ack') return;
    if (message.id !== `id-${message.offset}`)
      this.wrong.push(`${message.id} has the place ${message.offset}`);
    if (message.offset <= this.acked) return;
    this.acked = message.offset;
    this.#onAck();
    if (this.acked === messagesPerRoom) this.#finish();
    if (this.#said >= messagesPerRoom) return;
    this.#said += 1;
    this.#say(this.#said);
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

async function membersOf({ url }: Node, room: string): Promise<unknown> {
  return ((await (await fetch(`${url}/rooms/${room}`)).json()) as { members?: number }).members;
}

// A quarter of a minute on two quiet cores, and as long as it takes on busy ones.
describe.skipIf(!hasRedis)('three servers', { timeout: 240_000 }, () => {
  test(`in a storm lose nothing and double nothing (seed ${seed})`, async () => {
    const random = new Random(seed);
    // Handed to the system before anything is answered, whatever the disk does: so it outlives the process.
    const redis = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'no']);
    onTestFinished(() => redis.stop());
    const [doomed, leaving, staying] = await Promise.all([
      startNode(redis),
      startNode(redis),
      startNode(redis),
    ]);
    const alive = [doomed, leaving, staying];
    const forget = (node: Node) => void alive.splice(alive.indexOf(node), 1);
    const pick = () => random.pick(alive).url;
    const all = roomCount * messagesPerRoom;
    const plan = new Plan([
      {
        after: all * 0.2,
        run: async () => {
          forget(doomed);
          doomed.child.signal('SIGKILL');
          await doomed.child.ended;
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
          leaving.child.signal('SIGTERM');
          expect(await leaving.child.ended).toMatchObject({ code: 0 });
        },
      },
    ]);

    const rooms = Array.from({ length: roomCount }, (_, index) => `r${index}`);
    const talkers = rooms.map((room) => new Talker(room, pick, plan.count));
    const listeners = rooms.flatMap((room) =>
      Array.from({ length: listenersPerRoom }, () => {
        const about = { pick, room, random: random.fork(), messages: messagesPerRoom, longestVisit: 1_000 };
        return new StormListener({ ...about, serversMayGo: true });
      }),
    );
    for (const client of talkers) client.connect();
    for (const listener of listeners) listener.visit();
    for (const room of rooms)
      while ((await membersOf(staying, room)) !== listenersPerRoom + 1) await pause(20);
    for (const talker of talkers) talker.talk();
    await Promise.all([...talkers, ...listeners].map(({ done }) => done));
    await Promise.all(plan.done);
    expect([...talkers, ...listeners].flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(plan.done).toHaveLength(3);

    // Those who were on the server that was killed are gone within their time.
    const deadline = performance.now() + presenceTtlMs + 2_000;
    for (const room of rooms) {
      while ((await membersOf(staying, room)) !== 1 && performance.now() < deadline) await pause(20);
      expect(await membersOf(staying, room)).toBe(1);
    }
    for (const talker of talkers) talker.end();
    staying.child.signal('SIGTERM');
    const { code, stdout } = await staying.child.ended;
    expect([code, stdout.at(-1)]).toEqual([0, expect.stringContaining('left alive: nothing')]);
  });
});

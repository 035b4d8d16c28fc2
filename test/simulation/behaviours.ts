/** The behaviours are the catalogue of what clients do: a small vocabulary of peers, from polite to hostile. */
import type { Payload } from '../../src/batch.ts';
import { closeCodes } from '../../src/close-codes.ts';
import type { Client, Manners } from './client.ts';

export interface Behaviour {
  readonly manners: Manners;
  /** How many lots it has when parts are drawn. */
  readonly weight: number;
  /** Starts it; it goes on by itself. */
  readonly start: (client: Client) => void;
}

export type BehaviourName =
  | 'polite' // says something now and then
  | 'chatty' // says several things at once
  | 'mover' // joins, leaves and speaks in many rooms
  | 'muddled' // sends what is no message, or makes no sense
  | 'leaver' // says goodbye after a while
  | 'silent' // answers no ping
  | 'cutter' // is cut off in the middle of it
  | 'staller' // stops reading, for good or for a while
  | 'resetter' // crashes
  | 'flooder' // says too much, or pings too much
  | 'breaker' // breaks the rules of the transport
  | 'flapper'; // comes and goes all the time

const second = 1_000;

export const behaviours: Readonly<Record<BehaviourName, Behaviour>> = {
  polite: { manners: 'good', weight: 6, start: converse },
  chatty: { manners: 'good', weight: 3, start: chatter },
  mover: { manners: 'fair', weight: 4, start: move },
  muddled: { manners: 'good', weight: 1, start: babble },
  leaver: { manners: 'fair', weight: 1, start: (client) => endWith(client, () => client.close()) },
  silent: { manners: 'bad', weight: 1, start: (client) => client.fallSilent() },
  cutter: { manners: 'bad', weight: 2, start: (client) => endWith(client, () => client.cut()) },
  staller: { manners: 'bad', weight: 2, start: stall },
  resetter: { manners: 'bad', weight: 1, start: (client) => endWith(client, () => client.reset()) },
  flooder: { manners: 'bad', weight: 1, start: flood },
  breaker: { manners: 'bad', weight: 1, start: (client) => endWith(client, () => breakRules(client)) },
  flapper: { manners: 'bad', weight: 2, start: flap },
};

/** The shortest pause in which the rate limiter forgets a message or two. */
function pauseMs({ world, random }: Client): number {
  const { rate } = world.config;
  return Math.max(rate > 0 ? (3 * second) / rate : 0, random.pick([200, second, 4 * second]));
}

function converse(client: Client): void {
  const { part, random } = client;
  const rooms = new Set([part.room, random.pick(part.rooms)]);
  if (random.chance(0.3)) client.ask(...[...rooms].map((room) => client.join(room)));
  const pause = pauseMs(client);
  client.every(pause, 10 * pause, () => client.say(random.pick([...client.seats.keys(), part.room])));
}

function chatter(client: Client): void {
  const { part, random, world } = client;
  const pause = pauseMs(client);
  client.every(5 * pause, 20 * pause, () =>
    client.say(part.room, random.int(1, Math.min(10, world.config.burst))),
  );
}

function move(client: Client): void {
  const { part, random } = client;
  const pause = 2 * pauseMs(client);
  if (random.chance(0.5)) client.ask(...part.rooms.map((room) => client.join(room)));
  client.every(pause, 5 * pause, () => {
    const room = random.pick(part.rooms);
    const other = random.pick(part.rooms);
    // Each of these arrives in one read, so the hub finds all of it in one round.
    const deeds: (() => string[])[] = [
      () => [client.join(room)],
      () => [client.leave(room)],
      () => [client.saying(room)],
      () => [client.join(room), client.join(room)],
      () => [client.join(room), client.saying(room)],
      () => [client.saying(room), client.leave(room)],
      () => [client.join(room), client.leave(room)],
      () => [client.leave(room), client.join(room)],
      () => [client.join(room), client.join(room), client.leave(room)],
      () => [client.leave(room), client.join(other), client.saying(other)],
      () => [client.join(room), client.join(other), client.saying(other)],
      () => [client.leave(room), client.leave(other), client.join(other), client.saying(other)],
    ];
    client.ask(...random.pick(deeds)());
    if (random.chance(0.02)) client.close();
  });
}

const nonsense: readonly Payload[] = [
  '{"type":',
  '[]',
  'null',
  '{"type":"dance"}',
  '{"type":"chat"}',
  '{"type":"chat","content":7}',
  '{"type":"chat","content":" \\n"}',
  '{"type":"chat","room":"nowhere","content":"is anybody here?"}',
  '{"type":"chat","room":"no such name","content":"hello"}',
  '{"type":"join","room":""}',
  '{"type":"leave","room":"nowhere"}',
  Buffer.from([0, 1, 2]),
];

function babble(client: Client): void {
  const { part, random } = client;
  const pause = pauseMs(client);
  client.every(pause, 10 * pause, () => {
    client.ask(random.chance(0.2) ? client.saying(part.room) : random.pick(nonsense));
  });
}

/** Converses until it ends somehow. */
function endWith(client: Client, end: () => void): void {
  converse(client);
  client.later(second, 60 * second, end);
}

function stall(client: Client): void {
  converse(client);
  client.later(second, 60 * second, () => {
    client.stall();
    if (client.random.chance(0.6)) client.later(second / 10, 20 * second, () => client.resume());
  });
}

function flood(client: Client): void {
  const { part, random, peer } = client;
  client.later(second, 30 * second, () => {
    const times = random.int(10, 80);
    if (random.chance(0.2)) for (let i = 0; i < times; i += 1) peer.ping();
    else if (random.chance(0.5)) client.say(part.room, times);
    else for (let i = 0; i < times; i += 1) client.say(part.room);
    flood(client);
  });
}

function breakRules(client: Client): void {
  const { protocolError, invalidData, messageTooBig } = closeCodes;
  const { code, reason } = client.random.pick([protocolError, invalidData, messageTooBig]);
  client.mayEndWith.add(code);
  client.peer.breakRules(code, reason);
}

function flap(client: Client): void {
  const { random, part } = client;
  client.later(0, random.pick([0, 20, 500, 20 * second]), () => {
    if (random.chance(0.3)) client.ask(client.join(part.room), client.join(random.pick(part.rooms)));
    if (random.chance(0.3)) client.say(part.room, 2);
    random.pick([() => client.close(), () => client.reset(), () => client.cut()])();
    const since = random.chance(0.8) ? client.positionIn(part.room) : undefined;
    client.world.clock.setTimeout(() => client.comeAgain(since), random.int(0, 20 * second));
  });
}

/**
 * The shortest path to every transition of the connection machine, found in the machine itself; and what makes
 * each event of a path happen, so that the path can be walked on a stage.
 */
import { createActor } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { vi } from 'vitest';
import { closeCodes } from '../../src/close-codes.ts';
import { defineConfig, type Config } from '../../src/config.ts';
import { connectionMachine, type ConnectionEvent, type ConnectionInput } from '../../src/connection.ts';
import type { Reader } from '../../src/reader.ts';
import type { Writer } from '../../src/writer.ts';
import { offerSpeech, sabotage, type Stage } from './connection-harness.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { eventNameOf, TransitionLog } from './transitions.ts';

/** One event of a path, and the transitions that it brings, in order. */
export interface Step {
  readonly event: string;
  /** Whether the peer gives a sign of life before the event, where it matters. */
  readonly heard: boolean;
  readonly transitions: readonly string[];
}

export type Path = readonly Step[];

// Finding paths

/** An event of the model: it says itself what the guards would look up. */
type ModelEvent = ConnectionEvent & { heard: boolean };

const nothing = () => undefined;
const noReader = {
  start: nothing,
  release: nothing,
  open: nothing,
  stop: nothing,
  awaitSign: nothing,
  lastHeardAt: 0,
};
const noWriter = { start: nothing, release: nothing, ping: nothing, finish: nothing, terminate: nothing };

const input: ConnectionInput = {
  reader: noReader as unknown as Reader,
  writer: noWriter as unknown as Writer,
  session: { open: () => true, take: () => true, refuse: nothing, close: nothing },
  timeouts: defineConfig(),
  clock: new SimulatedClock(),
  keeper: { stepped: nothing, threw: nothing },
};

const model = connectionMachine.provide({
  guards: { wasHeard: ({ event }) => (event as ModelEvent).heard },
});

const events = model.events
  .filter((type) => !type.startsWith('xstate.done.'))
  .flatMap((type) => {
    const event = { ...payloadOf(type), type, heard: false };
    const isGuarded = type.startsWith('xstate.after.pingPeriod');
    return isGuarded ? [event, { ...event, heard: true }] : [event];
  });

function payloadOf(type: string): object {
  if (type === 'failed') return { thrown: new Error('bug') };
  return type === 'close' || type.startsWith('socket.') ? closeCodes.normal : {};
}

/** @returns the shortest path to each transition that can be taken, by the transition's name. */
export function findPaths(): ReadonlyMap<string, Path> {
  const found = getShortestPaths(model, {
    input,
    events: events as unknown as ConnectionEvent[],
    filterEvents: (snapshot, event) =>
      snapshot.status === 'active' && model.getTransitionData(snapshot, event).length > 0,
    // As each way into a state is a state of its own, there is a path for each transition.
    serializeState: (state, event, previous) => JSON.stringify([previous?.value, event, state.value]),
    serializeEvent: (event) => JSON.stringify(event),
  });
  const paths = new Map<string, Path>();
  for (const { steps } of found.toSorted((a, b) => a.steps.length - b.steps.length)) {
    const path = walkModel(steps.slice(1).map(({ event }) => event as ModelEvent));
    for (const name of path.at(-1)?.transitions ?? []) if (!paths.has(name)) paths.set(name, path);
  }
  return paths;
}

function walkModel(path: readonly ModelEvent[]): Path {
  const log = new TransitionLog();
  const actor = createActor(model, { input, clock: input.clock, inspect: log.inspect }).start();
  const steps = path.map((event): Step => {
    const before = log.names.length;
    actor.send(event);
    return { event: eventNameOf(event.type), heard: event.heard, transitions: log.names.slice(before) };
  });
  actor.stop();
  return steps;
}

// Walking paths

/** Transitions that nothing real can cause: the machine has them in case that a part breaks its promise. */
export const neverCaused: ReadonlySet<string> = new Set([
  'closing (abused) stays', // the reader takes nothing once it is stopped
  'closing (overflow) stays', // the writer takes nothing once it has said goodbye
]);

/** Transitions for which a transport has to break its promises, as no real one does. */
export const brokenTransport: ReadonlySet<string> = new Set([
  'closing.socket.terminating (after closeTimeout) -> closing.socket.gone',
  'closing (socket.closed) stays',
]);

/** What makes an event happen. @returns what has to go on until it does. */
type Cause = (stage: Stage, step: Step, target: string) => (() => void) | void;

/** All that has to happen is that time passes. */
const time: Cause = nothing;

const causes: Readonly<Record<string, Cause>> = {
  registered: (stage) => stage.gate.pass(),
  unregistered: (stage) => stage.gate.pass(),
  'after handshakeTimeout': time,
  'after throttle': time,
  'after writeWait': time,
  'after closeTimeout': time,
  'after pingPeriod': ({ puppet }, step) => (step.heard ? () => puppet.ping(1) : undefined),
  'after pongWait': time,
  pong: ({ puppet }) => puppet.answerPing(),
  blocked(stage, _, target) {
    if (target.startsWith('open.inbound.throttled')) return () => stage.sayWhileThrottled();
    offerSpeech(stage.hub);
    return stage.puppet.say(1);
  },
  unblocked: (stage) => stage.gate.pass(),
  throttled:
    ({ puppet, config }) =>
    () =>
      puppet.babble(config.burst + 1),
  abused: ({ puppet, config }) => puppet.ping(config.abuseLimit + 5),
  high(stage) {
    stage.puppet.stall();
    return () => stage.speak();
  },
  low: ({ puppet }) => puppet.resume(),
  overflow(stage, _, target) {
    stage.puppet.stall();
    return () => (target.startsWith('connecting') ? stage.puppet.flood() : stage.speak());
  },
  close({ connection, puppet }) {
    // One that does not read does not answer either.
    puppet.stall();
    connection.actor.send({ type: 'close', ...closeCodes.kicked });
  },
  'socket.failed': ({ puppet }) => puppet.breakRules(),
  'socket.closed'({ connection, puppet }) {
    const isGone = connection.actor.getSnapshot().matches({ closing: { socket: 'gone' } });
    if (isGone) connection.reader.closed(closeCodes.abnormal.code, '');
    else puppet.close();
  },
  failed(stage, _, target) {
    if (target.startsWith('closing')) return sabotage('terminate');
    // The next guard or delay that asks the reader gets no answer.
    const lastHeardAt = vi.spyOn(stage.connection.reader, 'lastHeardAt', 'get');
    lastHeardAt.mockImplementationOnce(() => {
      throw new Error('the reader does not know');
    });
    if (target.startsWith('connecting')) stage.gate.pass();
  },
};

/** Walks the path up to one of the transitions of its last step. */
export async function walk(stage: Stage, path: Path, target: string): Promise<void> {
  for (const step of path) {
    const cause = causes[step.event];
    if (cause === undefined) throw new Error(`nothing is known that causes ${step.event}`);
    const last = step.transitions.indexOf(target);
    const expected = last < 0 ? step.transitions : step.transitions.slice(0, last + 1);
    const meanwhile = cause(stage, step, expected.at(-1) ?? '');
    for (const transition of expected) await stage.until(transition, meanwhile ?? undefined);
  }
}

/** The settings under which a path can be walked in a short time. */
export function settingsFor(path: Path, waitMs: number): Partial<Config> {
  const waits = path
    .filter(({ event }) => event.startsWith('after ') && event !== 'after throttle')
    // Where the peer has to be in time with something, it gets more of it.
    .map(({ event, heard: isHeard }) => [
      `${event.slice('after '.length)}Ms`,
      isHeard ? 10 * waitMs : waitMs,
    ]);
  const has = (event: string) => path.some((step) => step.event === event);
  // Signs of life and floods are many: they must not be taken for abuse.
  const isFree = has('overflow') || path.some((step) => step.heard);
  return {
    rate: isFree ? 0 : 3,
    burst: 2,
    abuseLimit: 20,
    broadcastCapacity: 1,
    // On a busy machine a flood takes its time, and nothing else is to end it.
    handshakeTimeoutMs: 120_000,
    ...(has('high') || has('overflow') ? { outboxMessages: 8 } : {}),
    ...(has('failed') ? { pingPeriodMs: waitMs, closeTimeoutMs: waitMs } : {}),
    ...Object.fromEntries(waits),
  };
}

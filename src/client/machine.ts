/**
 * The room's machine keeps one in a room: `connecting → open → backingOff → connecting → …`, and at last `closed`.
 *
 * It owns the lifecycle alone: which transport is tried, whether the server is still there, when to come back. What
 * is said passes it by, through the line. A lost connection leads to `backingOff` unless its close code says to stay away.
 */
import { assign, sendTo, setup } from 'xstate';
import { supervise } from '../supervise.ts';
import { retryDelayMs } from './backoff.ts';
import type { ClientClock, PageEvents } from './environment.ts';
import * as limits from './limits.ts';
import { lineLogic, type Line, type LineEdge, type Welcome } from './line.ts';
import type { Memory } from './memory.ts';
import { pageLogic, type PageEdge } from './page.ts';
import type { Ending, TransportName } from './socket.ts';

/** What waits to be sent: it may go while the room is open. */
export interface Sending {
  open(): void;
  shut(): void;
}

/** At least one. */
export type Transports = readonly [TransportName, ...TransportName[]];

export interface RoomInput {
  readonly line: Line;
  readonly sending: Sending;
  readonly page: PageEvents;
  readonly memory: Memory;
  /** Those that may be used, in the order in which they are tried. */
  readonly transports: Transports;
  readonly clock: ClientClock;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export interface RoomContext extends RoomInput {
  /** The transport that is used or tried. */
  readonly transport: TransportName;
  /** The one that has worked last, which comes first. */
  readonly proven: string | undefined;
  /** How many tries have failed since it was last up for a while. */
  readonly attempt: number;
  /** What the server let us in with last. */
  readonly welcome: Welcome | undefined;
  /** How many are in the room. */
  readonly members: number;
  /** How the last connection ended, while there is none. */
  readonly ending: Ending | undefined;
  /** When the next try is made, or was. */
  readonly retryAt: number;
  /** The time over which a draining server wants its clients to spread their return. */
  readonly spreadMs: number | undefined;
}

export type RoomEvent =
  | LineEdge
  | PageEdge
  | { type: 'retry' } // somebody does not want to wait
  | { type: 'rejoin' } // come in anew, under another name
  | { type: 'close' } // it is over
  | { type: 'failed'; ending: Ending }; // a transition threw

// How a connection ended that nobody has closed (RFC 6455 section 7.1.5).
const abnormal = 1006;
const noAnswer: Ending = { code: abnormal, reason: 'no answer' };
const silent: Ending = { code: abnormal, reason: 'no sign of life' };
const missedOne: Ending = { code: abnormal, reason: 'missed a message' };

const machine = setup({
  types: { context: {} as RoomContext, input: {} as RoomInput, events: {} as RoomEvent },
  actors: { line: lineLogic, page: pageLogic },
  delays: {
    openTimeout: ({ context }) => (canFallBack(context) ? limits.openTimeoutMs : limits.lastOpenTimeoutMs),
    // Any sign of life puts the question off: so a server that falls silent is asked a ping period after its last one.
    pingPeriod: ({ context }) => Math.max(0, pingPeriodMs(context) - silenceMs(context)),
    pongWait: limits.pongWaitMs,
    settle: limits.settleMs,
    retryDelay: ({ context }) => Math.max(0, context.retryAt - context.clock.now()),
    closeTimeout: limits.closeTimeoutMs,
  },
  guards: {
    staysAway: ({ event }) => event.type === 'lost' && !event.comesBack,
    isBlocked: ({ context, event }) =>
      event.type === 'lost' && event.ending.code === abnormal && canFallBack(context),
    canFallBack: ({ context }) => canFallBack(context),
    canAsk: ({ context }) => context.line.canAsk,
    // A timer may fire a little early, so what is due within a millisecond is due.
    wasHeard: ({ context }) => silenceMs(context) + 1 < pingPeriodMs(context),
  },
  actions: {
    openSocket: sendTo('line', ({ context }) => ({ type: 'open', transport: context.transport })),
    probe: sendTo('line', { type: 'probe' }),
    hangUp: sendTo('line', { type: 'hangUp' }),
    dropSocket: sendTo('line', { type: 'drop' }),
    startSending: ({ context }) => context.sending.open(),
    stopSending: ({ context }) => context.sending.shut(),
    fallBack: assign(({ context }) => ({ transport: nextTransport(context) ?? context.transport })),
    prove: assign(({ context: { transport, transports } }) => ({
      proven: transport,
      transports: startingWith(transport, transports),
    })),
    remember: ({ context }) => context.memory.remember(context.transport),
    recordWelcome: assign((_, { welcome }: { welcome: Welcome }) => ({
      welcome,
      members: welcome.members,
      ending: undefined,
    })),
    recordMembers: assign((_, { members }: { members: number }) => ({ members })),
    recordSpread: assign((_, { spreadMs }: { spreadMs: number | undefined }) => ({ spreadMs })),
    recordEnding: assign((_, { ending }: { ending: Ending }) => ({ ending })),
    resetAttempts: assign({ attempt: 0 }),
    planRetry: assign(({ context }) => ({
      transport: context.transports[0],
      attempt: context.attempt + 1,
      retryAt: context.clock.now() + retryDelayMs(context),
      spreadMs: undefined,
    })),
  },
}).createMachine({
  id: 'room',
  context: ({ input }) => {
    const proven = input.memory.recall();
    const transports = startingWith(proven, input.transports);
    return {
      ...input,
      transports,
      transport: transports[0],
      proven,
      attempt: 0,
      welcome: undefined,
      members: 0,
      ending: undefined,
      retryAt: 0,
      spreadMs: undefined,
    };
  },
  invoke: [
    { id: 'line', src: 'line', input: ({ context }) => ({ line: context.line }) },
    { id: 'page', src: 'page', input: ({ context }) => ({ page: context.page }) },
  ],
  initial: 'connecting',
  on: {
    close: '.closing',
    lost: [
      {
        guard: 'staysAway',
        target: '.closed',
        actions: { type: 'recordEnding', params: ({ event }) => event },
      },
      { target: '.backingOff', actions: { type: 'recordEnding', params: ({ event }) => event } },
    ],
    failed: { target: '.closing', actions: { type: 'recordEnding', params: ({ event }) => event } },
  },
  states: {
    connecting: {
      entry: 'openSocket',
      on: {
        welcomed: { target: 'open', actions: { type: 'recordWelcome', params: ({ event }) => event } },
        rejoin: { target: 'connecting', reenter: true },
        // Where the server itself has not said why, something before it may not let this transport through.
        lost: {
          guard: 'isBlocked',
          target: 'connecting',
          reenter: true,
          actions: [{ type: 'recordEnding', params: ({ event }) => event }, 'fallBack'],
        },
      },
      after: {
        openTimeout: [
          { guard: 'canFallBack', target: 'connecting', reenter: true, actions: 'fallBack' },
          {
            target: 'backingOff',
            actions: { type: 'recordEnding', params: { ending: noAnswer } },
          },
        ],
      },
    },
    open: {
      entry: ['prove', 'remember', 'startSending'],
      exit: 'stopSending',
      on: {
        // The room's numbering began anew, or the server gave us another connection.
        welcomed: { actions: { type: 'recordWelcome', params: ({ event }) => event } },
        counted: { actions: { type: 'recordMembers', params: ({ event }) => event } },
        draining: { actions: { type: 'recordSpread', params: ({ event }) => event } },
        rejoin: { target: 'connecting', actions: 'hangUp' },
        // Whoever comes back is told what was missed.
        missed: { target: 'backingOff', actions: { type: 'recordEnding', params: { ending: missedOne } } },
      },
      after: { settle: { actions: 'resetAttempts' } },
      initial: 'alive',
      states: {
        alive: {
          on: {
            // A network that came back may not be the one that the socket is on: where we cannot ask, a new one will do.
            online: [{ guard: 'canAsk', target: 'probing' }, { target: '#room.connecting' }],
            offline: { guard: 'canAsk', target: 'probing' },
            visible: { guard: 'canAsk', target: 'probing' },
          },
          after: {
            pingPeriod: [{ guard: 'wasHeard', target: 'alive', reenter: true }, { target: 'probing' }],
          },
        },
        probing: {
          entry: 'probe',
          on: { heard: 'alive' },
          after: {
            pongWait: {
              target: '#room.backingOff',
              actions: { type: 'recordEnding', params: { ending: silent } },
            },
          },
        },
      },
    },
    backingOff: {
      entry: ['dropSocket', 'planRetry'],
      on: { retry: 'connecting', online: 'connecting', visible: 'connecting', close: 'closed' },
      after: { retryDelay: 'connecting' },
    },
    closing: {
      entry: 'hangUp',
      on: {
        close: {},
        lost: 'closed',
      },
      after: { closeTimeout: 'closed' },
    },
    closed: { type: 'final' },
  },
});

function startingWith(first: string | undefined, all: Transports): Transports {
  return all.toSorted(
    (one, other) => Number(other === first) - Number(one === first),
  ) as unknown as Transports;
}

function nextTransport({ transports, transport }: RoomContext): TransportName | undefined {
  return transports[transports.indexOf(transport) + 1];
}

/** A transport that has worked gets more than one try: what fails is the server or the network, most of the time. */
function canFallBack(context: RoomContext): boolean {
  const mayGiveUp = context.transport !== context.proven || context.attempt >= limits.provenTries;
  return mayGiveUp && nextTransport(context) !== undefined;
}

/** How long the server has been silent. A clock that was set back cannot tell: then it is time to ask. */
function silenceMs({ line, clock }: RoomContext): number {
  const silentMs = clock.now() - line.lastHeardAt;
  return silentMs < 0 ? Infinity : silentMs;
}

function pingPeriodMs({ welcome }: RoomContext): number {
  return welcome?.pingPeriodMs ?? 0;
}

export const roomMachine = supervise(machine, (thrown): RoomEvent => ({
  type: 'failed',
  ending: { code: 1011, reason: String(thrown) },
}));

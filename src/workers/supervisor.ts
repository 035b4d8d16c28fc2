/**
 * The supervisor is the primary's machine: it has the workers started, replaced one by one, and drained together:
 * `starting → running (steady ⇄ rolling) → draining → stopped`.
 *
 * It sees to it that there are always as many as there should be; how each comes and goes is the worker's own machine.
 */
import {
  assign,
  enqueueActions,
  fromCallback,
  sendTo,
  setup,
  stopChild,
  type AnyActorRef,
  type DoneActorEvent,
} from 'xstate';
import type { Ending } from './crew.ts';
import type { VersionWatch, VersionWatchOptions } from './new-version.ts';
import {
  describeEnding,
  workerMachine,
  type WorkerActor,
  type WorkerEnd,
  type WorkerInput,
  type WorkerNews,
} from './worker.ts';

export interface SupervisorInput extends Pick<
  WorkerInput,
  'fork' | 'logger' | 'random' | 'now' | 'overdueMs'
> {
  /** How many workers there are to be. */
  readonly workers: number;
  /** Looks for another version on disk, and tells of it. */
  readonly watchVersion: (onNew: VersionWatchOptions['onNew']) => Pick<VersionWatch, 'acknowledge' | 'end'>;
}

interface Entry {
  readonly id: string;
  readonly number: number;
  readonly actor: WorkerActor;
  readonly isListening: boolean;
}

export interface SupervisorContext extends SupervisorInput {
  /** All that are not gone. */
  readonly entries: readonly Entry[];
  /** What the last worker's id ends with. */
  readonly lastId: number;
  /** Where they listen, in words; unknown until one does. */
  readonly lines: readonly string[] | undefined;
  /** Why they could not start. */
  readonly problem: Problem | undefined;
  /** Those that are still to be replaced, the first one now. */
  readonly outdated: readonly Entry[];
  /** Who is to take the first one's place. */
  readonly replacement: string | undefined;
  /** Whether they are to be replaced once more, since somebody asked for it meanwhile. */
  readonly isAskedAgain: boolean;
  /** How those ended who were drained. */
  readonly ends: readonly WorkerEnd[];
}

export interface Problem {
  readonly reason: string;
  /** Whether it is what was asked for that cannot be. */
  readonly isMistake: boolean;
}

export type SupervisorEvent =
  | WorkerNews
  | DoneActorEvent<WorkerEnd> // a worker is gone, and will not be started again
  | { type: 'drain' } // it is over: all together
  | { type: 'restart'; cause: string }; // one after the other, with the code that is on disk now

/** How many early deaths of one worker are borne while none has ever listened. */
const borneFailures = 3;

/** How long a replacement may take until it is ready, from its start. */
const trialMs = 30_000;

interface Named {
  readonly id: string;
}

interface Restart {
  /** Why, in words. */
  readonly cause: string;
}

export const supervisorMachine = setup({
  types: {
    context: {} as SupervisorContext,
    input: {} as SupervisorInput,
    events: {} as SupervisorEvent,
  },
  actors: {
    worker: workerMachine,
    versionWatch: fromCallback<{ type: 'acknowledge' }, Pick<SupervisorInput, 'watchVersion'>>(
      ({ input, sendBack, receive }) => {
        const watch = input.watchVersion((version, before) =>
          sendBack({ type: 'restart', cause: `version ${version} in place of ${before}` }),
        );
        receive(() => watch.acknowledge());
        return () => watch.end();
      },
    ),
  },
  delays: { trial: trialMs },
  guards: {
    isLastToListen: ({ context }, { id }: Named) =>
      context.entries.every((entry) => entry.isListening || entry.id === id),
    isHopeless: ({ context }, { failures, ending }: { failures: number; ending: Ending }) =>
      context.lines === undefined && (ending.hopeless !== undefined || failures >= borneFailures),
    isReplacement: ({ context }, { id }: Named) => context.replacement === id,
    isOutdated: ({ context }, { id }: Named) => context.outdated[0]?.id === id,
    isLastOutdated: ({ context }, { id }: Named) =>
      context.outdated.length === 1 && context.outdated[0]?.id === id,
    isNobodyLeft: ({ context }) => context.entries.length === 0,
    isAskedAgain: ({ context }) => context.isAskedAgain,
  },
  actions: {
    startAll: assign(({ context, spawn, self }) => {
      let next: Pick<SupervisorContext, 'lastId' | 'entries'> = context;
      for (let number = 1; number <= context.workers; number += 1) {
        const input = inputOf({ ...context, ...next }, { number, isOnTrial: false }, self);
        next = withEntry(next, number, spawn('worker', { id: input.id, input }));
      }
      return next;
    }),
    recordListening: assign(({ context }, { id, lines }: { id: string; lines: readonly string[] }) => ({
      lines: context.lines ?? lines,
      entries: context.entries.map((entry) => ({
        ...entry,
        isListening: entry.isListening || entry.id === id,
      })),
    })),
    recordProblem: assign(
      ({ context }, { id, failures, ending }: Extract<WorkerNews, { type: 'worker.died' }>) => {
        const number = context.entries.find((entry) => entry.id === id)?.number;
        const { hopeless } = ending;
        const reason = `worker ${number} ${describeEnding(ending)}, ${failures} times, before it listened`;
        return { problem: { reason: hopeless ?? reason, isMistake: hopeless !== undefined } };
      },
    ),
    forget: assign({
      entries: ({ context }, { id }: Named) => context.entries.filter((entry) => entry.id !== id),
    }),
    recordEnd: assign({ ends: ({ context }, end: WorkerEnd) => [...context.ends, end] }),
    stopWorker: stopChild((_, { id }: Named) => id),
    drainAll: enqueueActions(({ enqueue, context }) => {
      for (const { actor } of context.entries) enqueue.sendTo(actor, { type: 'drain', reason: 'stopping' });
    }),

    // A rolling restart
    listOutdated: assign({ outdated: ({ context }) => context.entries, isAskedAgain: false }),
    startReplacement: assign(({ context, spawn, self }) => {
      const number = context.outdated[0]?.number ?? 0;
      const input = inputOf(context, { number, isOnTrial: true }, self);
      const next = withEntry(context, number, spawn('worker', { id: input.id, input }));
      return { ...next, replacement: input.id };
    }),
    drainOutdated: enqueueActions(({ enqueue, context }) => {
      const [outdated] = context.outdated;
      if (outdated) enqueue.sendTo(outdated.actor, { type: 'drain', reason: 'replaced' });
    }),
    drainReplacement: enqueueActions(({ enqueue, context }) => {
      const replacement = context.entries.find(({ id }) => id === context.replacement);
      if (replacement) enqueue.sendTo(replacement.actor, { type: 'drain', reason: 'replaced' });
    }),
    nextOutdated: assign({ outdated: ({ context }) => context.outdated.slice(1) }),
    endRolling: assign({ outdated: [], replacement: undefined }),
    askAgain: assign({ isAskedAgain: true }),
    acknowledgeVersion: sendTo('versionWatch', { type: 'acknowledge' }),

    logAsked: ({ context }, { cause }: Restart) => context.logger.info(`${cause}: a rolling restart begins`),
    logRolling: ({ context }) =>
      context.logger.info(`rolling restart of ${context.workers} workers, one after the other`),
    logRolled: ({ context }) =>
      context.logger.info(`rolling restart done: all ${context.workers} workers are replaced`),
    logGivenUp: ({ context }, { reason }: { reason: string }) => {
      const [{ number } = { number: 0 }, ...others] = context.outdated;
      const whoElse = others.length === 0 ? '' : ', and so do those after it';
      context.logger.error(
        `rolling restart given up: the replacement of worker ${number} ${reason}; the old one stays${whoElse}`,
      );
    },
    logAskedAgain: ({ context }, { cause }: Restart) =>
      context.logger.warn(`${cause}: a rolling restart is under way; another one follows it`),
    logTooEarly: ({ context }, { cause }: Restart) =>
      context.logger.warn(`${cause}: ignored, for the workers are only starting`),
    logTooLate: ({ context }, { cause }: Restart) =>
      context.logger.warn(`${cause}: ignored, for the workers are draining`),
  },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => ({
    ...input,
    entries: [],
    lastId: 0,
    lines: undefined,
    problem: undefined,
    outdated: [],
    replacement: undefined,
    isAskedAgain: false,
    ends: [],
  }),
  initial: 'starting',
  states: {
    starting: {
      entry: 'startAll',
      on: {
        'worker.listening': [
          {
            guard: { type: 'isLastToListen', params: ({ event }) => event },
            target: 'running',
            actions: { type: 'recordListening', params: ({ event }) => event },
          },
          { actions: { type: 'recordListening', params: ({ event }) => event } },
        ],
        'worker.died': {
          guard: { type: 'isHopeless', params: ({ event }) => event },
          target: 'draining',
          actions: { type: 'recordProblem', params: ({ event }) => event },
        },
        restart: { actions: { type: 'logTooEarly', params: ({ event }) => event } },
        drain: 'draining',
      },
    },
    running: {
      invoke: {
        id: 'versionWatch',
        src: 'versionWatch',
        input: ({ context: { watchVersion } }) => ({ watchVersion }),
      },
      initial: 'steady',
      on: { drain: 'draining' },
      states: {
        steady: {
          entry: 'endRolling',
          always: { guard: 'isAskedAgain', target: 'rolling' },
          on: {
            restart: { target: 'rolling', actions: { type: 'logAsked', params: ({ event }) => event } },
          },
        },
        rolling: {
          entry: ['logRolling', 'listOutdated', 'acknowledgeVersion'],
          initial: 'replacing',
          on: {
            restart: {
              actions: ['askAgain', { type: 'logAskedAgain', params: ({ event }) => event }],
            },
            'xstate.done.actor.*': {
              guard: { type: 'isReplacement', params: ({ event }) => event.output },
              target: 'steady',
              actions: [
                {
                  type: 'logGivenUp',
                  params: ({ event }) => ({ reason: describeEnding(event.output.ending) }),
                },
                { type: 'forget', params: ({ event }) => event.output },
                { type: 'stopWorker', params: ({ event }) => event.output },
              ],
            },
          },
          states: {
            replacing: {
              entry: 'startReplacement',
              on: {
                'worker.ready': {
                  guard: { type: 'isReplacement', params: ({ event }) => event },
                  target: 'retiring',
                },
              },
              after: { trial: 'rejecting' },
            },
            rejecting: {
              entry: [
                'drainReplacement',
                { type: 'logGivenUp', params: { reason: `is not ready after ${trialMs} ms` } },
              ],
              on: {
                'xstate.done.actor.*': {
                  guard: { type: 'isReplacement', params: ({ event }) => event.output },
                  target: '#supervisor.running.steady',
                  actions: [
                    { type: 'forget', params: ({ event }) => event.output },
                    { type: 'stopWorker', params: ({ event }) => event.output },
                  ],
                },
              },
            },
            retiring: {
              entry: 'drainOutdated',
              on: {
                'xstate.done.actor.*': [
                  {
                    guard: { type: 'isLastOutdated', params: ({ event }) => event.output },
                    target: '#supervisor.running.steady',
                    actions: [
                      { type: 'forget', params: ({ event }) => event.output },
                      { type: 'stopWorker', params: ({ event }) => event.output },
                      'logRolled',
                    ],
                  },
                  {
                    guard: { type: 'isOutdated', params: ({ event }) => event.output },
                    target: 'replacing',
                    actions: [
                      { type: 'forget', params: ({ event }) => event.output },
                      { type: 'stopWorker', params: ({ event }) => event.output },
                      'nextOutdated',
                    ],
                  },
                ],
              },
            },
          },
        },
      },
    },
    draining: {
      entry: 'drainAll',
      always: { guard: 'isNobodyLeft', target: 'stopped' },
      on: {
        'xstate.done.actor.*': {
          actions: [
            { type: 'recordEnd', params: ({ event }) => event.output },
            { type: 'forget', params: ({ event }) => event.output },
            { type: 'stopWorker', params: ({ event }) => event.output },
          ],
        },
        restart: { actions: { type: 'logTooLate', params: ({ event }) => event } },
      },
    },
    stopped: { type: 'final' },
  },
});

/** @returns what a further worker works with, under an id that no other has had. */
function inputOf(
  { fork, logger, random, now, overdueMs, lastId }: SupervisorContext,
  place: Pick<WorkerInput, 'number' | 'isOnTrial'>,
  supervisor: AnyActorRef,
): WorkerInput {
  return { ...place, id: `worker-${lastId + 1}`, fork, supervisor, logger, random, now, overdueMs };
}

function withEntry(
  { lastId, entries }: Pick<SupervisorContext, 'lastId' | 'entries'>,
  number: number,
  actor: WorkerActor,
): Pick<SupervisorContext, 'lastId' | 'entries'> {
  return { lastId: lastId + 1, entries: [...entries, { id: actor.id, number, actor, isListening: false }] };
}

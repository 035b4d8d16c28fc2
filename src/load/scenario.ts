/**
 * The scenario of a load test: one user joins to see that it works, the others ramp up behind it, all talk until the
 * time is over; then they wait for their answers, and leave.
 */
import { assign, fromCallback, setup } from 'xstate';
import type { Clock } from '../clock.ts';
import { Crowd, type CrowdEdge } from './crowd.ts';
import { showDuration, showNumber } from './format.ts';
import type { Point } from './timeline.ts';
import type { Run } from './virtual-user.ts';

/** What a load test does, and to whom. */
export interface Scenario {
  /** The server's, as `ws://host:port` with nothing behind. */
  readonly url: string;
  readonly vus: number;
  /** Of the whole test, its ramp included. */
  readonly durationMs: number;
  /** In which the users come, evenly. */
  readonly rampMs: number;
  readonly rooms: number;
  /** Messages a second of each user. */
  readonly rate: number;
  readonly payloadBytes: number;
}

/** @returns what a load test does, in words. */
export function describeScenario(scenario: Scenario): string {
  const { vus, rooms, rate, payloadBytes, durationMs, rampMs } = scenario;
  const users = `${showNumber(vus, 'virtual user')} in ${showNumber(rooms, 'room')}`;
  const talk =
    rate === 0 ? 'only listening' : `each ${showNumber(rate, 'message')} of ${payloadBytes} bytes a second`;
  return `${users}, ${talk}, for ${showDuration(durationMs)} (ramp ${showDuration(rampMs)})`;
}

export interface ScenarioInput {
  readonly scenario: Scenario;
  readonly run: Run;
  /** Is told what happened in each second. */
  readonly onSample: (point: Point) => void;
}

interface ScenarioContext extends ScenarioInput {
  readonly crowd: Crowd;
  /** Why nobody could join, in words. */
  readonly problem: string | undefined;
  readonly isInterrupted: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
}

export type ScenarioEvent = CrowdEdge | { type: 'stop' }; // it shall end before its time

export interface ScenarioOutput {
  readonly problem: string | undefined;
  readonly isInterrupted: boolean;
  /** From the first user's joining until nobody says anything more. */
  readonly elapsedMs: number;
}

/** How long the first user may take to join. */
const joinWaitMs = 10_000;

/** How long the last messages may take to come back, and a server to say goodbye to all. */
const answerWaitMs = 2_000;
const closeWaitMs = 5_000;

const sampleMs = 1_000;

const ramp = fromCallback<{ type: 'none' }, { crowd: Crowd; scenario: Scenario; clock: Clock }>(
  ({ input }) => {
    const { crowd, scenario, clock } = input;
    const startedAt = clock.now();
    let timer: unknown;
    const grow = () => {
      const share = scenario.rampMs === 0 ? 1 : Math.min(1, (clock.now() - startedAt) / scenario.rampMs);
      while (crowd.size < Math.floor(scenario.vus * share)) crowd.grow();
      if (crowd.size < scenario.vus)
        timer = clock.setTimeout(grow, Math.max(1, scenario.rampMs / scenario.vus));
    };
    grow();
    return () => clock.clearTimeout(timer);
  },
);

const sampler = fromCallback<{ type: 'none' }, ScenarioInput>(({ input }) => {
  const { statistics, clock, startedAt } = input.run;
  const sample = () => input.onSample(statistics.sample(clock.now() - startedAt));
  let timer: unknown;
  const sampleAgain = () => {
    timer = clock.setTimeout(() => {
      // The next one first: whoever hears a sample may end it all.
      sampleAgain();
      sample();
    }, sampleMs);
  };
  sampleAgain();
  return () => {
    clock.clearTimeout(timer);
    sample();
  };
});

export const scenarioMachine = setup({
  types: {
    context: {} as ScenarioContext,
    input: {} as ScenarioInput,
    events: {} as ScenarioEvent,
    output: {} as ScenarioOutput,
  },
  actors: { ramp, sampler },
  delays: {
    joinWait: joinWaitMs,
    duration: ({ context }) => context.scenario.durationMs,
    answerWait: answerWaitMs,
    closeWait: closeWaitMs,
  },
  actions: {
    grow: ({ context }) => context.crowd.grow(),
    quieten: ({ context }) => context.crowd.quieten(),
    leave: ({ context }) => context.crowd.leave(),
    terminate: ({ context }) => context.crowd.terminate(),
    markStart: assign({ startedAt: ({ context }) => context.run.clock.now() }),
    markEnd: assign({ endedAt: ({ context }) => context.run.clock.now() }),
    interrupt: assign({ isInterrupted: true }),
    recordProblem: assign((_, { reason }: { reason: string }) => ({ problem: reason })),
  },
}).createMachine({
  id: 'scenario',
  context: ({ input, self }) => ({
    ...input,
    crowd: new Crowd(input.run, (edge) => self.send(edge)),
    problem: undefined,
    isInterrupted: false,
    startedAt: 0,
    endedAt: 0,
  }),
  output: ({ context }) => ({
    problem: context.problem,
    isInterrupted: context.isInterrupted,
    elapsedMs: context.endedAt - context.startedAt,
  }),
  initial: 'joining',
  states: {
    joining: {
      entry: 'grow',
      on: {
        joined: 'running',
        refused: { target: 'leaving', actions: { type: 'recordProblem', params: ({ event }) => event } },
        stop: { target: 'leaving', actions: 'interrupt' },
      },
      after: {
        joinWait: {
          target: 'leaving',
          actions: {
            type: 'recordProblem',
            params: { reason: `no welcome came within ${joinWaitMs / 1_000} s; is it a hubbub server?` },
          },
        },
      },
    },
    running: {
      entry: 'markStart',
      invoke: [
        {
          src: 'ramp',
          input: ({ context }) => ({
            crowd: context.crowd,
            scenario: context.scenario,
            clock: context.run.clock,
          }),
        },
        { src: 'sampler', input: ({ context }) => context },
      ],
      after: { duration: 'settling' },
      on: { stop: { target: 'settling', actions: 'interrupt' } },
      exit: 'markEnd',
    },
    settling: {
      entry: 'quieten',
      on: { settled: 'leaving' },
      after: { answerWait: 'leaving' },
    },
    leaving: {
      entry: 'leave',
      on: { emptied: 'left' },
      after: { closeWait: { actions: 'terminate' } },
    },
    left: { type: 'final' },
  },
});

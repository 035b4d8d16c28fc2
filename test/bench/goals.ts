/**
 * The goals: the figures to reach, as ratios in one run wherever that is possible, so that they mean the same on
 * any machine. They are shown beside the figures and judge nothing: a timed test that fails on a busy machine is no test.
 */
import type { FigureName, Figures } from './figures.ts';
import type { CaseResult, GoalResult } from './results.ts';

interface Goal {
  readonly case: string;
  readonly words: string;
  readonly bound: 'at most' | 'at least';
  readonly value: number;
  readonly digits: number;
  /** @returns the figure; undefined where the case lacks a contender that it needs. */
  readonly figure: (result: CaseResult) => number | undefined;
}

/** @returns a figure of one contender divided by another's: the median of the rounds' own ratios. */
function ratio(figure: FigureName, over: string, under: string) {
  return (result: CaseResult): number | undefined => {
    const [overs, unders] = [trialsOf(result, over), trialsOf(result, under)];
    const ratios = overs.flatMap((trial, round) => {
      const [a, b] = [trial[figure], unders[round]?.[figure]];
      return a === undefined || b === undefined ? [] : a / b;
    });
    return ratios.toSorted((a, b) => a - b)[ratios.length >> 1];
  };
}

function median(figure: FigureName, name: string) {
  return (result: CaseResult): number | undefined =>
    result.contenders.find((contender) => contender.name === name)?.median[figure];
}

function trialsOf(result: CaseResult, name: string): readonly Figures[] {
  return result.contenders.find((contender) => contender.name === name)?.trials ?? [];
}

function cpuGoal(caseName: string, peer: string, value: number): Goal {
  return {
    case: caseName,
    words: `CPU per delivery ÷ ${peer}`,
    bound: 'at most',
    value,
    digits: 2,
    figure: ratio('cpuPerDelivery', 'hubbub', peer),
  };
}

function noneGoal(caseName: string, figure: 'closed' | 'lost', peer = 'hubbub'): Goal {
  const what = figure === 'closed' ? 'members closed' : 'deliveries lost';
  const words = peer === 'hubbub' ? what : `${what}, ${peer}`;
  return { case: caseName, words, bound: 'at most', value: 0, digits: 0, figure: median(figure, peer) };
}

const goals: readonly Goal[] = [
  cpuGoal('100x10', 'limit', 1.1),
  cpuGoal('1000x10', 'limit', 1.1),
  cpuGoal('100-rooms', 'limit', 1.1),
  cpuGoal('1000x1', 'limit', 1.15),
  cpuGoal('1000x10', 'plain ws', 0.08),
  cpuGoal('1000x10', 'Socket.IO', 0.06),
  cpuGoal('1000x1', 'plain ws', 0.75),
  cpuGoal('burst', 'limit', 1.15),
  noneGoal('burst', 'closed'),
  noneGoal('burst', 'lost'),
  {
    case: 'compression',
    words: 'CPU per delivery, compressed ÷ uncompressed',
    bound: 'at most',
    value: 1.3,
    digits: 2,
    figure: ratio('cpuPerDelivery', 'hubbub --compress', 'hubbub'),
  },
  {
    case: 'compression',
    words: "CPU per delivery, ws's per-client deflate ÷ ours",
    bound: 'at least',
    value: 10,
    digits: 1,
    figure: ratio('cpuPerDelivery', 'ws deflate', 'hubbub --compress'),
  },
  {
    case: 'slow-consumer',
    words: "the others' p99, with a slow consumer ÷ without",
    bound: 'at most',
    value: 1.1,
    digits: 2,
    figure: ratio('p99', 'with one', 'without a slow consumer'),
  },
  {
    case: 'inspector',
    words: 'CPU per delivery, nobody watches ÷ without an inspector',
    bound: 'at most',
    value: 1.01,
    digits: 2,
    figure: ratio('cpuPerDelivery', 'nobody watches', 'without an inspector'),
  },
  {
    case: 'inspector',
    words: 'CPU per delivery, one viewer ÷ nobody watches',
    bound: 'at most',
    value: 1.15,
    digits: 2,
    figure: ratio('cpuPerDelivery', 'one viewer', 'nobody watches'),
  },
  {
    case: 'connection-storm',
    words: 'accept rate ÷ bare ws upgrade',
    bound: 'at least',
    value: 0.6,
    digits: 2,
    figure: ratio('acceptsPerSecond', 'hubbub', 'bare upgrade'),
  },
  {
    case: 'join-storm',
    words: 'time into one room ÷ into 1,000 rooms',
    bound: 'at most',
    value: 2,
    digits: 2,
    figure: ratio('joinTime', 'into one room', 'into 1,000 rooms'),
  },
  {
    case: 'idle',
    words: 'KB of RSS per idle connection',
    bound: 'at most',
    value: 14,
    digits: 1,
    figure: median('rssPerConnection', 'hubbub'),
  },
  noneGoal('hold', 'closed'),
  noneGoal('hold', 'lost'),
  noneGoal('hold', 'closed', 'two workers'),
  noneGoal('hold', 'lost', 'two workers'),
];

/** @returns every goal for which there is a figure. */
export function judge(results: readonly CaseResult[]): GoalResult[] {
  return goals.flatMap((goal) => {
    const result = results.find(({ name }) => name === goal.case);
    const figure = result && goal.figure(result);
    return figure === undefined ? [] : judgeOne(goal, figure);
  });
}

function judgeOne(goal: Goal, figure: number): GoalResult {
  const atMost = goal.bound === 'at most';
  const shown = figure.toFixed(goal.digits);
  const bound = goal.value.toFixed(goal.digits);
  return {
    case: goal.case,
    words: goal.words,
    figure: shown,
    goal: goal.value === 0 ? '0' : `${atMost ? '≤' : '≥'} ${bound}`,
    // Judged as shown: 1.104 is shown as 1.10, and reads as met.
    met: atMost ? Number(shown) <= goal.value : Number(shown) >= goal.value,
  };
}

/** Results are what a run of the benchmark came to: the shape of `results/latest.json`. */
import type { FigureName } from './figures.ts';
import type { Contender } from './measure/interleave.ts';
import type { Machine } from './report/machine.ts';

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly shows: readonly FigureName[];
  readonly contenders: readonly Contender[];
  /** Where it was taken in another run than most: RFC 3339, UTC. */
  readonly takenAt?: string;
}

/** A goal and the figure beside it. */
export interface GoalResult {
  readonly case: string;
  readonly words: string;
  /** The goal as one reads it: `≤ 1.10`. */
  readonly goal: string;
  /** The figure as one reads it. */
  readonly figure: string;
  readonly met: boolean;
}

export interface Results {
  readonly machine: Machine;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly cases: readonly CaseResult[];
  readonly goals: readonly GoalResult[];
}

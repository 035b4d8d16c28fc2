/**
 * A threshold is what a figure of a load test has to be: `p95<200`, `lost==0`. One that fails makes the exit code 99.
 */
import { ConfigError } from '../config.ts';
import type { Statistics } from './statistics.ts';

/** A failed threshold's exit code, which is k6's. */
export const failedExitCode = 99;

export interface Threshold {
  /** As it was written. */
  readonly text: string;
  /** The figure's name, as in `p95`. */
  readonly figure: string;
  readonly operator: Operator;
  /** In the figure's own unit. */
  readonly bound: number;
}

export interface Verdict {
  readonly threshold: Threshold;
  /** Undefined where there is no figure, since nothing was measured: then the threshold failed. */
  readonly value: number | undefined;
  readonly unit: Unit;
  readonly passed: boolean;
}

type Unit = 'ms' | '%' | '';

interface Figure {
  readonly unit: Unit;
  readonly read: (statistics: Statistics) => number | undefined;
}

const operators = {
  '<=': (value: number, bound: number) => value <= bound,
  '>=': (value: number, bound: number) => value >= bound,
  '==': (value: number, bound: number) => value === bound,
  '<': (value: number, bound: number) => value < bound,
  '>': (value: number, bound: number) => value > bound,
};
type Operator = keyof typeof operators;

const figures: Readonly<Record<string, Figure>> = {
  avg: latency((statistics) => statistics.latency.average),
  min: latency((statistics) => statistics.latency.min),
  med: latency((statistics) => statistics.latency.percentile(50)),
  max: latency((statistics) => statistics.latency.max),
  checks: { unit: '%', read: checksPassed },
  lost: { unit: '', read: ({ lost }) => lost },
  duplicated: { unit: '', read: ({ duplicated }) => duplicated },
  unanswered: { unit: '', read: unanswered },
  errors: { unit: '', read: ({ errors }) => errors.total },
  sessions: { unit: '', read: ({ sessions }) => sessions },
  sent: { unit: '', read: ({ sent }) => sent },
  received: { unit: '', read: ({ received }) => received },
};

/** What may stand in a threshold, in words. */
export const figureNames = ['p95 (or any percentile)', ...Object.keys(figures)].join(', ');

/**
 * Reads a threshold: a figure, an operator and a number, which may have the figure's unit. Percentiles may be
 * written as in k6: `p(95)<200`.
 * @throws ConfigError when it is none.
 */
export function parseThreshold(text: string): Threshold {
  const [, name, operator, number, unit] =
    /^\s*([\w.()]+)\s*(<=|>=|==|<|>)\s*(\d+(?:\.\d+)?)\s*(ms|s|%)?\s*$/.exec(text) ?? [];
  if (name === undefined || number === undefined) {
    throw mistake(text, 'must be a figure, one of < <= > >= ==, and a number, such as p95<200');
  }
  const figure = name.replace(/^p\((.*)\)$/, 'p$1');
  const known = figureOf(figure);
  if (known === undefined) throw mistake(text, `"${name}" is none of ${figureNames}`);
  const factor = unit === 's' && known.unit === 'ms' ? 1_000 : 1;
  if (unit !== undefined && factor === 1 && unit !== known.unit) {
    throw mistake(text, `${name} is not measured in ${unit}`);
  }
  return { text, figure, operator: operator as Operator, bound: Number(number) * factor };
}

/** @returns whether the threshold holds for what was measured, with the figure that says so. */
export function judge(threshold: Threshold, statistics: Statistics): Verdict {
  const figure = figureOf(threshold.figure);
  const value = figure?.read(statistics);
  const passed = value !== undefined && operators[threshold.operator](value, threshold.bound);
  return { threshold, value, unit: figure?.unit ?? '', passed };
}

/** Messages that were sent and never came back, nor were refused. */
export function unanswered({ abandoned, inFlight }: Statistics): number {
  return abandoned + inFlight;
}

function figureOf(name: string): Figure | undefined {
  const [, percent] = /^p(\d+(?:\.\d+)?)$/.exec(name) ?? [];
  if (percent === undefined) return Object.hasOwn(figures, name) ? figures[name] : undefined;
  if (Number(percent) > 100) return undefined;
  return latency((statistics) => statistics.latency.percentile(Number(percent)));
}

/** A figure of the latency: there is none where no message came back. */
function latency(read: (statistics: Statistics) => number): Figure {
  return {
    unit: 'ms',
    read: (statistics) => (statistics.latency.count === 0 ? undefined : read(statistics)),
  };
}

function checksPassed({ statusCheck, typeCheck }: Statistics): number | undefined {
  const passes = statusCheck.passes + typeCheck.passes;
  const total = passes + statusCheck.fails + typeCheck.fails;
  return total === 0 ? undefined : (100 * passes) / total;
}

function mistake(text: string, reason: string): ConfigError {
  return new ConfigError(`--threshold ${text}: ${reason}`);
}

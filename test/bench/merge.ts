/** Merging results: a case that was measured by itself takes its place among those of a whole run. */
import { judge } from './goals.ts';
import type { CaseResult, Results } from './results.ts';

/** Puts what was measured again, or besides, in the place of what a whole run had come to. */
export function merged(whole: Results, part: Results): Results {
  const again = part.cases.map((result): CaseResult => ({ ...result, takenAt: part.startedAt }));
  const names = new Set(again.map(({ name }) => name));
  const kept = whole.cases.filter(({ name }) => !names.has(name));
  const results = [...kept, ...again];
  return { ...whole, cases: results, goals: judge(results) };
}

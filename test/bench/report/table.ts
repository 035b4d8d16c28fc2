/** Tables of results, for the terminal and as Markdown. */
import { figures, showFigure } from '../figures.ts';
import type { CaseResult, GoalResult, Results } from '../results.ts';
import { showMachine } from './machine.ts';

/** A head and rows; all cells but the first of each row are set to the right. */
export type Table = readonly (readonly string[])[];

export function caseTable({ shows, contenders }: CaseResult): Table {
  const names = shows.filter((name) => contenders.some(({ median }) => median[name] !== undefined));
  return [
    ['', ...names.map((name) => figures[name].label)],
    ...contenders.map(({ name: contender, median }) => [
      contender,
      ...names.map((name) => {
        const value = median[name];
        return value === undefined ? '–' : showFigure(name, value);
      }),
    ]),
  ];
}

export function goalTable(goals: readonly GoalResult[]): Table {
  return [
    ['', 'figure', 'goal', ''],
    ...goals.map(({ case: name, words, figure, goal, met }) => [
      `${name}: ${words}`,
      figure,
      goal,
      met ? 'met' : 'missed',
    ]),
  ];
}

/** @returns the table in columns, as text. */
export function toText(table: Table): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `  ${line}\n`).join('');
}

function toMarkdown(table: Table): string {
  const [head, ...rows] = table;
  const rule = head!.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head!, rule, ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
}

function takenWords({ takenAt }: CaseResult): string {
  return takenAt === undefined ? '' : `, taken by itself ${takenAt}`;
}

/** @returns `latest.md`. */
export function resultsAsMarkdown({ machine, startedAt, seconds, rounds, cases, goals }: Results): string {
  const sections = cases.map(
    (result) =>
      `### ${result.title}\n\n\`--case ${result.name}\`${takenWords(result)}\n\n${toMarkdown(caseTable(result))}`,
  );
  return [
    '# Benchmark\n',
    `${showMachine(machine)}. Taken ${startedAt} in ${Math.round(seconds)} s.\n`,
    `Each figure is the median of ${rounds} trials, taken in turn (A B A B); of members closed and deliveries lost, ` +
      'the worst trial. A ratio is the median of the rounds’ own ratios. CPU is user and system time of the ' +
      'server process; latency is taken at every member, from the moment at which a message was (or was due to be) sent.\n',
    `## Goals\n\n${toMarkdown(goalTable(goals))}`,
    '## Figures\n',
    ...sections,
  ].join('\n');
}

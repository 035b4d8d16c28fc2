/**
 * The benchmark: `npm run bench` measures this server beside its peers, on this machine and in the same run.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrograms, rootFolder } from './build.ts';
import { cases, type Case } from './cases.ts';
import { judge } from './goals.ts';
import { endChildren } from './ipc/parent.ts';
import { measure } from './measure/measure.ts';
import { merged } from './merge.ts';
import { peers } from './peers/catalogue.ts';
import { drawChart } from './report/chart.ts';
import { describeMachine, showMachine } from './report/machine.ts';
import { Progress } from './report/progress.ts';
import { caseTable, goalTable, resultsAsMarkdown, toText } from './report/table.ts';
import type { CaseResult, Results } from './results.ts';

const help = `npm run bench                         the standard matrix, in less than 6 minutes
npm run bench -- --case NAME          one case (several: repeat it); results are shown, not saved
npm run bench -- --list               the cases and the servers
npm run bench -- --rounds N           trials of each server and case (default 5)
npm run bench -- --case NAME --save   put them into the results of the last whole run
npm run bench -- --profile FOLDER     write CPU profiles of the servers there, for Chrome DevTools
`;

interface Options {
  readonly chosen: readonly Case[];
  readonly rounds: number;
  readonly save: boolean;
  /** Whether it is the standard matrix. */
  readonly isWhole: boolean;
  readonly serverFlags: readonly string[];
}

/** @throws Error, for the person who typed it, where the arguments make no sense. */
function readOptions(): Options | 'help' | 'list' {
  const { values } = parseArgs({
    options: {
      case: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '5' },
      save: { type: 'boolean', default: false },
      profile: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.list) return 'list';
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds}: not a number of trials`);
  return {
    chosen: values.case?.map(findCase) ?? cases.filter(({ standard }) => standard),
    rounds,
    save: values.save || values.case === undefined,
    isWhole: values.case === undefined,
    serverFlags: values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`],
  };
}

function findCase(name: string): Case {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) {
    throw new Error(`--case ${name}: there are ${cases.map((one) => one.name).join(', ')}`);
  }
  return found;
}

function showList(): void {
  const caseRows = cases.map(
    ({ name, title, standard }) => `  ${name.padEnd(18)}${title}${standard ? '' : ' (only when named)'}`,
  );
  const peerRows = Object.entries(peers).map(([name, { meaning }]) => `  ${name.padEnd(18)}${meaning}`);
  console.log(['Cases', ...caseRows, '', 'Servers', ...peerRows].join('\n'));
}

async function run({ chosen, rounds, serverFlags }: Options): Promise<Results> {
  const progress = new Progress();
  const machine = describeMachine();
  console.log(`${showMachine(machine)}\n`);
  const startedMs = Date.now();
  const results: CaseResult[] = [];
  for (const [index, { name, title, shows, measurement }] of chosen.entries()) {
    progress.begin(`${index + 1} of ${chosen.length}: ${name}`);
    const contenders = await measure(measurement, {
      rounds,
      serverFlags,
      progress: (what) => progress.step(what),
    });
    const result = { name, title, shows, contenders };
    results.push(result);
    progress.clear();
    console.log(`${title}\n${toText(caseTable(result))}`);
  }
  return {
    machine,
    startedAt: new Date(startedMs).toISOString(),
    seconds: (Date.now() - startedMs) / 1_000,
    rounds,
    cases: results,
    goals: judge(results),
  };
}

function save(taken: Results, isWhole: boolean): void {
  const folder = join(import.meta.dirname, 'results');
  const file = join(folder, 'latest.json');
  mkdirSync(folder, { recursive: true });
  const results =
    isWhole || !existsSync(file) ? taken : merged(JSON.parse(readFileSync(file, 'utf8')) as Results, taken);
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(join(folder, 'latest.md'), resultsAsMarkdown(results));
  const chart = drawChart(results);
  if (chart !== undefined) writeFileSync(join(folder, 'latest.svg'), chart);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === 'help') return console.log(help);
  if (options === 'list') return showList();
  process.chdir(rootFolder);
  buildPrograms();
  const results = await run(options);
  if (results.goals.length > 0) console.log(`Goals\n${toText(goalTable(results.goals))}`);
  console.log(`${Math.round(results.seconds)} s`);
  if (options.save) save(results, options.isWhole);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    endChildren();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  endChildren();
}

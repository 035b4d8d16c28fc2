/**
 * Generate writes the diagrams of this folder, as Mermaid text and as SVG, from the machines that run and from
 * recorded runs, and the README's tables from the code.
 */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyStateMachine } from 'xstate';
import { memoryBrokerMachine } from '../src/brokers/memory.ts';
import { redisBrokerMachine } from '../src/brokers/redis/machine.ts';
import { roomMachine } from '../src/client/machine.ts';
import { connectionMachine } from '../src/connection.ts';
import { toSequence } from '../src/inspector/sequence.ts';
import { toMermaid } from '../src/inspector/statechart.ts';
import { serverMachine } from '../src/server.ts';
import { supervisorMachine } from '../src/workers/supervisor.ts';
import { workerMachine } from '../src/workers/worker.ts';
import { renderSvg } from './render.ts';
import { scenarios } from './scenarios.ts';
import { withTables } from './tables.ts';

const folder = path.dirname(fileURLToPath(import.meta.url));

const readme = path.join(folder, '../README.md');

const machines: readonly { name: string; machine: AnyStateMachine }[] = [
  { name: 'connection', machine: connectionMachine },
  { name: 'server', machine: serverMachine },
  { name: 'broker', machine: memoryBrokerMachine },
  { name: 'redis-broker', machine: redisBrokerMachine },
  { name: 'client', machine: roomMachine },
  { name: 'worker', machine: workerMachine },
  { name: 'supervisor', machine: supervisorMachine },
];

/** @returns the text of each file by its name, the same for the same machines. */
export async function generate(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { name, machine } of machines) {
    const mermaid = toMermaid(machine);
    files.set(`${name}.mmd`, mermaid);
    files.set(`${name}.svg`, renderSvg(mermaid, `The states of the ${name}`));
  }
  for (const scenario of scenarios) {
    const { name, title, participants } = scenario;
    const mermaid = toSequence(await scenario.run(), participants, title);
    files.set(`${name}.mmd`, mermaid);
    files.set(`${name}.svg`, renderSvg(mermaid, title));
  }
  return files;
}

/** @returns the text of each diagram that is in the folder, by its name. */
export async function existing(): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => /\.(?:mmd|svg)$/.test(name));
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const),
    ),
  );
}

async function main(): Promise<void> {
  const files = await generate();
  const outdated = [...(await existing()).keys()].filter((name) => !files.has(name));
  await Promise.all(outdated.map((name) => rm(path.join(folder, name))));
  await Promise.all([...files].map(([name, text]) => writeFile(path.join(folder, name), text)));
  await writeFile(readme, withTables(await readFile(readme, 'utf8')));
  console.log(`wrote ${[...files.keys()].join(', ')} and the README's tables`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

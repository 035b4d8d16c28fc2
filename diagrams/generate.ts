/**
 * Generate writes the diagrams of this folder, as Mermaid text and as SVG, from the machines that run.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyStateMachine } from 'xstate';
import { memoryBrokerMachine } from '../src/brokers/memory.ts';
import { connectionMachine } from '../src/connection.ts';
import { toMermaid } from '../src/inspector/statechart.ts';
import { serverMachine } from '../src/server.ts';
import { renderSvg } from './render.ts';

const folder = path.dirname(fileURLToPath(import.meta.url));

const machines: readonly { name: string; machine: AnyStateMachine }[] = [
  { name: 'connection', machine: connectionMachine },
  { name: 'server', machine: serverMachine },
  { name: 'broker', machine: memoryBrokerMachine },
];

/** @returns the text of each file by its name, the same for the same machines. */
export async function generate(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { name, machine } of machines) {
    const mermaid = toMermaid(machine);
    files.set(`${name}.mmd`, mermaid);
    files.set(`${name}.svg`, renderSvg(mermaid, `The states of the ${name}`));
  }
  return files;
}

/** @returns the names of the diagrams that are in the folder, sorted. */
export async function existing(): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.(?:mmd|svg)$/.test(name)).toSorted();
}

async function main(): Promise<void> {
  const files = await generate();
  for (const name of await existing()) {
    if (!files.has(name)) await rm(path.join(folder, name));
  }
  for (const [name, text] of files) await writeFile(path.join(folder, name), text);
  console.log(`wrote ${[...files.keys()].join(', ')}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

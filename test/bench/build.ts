/**
 * Build compiles the programs that the benchmark runs, servers and load generator alike, so that what is measured
 * is plain JavaScript and no loader's output.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository. */
export const rootFolder = join(import.meta.dirname, '../..');

/** Where `tsconfig.json` puts the programs. */
export const programsFolder = join(rootFolder, 'node_modules/.cache/hubbub-bench');

/** @throws Error when there is no built server, or the programs do not compile. */
export function buildPrograms(): void {
  if (!existsSync(join(rootFolder, 'dist/index.js'))) throw new Error('no dist: run `npm run build` first');
  mkdirSync(programsFolder, { recursive: true });
  // A folder inside node_modules belongs to no package, and would be taken for CommonJS.
  writeFileSync(join(programsFolder, 'package.json'), '{ "type": "module" }\n');
  const compiler = join(rootFolder, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', import.meta.dirname], { stdio: 'inherit' });
}

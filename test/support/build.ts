/** Builds the program and the page before the tests, unless what is there is newer than all that it is made of. */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function setup(project: TestProject): Promise<void> {
  await build();
  project.onTestsRerun(build);
}

async function build(): Promise<void> {
  const [program, page, ...source] = await Promise.all([
    changedAt('dist/main.js'),
    changedAt('dist/web/index.html'),
    ...['package.json', 'package-lock.json', 'tsconfig.json'].map(changedAt),
    newestIn('src'),
  ]);
  if (Math.min(program, page) > Math.max(...source)) return;
  // Without the variables of the tests: NODE_ENV is `test` here, and the page would be another one than its users get.
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production' };
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: root, env });
}

async function newestIn(folder: string): Promise<number> {
  const names = await readdir(path.join(root, folder), { recursive: true });
  const times = await Promise.all(names.map((name) => changedAt(path.join(folder, name))));
  return Math.max(...times);
}

/** @returns when a file was changed last, or 0 where there is none. */
async function changedAt(name: string): Promise<number> {
  try {
    return (await stat(path.join(root, name))).mtimeMs;
  } catch {
    return 0;
  }
}

/** Builds the page before the tests, unless the one that is there is newer than all that it is made of. */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function setup(): Promise<void> {
  const [built, source] = await Promise.all([
    changedAt('dist/web/index.html'),
    Promise.all([changedAt('package-lock.json'), newestIn('src')]),
  ]);
  if (built > Math.max(...source)) return;
  // In a process of its own, for here NODE_ENV is `test`, and the page would be another one than its users get.
  const vite = path.join(root, 'node_modules/vite/bin/vite.js');
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, [vite, 'build', 'src/web', '--logLevel', 'warn'], {
    cwd: root,
    env,
  });
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

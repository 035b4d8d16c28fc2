/** Brings Redis before the tests, where there is none and this user may install it: its tests use real servers. */
import { spawnSync, type SpawnSyncOptions } from 'node:child_process';

export function setup(): void {
  if (works('redis-server', ['--version']) || process.getuid?.() !== 0 || !works('apt-get', ['--version']))
    return;
  console.log('installing redis-server for the tests');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options: SpawnSyncOptions = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], options);
}

function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

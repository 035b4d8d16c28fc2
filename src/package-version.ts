/** The version of the package, as its package.json has it. */
import { readFileSync } from 'node:fs';
import { packageFile } from './package-files.ts';

/** @throws where it cannot be read, or is not there. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version?: unknown };
  if (typeof version !== 'string') throw new TypeError('package.json has no version');
  return version;
}

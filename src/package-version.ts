/** The version of the package, as its package.json has it. */
import { readFileSync } from 'node:fs';
import { packageFile } from './package-files.ts';

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string };
  return version;
}

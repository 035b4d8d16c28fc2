/** The package's own files, and where they are: this one is one folder below its root both as source and as built, alone or bundled. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);

/** @param name as seen from the root, such as `dist/web/` */
export function packageFile(name: string): URL {
  return new URL(name, root);
}

/** @returns when a file of the built program was changed last: what is unpacked has kept its own times, but not this one. */
export function builtAt(): number {
  const folder = fileURLToPath(packageFile('dist/'));
  const names = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
  return Math.max(...names.map((name) => statSync(path.join(folder, name)).ctimeMs));
}

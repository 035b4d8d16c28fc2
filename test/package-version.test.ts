import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Installation } from './support/worker-server.ts';

test.each(['', '{"version": "9', 'null', '{}', '{"version": null}', '{"version": 9}'])(
  'a package.json that is %j has no version',
  async (text) => {
    const { program } = await Installation.make();
    const dist = path.dirname(program);
    const { packageVersion } = (await import(
      path.join(dist, 'package-version.js')
    )) as typeof import('../src/package-version.ts');
    await writeFile(path.join(dist, '../package.json'), '{"version": "9.0.0"}');
    expect(packageVersion()).toBe('9.0.0');
    await writeFile(path.join(dist, '../package.json'), text);
    expect(packageVersion).toThrow(/JSON|null|no version/);
  },
);

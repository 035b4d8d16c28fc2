import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Without XState, which a program that uses it has once. */
const budgetBytes = 6 * 1_024;

test('the client is small enough for any page', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/client/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['xstate'],
    write: false,
  });
  const [bundle] = outputFiles;
  const bytes = gzipSync(bundle?.contents ?? '', { level: 9 }).length;
  process.stdout.write(`hubbub/client: ${bytes} bytes, minified and gzipped, of at most ${budgetBytes}\n`);
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThanOrEqual(budgetBytes);
});

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { withTables } from '../diagrams/tables.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

test("the README's tables are those of the code (npm run diagrams writes them)", () => {
  expect(readme).toBe(withTables(readme));
});

test('every file that the README links to is there', async () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link ?? '');
  const local = links.filter((link) => !link.startsWith('http'));
  expect(local.length).toBeGreaterThan(20);
  for (const link of local) {
    await expect(
      readFile(new URL(`../${link}`, import.meta.url)).catch((error: NodeJS.ErrnoException) => error.code),
    ).resolves.not.toBe('ENOENT');
  }
});

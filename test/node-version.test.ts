import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeProblem } from '../src/node-version.ts';

test.each(['20.19.0', '20.20.2', '22.0.0', '100.0.0'])('Node %s runs hubbub', (version) => {
  expect(nodeProblem(version)).toBeUndefined();
});

test.each(['20.18.3', '20.9.0', '18.20.8', '8.17.0'])(
  'Node %s is told in one line that it is too old',
  (version) => {
    expect(nodeProblem(version)).toBe(`Node 20.19 or newer is needed, and this is Node ${version}`);
  },
);

test('the package asks for the same Node', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  expect(engines.node).toBe('>=20.19');
});

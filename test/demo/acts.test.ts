/** The restart demo at a small scale: its rows are what hubbub promises. */
import { expect, test } from 'vitest';
import { playActs } from './acts.ts';

/** All come back soon, but not so soon that the old server has to send them away for longer. */
const serverFlags = ['--reconnect-spread', '10s'];
const soon = () => 0.05;

test(
  'the acts lose nothing, and double nothing but where the server is killed',
  {
    timeout: 120_000,
  },
  async () => {
    const crowd = { members: 6, rooms: 2, paceMs: 150, random: soon };
    const results = await playActs({ ...crowd, calmMs: 300, serverFlags });
    expect(results.map(({ lost }) => lost)).toEqual([0, 0, 0]);
    expect(results.every(({ sent, acked }) => sent > 0 && acked === sent)).toBe(true);
    expect(results.map(({ delivered, told }) => delivered + told)).toEqual(results.map(({ due }) => due));
    const safe = results.filter(({ isSafe }) => isSafe);
    expect(safe.map(({ told, duplicated }) => told + duplicated)).toEqual([0, 0]);
  },
);

import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parseNews, type Change } from '../../../src/brokers/redis/feed.ts';
import { KeyError, Link } from '../../../src/brokers/redis/link.ts';
import { Roster } from '../../../src/brokers/redis/roster.ts';
import { namesOf } from '../../../src/brokers/redis/scripts.ts';
import { systemClock } from '../../../src/clock.ts';
import { hasRedis, RedisServer } from '../../support/redis.ts';
import { patient } from '../../support/test-server.ts';

const holdsMs = 60_000;
const { channel, members, servers } = namesOf('tea');
const key = `${members}here`;

const ann = { id: '1', name: 'ann' };
const bob = { id: '2', name: 'bob the second' };

describe.skipIf(!hasRedis)('a roster', patient, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(async () => {
    await redis.command('FLUSHALL');
  });
  afterAll(() => redis.stop());

  async function openLink(onNews: (message: string) => void = () => undefined): Promise<Link> {
    const link = await Link.open(
      { urls: [redis.url], clock: systemClock, patienceMs: 30_000, onNews, onLost: () => undefined },
      new AbortController().signal,
    );
    onTestFinished(() => link.end());
    return link;
  }

  const entries = async () => ((await redis.command('SMEMBERS', key)) as string[]).toSorted();

  test('is told as a set of ids with their names, which holds for a while', async () => {
    const link = await openLink();
    const roster = new Roster('tea', 'here');
    roster.enter(ann);
    roster.enter(bob);
    await roster.tell(link, holdsMs);
    expect(await redis.command('TYPE', key)).toBe('set');
    expect(await entries()).toEqual(['1 ann', '2 bob the second']);
    expect(await redis.command('PTTL', key)).toBeGreaterThan(holdsMs / 2);
    expect(await redis.command('PTTL', key)).toBeLessThanOrEqual(holdsMs);
    roster.leave(ann);
    roster.leave(bob);
    await roster.tell(link, holdsMs);
    expect(await redis.command('EXISTS', key, servers)).toBe(0);
  });

  test('with another name for an id while it is told -> has the new one alone', async () => {
    const link = await openLink();
    const roster = new Roster('tea', 'here');
    roster.enter(ann);
    const telling = roster.tell(link, holdsMs);
    roster.leave(ann);
    roster.enter({ ...ann, name: 'anna' });
    await telling;
    expect(await entries()).toEqual(['1 anna']);
  });

  test('that one enters and leaves between two tellings tells nobody of it', async () => {
    const heard: Change[] = [];
    const link = await openLink((message) => void heard.push(parseNews(message) as Change));
    await link.subscribe('tea', channel);
    const roster = new Roster('tea', 'here');
    roster.enter(ann);
    await roster.tell(link, holdsMs);
    roster.enter(bob);
    roster.leave(bob);
    await roster.tell(link, holdsMs);
    roster.leave(ann);
    await roster.tell(link, holdsMs);
    // What is published is heard before the answer to the next command of the same connection.
    await link.subscribe('tea', `${channel} too`);
    expect(heard).toMatchObject([
      { server: 'here', joined: 1, left: 0, name: 'ann' },
      { server: 'here', joined: 0, left: 1, name: 'ann' },
    ]);
  });

  test('that one leaves, enters and leaves between two tellings has it no more', async () => {
    const link = await openLink();
    const roster = new Roster('tea', 'here');
    roster.enter(ann);
    roster.enter(bob);
    await roster.tell(link, holdsMs);
    roster.leave(ann);
    roster.enter(ann);
    roster.leave(ann);
    await roster.tell(link, holdsMs);
    expect(await entries()).toEqual(['2 bob the second']);
  });

  test('whose set is not one -> fails, and is told whole the next time', async () => {
    const link = await openLink();
    const roster = new Roster('tea', 'here');
    roster.enter(ann);
    await roster.tell(link, holdsMs);
    await redis.command('SET', key, 'not ours');
    roster.enter(bob);
    await expect(roster.tell(link, holdsMs)).rejects.toThrow(KeyError);
    expect(roster.isTold(link)).toBe(false);
    await roster.tell(link, holdsMs);
    expect(await entries()).toEqual(['1 ann', '2 bob the second']);
  });

  test('whoever comes and goes whenever it is told, by whichever link, is those who are there', async () => {
    const links = [await openLink(), await openLink()];
    const anybody = { id: fc.constantFrom('1', '2'), name: fc.constantFrom('ann', 'bob') };
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record(anybody) },
      { weight: 2, arbitrary: fc.constant('tell' as const) },
      { weight: 2, arbitrary: fc.constant('look' as const) },
      { weight: 1, arbitrary: fc.constantFrom(0, 1) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await redis.command('FLUSHALL');
        const roster = new Roster('tea', 'here');
        const there = new Map<string, string>();
        let [link] = links as [Link];
        const tellings: Promise<void>[] = [];
        const look = async () => {
          await Promise.all(tellings);
          await roster.tell(link, holdsMs);
          expect(await entries()).toEqual([...there].map(([id, name]) => `${id} ${name}`).toSorted());
        };
        for (const doing of [...steps, 'look'] as const) {
          if (doing === 'tell') tellings.push(roster.tell(link, holdsMs));
          else if (doing === 'look') await look();
          else if (typeof doing === 'number') {
            await Promise.all(tellings);
            link = links[doing] as Link;
          } else {
            // Whoever is there goes, and is back at once where that is by another name.
            const { id, name } = doing;
            const before = there.get(id);
            if (before !== undefined) roster.leave({ id, name: before });
            there.delete(id);
            if (before === name) continue;
            roster.enter(doing);
            there.set(id, name);
          }
        }
        expect(roster.size).toBe(there.size);
      }),
      { numRuns: 50 },
    );
  });
});

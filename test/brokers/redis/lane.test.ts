import { describe, expect, test } from 'vitest';
import type { Publication } from '../../../src/broker.ts';
import { Lane } from '../../../src/brokers/redis/lane.ts';
import type { Link } from '../../../src/brokers/redis/link.ts';

const keeping = { historyMessages: 1, historyAgeMs: 1, dedupeWindowMs: 1, roomRate: 0, roomBurst: 1 };

function saying(content: string): Publication {
  return { id: content, room: 'tea', sender: 'ann', content, timestamp: 'now' };
}

interface Call {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

function laneWithSlowLink() {
  const told: string[] = [];
  const calls: Call[] = [];
  const lane = new Lane(
    'tea',
    {
      published: ({ content }, { offset }) => void told.push(`${content} is ${offset}`),
      refused: ({ content }) => void told.push(`${content} refused`),
      limited: ({ content }) => void told.push(`${content} limited`),
    },
    keeping,
  );
  const run = () => new Promise((resolve, reject) => calls.push({ resolve, reject }));
  return { lane, link: { run } as unknown as Link, told, calls };
}

describe('a lane', () => {
  test('refuses in time what is under way, and does not answer it again', async () => {
    const { lane, link, told, calls } = laneWithSlowLink();
    lane.add(saying('old'), 0);
    const sending = lane.send(link);
    lane.add(saying('newer'), 5);
    lane.expire(5);
    expect([told, lane.oldest]).toEqual([['old refused'], 5]);
    lane.expire(5);
    calls[0]?.resolve(['epoch', 1]);
    await Promise.resolve();
    await new Promise((resolve) => void setImmediate(resolve));
    calls[1]?.resolve(['epoch', 2]);
    await sending;
    expect([told, lane.depth]).toEqual([['old refused', 'newer is 2'], 0]);
  });

  test('sends again what had no answer, but not what was refused meanwhile', async () => {
    const { lane, link, told, calls } = laneWithSlowLink();
    lane.add(saying('old'), 0);
    lane.add(saying('newer'), 5);
    const sending = lane.send(link);
    lane.expire(5);
    calls[0]?.reject(new Error('away'));
    await expect(sending).rejects.toThrow('away');
    expect(lane.depth).toBe(1);
    const again = lane.send(link);
    calls[1]?.resolve(['epoch', 1]);
    await again;
    expect(told).toEqual(['old refused', 'newer is 1']);
  });
});

import { expect, test } from 'vitest';
import type { Position, Publication } from '../../../src/broker.ts';
import { Feed } from '../../../src/brokers/redis/feed.ts';
import type { Link } from '../../../src/brokers/redis/link.ts';
import { enterScript } from '../../../src/brokers/redis/scripts.ts';
import { storedText } from '../../../src/messages.ts';

const keeping = { historyMessages: 1, historyAgeMs: 1, dedupeWindowMs: 1, roomRate: 0, roomBurst: 1 };

const hello: Publication = { id: '1', room: 'tea', sender: 'ann', content: 'hello', timestamp: 'now' };

/** A link to a Redis whose room is at this place, and what was said to be known when that was asked. */
function linkTo({ epoch, offset }: Position) {
  const known: [string | undefined, string | undefined, string | undefined][] = [];
  const link = {
    subscribe: async () => undefined,
    run: async (script: unknown, _: string, __: readonly string[], args: readonly string[]) => {
      if (script !== enterScript) return [epoch, offset, 1, 1];
      known.push([args[2], args[3], args[4]]);
      return [epoch, offset];
    },
  } as unknown as Link;
  return { link, known };
}

test('a feed whose Redis has answered more than was heard -> the next link is asked for that, and it may have less', async () => {
  const places: Position[] = [];
  const feed = new Feed(
    'tea',
    {
      subscribed: (_, position) => void places.push(position),
      message: () => undefined,
      counted: () => undefined,
      missed: () => undefined,
    },
    keeping,
  );
  await feed.attach(linkTo({ epoch: 'first', offset: 7 }).link);
  feed.taken(hello, { epoch: 'first', offset: 8 });
  feed.taken({ ...hello, id: 'said again' }, { epoch: 'first', offset: 3 });
  const { link, known } = linkTo({ epoch: 'second', offset: 0 });
  await feed.attach(link);
  expect(known).toEqual([['first', '8', storedText(hello)]]);
  expect(places).toEqual([
    { epoch: 'first', offset: 7 },
    { epoch: 'second', offset: 0 },
  ]);
});

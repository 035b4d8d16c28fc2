import { describe, expect, test } from 'vitest';
import { Channel } from '../src/channel.ts';
import type { Hub } from '../src/hub.ts';
import type { Broadcast } from '../src/requests.ts';
import { ackText } from '../src/messages.ts';
import { Batch } from '../src/batch.ts';
import { Posters } from '../src/poster.ts';
import { SimulatedClock } from './support/simulated-clock.ts';

/** Answers as the hub does. */
function answer(request: Broadcast | undefined, offset: number): void {
  const text = ackText({
    room: 'tea',
    id: request?.id ?? '',
    position: { epoch: 'e', offset },
    timestamp: '',
  });
  request?.registration.subscriber.offer(new Batch([text]));
}

/** Posters before a hub that answers only when it is told to. */
function makePosters(capacity = 2_000) {
  const clock = new SimulatedClock();
  const broadcast = new Channel<Broadcast>('broadcast', capacity, () => undefined);
  const posters = new Posters({ hub: { broadcast } as unknown as Hub, clock, patienceMs: 10_000 });
  const post = (id: string) => posters.post({ room: 'tea', name: 'Bot', content: `message ${id}`, id });
  return { clock, broadcast, post };
}

const unavailable = { type: 'error', code: 'unavailable', room: 'tea', retryAfterMs: 1_000 };

describe('a poster', () => {
  test('hears the answer to what it said, and leaves no timer', async () => {
    const { clock, broadcast, post } = makePosters();
    const posted = post('one');
    const request = broadcast.take();
    expect(request).toMatchObject({ content: 'message one', id: 'one', registration: { room: 'tea' } });
    expect(request?.registration.subscriber.name).toBe('Bot');
    answer(request, 7);
    expect(await posted).toMatchObject({ type: 'ack', id: 'one', offset: 7 });
    expect(clock.pending).toBe(0);
  });

  test('that was parked behind a full channel hears it too', async () => {
    const { broadcast, post } = makePosters(1);
    const posts = [post('one'), post('two')];
    expect(broadcast.parked).toBe(1);
    for (const offset of [1, 2]) answer(broadcast.take(), offset);
    expect(await Promise.all(posts)).toMatchObject([
      { id: 'one', offset: 1 },
      { id: 'two', offset: 2 },
    ]);
  });

  test('without an answer in time is told to try again; the late one is nothing to it', async () => {
    const { clock, broadcast, post } = makePosters();
    const posted = post('one');
    clock.advance(10_000);
    expect(await posted).toMatchObject({ ...unavailable, ref: 'one' });
    answer(broadcast.take(), 1);
  });

  test('is told so at once where too many wait, until one of them has its answer', async () => {
    const { clock, broadcast, post } = makePosters();
    const posts = Array.from({ length: 1_024 }, (_, i) => post(String(i)));
    expect(await post('one too many')).toMatchObject({ ...unavailable, ref: 'one too many' });
    answer(broadcast.take(), 1);
    await posts[0];
    const another = post('another');
    clock.advance(10_000);
    expect(await another).toMatchObject({ code: 'unavailable' });
    expect(broadcast.depth).toBe(1_024);
  });
});

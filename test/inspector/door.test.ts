import { EventEmitter, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/clock.ts';
import type { Host } from '../../src/inspector/door.ts';
import { servePageAlone } from '../../src/inspector/page-server.ts';
import { patient } from '../support/test-server.ts';

/** A door to a host, by its URL. */
async function doorTo(watched: Host): Promise<string> {
  const server = await servePageAlone({
    host: '127.0.0.1',
    port: 0,
    token: '',
    statelyUrl: undefined,
    clock: systemClock,
    watched,
    recording: () => [],
  });
  onTestFinished(() => server.close());
  return `${server.url.replace('http', 'ws')}socket`;
}

function knock(url: string): WebSocket {
  const viewer = new WebSocket(url);
  // One that was refused says so when it is let go of.
  viewer.on('error', () => undefined);
  onTestFinished(() => viewer.terminate());
  return viewer;
}

test('the door lets so many in, and the next one when one has left', patient, async () => {
  const goings = new EventEmitter();
  const someoneLeft = once(goings, 'left');
  const url = await doorTo({
    join: () => ({ command: () => undefined, leave: () => goings.emit('left') }),
  });
  const viewers = Array.from({ length: 250 }, () => knock(url));
  await Promise.all(viewers.map((viewer) => once(viewer, 'open')));
  const [, response] = (await once(knock(url), 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(503);
  viewers[0]?.close();
  await someoneLeft;
  await once(knock(url), 'open');
});

test('the door shuts behind one who asks on and on and reads nothing', patient, async () => {
  let answers = 0;
  const goings = new EventEmitter();
  const left = once(goings, 'left');
  const url = await doorTo({
    join: (outlet) => ({
      command: () => {
        answers += 1;
        outlet.send('x'.repeat(1_024 * 1_024));
      },
      leave: () => goings.emit('left'),
    }),
  });
  const viewer = knock(url);
  await once(viewer, 'open');
  viewer.pause();
  for (let asked = 0; asked < 1_000; asked += 1) viewer.send('{}');
  await left;
  // 4 MiB, and what the kernel holds of it.
  expect(answers).toBeLessThan(50);
});

/** The registry of connections and their parent: who hears of an end, whichever comes first. */
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { MemoryBroker } from '../src/brokers/memory.ts';
import { defineConfig } from '../src/config.ts';
import { Connections } from '../src/connections.ts';
import { Hub } from '../src/hub.ts';
import { trackActors } from '../src/leaks.ts';
import { createTraffic } from '../src/traffic.ts';
import { memoryPair } from '../src/transports/memory.ts';
import { startCrowd } from './support/crowd.ts';
import { SimulatedClock } from './support/simulated-clock.ts';

function createCrowd() {
  const clock = new SimulatedClock();
  const leaks = trackActors({ clock, processResources: false });
  onTestFinished(() => leaks.stop());
  const config = defineConfig();
  const traffic = createTraffic();
  const hub = new Hub({ broker: new MemoryBroker({ clock, limits: config }), clock, config, traffic });
  const connections = new Connections({ hub, config, clock, traffic, logger: pino({ level: 'silent' }) });
  const parent = startCrowd(connections, clock, leaks.inspect);
  const enter = () => {
    const { socket, peer } = memoryPair({ clock });
    connections.open(socket, { kind: 'chat', room: 'tea', name: 'ada' });
    clock.settle();
    return peer;
  };
  return { clock, leaks, hub, connections, parent, enter };
}

test('a connection that outlives its parent is struck out when it ends, and leaves nothing', async () => {
  const { clock, leaks, hub, connections, parent, enter } = createCrowd();
  const peer = enter();
  parent.stop();
  expect(connections.size).toBe(1);
  peer.reset();
  clock.advance(1_000);
  expect(connections.size).toBe(0);
  expect(connections.closedByCode).toEqual(new Map([[1006, 1]]));
  expect(hub.remains()).toEqual([]);
  expect(clock.pending).toBe(0);
  await leaks.expectNone();
});

test('no connection is made once the parent has stopped', () => {
  const { connections, parent, enter } = createCrowd();
  parent.stop();
  expect(enter).toThrow('while the server does not run');
  expect(connections.size).toBe(0);
});

import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor } from 'xstate';
import type { BrokerListener } from '../../src/broker.ts';
import { MemoryBroker, memoryBrokerMachine } from '../../src/brokers/memory.ts';
import { trackActors } from '../../src/leaks.ts';
import { describeBroker } from '../support/broker-conformance.ts';

describeBroker('memory', () => ({ broker: new MemoryBroker() }));

const publication = { id: 'id', room: 'tea', sender: 'ann', content: 'hello', timestamp: 'now' };

describe('the memory broker alone', () => {
  test('has told everything when a call returns', () => {
    const told: string[] = [];
    const ear: BrokerListener = {
      subscribed: (room, { offset }) => void told.push(`subscribed ${room} at ${offset}`),
      message: ({ content }, offset) => void told.push(`${offset}: ${content}`),
    };
    const broker = new MemoryBroker();
    broker.listen(ear);
    broker.subscribe('tea');
    expect(told).toEqual(['subscribed tea at 0']);
    broker.publish(publication);
    expect(told).toEqual(['subscribed tea at 0', '1: hello']);
  });

  test('forgets a room that nobody is in: its next life is another epoch', () => {
    const epochs: string[] = [];
    const broker = new MemoryBroker();
    broker.listen({ subscribed: (_, { epoch }) => void epochs.push(epoch), message: () => undefined });
    for (let life = 0; life < 3; life += 1) {
      broker.subscribe('tea');
      broker.publish(publication);
      broker.unsubscribe('tea');
    }
    expect(new Set(epochs).size).toBe(3);
  });

  test('that nobody listens to does its work in silence', () => {
    const broker = new MemoryBroker();
    expect(() => {
      broker.subscribe('tea');
      broker.publish(publication);
      broker.unsubscribe('tea');
    }).not.toThrow();
  });
});

describe('its machine', () => {
  test('local -> stop -> stopped, with nothing left', async () => {
    const leaks = trackActors({ processResources: false });
    onTestFinished(() => leaks.stop());
    const actor = createActor(memoryBrokerMachine, { id: 'broker', inspect: leaks.inspect }).start();
    expect(actor.getSnapshot()).toMatchObject({ value: 'local', status: 'active' });
    actor.send({ type: 'stop' });
    expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
    await leaks.expectNone();
  });
});

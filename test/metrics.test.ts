import { describe, expect, onTestFinished, test } from 'vitest';
import { closeCodes } from '../src/close-codes.ts';
import type { Config } from '../src/config.ts';
import { Metrics } from '../src/metrics.ts';
import { MemoryHouse } from './support/memory-house.ts';

function measured(settings?: Partial<Config>) {
  const house = new MemoryHouse(settings);
  const { connections, hub, traffic } = house;
  const metrics = new Metrics({
    connections,
    hub,
    traffic,
    brokerState: () => 'local',
    redis: undefined,
    sharedLimits: undefined,
  });
  onTestFinished(async () => {
    metrics.stop();
    await house.close();
  });
  return { house, metrics, samples: async () => samplesIn(await metrics.text()) };
}

/** The samples of a text in the Prometheus format: name and labels, and the value. */
function samplesIn(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** What the server itself counts. */
function countersIn(samples: Record<string, number>): [string, number][] {
  return Object.entries(samples).filter(([name]) => /^hubbub_\w+_total/.test(name));
}

describe('the metrics', () => {
  test('of a server where nobody has been are noughts', async () => {
    const { samples } = measured();
    expect(await samples()).toMatchObject({
      'hubbub_connections{state="connecting"}': 0,
      'hubbub_connections{state="open"}': 0,
      'hubbub_connections{state="closing"}': 0,
      hubbub_connections_total: 0,
      hubbub_messages_in_total: 0,
      hubbub_deliveries_total: 0,
      hubbub_frames_in_total: 0,
      hubbub_bytes_in_total: 0,
      hubbub_bytes_out_total: 0,
      hubbub_rooms: 0,
    });
  });

  test('count connections by the state that they are in', async () => {
    const { house, samples } = measured();
    const [ann, bob] = [house.enter('ann'), house.enter('bob')];
    bob.peer.stall();
    bob.connection.actor.send({ type: 'close', ...closeCodes.kicked });
    house.clock.settle();
    expect(await samples()).toMatchObject({
      'hubbub_connections{state="open"}': 1,
      'hubbub_connections{state="closing"}': 1,
      hubbub_connections_total: 2,
      hubbub_rooms: 1,
    });

    ann.peer.reset();
    bob.peer.reset();
    house.clock.settle();
    expect(await samples()).toMatchObject({
      'hubbub_connections{state="open"}': 0,
      'hubbub_connections{state="closing"}': 0,
      hubbub_connections_total: 2,
      hubbub_rooms: 0,
    });
  });

  test('count closes by code, and all private codes of peers as one', async () => {
    const { house, samples } = measured();
    for (const code of [1000, 1000, 3456, 4001]) house.enter('ann').peer.close(code);
    house.enter('bob').connection.actor.send({ type: 'close', ...closeCodes.kicked });
    house.clock.settle();
    await samples(); // reading counts nothing twice
    const closes = Object.entries(await samples()).filter(([name]) => name.startsWith('hubbub_closes_total'));
    expect(Object.fromEntries(closes)).toEqual({
      'hubbub_closes_total{code="1000",name="normal"}': 2,
      'hubbub_closes_total{code="0",name="other"}': 2,
      'hubbub_closes_total{code="4503",name="kicked"}': 1,
    });
  });

  test('count what came in and what went out, and the same however often they are read', async () => {
    const { house, samples } = measured();
    const [ann] = [house.enter('ann'), house.enter('bob')];
    const before = await samples();
    const text = JSON.stringify({ type: 'chat', content: 'hello' });
    for (const message of [text, text, 'not JSON']) ann.peer.send(message);
    house.clock.settle();
    const [once, again] = [await samples(), await samples()];
    const gained = (name: string) => (once[name] ?? 0) - (before[name] ?? 0);
    expect(gained('hubbub_frames_in_total')).toBe(3);
    expect(gained('hubbub_bytes_in_total')).toBe(2 * text.length + 'not JSON'.length);
    expect(gained('hubbub_messages_in_total')).toBe(2);
    expect(gained('hubbub_deliveries_total')).toBe(4);
    expect(gained('hubbub_bytes_out_total')).toBe(
      house.traffic.bytesOut - (before['hubbub_bytes_out_total'] ?? 0),
    );
    expect(gained('hubbub_bytes_out_total')).toBeGreaterThan(4 * text.length);
    expect(countersIn(again)).toEqual(countersIn(once));
  });

  test("show how full the hub's channels are", async () => {
    const { house, samples } = measured({ broadcastCapacity: 2 });
    const { writer } = house.enter('ann').connection;
    const sender = { id: 'ann', unparked: () => undefined };
    const registration = { subscriber: writer, room: 'tea', withdrawn: false, entered: true };
    for (const content of ['1', '2', '3', '4', '5']) {
      house.hub.broadcast.offer({ registration, content, saidAt: 0 }, sender);
    }
    expect(await samples()).toMatchObject({
      'hubbub_channel_depth{channel="broadcast"}': 2,
      'hubbub_channel_capacity{channel="broadcast"}': 2,
      'hubbub_channel_parked{channel="broadcast"}': 3,
      'hubbub_channel_depth{channel="register"}': 0,
      'hubbub_channel_capacity{channel="register"}': 256,
      'hubbub_channel_depth{channel="unregister"}': 0,
    });
  });

  test('tell of the process: its memory, its time and the delay of its event loop', async () => {
    const { samples } = measured();
    const process = await samples();
    expect(process['process_resident_memory_bytes']).toBeGreaterThan(1_000_000);
    expect(process['process_cpu_seconds_total']).toBeGreaterThan(0);
    const age = Date.now() / 1_000 - (process['process_start_time_seconds'] ?? 0);
    expect(age).toBeGreaterThan(0);
    for (const quantile of [0.5, 0.9, 0.99]) {
      expect(process[`hubbub_event_loop_delay_seconds{quantile="${quantile}"}`]).toBeGreaterThanOrEqual(0);
    }
  });

  test('each have words and a type, as Prometheus wants them', async () => {
    const { metrics } = measured();
    const text = await metrics.text();
    const names = new Set(Object.keys(samplesIn(text)).map((sample) => sample.replace(/\{.*/, '')));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
      expect(text).toMatch(
        new RegExp(`^# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}$`, 'm'),
      );
    }
    expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  test('of two servers in one process are their own, and stopped ones are empty', async () => {
    const [one, other] = [measured(), measured()];
    one.house.enter('ann');
    expect((await other.samples())['hubbub_connections_total']).toBe(0);
    one.metrics.stop();
    expect((await one.metrics.text()).trim()).toBe('');
    expect((await other.samples())['hubbub_connections_total']).toBe(0);
  });
});

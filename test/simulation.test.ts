/**
 * Many small worlds, each made by a seed: a whole server in simulated time, with clients that behave and clients that
 * do not. `SIMULATION_SEED=7` runs one of them, `SIMULATION_TRACE=1` writes down all that happens in it, and
 * `SIMULATION_SEEDS=20000` runs more of them.
 */
import { describe, expect, test } from 'vitest';
import type { BrokerListener } from '../src/broker.ts';
import { MemoryBroker } from '../src/brokers/memory.ts';
import { closeCodes } from '../src/close-codes.ts';
import { simulate, tellFailure, type SimulationReport } from './simulation/simulate.ts';
import { patient } from './support/test-server.ts';

const { SIMULATION_SEED, SIMULATION_SEEDS = '500', SIMULATION_TRACE } = process.env;

const seeds =
  SIMULATION_SEED === undefined
    ? Array.from({ length: Number(SIMULATION_SEEDS) }, (_, i) => i + 1)
    : [Number(SIMULATION_SEED)];

/** Long for a busy machine, whatever the number of seeds. */
const timeout = patient.timeout + seeds.length * 500;

/** Loses one message on the way. */
class LossyBroker extends MemoryBroker {
  override listen(listener: BrokerListener): void {
    super.listen({
      subscribed: (room, position) => listener.subscribed(room, position),
      unavailable: (room) => listener.unavailable(room),
      message: (entry) => {
        if (entry.offset !== 2) listener.message(entry);
      },
      published: (publication, position) => listener.published(publication, position),
      refused: (publication) => listener.refused(publication),
      limited: (publication, retryAfterMs) => listener.limited(publication, retryAfterMs),
      moved: (room, movement) => listener.moved(room, movement),
      reopened: () => listener.reopened(),
    });
  }
}

/** @returns the codes that connections closed with. @throws what is to be told of the first world that breaks a rule. */
async function runAll(): Promise<Set<number>> {
  const codes = new Set<number>();
  for (const seed of seeds) {
    const { broken, closedByCode } = await simulate({ seed });
    if (broken.length > 0) throw new Error(tellFailure(await simulate({ seed, isDetailed: true })));
    for (const code of closedByCode.keys()) codes.add(code);
  }
  return codes;
}

describe('in a simulated world', () => {
  test(`every rule is kept (seeds: ${SIMULATION_SEED ?? `1–${seeds.length}`})`, { timeout }, async () => {
    const codes = await runAll();
    const unseen = waysToDie.filter((code) => !codes.has(code));
    expect(seeds.length < 500 ? [] : unseen).toEqual([]);
  });

  test.runIf(SIMULATION_TRACE)('all that happens in the first of them is written down', patient, async () => {
    const { lines } = await simulate({ seed: seeds[0] ?? 1, isDetailed: true });
    process.stdout.write(`${lines.join('\n')}\n`);
    expect(lines).not.toEqual([]);
  });

  test('the same seed makes the same world, to the last line', patient, async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const once = await simulate({ seed, isDetailed: true });
      const again = await simulate({ seed, isDetailed: true });
      expect(once.lines.length).toBeGreaterThan(10);
      expect(again.lines).toEqual(once.lines);
    }
  });

  test('a lost message is found out, and told with the seed that shows it again', patient, async () => {
    const reports: SimulationReport[] = [];
    for (let seed = 1; seed <= 10; seed += 1)
      reports.push(
        await simulate({ seed, isDetailed: true, createBroker: (options) => new LossyBroker(options) }),
      );
    const report = reports.find(({ broken }) => broken.length > 0);
    const told = report === undefined ? '' : tellFailure(report);
    expect(told).toMatch(/hears 3 in \w+ after 1/);
    expect(told).toContain(`SIMULATION_SEED=${report?.seed} `);
  });
});

/** What enough worlds see at least once. */
const waysToDie: number[] = [
  closeCodes.normal,
  closeCodes.protocolError,
  closeCodes.abnormal,
  closeCodes.invalidData,
  closeCodes.messageTooBig,
  closeCodes.internalError,
  closeCodes.restarting,
  closeCodes.slowConsumer,
  closeCodes.noPong,
  closeCodes.rateLimitAbuse,
  closeCodes.kicked,
].map(({ code }) => code);

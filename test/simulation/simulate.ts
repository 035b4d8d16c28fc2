/** A simulation is one seed's world from the first connection to the last: it fails where a rule is broken. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { closeCodes } from '../../src/close-codes.ts';
import { Random } from '../support/random.ts';
import { behaviours } from './behaviours.ts';
import { Client } from './client.ts';
import { Referee } from './referee.ts';
import { makeScenario, type Fault, type Role, type Scenario } from './scenario.ts';
import { World, type CreateBroker } from './world.ts';

const second = 1_000;

/** How often the rules that hold at any moment are looked at. */
const stepMs = 50;

export interface SimulationOptions {
  readonly seed: number;
  /** Whether all that happens is written down. */
  readonly isDetailed?: boolean;
  readonly createBroker?: CreateBroker;
}

export interface SimulationReport {
  readonly seed: number;
  readonly scenario: Scenario;
  /** The rules that were broken, in order. */
  readonly broken: readonly string[];
  /** What happened, where it was written down. */
  readonly lines: readonly string[];
  readonly connections: number;
  readonly closedByCode: ReadonlyMap<number, number>;
  readonly messages: number;
}

export async function simulate({
  seed,
  isDetailed = false,
  createBroker,
}: SimulationOptions): Promise<SimulationReport> {
  const random = new Random(seed);
  const scenario = makeScenario(random);
  const { config, turnMs } = scenario;
  const world = new World({ config, turnMs, random: random.fork(), isDetailed, createBroker });
  const play = new Play(world, scenario, random.fork());
  world.server.start();
  await nextTurn();
  play.perform();
  // The server lets go of HTTP in promises, which take turns of the real loop.
  await nextTurn();
  play.end();
  const { minutes, connections } = world;
  return {
    seed,
    scenario,
    broken: minutes.broken,
    lines: minutes.lines,
    connections: connections.total,
    closedByCode: connections.closedByCode,
    messages: world.broker.published,
  };
}

/** So much of what happened before the first broken rule is told with it. */
const toldLines = 100;

/**
 * Tells of a failure: the rules that were broken, what led to it, and how to see it again.
 * @param report of the same seed, written down in detail.
 */
export function tellFailure({ seed, broken, lines, scenario }: SimulationReport): string {
  const { cast, config, lengthMs, turnMs, drainAtMs } = scenario;
  const firstBroken = lines.findIndex((line) => line.includes(broken[0] ?? ''));
  return [
    `seed ${seed} breaks ${broken.length} rules:`,
    ...broken,
    '',
    'See it again, with all that happens in it:',
    `  SIMULATION_SEED=${seed} SIMULATION_TRACE=1 npm test -- test/simulation.test.ts`,
    '',
    `Its world: ${JSON.stringify({ members: cast.length, lengthMs, turnMs, drainAtMs, ...config })}`,
    '',
    'What led to it:',
    ...lines.slice(Math.max(0, firstBroken - toldLines), firstBroken + 1),
  ].join('\n');
}

/** What happens in a world. */
class Play {
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #clients: Client[] = [];
  readonly #referee: Referee;

  constructor(world: World, scenario: Scenario, random: Random) {
    this.#world = world;
    this.#scenario = scenario;
    this.#random = random;
    this.#referee = new Referee(world, this.#clients);
  }

  perform(): void {
    const { lengthMs, cast, faults, drainAtMs, config } = this.#scenario;
    const { clock } = this.#world;
    for (const role of cast) clock.setTimeout(() => this.#enter(role, 1), role.entersAtMs);
    for (const fault of faults) clock.setTimeout(() => this.#strike(fault), fault.atMs);
    if (drainAtMs !== undefined) clock.setTimeout(() => this.#world.drain(), drainAtMs);
    this.#pass(lengthMs);
    if (drainAtMs === undefined) this.#comeToRest();
    this.#pass(config.drainTimeoutMs + 2 * config.closeTimeoutMs + second);
  }

  end(): void {
    const { clock, minutes } = this.#world;
    this.#referee.checkAtEnd();
    // What is still on the wire, and what clients had in mind, passes.
    clock.advance(200 * second);
    if (clock.pending > 0) minutes.breaks(`${clock.pending} timers are pending`);
  }

  /** Lets time pass, until the server lets go of everything: what it forgets then must be seen then. */
  #pass(ms: number): void {
    for (let passedMs = 0; passedMs < ms && !this.#world.isOver; passedMs += stepMs) {
      this.#world.clock.advance(stepMs);
      this.#referee.checkAlways();
    }
  }

  #comeToRest(): void {
    this.#world.isLively = false;
    this.#world.minutes.note('everyone', () => 'comes to rest');
    // Time for a flood to be worked off, and then for those who are not there any more to be found out.
    this.#pass(10 * second + 300 * this.#world.turnMs + this.#referee.patienceMs);
    this.#referee.checkAtRest();
    this.#world.drain();
  }

  #enter({ behaviour, part, ...role }: Role, visit: number): void {
    if (!this.#world.isLively) return;
    const name = visit === 1 ? part.name : `${part.name}.${visit}`;
    const entrance = { ...part, name };
    const ends = this.#world.connect(entrance);
    if (ends === undefined) return;
    this.#world.minutes.note(name, () => `connects to ${part.room}`);
    const { manners, start } = behaviours[behaviour];
    const client = new Client(
      {
        world: this.#world,
        part: entrance,
        manners,
        random: this.#random.fork(),
        comeAgain: (since) => this.#enter({ behaviour, part: { ...part, since }, ...role }, visit + 1),
        onSilent: () => this.#referee.expectGone(client, this.#world.clock.now()),
      },
      ends,
    );
    this.#clients.push(client);
    start(client);
  }

  #strike({ kind }: Fault): void {
    const there = this.#clients.filter(({ closed }) => closed === undefined);
    if (there.length === 0) return;
    const { name, connection, mayEndWith } = this.#random.pick(there);
    this.#world.minutes.note(name, () => (kind === 'kick' ? 'is kicked' : 'has a transition throw'));
    mayEndWith.add(kind === 'kick' ? closeCodes.kicked.code : closeCodes.internalError.code);
    if (kind === 'kick') this.#world.kick(connection);
    else this.#world.sabotage(connection);
  }
}

/** A memory house: the whole server below HTTP, on memory sockets and a simulated clock. */
import { pino } from 'pino';
import { MemoryBroker } from '../../src/brokers/memory.ts';
import { closeCodes } from '../../src/close-codes.ts';
import { defineConfig, type Config } from '../../src/config.ts';
import { Connections, type Connection } from '../../src/connections.ts';
import { Hub } from '../../src/hub.ts';
import { trackActors } from '../../src/leaks.ts';
import type { ServerMessage } from '../../src/protocol.ts';
import { createTraffic } from '../../src/traffic.ts';
import { memoryPair, type MemoryPeer } from '../../src/transports/memory.ts';
import { startCrowd } from './crowd.ts';
import { SimulatedClock } from './simulated-clock.ts';

/** One who came in: the connection on the server, the client's end, and what the client heard. */
export interface Guest {
  readonly connection: Connection;
  readonly peer: MemoryPeer;
  readonly heard: ServerMessage[];
}

export class MemoryHouse {
  readonly clock = new SimulatedClock();
  readonly traffic = createTraffic();
  readonly config: Config;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly #leaks = trackActors({ clock: this.clock, processResources: false });

  constructor(settings: Partial<Config> = {}) {
    const { clock, traffic } = this;
    this.config = defineConfig(settings);
    const broker = new MemoryBroker({ clock, limits: this.config });
    this.hub = new Hub({ broker, clock, config: this.config, traffic });
    this.connections = new Connections({
      hub: this.hub,
      config: this.config,
      clock,
      traffic,
      logger: pino({ level: 'silent' }),
    });
    startCrowd(this.connections, clock, this.#leaks.inspect);
  }

  /** Lets somebody in over a wire of some latency and size, up to the welcome. */
  enter(name: string, room = 'tea', wire: { latencyMs?: number; wireBytes?: number } = {}): Guest {
    const { socket, peer } = memoryPair({ clock: this.clock, ...wire });
    const heard: ServerMessage[] = [];
    peer.onMessage = (message) => void heard.push(JSON.parse(message.toString()) as ServerMessage);
    const connection = this.connections.open(socket, { kind: 'chat', room, name });
    this.clock.settle();
    return { connection, peer, heard };
  }

  /** Has everyone leave. @throws LeakError where something stays. */
  async close(): Promise<void> {
    const { code, reason } = closeCodes.normal;
    for (const { actor } of this.connections) actor.send({ type: 'close', code, reason });
    // However long the wires are.
    this.clock.advance(1_000);
    this.hub.stop();
    this.#leaks.watch('hub', () => this.hub.remains());
    this.#leaks.watch('clock', () => (this.clock.pending > 0 ? [`${this.clock.pending} timers`] : []));
    await this.#leaks.expectNone();
    this.#leaks.stop();
  }
}

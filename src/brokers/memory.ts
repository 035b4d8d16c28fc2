/**
 * The memory broker orders and publishes rooms within one process: everything it does is done when the call
 * returns, so one round of the hub takes a message from channel to writers.
 */
import { newId } from '../ids.ts';
import { setup } from 'xstate';
import type { Broker, BrokerListener, Publication } from '../broker.ts';

interface Log {
  readonly epoch: string;
  offset: number;
}

export class MemoryBroker implements Broker {
  readonly #logs = new Map<string, Log>();
  #listener: BrokerListener | undefined;

  listen(listener: BrokerListener): void {
    this.#listener = listener;
  }

  publish(publication: Publication): void {
    const log = this.#logs.get(publication.room);
    if (log === undefined) return;
    log.offset += 1;
    this.#listener?.message(publication, log.offset);
  }

  subscribe(room: string): void {
    let log = this.#logs.get(room);
    if (log === undefined) {
      log = { epoch: newId(), offset: 0 };
      this.#logs.set(room, log);
    }
    this.#listener?.subscribed(room, { epoch: log.epoch, offset: log.offset });
  }

  unsubscribe(room: string): void {
    this.#logs.delete(room);
  }
}

/** The memory broker's life: it is there, and then it is not. */
export const memoryBrokerMachine = setup({
  types: { events: {} as { type: 'stop' } }, // the server has drained: nobody publishes any more
}).createMachine({
  id: 'broker',
  initial: 'local',
  states: {
    local: { on: { stop: 'stopped' } },
    stopped: { type: 'final' },
  },
});

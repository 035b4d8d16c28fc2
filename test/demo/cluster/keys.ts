/** Keys are what a person presses, as what is to be done. */
import type { Cluster } from './cluster.ts';
import type { Deed } from './script.ts';

/** Digits with shift, on the keyboards that have them there. */
const shifted = ['!', '@', '#'];

export type Wish = Deed | 'quit' | undefined;

export class Keys {
  readonly #cluster: Pick<Cluster, 'nodes' | 'redisState'>;
  #isDraining = false;

  constructor(cluster: Pick<Cluster, 'nodes' | 'redisState'>) {
    this.#cluster = cluster;
  }

  /** @returns what a key asks for; undefined where it asks for nothing, or for nothing yet. */
  press(key: string): Wish {
    const wasDraining = this.#isDraining;
    this.#isDraining = key === 'd';
    if (key === 'q' || key === '\u0003') return 'quit';
    const { redisState } = this.#cluster;
    if (key === 'r') return { verb: redisState === 'dead' ? 'start' : 'kill', node: 'redis' };
    if (key === 's') return { verb: redisState === 'stopped' ? 'continue' : 'stop', node: 'redis' };
    const isShifted = shifted.includes(key);
    const number = isShifted ? shifted.indexOf(key) + 1 : Number(key);
    const node = this.#cluster.nodes[number - 1];
    if (node === undefined) return undefined;
    if (isShifted || wasDraining) return { verb: 'drain', node: number };
    return { verb: node.state === 'dead' ? 'start' : 'kill', node: number };
  }
}

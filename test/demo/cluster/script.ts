/** A script is what is to happen to the cluster, one thing after the other: `kill 1, start 1, stop redis, continue redis`. */

const nodeVerbs = ['kill', 'start', 'drain'] as const;
const redisVerbs = ['kill', 'start', 'stop', 'continue'] as const;

export type NodeVerb = (typeof nodeVerbs)[number];
export type RedisVerb = (typeof redisVerbs)[number];

/** What can be done to a server, by its number, or to Redis. */
export type Deed =
  | { readonly verb: NodeVerb; readonly node: number }
  | { readonly verb: RedisVerb; readonly node: 'redis' };

/** Everything once. */
export const everything =
  'kill 1, start 1, drain 2, start 2, stop redis, continue redis, kill redis, start redis, kill 3, start 3';

/** @throws Error, for the person who wrote it, where a step is none. */
export function parseScript(text: string, nodes: number): Deed[] {
  const steps = text.split(',').map((step) => step.trim());
  return steps.filter((step) => step !== '').map((step) => parseStep(step, nodes));
}

export function showDeed({ verb, node }: Deed): string {
  return `${verb} ${node}`;
}

function parseStep(step: string, nodes: number): Deed {
  const [word = '', target = '', ...rest] = step.split(/\s+/);
  const node = Number(target);
  const forNode = nodeVerbs.find((verb) => verb === word);
  const forRedis = redisVerbs.find((verb) => verb === word);
  if (rest.length === 0) {
    if (target === 'redis' && forRedis !== undefined) return { verb: forRedis, node: 'redis' };
    if (Number.isInteger(node) && node >= 1 && node <= nodes && forNode !== undefined)
      return { verb: forNode, node };
  }
  throw new Error(
    `"${step}" is no step: say ${nodeVerbs.join(', ')} and 1 to ${nodes}, or ${redisVerbs.join(', ')} and redis`,
  );
}

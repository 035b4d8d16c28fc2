/**
 * A projection is plain JSON made of anything: bounded in depth, breadth and length, so that whatever somebody puts
 * in an event or a context costs little and says enough.
 */
import type { Projection } from './messages.ts';

export interface ProjectionLimits {
  readonly depth: number;
  /** Members of one object or array. */
  readonly members: number;
  /** Characters of one text. */
  readonly characters: number;
  /** Characters of all of it, about: what many members hold together grows by each level of depth. */
  readonly total: number;
}

/** For events and contexts in records, of which there are many. */
export const briefly: ProjectionLimits = { depth: 4, members: 20, characters: 200, total: 10_000 };

/** For the details of one actor. */
export const fully: ProjectionLimits = { depth: 8, members: 200, characters: 10_000, total: 200_000 };

/** Projects anything; it never throws, whatever getters and proxies it meets, and shows what is beside them. */
export function project(value: unknown, limits: ProjectionLimits = briefly): Projection {
  return readably(() => new Projector(limits).projected(value, limits.depth));
}

/** Projects the members of an event besides its type. @returns undefined where it has none. */
export function projectEvent(event: object, limits: ProjectionLimits = briefly): Projection | undefined {
  return readably(() => {
    const names = Object.keys(event).filter((name) => name !== 'type');
    if (names.length === 0) return undefined;
    return new Projector(limits).members(event as Record<string, unknown>, names, limits.depth);
  });
}

function readably<Shown>(read: () => Shown): Shown | string {
  try {
    return read();
  } catch (error) {
    return `‹unreadable: ${thrownWords(error)}›`;
  }
}

/** What was thrown may itself be something that throws when it is read. */
function thrownWords(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'it cannot even be told why';
  }
}

/** What an empty member of an object or array takes, about. */
const memberCharacters = 4;

class Projector {
  readonly #limits: ProjectionLimits;
  /** How many characters there is still room for. */
  #left: number;

  constructor(limits: ProjectionLimits) {
    this.#limits = limits;
    this.#left = limits.total;
  }

  projected(value: unknown, depth: number): Projection {
    switch (typeof value) {
      case 'string':
        return this.#cut(value);
      case 'boolean':
        return value;
      case 'number':
        // JSON knows no infinities, and no zero below zero, which this makes a plain one.
        return Number.isFinite(value) ? value + 0 : String(value);
      case 'object':
        return value === null ? null : this.#object(value, depth);
      case 'function':
        return `‹function ${value.name || 'anonymous'}›`;
      case 'undefined':
        return '‹undefined›';
      case 'bigint':
      case 'symbol':
        return this.#cut(String(value));
      default:
        return '‹unknown›';
    }
  }

  #object(value: object, depth: number): Projection {
    if (value instanceof Error) return { name: this.#cut(value.name), message: this.#cut(value.message) };
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '‹invalid date›' : value.toISOString();
    if (ArrayBuffer.isView(value)) return `‹${value.constructor.name} of ${value.byteLength} bytes›`;
    if ('sessionId' in value && 'getSnapshot' in value) return `‹actor ${String(value.sessionId)}›`;
    if (value instanceof Map || value instanceof Set) return `‹${value.constructor.name} of ${value.size}›`;
    if (Array.isArray(value)) return this.#array(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    // What has a class is somebody's tool and not data: it is named, and nothing in it is touched.
    if (prototype !== Object.prototype && prototype !== null)
      return `‹${value.constructor.name || 'object'}›`;
    return this.members(value as Record<string, unknown>, Object.keys(value), depth);
  }

  #array(value: readonly unknown[], depth: number): Projection {
    if (depth === 0) return `‹${value.length} items›`;
    const items: Projection[] = [];
    for (const item of value.slice(0, this.#limits.members)) {
      if (!this.#hasRoom()) break;
      items.push(readably(() => this.projected(item, depth - 1)));
    }
    const more = value.length - items.length;
    return more > 0 ? [...items, `‹${more} more›`] : items;
  }

  /** In the order in which they were declared; what is undefined is left out, as in JSON. */
  members(value: Record<string, unknown>, names: readonly string[], depth: number): Projection {
    const told = names.filter((name) => readably(() => value[name] !== undefined));
    if (depth === 0) return `‹${told.length} members›`;
    const members: [name: string, shown: Projection][] = [];
    for (const name of told.slice(0, this.#limits.members)) {
      if (!this.#hasRoom()) break;
      members.push([this.#cut(name), readably(() => this.projected(value[name], depth - 1))]);
    }
    const more = told.length - members.length;
    return Object.fromEntries(more > 0 ? [...members, ['…', `‹${more} more›`] as const] : members);
  }

  /** Whether there is room for one more member, which it takes. */
  #hasRoom(): boolean {
    this.#left -= memberCharacters;
    return this.#left > 0;
  }

  #cut(text: string): string {
    const room = Math.max(0, Math.min(this.#limits.characters, this.#left));
    this.#left -= Math.min(text.length, room);
    return text.length <= room ? text : `${text.slice(0, room)}… (${text.length} characters)`;
  }
}

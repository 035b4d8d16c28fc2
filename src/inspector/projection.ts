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
}

/** For events and contexts in records, of which there are many. */
export const briefly: ProjectionLimits = { depth: 4, members: 20, characters: 200 };

/** For the details of one actor. */
export const fully: ProjectionLimits = { depth: 8, members: 200, characters: 10_000 };

/** Projects anything; it never throws, whatever getters and proxies it meets. */
export function project(value: unknown, limits: ProjectionLimits = briefly): Projection {
  try {
    return projected(value, limits, limits.depth);
  } catch (error) {
    return `‹unreadable: ${String(error)}›`;
  }
}

/** Projects the members of an event besides its type. @returns undefined where it has none. */
export function projectEvent(event: object, limits: ProjectionLimits = briefly): Projection | undefined {
  const rest = Object.entries(event).filter(([name]) => name !== 'type');
  return rest.length === 0 ? undefined : project(Object.fromEntries(rest), limits);
}

function projected(value: unknown, limits: ProjectionLimits, depth: number): Projection {
  switch (typeof value) {
    case 'string':
      return cut(value, limits);
    case 'boolean':
      return value;
    case 'number':
      // JSON knows no infinities, and no zero below zero, which this makes a plain one.
      return Number.isFinite(value) ? value + 0 : String(value);
    case 'object':
      return value === null ? null : projectedObject(value, limits, depth);
    case 'function':
      return `‹function ${value.name || 'anonymous'}›`;
    case 'undefined':
      return '‹undefined›';
    case 'bigint':
    case 'symbol':
      return String(value);
    default:
      return '‹unknown›';
  }
}

function projectedObject(value: object, limits: ProjectionLimits, depth: number): Projection {
  if (value instanceof Error) return { name: value.name, message: cut(value.message, limits) };
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '‹invalid date›' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `‹${value.constructor.name} of ${value.byteLength} bytes›`;
  if ('sessionId' in value && 'getSnapshot' in value) return `‹actor ${String(value.sessionId)}›`;
  if (value instanceof Map || value instanceof Set) return `‹${value.constructor.name} of ${value.size}›`;
  if (Array.isArray(value)) return projectedArray(value, limits, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  // What has a class is somebody's tool and not data: it is named, and nothing in it is touched.
  if (prototype !== Object.prototype && prototype !== null) return `‹${value.constructor.name || 'object'}›`;
  return projectedMembers(value, limits, depth);
}

function projectedArray(value: readonly unknown[], limits: ProjectionLimits, depth: number): Projection {
  if (depth === 0) return `‹${value.length} items›`;
  const items = value.slice(0, limits.members).map((item) => projected(item, limits, depth - 1));
  const more = value.length - items.length;
  return more > 0 ? [...items, `‹${more} more›`] : items;
}

/** In the order in which they were declared; what is undefined is left out, as in JSON. */
function projectedMembers(value: object, limits: ProjectionLimits, depth: number): Projection {
  const names = Object.keys(value).filter((name) => (value as Record<string, unknown>)[name] !== undefined);
  if (depth === 0) return `‹${names.length} members›`;
  const members = names
    .slice(0, limits.members)
    .map((name) => [name, projected((value as Record<string, unknown>)[name], limits, depth - 1)] as const);
  const more = names.length - members.length;
  return Object.fromEntries(more > 0 ? [...members, ['…', `‹${more} more›`] as const] : members);
}

function cut(text: string, { characters }: ProjectionLimits): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}… (${text.length} characters)`;
}

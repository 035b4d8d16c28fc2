/** A target is what a request's URL asks for: a room, a name to bear in it, and where to go on from. */
import { adjectives, animals, uniqueNamesGenerator } from 'unique-names-generator';
import type { Position } from './broker.ts';
import { closeCodes } from './close-codes.ts';
import type { Purpose } from './connections.ts';
import { defaultRoom, errorCodes, parseDisplayName, parseRoomName } from './protocol.ts';

export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads a request's target as it came: a URL's parser would take room names of dots for steps in a path. */
export function parseTarget(url = ''): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

export interface Arrival {
  readonly target: Target;
  /** What stands before the room in the path, such as `/ws/`. */
  readonly prefix: string;
  /** From 0 to below 1, for the name of someone who gave none. */
  readonly random: () => number;
  /** Where to go on from, whatever the query says. */
  readonly since?: Position | undefined;
  /** The name to bear where the query has none. */
  readonly name?: string | undefined;
}

/** @returns what a socket is for by its target: a chat, or, where the room's name is none, to be told so. */
export function purposeOf({ target, prefix, random, since, name }: Arrival): Purpose {
  const room = roomIn(target.path, prefix);
  if (room === undefined) return { kind: 'refused', ...closeCodes.badRequest, reason: errorCodes.bad_room };
  return {
    kind: 'chat',
    room,
    name: parseDisplayName(target.query.get('name') ?? '') ?? name ?? guestName(random),
    since: since ?? sinceIn(target.query),
  };
}

/** @returns the room that a path such as `/ws/tea` names, or undefined where the name is none. */
export function roomIn(path: string, prefix: string): string | undefined {
  const encoded = path.slice(prefix.length);
  if (encoded === '') return defaultRoom;
  try {
    return parseRoomName(decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
}

/** @returns where `?after=&epoch=` says to go on from; one without the other says nothing. */
export function sinceIn(query: URLSearchParams): Position | undefined {
  return position(query.get('epoch') ?? '', query.get('after') ?? '');
}

/** @returns the position that an event id such as `{epoch}:{offset}` names. */
export function parseEventId(text: string): Position | undefined {
  const colon = text.lastIndexOf(':');
  return colon < 0 ? undefined : position(text.slice(0, colon), text.slice(colon + 1));
}

function position(epoch: string, offset: string): Position | undefined {
  return epoch === '' || !/^\d{1,15}$/.test(offset) ? undefined : { epoch, offset: Number(offset) };
}

/** A readable name for someone who gave none, such as `brave-otter-482`. */
export function guestName(random: () => number): string {
  const seed = Math.floor(random() * Number.MAX_SAFE_INTEGER);
  const name = uniqueNamesGenerator({ dictionaries: [adjectives, animals], separator: '-', seed });
  return `${name}-${Math.floor(random() * 1_000)}`;
}

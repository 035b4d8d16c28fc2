/** The cast is everybody that a view knows of: the living, those that ended lately, and whom the records tell of. */
import type { Actor } from '../../../inspector/messages.ts';
import type { View } from './session.ts';
import { nameOf } from './words.ts';

export type Cast = ReadonlyMap<string, Actor>;

/** What stands at the head of a lifeline: a name, and whose it is or where. */
export interface LifelineHead {
  readonly id: string;
  readonly name: string;
  readonly about: string;
}

/** How many lifelines there are where nobody has chosen any. */
const usualMost = 6;

export function castOf({ actors, ended, records }: View): Cast {
  const cast = new Map<string, Actor>();
  for (const record of records) if (record.kind === 'spawn') cast.set(record.actor.id, record.actor);
  for (const [id, { actor }] of ended) cast.set(id, actor);
  for (const [id, actor] of actors) cast.set(id, actor);
  return cast;
}

/** `ada`, `reader of ada`, `hub`. */
export function fullNameOf(cast: Cast, id: string): string {
  const actor = cast.get(id);
  if (actor === undefined) return id;
  const owner = ownerOf(cast, actor);
  return owner === undefined ? nameOf(actor) : `${nameOf(actor)} of ${nameOf(owner)}`;
}

export function headOf(cast: Cast, id: string): LifelineHead {
  const actor = cast.get(id);
  if (actor === undefined) return { id, name: id, about: '' };
  const owner = ownerOf(cast, actor);
  return {
    id,
    name: nameOf(actor),
    about: owner === undefined ? (actor.connection?.room ?? id) : `of ${nameOf(owner)}`,
  };
}

/** The connection that a reader or a writer is part of. */
export function ownerOf(cast: Cast, { parent = '' }: Actor): Actor | undefined {
  const above = cast.get(parent);
  return above?.type === 'connection' ? above : undefined;
}

/** @param connection its own id, and not its actor's */
export function actorOfConnection(cast: Cast, connection: string): Actor | undefined {
  return [...cast.values()].findLast((actor) => actor.connection?.id === connection);
}

/** Whose messages tell what happened to a connection: itself, its reader and writer, the hub, and what it is below. */
export function familyOf(cast: Cast, connection: Actor): string[] {
  const all = [...cast.values()];
  const parts = all.filter(({ parent }) => parent === connection.id);
  // A hub of before was another one's.
  const server = cast.get(connection.parent ?? '')?.parent;
  const hub = all.findLast(
    ({ type, parent }) => type === 'hub' && (parent === server || parent === connection.parent),
  );
  const family = [connection.id, ...parts.map(({ id }) => id)];
  if (hub !== undefined) family.push(hub.id);
  if (connection.parent !== undefined) family.push(connection.parent);
  return family;
}

/** The lifelines of an actor for whom nobody has chosen any: of none where no actor is selected. */
export function usualLifelines(cast: Cast, selected: string | undefined): string[] {
  const actor = cast.get(selected ?? '');
  if (actor === undefined) return [...cast.values()].filter(isGeneral).slice(0, usualMost).map(idOf);
  if (actor.type === 'connection') return familyOf(cast, actor);
  const owner = ownerOf(cast, actor);
  if (owner !== undefined) return familyOf(cast, owner);
  const around = [...cast.values()].filter(({ id, parent }) => id === actor.parent || parent === actor.id);
  return [actor, ...around.filter(isGeneral)].slice(0, usualMost).map(idOf);
}

/** Those whose words have this in them, and who are not yet chosen: the latest first, of many only some. */
export function castMatching(cast: Cast, query: string, chosen: readonly string[], most: number): Actor[] {
  const wanted = query.trim().toLowerCase();
  const found: Actor[] = [];
  for (const actor of [...cast.values()].toReversed()) {
    if (found.length === most) break;
    const words = `${fullNameOf(cast, actor.id)} ${actor.id} ${actor.connection?.room ?? ''}`.toLowerCase();
    if (words.includes(wanted) && !chosen.includes(actor.id)) found.push(actor);
  }
  return found;
}

/** Connections come and go, and have their own stories. */
function isGeneral({ type }: Actor): boolean {
  return type !== 'connection' && type !== 'reader' && type !== 'writer';
}

function idOf({ id }: Actor): string {
  return id;
}

/** The commands that a page may give to the inspector's server: their shapes, by which they are checked. */
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { labDoings, labKinds, type LabDoing, type LabKind } from './lab-kinds.ts';

const ref = Type.Optional(Type.Integer());
const id = Type.String({ maxLength: 64 });

/** How many actors one page may watch. */
export const maxWatched = 50;

/** How many virtual clients one command may make. */
export const maxSpawned = 100;

const kinds = Object.keys(labKinds) as LabKind[];
const doings = Object.keys(labDoings) as LabDoing[];

const labTasks = Type.Union([
  Type.Object({
    do: Type.Literal('spawn'),
    kind: Type.Unsafe<LabKind>(Type.Union(kinds.map((kind) => Type.Literal(kind)))),
    count: Type.Integer({ minimum: 1, maximum: maxSpawned }),
  }),
  Type.Object({
    do: Type.Unsafe<LabDoing>(Type.Union(doings.map((doing) => Type.Literal(doing)))),
    /** The connection's own id. */
    connection: id,
  }),
  Type.Object({ do: Type.Literal('drain') }), // all virtual clients leave
]);

export type LabTask = Static<typeof labTasks>;

const commands = Type.Union([
  // Which actors' details are wanted from now on: these, and no others.
  Type.Object({ type: Type.Literal('watch'), actors: Type.Array(id, { maxItems: maxWatched }), ref }),
  // The last steps of a connection, alive or closed.
  Type.Object({ type: Type.Literal('story'), connection: id, ref }),
  Type.Object({
    type: Type.Literal('graveyard'),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    ref,
  }),
  // Closes a connection with 4503.
  Type.Object({ type: Type.Literal('kick'), connection: id, ref }),
  Type.Object({ type: Type.Literal('lab'), task: labTasks, ref }),
]);

export type Command = Static<typeof commands>;

const checker = Compile(commands);

/** @returns the command that a text is, or undefined where it is none. */
export function parseCommand(text: string): Command | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return checker.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

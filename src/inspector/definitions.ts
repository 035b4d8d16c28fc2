/** The definitions of all machines whose actors were seen, each made once and drawn once. */
import { setTimeout } from 'node:timers/promises';
import type { AnyActorRef, AnyStateMachine } from 'xstate';
import { defineMachine } from './definition.ts';
import { draw } from './draw.ts';
import type { Definition } from './messages.ts';

/** Whoever takes a recording away does not wait for charts longer than this: each machine's text is in it anyway. */
const mostWaitMs = 30_000;

export class Definitions {
  /** Is told each definition, and told it again once its chart is drawn. */
  readonly #tell: (definition: Definition) => void;
  // Machines that differ only in their implementations have one config.
  readonly #byConfig = new Map<object, Definition>();
  readonly #byId = new Map<string, Definition>();
  readonly #ending = new AbortController();
  #drawing: Promise<void> = Promise.resolve();

  constructor(tell: (definition: Definition) => void) {
    this.#tell = tell;
  }

  [Symbol.iterator](): IterableIterator<Definition> {
    return this.#byId.values();
  }

  /** @returns the definition of an actor's machine, or undefined where it is none. */
  of(actor: AnyActorRef): Definition | undefined {
    const { logic } = actor as { logic?: unknown };
    if (!isMachine(logic)) return undefined;
    const known = this.#byConfig.get(logic.config);
    if (known !== undefined) return known;
    const definition = defineMachine(logic, this.#idFor(logic));
    this.#byConfig.set(logic.config, definition);
    this.#byId.set(definition.id, definition);
    this.#tell(definition);
    // One after the other: layouts are work, and there is other work to do.
    this.#drawing = this.#drawing.then(() => this.#draw(definition));
    return definition;
  }

  /** Resolves once every machine that is known has been drawn, or cannot be, or takes too long. */
  async drawn(): Promise<void> {
    const over = new AbortController();
    const late = setTimeout(mostWaitMs, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([this.#drawing, late]);
    over.abort();
  }

  /** Draws no more. @returns once nothing is being drawn. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#drawing;
  }

  #idFor({ id }: AnyStateMachine): string {
    return this.#byId.has(id) ? `${id} ${this.#byId.size}` : id;
  }

  async #draw(definition: Definition): Promise<void> {
    const svg = await draw(definition.mermaid, this.#ending.signal);
    if (svg === undefined) return;
    const drawn = { ...definition, svg };
    this.#byId.set(drawn.id, drawn);
    this.#tell(drawn);
  }
}

/** Whatever copy of XState it is of. */
function isMachine(logic: unknown): logic is AnyStateMachine {
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'config' in logic;
}

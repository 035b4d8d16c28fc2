/** The definitions of all machines whose actors were seen, each made once and drawn once. */
import type { AnyActorRef, AnyStateMachine } from 'xstate';
import type { Clock } from '../clock.ts';
import { defineMachine } from './definition.ts';
import { draw, type DrawLimits } from './draw.ts';
import type { Definition } from './messages.ts';

/** Whoever takes a recording away does not wait for charts longer than this: each machine's text is in it anyway. */
const mostWaitMs = 30_000;

export interface DefinitionsOptions {
  readonly clock: Clock;
  /** Is told each definition, and told it again once its chart is drawn, or given up. */
  readonly tell: (definition: Definition) => void;
  readonly limits?: DrawLimits;
}

export class Definitions {
  readonly #options: DefinitionsOptions;
  // Machines that differ only in their implementations have one config.
  readonly #byConfig = new Map<object, Definition>();
  readonly #byId = new Map<string, Definition>();
  readonly #ending = new AbortController();
  #drawing: Promise<void> = Promise.resolve();

  constructor(options: DefinitionsOptions) {
    this.#options = options;
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
    this.#options.tell(definition);
    // One after the other: layouts are work, and there is other work to do.
    this.#drawing = this.#drawing.then(() => this.#draw(definition));
    return definition;
  }

  /** Resolves once every machine that is known has been drawn, or cannot be, or takes too long. */
  async drawn(): Promise<void> {
    const { clock } = this.#options;
    let timer: unknown;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, mostWaitMs);
    });
    await Promise.race([this.#drawing, late]);
    clock.clearTimeout(timer);
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
    const { tell, ...options } = this.#options;
    const { signal } = this.#ending;
    const drawing = signal.aborted ? undefined : await draw(definition.mermaid, { ...options, signal });
    if (drawing === undefined) return;
    const drawn = { ...definition, ...drawing };
    this.#byId.set(drawn.id, drawn);
    tell(drawn);
  }
}

/** Whatever copy of XState it is of. */
function isMachine(logic: unknown): logic is AnyStateMachine {
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'config' in logic;
}

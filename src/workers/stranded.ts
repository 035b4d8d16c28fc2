/**
 * Stranded is a connection that was on its way to a worker when the worker died. Node forgets it: it would stay open, with
 * nobody there to answer, until its client gives up.
 *
 * A worker takes one at a time, so that there is one at most for each death.
 */

/** How long a living worker may take to say that it has what was handed to it. */
const handoverMs = 2_000;

interface Handle {
  close(): void;
}

export class Stranded {
  readonly #timers = new Set<NodeJS.Timeout>();

  /** To be told whenever a worker has died: what is on its way now, and still is when others have long taken theirs, was for it. */
  expect(): void {
    const suspects = connectionsOnTheirWay();
    if (suspects.length === 0) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const left = new Set(connectionsOnTheirWay());
      for (const suspect of suspects) if (left.has(suspect)) suspect.close();
    }, handoverMs);
    this.#timers.add(timer);
  }

  /** Closes all at once, where no worker is left to take any. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const handle of connectionsOnTheirWay()) handle.close();
  }
}

/** A primary has no other connections: those of servers and of channels have objects of their own. */
function connectionsOnTheirWay(): Handle[] {
  // Node's public list has only the types. Where this one is missing, nothing is found.
  const { _getActiveHandles: get } = process as { _getActiveHandles?: () => object[] };
  return (get?.() ?? []).filter((handle): handle is Handle => handle.constructor.name === 'TCP');
}

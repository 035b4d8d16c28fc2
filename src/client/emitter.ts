/** An emitter calls the listeners of an event, one after the other; one that throws is shown on the console and harms no other. */
export class Emitter<Events> {
  readonly #listeners = new Set<readonly [event: keyof Events, listener: (value: never) => void]>();

  /** @returns what ends it. */
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void {
    const entry = [event, listener] as const;
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    for (const [wanted, listener] of this.#listeners) {
      if (wanted !== event) continue;
      try {
        (listener as (value: Events[E]) => void)(value);
      } catch (thrown) {
        console.error(thrown);
      }
    }
  }
}

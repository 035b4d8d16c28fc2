/** An inbox keeps what came, in order, until a test asks for it: so a test waits for events and never for time. */

export class Inbox<T> {
  /** Everything that came, whether it was asked for or not. */
  readonly all: T[] = [];
  #seen = 0;
  #ended: Error | undefined;
  #waiting: (() => void)[] = [];

  push(item: T): void {
    this.all.push(item);
    this.#wake();
  }

  /** Says that nothing more will come, and why: whoever waits for more is told. */
  end(why: string): void {
    this.#ended ??= new Error(`nothing more will come: ${why}`);
    this.#wake();
  }

  /**
   * Waits for the next item that matches; what came before it counts as seen.
   * @throws when the end comes first.
   */
  async next(matches: (item: T) => boolean = () => true): Promise<T> {
    for (;;) {
      while (this.#seen < this.all.length) {
        const item = this.all[this.#seen] as T;
        this.#seen += 1;
        if (matches(item)) return item;
      }
      if (this.#ended !== undefined) throw this.#ended;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

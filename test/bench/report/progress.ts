/** Progress says on standard error what is being measured: one line that changes on a terminal, lines otherwise. */

export class Progress {
  readonly #startedMs = performance.now();
  #heading = '';

  /** A case begins. */
  begin(heading: string): void {
    this.#heading = heading;
    if (!process.stderr.isTTY) process.stderr.write(`${this.#elapsed()} ${heading}\n`);
  }

  /** A step of it does. */
  step(what: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${this.#elapsed()} ${this.#heading}: ${what}`);
  }

  /** Makes way for other output. */
  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  }

  #elapsed(): string {
    const seconds = Math.floor((performance.now() - this.#startedMs) / 1_000);
    return `[${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}]`;
  }
}

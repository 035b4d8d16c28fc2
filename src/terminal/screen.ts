/** The screen is a terminal with a line at its end that one edits while other lines come in above it. */
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?: () => boolean;
};

export interface ScreenOptions {
  readonly input: Input;
  readonly output: Output;
  /** Completes the line that is edited, as readline's `completer` does. */
  readonly complete: (line: string) => readonly string[];
  readonly onLine: (line: string) => void;
  /** Ctrl-C, Ctrl-D, or the end of the input. */
  readonly onEnd: () => void;
}

/** Of a terminal that does not say, or says 0. */
const fallbackColumns = 80;

export class Screen {
  readonly #output: Output;
  readonly #isTerminal: boolean;
  readonly #readline: Interface;
  #isOver = false;

  constructor({ input, output, complete, onLine, onEnd }: ScreenOptions) {
    this.#output = output;
    this.#isTerminal = output.isTTY === true;
    this.#readline = createInterface({
      input,
      output,
      terminal: this.#isTerminal,
      historySize: 200,
      completer: (line: string): [string[], string] => [[...complete(line)], line],
    });
    this.#readline.on('line', (line) => {
      this.#takeBack(line);
      onLine(line);
      if (!this.#isOver) this.#readline.prompt();
    });
    this.#readline.on('SIGINT', () => this.#readline.close());
    this.#readline.on('close', () => {
      this.#isOver = true;
      onEnd();
    });
  }

  /** What stands before the line that is edited. */
  set prompt(text: string) {
    this.#readline.setPrompt(text);
    if (!this.#isOver) this.#readline.prompt(true);
  }

  /** Writes a line above the one that is edited. */
  print(text: string): void {
    if (this.#isTerminal && !this.#isOver) {
      moveCursor(this.#output, 0, -this.#readline.getCursorPos().rows);
      cursorTo(this.#output, 0);
      clearScreenDown(this.#output);
    }
    this.#output.write(`${text}\n`);
    if (!this.#isOver) this.#readline.prompt(true);
  }

  /** Ends it, and leaves the terminal as it was. */
  close(): void {
    if (this.#isOver) return;
    if (this.#isTerminal) {
      cursorTo(this.#output, 0);
      clearScreenDown(this.#output);
    }
    this.#readline.close();
  }

  /** What was entered is not left where it was typed: it comes again as everyone sees it. */
  #takeBack(line: string): void {
    if (!this.#isTerminal) return;
    const columns = this.#output.columns || fallbackColumns;
    const shown = stripVTControlCharacters(this.#readline.getPrompt()).length + line.length;
    moveCursor(this.#output, 0, -(Math.floor(shown / columns) + 1));
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }
}

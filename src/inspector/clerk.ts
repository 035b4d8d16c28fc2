/** The clerk takes the commands that pages give, has them carried out, and answers. */
import { assertNever } from '../assert.ts';
import { parseCommand, type Command } from './commands.ts';
import type { Flights } from './flights.ts';
import type { Lab } from './lab.ts';
import type { Answer } from './messages.ts';
import type { Viewer } from './viewer.ts';

export interface ClerkOptions {
  readonly now: () => number;
  /** Sends a viewer the details of those that it watches. */
  readonly sendDetails: (viewer: Viewer) => void;
  readonly flights?: Flights;
  readonly lab?: Lab;
  /** Closes a connection; @returns false where there is none. Without it nobody can. */
  readonly kick?: (connectionId: string) => boolean;
  /** What a page is told that asks for more than to watch, where it can have no more. */
  readonly readOnlyReason?: string;
}

type Outcome = Omit<Answer, 'type' | 'ref'>;

const noCommand = { ok: false, reason: 'that is no command' } as const;
const tooMany = { ok: false, reason: 'so many commands at once are no hand that gives them' } as const;
const noFlights = { ok: false, reason: 'nothing is kept of connections here' } as const;
const noConnection = { ok: false, reason: 'there is no such connection' } as const;
const onlyWatches = 'this inspector watches, and that is all';

export class Clerk {
  readonly #options: ClerkOptions;

  constructor(options: ClerkOptions) {
    this.#options = options;
  }

  take(viewer: Viewer, text: string): void {
    const command = parseCommand(text);
    if (command === undefined) {
      viewer.tell({ type: 'answer', ref: 0, ...noCommand });
      return;
    }
    const { ref } = command;
    const mayAsk = viewer.commands.take(this.#options.now()) === 0;
    const answer = mayAsk ? this.#carryOut(viewer, command) : tooMany;
    if (answer === undefined || ref === undefined) return;
    viewer.tell({ type: 'answer', ref, ...answer });
  }

  /** @returns what to answer, or undefined where it has been. */
  #carryOut(viewer: Viewer, command: Command): Outcome | undefined {
    const { sendDetails, flights, lab, kick, readOnlyReason = onlyWatches } = this.#options;
    const readOnly = { ok: false, reason: readOnlyReason };
    const ref = command.ref === undefined ? {} : { ref: command.ref };
    switch (command.type) {
      case 'watch':
        viewer.watch(command.actors);
        sendDetails(viewer);
        return { ok: true };
      case 'story': {
        if (flights === undefined) return noFlights;
        const story = flights.storyOf(command.connection);
        viewer.tell({
          type: 'story',
          ...ref,
          id: command.connection,
          ...(story === undefined ? {} : { story }),
        });
        return undefined;
      }
      case 'graveyard':
        if (flights === undefined) return noFlights;
        viewer.tell({ type: 'graveyard', ...ref, ...flights.graveyard(command.limit) });
        return undefined;
      case 'kick':
        if (kick === undefined) return readOnly;
        return kick(command.connection) ? { ok: true } : noConnection;
      case 'lab':
        return lab === undefined ? readOnly : lab.carryOut(command.task);
      default:
        return assertNever(command);
    }
  }
}

/**
 * The line is the one way to the server that a room has at a time: it owns the socket, and closes the old one before
 * it opens a new one. It hands on what the server says, and tells the machine the edges, never a message.
 */
import { fromCallback } from 'xstate';
import type { WelcomeMessage } from '../protocol.ts';
import { comesBack } from './backoff.ts';
import type { ClientClock } from './environment.ts';
import type { Ending, OutgoingChat, Socket, SocketListener, TransportName } from './socket.ts';

/** What the server let us in with. */
export type Welcome = Pick<WelcomeMessage, 'you' | 'name' | 'members' | 'recovered' | 'pingPeriodMs'>;

export type LineEdge =
  | { type: 'welcomed'; welcome: Welcome } // the server has let us in
  | { type: 'counted'; members: number } // so many are in the room now
  | { type: 'draining'; spreadMs: number | undefined } // the server will close us soon, and wants us back in that time
  | { type: 'missed' } // a message was left out: what follows is not to be had in order
  | { type: 'heard' } // the sign of life that was asked for
  | { type: 'lost'; ending: Ending; comesBack: boolean }; // the socket is gone

/** What the machine asks of the line. */
export type LineCommand =
  | { type: 'open'; transport: TransportName } // try to be let in, by a new socket
  | { type: 'probe' } // have the server give a sign of life
  | { type: 'hangUp' } // say goodbye
  | { type: 'drop' }; // be gone at once

/** Who the line is for. */
export interface Correspondent {
  /** Takes what the server said. @returns what of it the machine has to know. */
  take(said: unknown): LineEdge | undefined;
  /** Is told how a socket ended. @returns whether the reason is gone with it, so that another socket may do. */
  forgives(ending: Ending): boolean;
}

/** Makes a socket. */
type Connect = (transport: TransportName, listener: SocketListener) => Socket;

export class Line implements SocketListener {
  /** When the server last gave a sign of life. */
  lastHeardAt = 0;
  readonly #correspondent: Correspondent;
  readonly #clock: ClientClock;
  readonly #connect: Connect;
  #tell: ((edge: LineEdge) => void) | undefined;
  #socket: Socket | undefined;
  #awaitsSign = false;
  // Has said goodbye, and takes nothing more.
  #isLeaving = false;

  constructor(correspondent: Correspondent, clock: ClientClock, connect: Connect) {
    this.#correspondent = correspondent;
    this.#clock = clock;
    this.#connect = connect;
  }

  /** Whether the server can be asked for a sign of life. */
  get canAsk(): boolean {
    return this.#socket?.ping !== undefined;
  }

  /** Begins to tell the machine the edges. @returns what ends it, and the line. */
  start(tell: (edge: LineEdge) => void): () => void {
    this.#tell = tell;
    return () => {
      this.#tell = undefined;
      this.drop();
    };
  }

  open(transport: TransportName): void {
    this.drop();
    this.lastHeardAt = this.#clock.now();
    try {
      this.#socket = this.#connect(transport, this);
    } catch (thrown) {
      this.closed({ code: 1006, reason: String(thrown) });
    }
  }

  send(chat: OutgoingChat): void {
    this.#socket?.send(chat);
  }

  /** Has the next sign of life told to the machine; asks for one where that is possible. */
  probe(): void {
    this.#awaitsSign = true;
    this.#socket?.ping?.();
  }

  hangUp(): void {
    this.#isLeaving = true;
    this.#socket?.close();
  }

  drop(): void {
    this.#socket?.drop();
    this.#socket = undefined;
    this.#awaitsSign = false;
    this.#isLeaving = false;
  }

  heard(): void {
    this.lastHeardAt = this.#clock.now();
    if (this.#awaitsSign) this.#tell?.({ type: 'heard' });
    this.#awaitsSign = false;
  }

  message(said: unknown): void {
    this.heard();
    if (this.#isLeaving) return;
    const edge = this.#correspondent.take(said);
    if (edge !== undefined) this.#tell?.(edge);
  }

  closed(ending: Ending): void {
    this.#socket = undefined;
    const isForgiven = this.#correspondent.forgives(ending);
    this.#tell?.({ type: 'lost', ending, comesBack: isForgiven || comesBack(ending.code) });
  }
}

/** The line as the room's child actor: it lives as long as the room. */
export const lineLogic = fromCallback<LineCommand, { line: Line }>(
  ({ input: { line }, sendBack, receive }) => {
    receive((command) => {
      if (command.type === 'open') line.open(command.transport);
      else line[command.type]();
    });
    return line.start(sendBack);
  },
);

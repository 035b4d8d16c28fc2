/** The inspection of a chat server: its inspector, who may watch, what is kept of its connections, and its lab. */
import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Logger } from 'pino';
import { closeCodes } from '../close-codes.ts';
import type { Config } from '../config.ts';
import type { Connections } from '../connections.ts';
import { packageVersion } from '../package-version.ts';
import { ChatSubject, type ChatSubjectOptions } from './chat-subject.ts';
import { Door } from './door.ts';
import { Flights } from './flights.ts';
import { Guard } from './guard.ts';
import { Inspector } from './inspector.ts';
import { Lab } from './lab.ts';
import { RecordFile } from './record-file.ts';
import type { InspectorRoutes } from './routes.ts';

export interface InspectionOptions extends Omit<ChatSubjectOptions, 'title' | 'flights'> {
  readonly logger: Logger;
  /** Whether the server takes connections. */
  readonly isReady: () => boolean;
  /** Which of several workers it is. */
  readonly worker?: number | undefined;
}

export class Inspection {
  readonly inspector: Inspector;
  readonly routes: InspectorRoutes;
  readonly #door: Door;
  readonly #config: Config;
  readonly #logger: Logger;
  #file: RecordFile | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: InspectionOptions) {
    const { connections, config, clock, logger, isReady } = options;
    this.#config = config;
    this.#logger = logger;
    const flights = new Flights(clock);
    const place = options.worker === undefined ? '' : `, worker ${options.worker}`;
    const subject = new ChatSubject({ ...options, title: `hubbub ${packageVersion()}${place}`, flights });
    connections.witness = {
      opening: (connection) => flights.begin(connection),
      stepped: (id, eventType, value) => flights.step(id, eventType, value),
      closed: (connection, close) => flights.end(connection, close),
    };
    const guard = guardOf(config);
    this.inspector = new Inspector({
      subject,
      clock,
      flights,
      statelyUrl: config.statelyUrl,
      readOnlyReason: 'this inspector is read-only: see --inspect-control',
      onFault: (err) => logger.error({ err }, 'the inspector failed, and may miss what happens'),
      ...(mayControl(config, guard)
        ? { lab: new Lab({ connections, clock, isReady }), kick: (id) => kick(connections, id) }
        : {}),
    });
    this.#door = new Door({ host: this.inspector, guard, clock });
    const { statelyUrl } = config;
    this.routes = { guard, statelyUrl, recording: () => this.inspector.export() };
  }

  /** Begins to record into a file where that is asked for. @throws the system's error where it cannot be written. */
  async start(): Promise<void> {
    if (this.#config.record === '') return;
    let end: (() => void) | undefined;
    this.#file = await RecordFile.open(this.#config.record, (err) => {
      this.#logger.error({ err }, 'the recording cannot be written, and ends here');
      end?.();
    });
    end = this.inspector.record(this.#file);
  }

  isFor(request: IncomingMessage): boolean {
    return this.#door.isFor(request);
  }

  handle(request: IncomingMessage, tcp: NetSocket, head: Buffer): void {
    this.#door.handle(request, tcp, head);
  }

  /** Has those leave who watch from outside, once they are told what is just happening; a file goes on. */
  dismiss(): void {
    queueMicrotask(() => {
      this.inspector.flush();
      this.#door.close();
    });
  }

  /** Lets go of everything. It may be called again. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#door.close();
    await this.inspector.close();
    await this.#file?.end();
  }
}

function guardOf({ host, inspector, inspectToken }: Config): Guard {
  // One that listens nowhere lets nobody in.
  const settings = { tokenSetting: '--inspect-token', offSetting: '--inspector off' };
  if (inspector === 'off') return new Guard({ host: '', token: '', ...settings });
  return new Guard({ host, token: inspectToken, ...settings });
}

function mayControl({ inspectControl }: Config, guard: Guard): boolean {
  if (inspectControl === 'auto') return guard.isOpen && !guard.hasToken;
  return inspectControl === 'on';
}

function kick(connections: Connections, id: string): boolean {
  const connection = connections.get(id);
  connection?.actor.send({ type: 'close', ...closeCodes.kicked });
  return connection !== undefined;
}

/** A watcher is a viewer of the inspector as a page is one: it keeps what it is told, and applies each record. */
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Actor, Command, InspectorMessage, InspectorRecord } from '../../src/inspector/messages.ts';
import { applyRecord, type Moment } from '../../src/inspector/timeline.ts';
import { Inbox } from './inbox.ts';

type MessageOf<Type extends InspectorMessage['type']> = Extract<InspectorMessage, { type: Type }>;
type RecordOf<Kind extends InspectorRecord['kind']> = Extract<InspectorRecord, { kind: Kind }>;

export class Watcher {
  readonly messages = new Inbox<InspectorMessage>();
  readonly records = new Inbox<InspectorRecord>();
  /** The actors as they are by what was told so far. */
  readonly actors: Moment = new Map();
  readonly webSocket: WebSocket;
  readonly closed: Promise<number>;

  /** @param url the server's own. */
  constructor(url: string, path = '/inspect/socket') {
    this.webSocket = new WebSocket(url.replace(/^http/, 'ws') + path);
    onTestFinished(() => this.webSocket.terminate());
    this.webSocket.on('message', (data: Buffer) =>
      this.#take(JSON.parse(data.toString()) as InspectorMessage),
    );
    this.webSocket.on('error', (error) => this.messages.end(error.message));
    this.closed = new Promise((resolve) => {
      this.webSocket.once('close', (code) => {
        this.messages.end(`closed with ${code}`);
        this.records.end(`closed with ${code}`);
        resolve(code);
      });
    });
  }

  /** Connects, and waits for the baseline. */
  static async watch(url: string): Promise<Watcher> {
    const watcher = new Watcher(url);
    await watcher.next('actors', ({ done }) => done === true);
    return watcher;
  }

  async next<Type extends InspectorMessage['type']>(
    type: Type,
    matches: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    const isIt = (message: InspectorMessage) => message.type === type && matches(message as MessageOf<Type>);
    return (await this.messages.next(isIt)) as MessageOf<Type>;
  }

  async record<Kind extends InspectorRecord['kind']>(
    kind: Kind,
    matches: (record: RecordOf<Kind>) => boolean = () => true,
  ): Promise<RecordOf<Kind>> {
    const isIt = (record: InspectorRecord) => record.kind === kind && matches(record as RecordOf<Kind>);
    return (await this.records.next(isIt)) as RecordOf<Kind>;
  }

  /** Waits until the connection of this name is in a state by what was told. */
  async connectionIn(name: string, top: string): Promise<Actor> {
    for (;;) {
      const actor = this.connection(name);
      const value = actor?.value;
      if (actor !== undefined && (value === top || (typeof value === 'object' && top in value))) return actor;
      await this.records.next();
    }
  }

  connection(name: string): Actor | undefined {
    return [...this.actors.values()].find(({ connection }) => connection?.name === name);
  }

  send(command: Command): void {
    this.webSocket.send(JSON.stringify(command));
  }

  async leave(): Promise<void> {
    this.webSocket.close();
    await this.closed;
  }

  #take(message: InspectorMessage): void {
    if (message.type === 'actors') {
      if (message.anew === true) this.actors.clear();
      for (const actor of message.actors) this.actors.set(actor.id, actor);
    }
    if (message.type === 'records') {
      for (const record of message.records) {
        applyRecord(this.actors, record);
        this.records.push(record);
      }
    }
    this.messages.push(message);
  }
}

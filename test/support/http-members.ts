/** Members by plain HTTP: they hear by a stream of events or by polls, and say each thing by a request of its own. */
import { Agent, request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { ServerMessage } from '../../src/index.ts';
import { Inbox } from './inbox.ts';
import type { Ending, Member, MemberOptions, MessageOf } from './peers.ts';

/** Where a server is, or a proxy in front of it. */
export interface Place {
  readonly url: string;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** @returns a path with what is given of a query. */
export function pathWith(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

/** Reads an answer, if it comes to its end. */
async function whole(answer: IncomingMessage, then: (body: string) => void): Promise<void> {
  const body = await text(answer).catch(() => undefined);
  if (body !== undefined) then(body);
}

/** What is left to know of a connection that ended without a word. */
const gone: Ending = { code: 1006, reason: '' };

abstract class HttpMember implements Member {
  readonly closed: Promise<Ending>;
  protected readonly room: string;
  protected readonly name: string | undefined;
  protected readonly agent = new Agent({ keepAlive: true });
  readonly #url: string;
  readonly #inbox = new Inbox<ServerMessage>();
  #welcomed: () => void = () => undefined;
  #ended: (ending: Ending) => void = () => undefined;
  // What is said goes out in its order: each once the one before it was answered.
  #said: Promise<void>;

  constructor({ url }: Place, { room = 'general', name }: MemberOptions) {
    this.#url = url;
    this.room = room;
    this.name = name;
    this.closed = new Promise((resolve) => {
      this.#ended = resolve;
    });
    this.#said = new Promise((resolve) => {
      this.#welcomed = resolve;
    });
    onTestFinished(() => {
      this.end(gone);
      this.agent.destroy();
    });
  }

  get messages(): readonly ServerMessage[] {
    return this.#inbox.all;
  }

  /** The id of its connection. */
  get you(): string {
    const welcome = this.messages.find((message) => message.type === 'welcome');
    return welcome?.you ?? '';
  }

  async next<Type extends ServerMessage['type']>(
    type: Type,
    matches: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    const isIt = (message: ServerMessage) => message.type === type && matches(message as MessageOf<Type>);
    return (await this.#inbox.next(isIt)) as MessageOf<Type>;
  }

  say(content: string, room = this.room): void {
    this.#post({ content }, room);
  }

  send(message: object): void {
    this.#post(message, this.room);
  }

  sendText(body: string): void {
    this.#said = this.#said.then(() => this.#postText(body, this.room));
  }

  abstract close(): void;
  abstract stall(): void;
  abstract resume(): void;
  abstract vanish(): void;

  protected hear(message: ServerMessage): void {
    this.#inbox.push(message);
    if (message.type === 'welcome') this.#welcomed();
  }

  protected end(ending: Ending): void {
    this.#inbox.end(`closed with ${ending.code} ${ending.reason}`);
    this.#ended(ending);
  }

  /** Begins a request. What is wrong with its connection shows in what does not come. */
  protected ask(
    path: string,
    options: RequestOptions,
    hear: (answer: IncomingMessage) => void,
  ): ClientRequest {
    return request(new URL(path, this.#url), { agent: this.agent, ...options }, hear).on(
      'error',
      () => undefined,
    );
  }

  #post(message: object, room: string): void {
    this.#said = this.#said.then(() => {
      const body = { ...message, connection: this.you, name: this.name };
      return this.#postText(JSON.stringify(body), room);
    });
  }

  /** Resolves once it is answered, or cannot be any more; the answer of one that was not taken is heard. */
  #postText(body: string, room: string): Promise<void> {
    const path = `/rooms/${encodeURIComponent(room)}/messages`;
    return new Promise((resolve) => {
      const asking = this.ask(path, { method: 'POST' }, (answer) => {
        void whole(answer, (json) => {
          const message = JSON.parse(json) as ServerMessage;
          if (message.type !== 'ack') this.hear(message);
          resolve();
        });
      });
      asking.once('close', resolve).end(body);
    });
  }
}

/** Hears by server-sent events. */
export class SseMember extends HttpMember {
  /** The ids of the events heard, in their order. */
  readonly ids: string[] = [];
  readonly #request: ClientRequest;
  #answer: IncomingMessage | undefined;
  #rest = '';

  constructor(place: Place, options: MemberOptions = {}, headers: Readonly<Record<string, string>> = {}) {
    super(place, options);
    const path = pathWith(`/sse/${encodeURIComponent(this.room)}`, { name: this.name });
    this.#request = this.ask(path, { headers }, (answer) => {
      this.#answer = answer;
      answer.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
      answer.on('error', () => undefined);
    });
    this.#request.once('close', () => this.end(gone)).end();
    onTestFinished(() => void this.#request.destroy());
  }

  close(): void {
    this.#request.destroy();
  }

  stall(): void {
    this.#answer?.pause();
  }

  resume(): void {
    this.#answer?.resume();
  }

  vanish(): void {
    this.#answer?.socket.resetAndDestroy();
  }

  #read(chunk: string): void {
    const blocks = (this.#rest + chunk).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) this.#take(block);
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
      }),
    );
    const id = fields.get('id');
    if (id !== undefined) this.ids.push(id);
    const data = fields.get('data');
    if (data === undefined) return;
    if (fields.get('event') === 'close') this.end(JSON.parse(data) as Ending);
    else this.hear(JSON.parse(data) as ServerMessage);
  }
}

/** What a poll is answered with. */
export interface PollAnswer {
  readonly connection: string;
  readonly epoch: string;
  readonly offset: number;
  readonly messages: readonly ServerMessage[];
  readonly close?: Ending;
}

/** Hears by long polls: the next one as soon as one is answered. */
export class PollMember extends HttpMember {
  readonly answers: PollAnswer[] = [];
  #request: ClientRequest | undefined;
  #polls: boolean;

  constructor(place: Place, options: MemberOptions = {}) {
    super(place, options);
    this.#polls = options.answersPings !== false;
    this.#poll();
    onTestFinished(() => this.close());
  }

  /** There is no goodbye: whoever polls no more is gone. */
  close(): void {
    this.stall();
    this.#request?.destroy();
  }

  stall(): void {
    this.#polls = false;
  }

  resume(): void {
    this.#polls = true;
    this.#poll();
  }

  vanish(): void {
    this.stall();
    const { socket } = this.#request ?? {};
    if (socket) socket.resetAndDestroy();
    else this.#request?.once('socket', (late) => late.resetAndDestroy());
  }

  #poll(): void {
    const last = this.answers.at(-1);
    const path = pathWith(`/poll/${encodeURIComponent(this.room)}`, {
      name: this.name,
      connection: last?.connection,
      epoch: last?.epoch,
      after: last?.offset,
    });
    this.#request = this.ask(path, {}, (answer) => {
      void whole(answer, (json) => this.#take(JSON.parse(json) as PollAnswer));
    });
    this.#request.end();
  }

  #take(answer: PollAnswer): void {
    this.answers.push(answer);
    for (const message of answer.messages) this.hear(message);
    if (answer.close !== undefined) this.end(answer.close);
    else if (this.#polls) this.#poll();
  }
}

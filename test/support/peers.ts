/**
 * Peers: a small vocabulary of those that a server meets on its sockets. The polite, the silent, the slow, the
 * flooding and the vanishing are members that speak the protocol; the rule breakers send what nobody may.
 */
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { ChatServer, Connection, ServerMessage } from '../../src/index.ts';
import { Inbox } from './inbox.ts';
import * as raw from './raw-client.ts';

export type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** How a connection ended, as its client saw it. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** A client of a chat server, whatever it is connected by. It ends with the test. */
export interface Member {
  /** Everything it was told. */
  readonly messages: readonly ServerMessage[];
  readonly closed: Promise<Ending>;
  /** Waits for the next message of this type; what came before it counts as seen. @throws if it is closed first. */
  next<Type extends ServerMessage['type']>(
    type: Type,
    matches?: (message: MessageOf<Type>) => boolean,
  ): Promise<MessageOf<Type>>;
  /** Says something in a room: in its URL's where it names none. */
  say(content: string, room?: string): void;
  /** Sends a message in whatever shape, as JSON. */
  send(message: object): void;
  /** Sends a message in whatever shape, as it is. */
  sendText(text: string): void;
  /** Says goodbye. */
  close(): void;
  /** Slow: stops reading, and so stops answering too. */
  stall(): void;
  /** Reads again. */
  resume(): void;
  /** Vanishing: is gone without a goodbye. */
  vanish(): void;
}

export interface MemberOptions {
  readonly room?: string;
  readonly name?: string;
  /** False makes it silent: it hears everything and answers no ping. */
  readonly answersPings?: boolean;
}

/** Connects a WebSocket member, which need not be let in. */
export function connectWebSocket(
  server: ChatServer,
  { room = 'general', name, answersPings = true }: MemberOptions = {},
): WebSocketMember {
  const query = name === undefined ? '' : `?${new URLSearchParams({ name }).toString()}`;
  return new WebSocketMember(`${server.url}/ws/${encodeURIComponent(room)}${query}`, {
    autoPong: answersPings,
    perMessageDeflate: false,
  });
}

/** Connects a WebSocket member, and waits for its welcome. */
export async function joinByWebSocket(server: ChatServer, options: MemberOptions = {}): Promise<Member> {
  const member = connectWebSocket(server, options);
  await member.next('welcome');
  return member;
}

export class WebSocketMember implements Member {
  readonly closed: Promise<Ending>;
  readonly webSocket: WebSocket;
  readonly #inbox = new Inbox<ServerMessage>();

  constructor(url: string, options: ClientOptions) {
    const webSocket = new WebSocket(url.replace(/^http/, 'ws'), options);
    this.webSocket = webSocket;
    onTestFinished(() => webSocket.terminate());
    // Each frame has to be one message: joined ones fail here, and with them the test.
    webSocket.on('message', (data: Buffer) => {
      this.#inbox.push(JSON.parse(data.toString()) as ServerMessage);
    });
    // What went wrong shows in the close code.
    webSocket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      webSocket.once('close', (code, reason) => {
        this.#inbox.end(`closed with ${code} ${reason.toString()}`);
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  get messages(): readonly ServerMessage[] {
    return this.#inbox.all;
  }

  async next<Type extends ServerMessage['type']>(
    type: Type,
    matches: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    const isIt = (message: ServerMessage) => message.type === type && matches(message as MessageOf<Type>);
    return (await this.#inbox.next(isIt)) as MessageOf<Type>;
  }

  say(content: string, room?: string): void {
    this.send({ type: 'chat', content, ...(room === undefined ? {} : { room }) });
  }

  send(message: object): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.webSocket.send(text);
  }

  close(): void {
    this.webSocket.close(1000);
  }

  stall(): void {
    this.webSocket.pause();
  }

  resume(): void {
    this.webSocket.resume();
  }

  vanish(): void {
    this.webSocket.terminate();
  }
}

/** Flooding: says more at once than anyone may. */
export function flood(member: Member, messages: number): void {
  for (let i = 1; i <= messages; i += 1) member.say(`flood ${i}`);
}

/** Half-open: a WebSocket that is there for the server, while nobody reads or answers at its other end. */
export async function connectHalfOpen(server: ChatServer, room = 'general'): Promise<raw.RawClient> {
  const peer = await raw.RawClient.connect(server.url, { path: `/ws/${room}` });
  peer.stall();
  return peer;
}

/** The server's side of the only connection there is, or of the one of this name. @throws when there is none. */
export function connectionOf(server: ChatServer, name?: string): Connection {
  for (const connection of server.connections) {
    if (name === undefined || connection.writer.name === name) return connection;
  }
  throw new Error(`the server has no connection of ${name ?? 'anyone'}`);
}

// Rule breakers

export interface RuleBreaker {
  /** What it sends, in words. */
  readonly sends: string;
  readonly bytes: Buffer;
  /** The close code it gets. */
  readonly code: 1002 | 1007 | 1008 | 1009;
}

const invalidUtf8 = Buffer.from([0xce, 0xba, 0xed, 0xa0, 0x80]);

/** What nobody may send, each with the close code that it gets. */
export function ruleBreakers(maxMessageBytes: number): readonly RuleBreaker[] {
  const tooLong = 'x'.repeat(maxMessageBytes + 1);
  const half = Buffer.from('x'.repeat(maxMessageBytes / 2 + 1));
  return [
    { sends: 'a frame that is not masked', bytes: raw.text('hello', { masked: false }), code: 1002 },
    { sends: 'a frame of a reserved opcode', bytes: raw.frame(3, 'hello'), code: 1002 },
    { sends: 'a control frame of a reserved opcode', bytes: raw.frame(11), code: 1002 },
    { sends: 'a reserved bit', bytes: raw.text('hello', { rsv: raw.rsv.first }), code: 1002 },
    { sends: 'a ping in fragments', bytes: raw.ping('hello', { fin: false }), code: 1002 },
    { sends: 'a ping above 125 octets', bytes: raw.ping('x'.repeat(126)), code: 1002 },
    { sends: 'a continuation of nothing', bytes: raw.continuation('hello'), code: 1002 },
    {
      sends: 'a message within a message',
      bytes: Buffer.concat([raw.text('hel', { fin: false }), raw.text('lo')]),
      code: 1002,
    },
    { sends: 'a close frame of one octet', bytes: raw.frame(raw.opcodes.close, 'x'), code: 1002 },
    { sends: 'a close code that no frame may bear', bytes: raw.close(1006), code: 1002 },
    { sends: 'a close code out of range', bytes: raw.close(5000), code: 1002 },
    { sends: 'a close reason above 123 octets', bytes: raw.close(1000, 'x'.repeat(124)), code: 1002 },
    { sends: 'a close reason of invalid UTF-8', bytes: raw.close(1000, invalidUtf8), code: 1007 },
    { sends: 'text of invalid UTF-8', bytes: raw.text(invalidUtf8), code: 1007 },
    {
      sends: 'text of invalid UTF-8 in fragments',
      bytes: raw.fragments(raw.opcodes.text, invalidUtf8, 1),
      code: 1007,
    },
    {
      sends: 'more fragments than anyone needs',
      bytes: Buffer.concat(Array.from({ length: 16 * 1_024 + 1 }, (_, i) => emptyFragment(i))),
      code: 1008,
    },
    { sends: 'an oversize message', bytes: raw.text(tooLong), code: 1009 },
    {
      sends: 'an oversize message in fragments',
      bytes: Buffer.concat([raw.text(half, { fin: false }), raw.continuation(half)]),
      code: 1009,
    },
    { sends: 'an oversize binary message', bytes: raw.binary(tooLong), code: 1009 },
    { sends: 'a frame announced as 8 GiB', bytes: raw.text('x', { announced: 2n ** 33n }), code: 1009 },
    { sends: 'a frame announced as 2⁶³ octets', bytes: raw.text('x', { announced: 2n ** 63n }), code: 1009 },
  ];
}

function emptyFragment(index: number): Buffer {
  return raw.frame(index === 0 ? raw.opcodes.text : raw.opcodes.continuation, '', { fin: false });
}

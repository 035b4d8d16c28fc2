/**
 * A chat is the session of a member: it reads the client's messages, checks them, and gives the hub what they
 * ask for. Whatever it does not take, it answers with an `error`; the connection stays.
 */
import { assertNever } from './assert.ts';
import { Batch } from './batch.ts';
import type { Sender } from './channel.ts';
import type { Position } from './broker.ts';
import type { Clock } from './clock.ts';
import type { Hub } from './hub.ts';
import type { Registration } from './requests.ts';
import { errorText, pongText, type ErrorDetails } from './messages.ts';
import {
  errorCodes,
  parseClientMessage,
  parseRoomName,
  type ChatRequest,
  type ClientMessage,
  type ErrorCode,
  type JoinRequest,
} from './protocol.ts';
import type { Session } from './reader.ts';
import type { Writer } from './writer.ts';

export interface ChatOptions {
  readonly hub: Hub;
  readonly writer: Writer;
  /** The room that messages without one are for. */
  readonly room: string;
  /** The last message of it that the client has, where it comes back. */
  readonly since?: Position | undefined;
  readonly roomsPerConnection: number;
  readonly clock: Clock;
}

export class Chat implements Session {
  readonly #hub: Hub;
  readonly #writer: Writer;
  readonly #room: string;
  readonly #since: Position | undefined;
  readonly #roomsPerConnection: number;
  readonly #clock: Clock;
  // The rooms asked for and not left: what the hub will make true.
  readonly #rooms = new Map<string, Registration>();

  constructor(options: ChatOptions) {
    this.#hub = options.hub;
    this.#writer = options.writer;
    this.#room = options.room;
    this.#since = options.since;
    this.#roomsPerConnection = options.roomsPerConnection;
    this.#clock = options.clock;
  }

  open(sender: Sender): boolean {
    return this.#register(this.#room, this.#since, sender);
  }

  take(data: Buffer, isBinary: boolean, sender: Sender): boolean {
    if (isBinary) return this.#answer('binary');
    const parsed = parseClientMessage(data.toString());
    if (!parsed.ok) return this.#answer(parsed.code, { reason: parsed.reason });
    const { message } = parsed;
    if (message.type === 'ping') return this.#pong();
    const room = message.room === undefined ? this.#room : parseRoomName(message.room);
    if (room === undefined) return this.#answer('bad_room', { ref: refOf(message) });
    switch (message.type) {
      case 'chat':
        return this.#say(room, message, sender);
      case 'join':
        return this.#join(room, message, sender);
      case 'leave':
        return this.#leave(room, sender);
      default:
        return assertNever(message);
    }
  }

  refuse(retryAfterMs: number): void {
    this.#answer('rate_limited', { retryAfterMs });
  }

  close(): void {
    for (const registration of this.#rooms.values()) registration.withdrawn = true;
    this.#rooms.clear();
    this.#hub.unregister.offer({ subscriber: this.#writer }, leaver);
  }

  #say(room: string, { content, id }: ChatRequest, sender: Sender): boolean {
    const registration = this.#rooms.get(room);
    if (registration === undefined) return this.#answer('not_in_room', { room, ref: id });
    if (content.trim() === '') return this.#answer('empty', { room, ref: id });
    return this.#hub.broadcast.offer({ registration, content, id, saidAt: this.#clock.now() }, sender);
  }

  #join(room: string, { after, epoch }: JoinRequest, sender: Sender): boolean {
    if (!this.#rooms.has(room) && this.#rooms.size >= this.#roomsPerConnection) {
      const reason = `${errorCodes.limit_reached}: ${this.#roomsPerConnection} are the most`;
      return this.#answer('limit_reached', { room, reason });
    }
    const since = after === undefined || epoch === undefined ? undefined : { epoch, offset: after };
    return this.#register(room, since, sender);
  }

  #register(room: string, since: Position | undefined, sender: Sender): boolean {
    // Whoever asks twice asks the same, so that leaving withdraws both.
    const registration: Registration = this.#rooms.get(room) ?? {
      subscriber: this.#writer,
      room,
      withdrawn: false,
      entered: false,
    };
    if (since !== undefined) registration.since = since;
    this.#rooms.set(room, registration);
    return this.#hub.register.offer(registration, sender);
  }

  #leave(room: string, sender: Sender): boolean {
    const registration = this.#rooms.get(room);
    if (registration === undefined) return this.#answer('not_in_room', { room });
    registration.withdrawn = true;
    this.#rooms.delete(room);
    // Whoever leaves before the hub has let it in waits for nothing any more: it is in, and in no room.
    this.#writer.registered();
    return this.#hub.unregister.offer({ subscriber: this.#writer, room }, sender);
  }

  #pong(): true {
    this.#tell(pongText(this.#now()));
    return true;
  }

  /** Tells the client why. @returns true: there is nothing to wait for. */
  #answer(code: ErrorCode, details: Omit<ErrorDetails, 'timestamp'> = {}): true {
    this.#tell(errorText(code, { ...details, timestamp: this.#now() }));
    return true;
  }

  #tell(text: string): void {
    this.#writer.offer(new Batch([text]));
    this.#writer.flush();
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/** @returns the id by which the client knows what became of its message. */
function refOf(message: ClientMessage): string | undefined {
  return message.type === 'chat' ? message.id : undefined;
}

/** Stands for those who leave: they need not be told when their request has moved in, for they are gone. */
const leaver: Sender = { id: 'leaver', unparked: () => undefined };

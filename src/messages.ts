/** The texts of what the server sends: what members say, and what it says itself to one of them. */
import type { Position, Publication } from './broker.ts';
import {
  errorCodes,
  serverName,
  type AckMessage,
  type ErrorCode,
  type ErrorMessage,
  type PongMessage,
  type WelcomeMessage,
} from './protocol.ts';

/** @returns the `chat` as the text of one frame: what a member said, as everyone is told it. */
export function chatText(publication: Publication, offset: number): string {
  return `${openText(publication)},"offset":${offset}}`;
}

/** @returns a message as it is stored where logs outlive a process: its `chat`, but for the offset. */
export function storedText(publication: Publication): string {
  return `${openText(publication)}}`;
}

/** Laid out by hand, which costs two thirds of stringifying an object; the id and the timestamp are the server's own. */
function openText({ id, room, sender, content, timestamp }: Publication): string {
  const what = `"room":${quoted(room)},"sender":${quoted(sender)},"content":${quoted(content)}`;
  return `{"type":"chat","id":"${id}",${what},"timestamp":"${timestamp}"`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** @returns the `chat` of what was stored. */
export function chatTextOf(stored: string, offset: number): string {
  return `${stored.slice(0, -1)},"offset":${offset}}`;
}

export interface Welcome {
  readonly you: string;
  readonly name: string;
  readonly room: string;
  readonly position: Position;
  /** Whether everything that was missed follows. */
  readonly recovered: boolean;
  readonly members: number;
  readonly pingPeriodMs: number;
  readonly timestamp: string;
}

/** @returns the `welcome` as the text of one frame. */
export function welcomeText(welcome: Welcome): string {
  return JSON.stringify({
    type: 'welcome',
    room: welcome.room,
    sender: serverName,
    content: `welcome to ${welcome.room}, ${welcome.name}`,
    timestamp: welcome.timestamp,
    you: welcome.you,
    name: welcome.name,
    epoch: welcome.position.epoch,
    offset: welcome.position.offset,
    members: welcome.members,
    recovered: welcome.recovered,
    pingPeriodMs: welcome.pingPeriodMs,
  } satisfies WelcomeMessage);
}

export interface Ack {
  readonly room: string;
  readonly id: string;
  readonly position: Position;
  readonly timestamp: string;
}

/** @returns the `ack` as the text of one frame. */
export function ackText({ room, id, position, timestamp }: Ack): string {
  return JSON.stringify({
    type: 'ack',
    room,
    sender: serverName,
    content: '',
    timestamp,
    id,
    offset: position.offset,
    epoch: position.epoch,
  } satisfies AckMessage);
}

/** @returns the `pong` as the text of one frame. */
export function pongText(timestamp: string): string {
  return JSON.stringify({
    type: 'pong',
    room: '',
    sender: serverName,
    content: '',
    timestamp,
  } satisfies PongMessage);
}

export interface ErrorDetails {
  readonly timestamp: string;
  readonly room?: string;
  /** Why, in words; the code's own words unless given. */
  readonly reason?: string;
  readonly retryAfterMs?: number;
  /** The id that the sender gave the message which was not taken. */
  readonly ref?: string | undefined;
}

/** @returns the `error` as the text of one frame. */
export function errorText(code: ErrorCode, details: ErrorDetails): string {
  return JSON.stringify({
    type: 'error',
    room: details.room ?? '',
    sender: serverName,
    content: details.reason ?? errorCodes[code],
    timestamp: details.timestamp,
    code,
    ...(details.ref === undefined ? {} : { ref: details.ref }),
    ...(details.retryAfterMs === undefined ? {} : { retryAfterMs: details.retryAfterMs }),
  } satisfies ErrorMessage);
}

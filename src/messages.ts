/** What the server itself says to one client: a welcome, or why its message was not taken. */
import type { Position } from './broker.ts';
import {
  errorCodes,
  serverName,
  type ErrorCode,
  type ErrorMessage,
  type WelcomeMessage,
} from './protocol.ts';

export interface Welcome {
  readonly you: string;
  readonly name: string;
  readonly room: string;
  readonly position: Position;
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
    recovered: false,
    pingPeriodMs: welcome.pingPeriodMs,
  } satisfies WelcomeMessage);
}

export interface ErrorDetails {
  readonly timestamp: string;
  readonly room?: string;
  /** Why, in words; the code's own words unless given. */
  readonly reason?: string;
  readonly retryAfterMs?: number;
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
    ...(details.retryAfterMs === undefined ? {} : { retryAfterMs: details.retryAfterMs }),
  } satisfies ErrorMessage);
}

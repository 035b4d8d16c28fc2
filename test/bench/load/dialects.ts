/**
 * A dialect is how one kind of server is spoken to: where it is entered, what a chat message looks like on the way
 * in, and how the messages that come out are told apart by a byte or two.
 */
import type { DialectName } from '../ipc/calls.ts';

/** What a text frame from the server is. */
export type Kind =
  | 'chat' // a delivery
  | 'ready' // the member is in its room from now on
  | 'knock' // the server wants `knockAnswer` before it lets the member in
  | 'ping' // the server wants `pingAnswer` as a sign of life
  | 'other'; // presence and the like

export interface Dialect {
  /** @returns where a member enters: path and query. */
  path(room: string, name: string): string;
  /** Whether the 101 is all that a member waits for. */
  readonly readyAtUpgrade: boolean;
  readonly knockAnswer: string;
  readonly pingAnswer: string;
  /** @returns what a text frame is whose payload begins here. */
  kindAt(bytes: Buffer, payloadAt: number): Kind;
  /** @returns a chat message as the client's text. */
  chat(content: string): string;
}

const byte = (text: string) => text.charCodeAt(0);
const [letterC, letterW] = [byte('c'), byte('w')];
const [digit0, digit2, digit4] = [byte('0'), byte('2'), byte('4')];

const kindLetterAt = '{"type":"'.length;

const hubbub: Dialect = {
  path: (room, name) => `/ws/${room}?name=${name}`,
  readyAtUpgrade: false,
  knockAnswer: '',
  pingAnswer: '',
  kindAt(bytes, payloadAt) {
    const letter = bytes[payloadAt + kindLetterAt];
    if (letter === letterC) return 'chat';
    return letter === letterW ? 'ready' : 'other';
  },
  chat: (content) => JSON.stringify({ type: 'chat', content }),
};

// The peers that take hubbub's messages but have no word of welcome.
const plain: Dialect = { ...hubbub, readyAtUpgrade: true };

// Engine.IO 4 (`0` open, `2` ping, `3` pong, `4` message), and in its messages Socket.IO 5 (`0` connect, `2` event).
const socketIo: Dialect = {
  path: (room, name) => `/socket.io/?EIO=4&transport=websocket&room=${room}&name=${name}`,
  readyAtUpgrade: false,
  knockAnswer: '40',
  pingAnswer: '3',
  kindAt(bytes, payloadAt) {
    const packet = bytes[payloadAt];
    if (packet === digit0) return 'knock';
    if (packet === digit2) return 'ping';
    if (packet !== digit4) return 'other';
    const type = bytes[payloadAt + 1];
    if (type === digit2) return 'chat';
    return type === digit0 ? 'ready' : 'other';
  },
  chat: (content) => `42${JSON.stringify(['chat', { content }])}`,
};

export const dialects: Readonly<Record<DialectName, Dialect>> = { hubbub, plain, 'socket-io': socketIo };

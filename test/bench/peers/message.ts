/**
 * The chat message that every peer sends: the same members, and so nearly the same bytes, as hubbub's own.
 */
import { v7 } from 'uuid';

/** A place in a room, as its URL names it. */
export interface Seat {
  readonly room: string;
  readonly name: string;
}

/** Reads `/ws/{room}?name=…`, and `/socket.io/?room=…&name=…` alike. */
export function seatOf(url: string | undefined): Seat {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://localhost');
  return {
    room: searchParams.get('room') ?? pathname.slice('/ws/'.length),
    name: searchParams.get('name') ?? 'guest',
  };
}

export function chatMessage({ room, name }: Seat, content: string, offset: number) {
  return {
    type: 'chat',
    id: v7(),
    room,
    sender: name,
    content,
    timestamp: new Date().toISOString(),
    offset,
  };
}

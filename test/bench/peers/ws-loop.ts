/**
 * The plain ws loop: what everyone writes first, `for (const c of room) c.send(json)`.
 */
import { createServer } from 'node:http';
import { WebSocketServer, type PerMessageDeflateOptions, type WebSocket } from 'ws';
import { chatMessage, seatOf } from './message.ts';
import { serve } from './serve.ts';

interface Room {
  readonly members: Set<WebSocket>;
  offset: number;
}

/** Serves rooms by the plain loop, with each client's frames compressed on their own or not at all. */
export async function serveLoop(perMessageDeflate: boolean | PerMessageDeflateOptions): Promise<void> {
  const counters = { messages: 0, writes: 0 };
  const rooms = new Map<string, Room>();
  const http = createServer();
  const wss = new WebSocketServer({ server: http, perMessageDeflate });

  wss.on('connection', (ws, request) => {
    const seat = seatOf(request.url);
    const room = rooms.get(seat.room) ?? { members: new Set<WebSocket>(), offset: 0 };
    rooms.set(seat.room, room);
    room.members.add(ws);
    ws.on('message', (data) => {
      const { content } = JSON.parse((data as Buffer).toString()) as { content: string };
      const json = JSON.stringify(chatMessage(seat, content, ++room.offset));
      for (const member of room.members) member.send(json);
      counters.messages += 1;
      counters.writes += room.members.size;
    });
    ws.on('close', () => {
      room.members.delete(ws);
      if (room.members.size === 0) rooms.delete(seat.room);
    });
    ws.on('error', () => ws.terminate());
  });

  await serve(http, counters);
}

/** Socket.IO with its WebSocket transport only: rooms and broadcasts as its documentation shows them. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { chatMessage, seatOf } from './message.ts';
import { serve } from './serve.ts';

const counters = { messages: 0 };
const offsets = new Map<string, number>();
const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });

io.on('connection', (socket) => {
  const seat = seatOf(socket.request.url);
  void socket.join(seat.room);
  socket.on('chat', ({ content }: { content: string }) => {
    const offset = (offsets.get(seat.room) ?? 0) + 1;
    offsets.set(seat.room, offset);
    io.to(seat.room).emit('chat', chatMessage(seat, content, offset));
    counters.messages += 1;
  });
});

await serve(http, counters);

/** The client's WebSocket transport: one frame for each message, both ways. */
import type { WebSocketClass } from '../environment.ts';
import type { OpenSocket, SocketListener } from '../socket.ts';
import { parseJson } from './json.ts';
import { roomUrl } from './url.ts';

export const openWebSocket: OpenSocket = (destination, { WebSocket }, ear) => {
  const url = roomUrl('ws', destination, { token: destination.token });
  const webSocket = new (WebSocket as WebSocketClass)(url.replace(/^http/, 'ws'));
  let listener: SocketListener | undefined = ear;
  webSocket.addEventListener('message', ({ data }) => listener?.message(parseJson(data)));
  webSocket.addEventListener('close', ({ code, reason }) => listener?.closed({ code, reason }));
  // What went wrong is not told to pages; that it is over shows in the close. Unheard it would end a Node process.
  webSocket.addEventListener('error', () => undefined);
  const close = () => webSocket.close(1000);
  return {
    send: ({ id, content }) => webSocket.send(JSON.stringify({ type: 'chat', id, content })),
    ping: () => webSocket.send('{"type":"ping"}'),
    close,
    drop() {
      listener = undefined;
      // In a browser a dead connection can only be asked to close.
      if (webSocket.terminate === undefined) close();
      else webSocket.terminate();
    },
  };
};

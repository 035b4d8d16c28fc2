/** The bare ws upgrade: connections are accepted, and nothing else. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { serve } from './serve.ts';

const http = createServer();
const wss = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false });
wss.on('connection', (ws) => ws.on('error', () => ws.terminate()));

await serve(http, {});

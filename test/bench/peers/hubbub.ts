/** hubbub itself, as built into `dist`: its rate limit off, because the benchmark sends as fast as it can. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { announce } from './serve.ts';

// What is used here of the library; its own types are in `dist` only once it is built.
interface Hubbub {
  createChatServer(options: {
    readonly port: number;
    readonly rate: number;
    readonly logLevel: string;
    readonly compress: boolean;
  }): {
    start(): Promise<unknown>;
    readonly url: string;
    readonly connections: { witness: unknown };
  };
}

const hubbub = (await import(pathToFileURL(resolve('dist/index.js')).href)) as Hubbub;
const compress = process.argv.includes('--compress');
const server = hubbub.createChatServer({ port: 0, rate: 0, logLevel: 'silent', compress });
if (process.argv.includes('--uninspected')) server.connections.witness = undefined;
await server.start();
announce(Number(new URL(server.url).port), {});

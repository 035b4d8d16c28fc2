/** hubbub itself, as built into `dist`: its rate limit off, because the benchmark sends as fast as it can. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { announce } from './serve.ts';

// What is used here of the library; its own types are in `dist` only once it is built.
interface Hubbub {
  createChatServer(options: {
    readonly port: number;
    readonly rate: number;
    readonly logLevel: string;
    readonly compress: boolean;
    readonly redis: readonly string[];
  }): {
    start(): Promise<unknown>;
    readonly url: string;
    readonly connections: { witness: unknown };
  };
}

const hubbub = (await import(pathToFileURL(resolve('dist/index.js')).href)) as Hubbub;
const { values } = parseArgs({
  options: {
    compress: { type: 'boolean', default: false },
    uninspected: { type: 'boolean', default: false },
    redis: { type: 'string', multiple: true, default: [] },
  },
});
const { compress, redis } = values;
const server = hubbub.createChatServer({ port: 0, rate: 0, logLevel: 'silent', compress, redis });
if (values.uninspected) server.connections.witness = undefined;
await server.start();
announce(Number(new URL(server.url).port), {});

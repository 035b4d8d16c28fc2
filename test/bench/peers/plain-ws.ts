/** The plain ws loop, uncompressed. */
import { serveLoop } from './ws-loop.ts';

await serveLoop(false);

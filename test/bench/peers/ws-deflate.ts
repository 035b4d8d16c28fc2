/** The plain ws loop with permessage-deflate as ws does it: every client's every frame is deflated on its own. */
import { serveLoop } from './ws-loop.ts';

// Below ws's own threshold of 1,024 bytes the benchmark's messages would go uncompressed.
await serveLoop({ threshold: 512 });

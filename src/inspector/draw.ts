/** To draw is to have a chart laid out in a thread of its own, one after the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../package-files.ts';

/** The thread as it is built. */
const worker = packageFile('dist/inspector/draw-worker.js');

/** Charts that were drawn, by their text, the oldest first: a layout takes a second or two, and machines stay what they are. */
const drawn = new Map<string, string>();
const mostDrawn = 64;

/** A machine of hundreds of states may take a layout that nobody would wait for, nor look at. */
const mostMs = 60_000;

/** @returns the SVG, or undefined where it cannot be drawn in time; where `signal` ends it, that is at once. */
export async function draw(mermaid: string, signal: AbortSignal): Promise<string | undefined> {
  const known = drawn.get(mermaid);
  if (known !== undefined || signal.aborted) return known;
  const svg = await layOut(mermaid, AbortSignal.any([signal, AbortSignal.timeout(mostMs)]));
  if (svg !== undefined) keep(mermaid, svg);
  return svg;
}

function keep(mermaid: string, svg: string): void {
  drawn.set(mermaid, svg);
  const [oldest] = drawn.keys();
  if (drawn.size > mostDrawn && oldest !== undefined) drawn.delete(oldest);
}

async function layOut(mermaid: string, signal: AbortSignal): Promise<string | undefined> {
  const thread = new Worker(worker, { workerData: mermaid });
  try {
    const [svg] = (await once(thread, 'message', { signal })) as [string];
    return svg;
  } catch {
    // Not every machine can be drawn; its text is there all the same.
    return undefined;
  } finally {
    await thread.terminate();
  }
}

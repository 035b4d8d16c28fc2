/** To draw is to have a chart laid out in a thread of its own, one after the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../package-files.ts';

/** The thread as it is built. */
const worker = packageFile('dist/inspector/draw-worker.js');

/** @returns the SVG, or undefined where it cannot be drawn; where `signal` ends it, that is at once. */
export async function draw(mermaid: string, signal: AbortSignal): Promise<string | undefined> {
  if (signal.aborted) return undefined;
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

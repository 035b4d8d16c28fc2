/** The thread that draws a chart: a layout takes a fraction of a second, for which no connection should wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { drawStates } from './drawing.ts';

/** Leaves the paints to the page's style sheet: its policy allows no style of the drawing's own, nor fonts from elsewhere. */
function paintable(svg: string): string {
  return svg
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/ style="[^"]*"/, '')
    .replaceAll(/var\(--_?([\w-]+)\)/g, 'var(--chart-$1)')
    .replaceAll('arrowhead', 'chart-arrowhead')
    .replaceAll(/\d+\.\d{3,}/g, (number) => String(Math.round(Number(number) * 100) / 100));
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(paintable(drawStates(workerData as string)));

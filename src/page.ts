/** The chat page as the server hands it out: its files, read once, and the words for those who have no browser. */
import { readFileSync } from 'node:fs';

export interface PageFile {
  readonly contentType: string;
  readonly body: Buffer;
}

const folder = new URL('./web/', import.meta.url);

const script = 'text/javascript; charset=utf-8';
const files = [
  { path: '/', name: 'index.html', contentType: 'text/html; charset=utf-8' },
  { path: '/chat.css', name: 'chat.css', contentType: 'text/css; charset=utf-8' },
  { path: '/chat.js', name: 'chat.js', contentType: script },
  { path: '/connection.js', name: 'connection.js', contentType: script },
  { path: '/room-view.js', name: 'room-view.js', contentType: script },
  { path: '/dom.js', name: 'dom.js', contentType: script },
  { path: '/favicon.svg', name: 'favicon.svg', contentType: 'image/svg+xml' },
] as const;

/**
 * Reads the page from beside this module: the same files in the source and in the build.
 * @returns each file by its path in a URL
 * @throws when a file is missing, which means a broken build
 */
export function loadPage(): ReadonlyMap<string, PageFile> {
  return new Map(
    files.map(({ path, name, contentType }) => [
      path,
      { contentType, body: readFileSync(new URL(name, folder)) },
    ]),
  );
}

/**
 * What `/` says to a terminal: what this is, and three things to try.
 * @param url where the server is, as `http://host:port`
 */
export function plainText(url: string): string {
  const { origin } = new URL(url);
  const things = [
    [`npx wscat -c ${origin.replace(/^http/, 'ws')}/ws/general`, 'enter a room; the last part names it'],
    ['{"type":"chat","content":"hello"}', 'say something: one JSON message a line'],
    [`curl ${origin}/stats`, 'see what the server counts'],
  ] as const;
  const width = Math.max(...things.map(([what]) => what.length));
  return [
    'hubbub: a multi-room WebSocket chat server',
    '',
    `Chat in a browser at ${origin}/ or from here:`,
    '',
    ...things.map(([what, why]) => `  ${what.padEnd(width)}   ${why}`),
    '',
  ].join('\n');
}

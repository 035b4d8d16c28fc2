/** What an operator reads when a server starts and when it has stopped. */
import { nameOfCode } from './close-codes.ts';
import type { Config } from './config.ts';
import type { StopReport } from './index.ts';

/** @returns why the server cannot listen, in terms of its flags, or undefined where the error is another one. */
export function listenProblem(
  error: NodeJS.ErrnoException,
  { host, port }: Pick<Config, 'host' | 'port'>,
): string | undefined {
  // Files have errors with the same codes, and those are not about the address.
  if (!['listen', 'bind', 'getaddrinfo'].includes(error.syscall ?? '')) return undefined;
  const problems: Record<string, string> = {
    EADDRINUSE: `--port ${port}: already taken on ${host}`,
    EACCES: `--port ${port}: this user may not listen on it`,
    EADDRNOTAVAIL: `--host ${host}: not an address of this machine`,
    ENOTFOUND: `--host ${host}: no such host is known`,
    EAI_AGAIN: `--host ${host}: its address cannot be looked up now`,
  };
  return problems[error.code ?? ''] ?? `--host ${host} --port ${port}: ${error.message}`;
}

/** Where to go, one line each. @param url the server's own, such as `http://127.0.0.1:8080`. */
export function addressLines(url: string, hasInspector = false): string[] {
  // One can listen on every address, but not visit it.
  const authority = url.replace(/^http:\/\//, '').replace(/^(0\.0\.0\.0|\[::\])(?=:)/, 'localhost');
  return [
    `chat page  http://${authority}/`,
    `WebSocket  ws://${authority}/ws/`,
    `stats      http://${authority}/stats`,
    ...(hasInspector ? [`inspector  http://${authority}/inspect/`] : []),
  ];
}

/** How many connections were closed, by code, the most frequent first. */
export function closedLine({
  connections,
  closedByCode,
}: Pick<StopReport, 'connections' | 'closedByCode'>): string {
  const byCode = [...closedByCode]
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${count} × ${code} ${nameOfCode(code)}`);
  const what = `closed ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  return byCode.length === 0 ? what : `${what}: ${byCode.join(', ')}`;
}

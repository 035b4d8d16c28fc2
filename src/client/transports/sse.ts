/** The client's SSE transport: a stream of server-sent events, read by `fetch`, so that it can bear a token and be ended at once. */
import type { Ending } from '../socket.ts';
import { endingOf, endingTold, httpTransport } from './http.ts';
import { parseJson } from './json.ts';
import { roomUrl } from './url.ts';

export const openSse = httpTransport(async (exchange) => {
  const response = await exchange.request(roomUrl('sse', exchange.destination));
  if (!response.ok || response.body === null) return endingOf(response);
  const endings: Ending[] = [];
  const parse = eventParser((type, data) => {
    if (type === 'close') endings.push(endingTold(parseJson(data)));
    else exchange.tell(parseJson(data));
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { code: 1006, reason: 'the stream ended' };
    exchange.heard();
    parse(decoder.decode(value, { stream: true }));
    const [ending] = endings;
    if (ending !== undefined) return ending;
  }
});

/**
 * @returns what takes the text of an event stream piece by piece (the HTML standard, section 9.2.6), its lines ended
 * by line feeds, as the server ends them.
 */
export function eventParser(onEvent: (type: string, data: string) => void): (text: string) => void {
  let rest = '';
  let type = '';
  let data: string[] = [];

  const takeLine = (line: string) => {
    if (line === '') {
      if (data.length > 0) onEvent(type, data.join('\n'));
      type = '';
      data = [];
      return;
    }
    const [, field, value = ''] = /^(event|data): ?(.*)/.exec(line) ?? [];
    if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
  };
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  };
}

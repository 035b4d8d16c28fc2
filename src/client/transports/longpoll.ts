/**
 * The client's long-poll transport: one request after the other, each of which hangs until there is something to tell.
 *
 * Each says how far we have come, so that whichever server answers it can go on from there.
 */
import * as limits from '../limits.ts';
import { endingOf, endingTold, httpTransport } from './http.ts';
import { roomUrl } from './url.ts';

/** What a poll is answered with. */
interface Answer {
  readonly connection: string;
  readonly epoch: string;
  readonly offset: number;
  readonly messages: readonly unknown[];
  readonly close?: unknown;
}

export const openLongPoll = httpTransport(async (exchange) => {
  let { after } = exchange.destination;
  let connection: string | undefined;
  for (;;) {
    // The first answer is the welcome, which nobody wants to wait for.
    const wait = connection === undefined ? 0 : limits.pollWaitMs / 1_000;
    const place = { ...exchange.destination, name: exchange.name, after };
    const response = await exchange.request(roomUrl('poll', place, { wait, connection }));
    if (!response.ok) return endingOf(response);
    const answer = (await response.json()) as Answer;
    exchange.heard();
    for (const message of answer.messages) exchange.tell(message);
    if (answer.close !== undefined) return endingTold(answer.close);
    after = { epoch: answer.epoch, offset: answer.offset };
    ({ connection } = answer);
  }
});

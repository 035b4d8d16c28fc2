/** What is asked of Redis about one room, by the scripts. */
import type { HistoryRange, Position } from '../../broker.ts';
import { newId } from '../../ids.ts';
import type { Link } from './link.ts';
import { enterScript, namesOf, publishScript, readScript } from './scripts.ts';

/** What is kept of a room, and for how long. */
export interface Keeping {
  readonly historyMessages: number;
  readonly historyAgeMs: number;
  readonly dedupeWindowMs: number;
  /** Messages a second into a room; 0 is no limit. */
  readonly roomRate: number;
  readonly roomBurst: number;
}

/** How long a room is known that nobody says anything in and nobody is in; those who are in it look in more often. */
const shortestLifeMs = 180_000;

/** A message to be published. */
export interface Said {
  readonly text: string;
  /** By what it is known when it comes again, and how long. */
  readonly key: string;
  readonly keyMs: number;
}

/** What was read of a room. */
export interface Reading {
  readonly position: Position;
  /** The offset of the oldest message kept. */
  readonly first: number;
  /** The offset of the first text. */
  readonly low: number;
  readonly texts: readonly string[];
}

/** What became of a message: its place, or after how long it may be said again. */
export type Outcome = Position | { readonly retryAfterMs: number };

/** Publishes messages in their order. @returns what became of each. */
export async function publishTo(
  link: Link,
  room: string,
  keeping: Keeping,
  messages: readonly Said[],
): Promise<Outcome[]> {
  const { hash, log, channel, said } = namesOf(room);
  const intervalMs = keeping.roomRate > 0 ? 1_000 / keeping.roomRate : 0;
  const reply = await link.run(
    publishScript,
    room,
    [hash, log, ...messages.map(({ key }) => said + key)],
    [
      newId(),
      String(lifeMs(keeping)),
      String(keeping.historyAgeMs),
      String(keeping.historyMessages),
      channel,
      String(intervalMs),
      String(intervalMs * (keeping.roomBurst - 1)),
      ...messages.flatMap(({ keyMs, text }) => [String(keyMs), text]),
    ],
  );
  const [epoch, ...offsets] = reply as [string, ...number[]];
  return offsets.map((offset) => (offset < 0 ? { retryAfterMs: -offset } : { epoch, offset }));
}

/** Where a room is, and how many members it has on each server. */
export interface Place {
  readonly position: Position;
  readonly sizes: ReadonlyMap<string, number>;
}

/** Makes sure that there is a room. */
export async function enterRoom(
  link: Link,
  room: string,
  keeping: Keeping,
  known: Position | undefined,
  text: string,
): Promise<Place> {
  const { hash, log, servers } = namesOf(room);
  const { epoch = '', offset = 0 } = known ?? {};
  const reply = await link.run(
    enterScript,
    room,
    [hash, log, servers],
    [newId(), String(lifeMs(keeping)), epoch, String(offset), text],
  );
  const [atEpoch, atOffset, ...sizes] = reply as [string, unknown, ...string[]];
  return { position: positionIn([atEpoch, atOffset]), sizes: sizesIn(sizes) };
}

/** @param parts names of servers, each with a size after it */
export function sizesIn(parts: readonly string[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (let index = 0; index + 1 < parts.length; index += 2)
    sizes.set(parts[index] ?? '', Number(parts[index + 1]));
  return sizes;
}

/** @returns undefined where the room is not known. */
export async function readRoom(
  link: Link,
  room: string,
  { historyAgeMs }: Keeping,
  { after, before, limit }: HistoryRange,
): Promise<Reading | undefined> {
  const { hash, log } = namesOf(room);
  const bounds = [after ?? 0, before ?? Number.MAX_SAFE_INTEGER, Math.min(limit, mostRead)].map(String);
  const isForward = after === undefined ? '0' : '1';
  const reply = await link.run(readScript, room, [hash, log], [...bounds, isForward, String(historyAgeMs)]);
  if (reply === null || reply === undefined) return undefined;
  const [epoch, offset, first, low, ...texts] = reply as [string, unknown, number, number, ...string[]];
  return { position: positionIn([epoch, offset]), first, low, texts };
}

/** More than any room keeps. */
const mostRead = 1_000_000;

function positionIn([epoch, offset]: readonly [string, unknown]): Position {
  return { epoch, offset: Number(offset) };
}

function lifeMs({ historyAgeMs, dedupeWindowMs }: Keeping): number {
  return Math.max(historyAgeMs, dedupeWindowMs, shortestLifeMs);
}

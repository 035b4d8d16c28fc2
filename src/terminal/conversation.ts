/**
 * A conversation is somebody at a terminal in a room: what is typed is said or done, and what happens is printed above it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Room, RoomState } from '../client/index.ts';
import { assertNever } from '../assert.ts';
import type { ChatMessage } from '../protocol.ts';
import { completions, helpLines, parseCommand } from './commands.ts';
import type { Lookup } from './lookup.ts';
import { Screen, type Input, type Output } from './screen.ts';
import { harmless, paintFor, type Paint } from './text.ts';
import { chatLine, presenceLine, stateLine } from './words.ts';

export interface ConversationOptions {
  readonly input: Input;
  readonly output: Output;
  readonly room: string;
  readonly name: string | undefined;
  readonly lookup: Lookup;
  /** Joins a room of the server that this is about. */
  readonly join: (room: string, name: string | undefined) => Room;
  readonly now: () => number;
  /** How long a room that one leaves may take to answer what was said in it last. */
  readonly patienceMs: number;
}

/** So much of what was said before is shown to one who comes in. */
const messagesShown = 20;

/** How a conversation ended. */
export type Ending = 'left' | 'closed by the server';

export class Conversation {
  readonly ended: Promise<Ending>;
  readonly #options: ConversationOptions;
  readonly #screen: Screen;
  readonly #paint: Paint;
  #room: Room;
  #name: string | undefined;
  /** The room's name. */
  #place = '';
  #status: RoomState['status'] = 'connecting';
  #wasOpen = false;
  // What was said in the room and has no answer yet.
  #underWay = new Set<Promise<void>>();
  // What is heard before the history is there, which comes first.
  #held: ChatMessage[] | undefined = [];
  #isOver = false;
  #end: (ending: Ending) => void = () => undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#name = options.name;
    this.#paint = paintFor(options.output);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#screen = new Screen({
      input: options.input,
      output: options.output,
      complete: completions,
      onLine: (line) => this.#take(line),
      onEnd: () => void this.#leave('left'),
    });
    this.#room = this.#enter(options.room);
  }

  /** Says goodbye, as /quit does. */
  leave(): void {
    this.#screen.close();
  }

  #enter(name: string): Room {
    this.#place = name;
    this.#screen.prompt = this.#paint('dim', `${harmless(name)}> `);
    this.#status = 'connecting';
    this.#wasOpen = false;
    this.#held = [];
    const room = this.#options.join(name, this.#name);
    const isCurrent = () => room === this.#room && !this.#isOver;
    room.on('message', (message) => isCurrent() && this.#hear(message));
    room.on('presence', (message) => isCurrent() && this.#print(presenceLine(message, this.#paint)));
    room.on('gap', () => isCurrent() && this.#note('some messages were missed, and are not kept any more'));
    room.on(
      'error',
      (error) => isCurrent() && this.#note(error instanceof Error ? error.message : error.content),
    );
    room.on('state', (state) => isCurrent() && this.#changed(state));
    return room;
  }

  #take(line: string): void {
    const command = parseCommand(line);
    switch (command.kind) {
      case 'nothing':
        return;
      case 'say':
        return this.#say(command.content);
      case 'join':
        return void this.#move(command.room);
      case 'name':
        this.#name = command.name;
        return this.#room.rename(command.name);
      case 'rooms':
        return void this.#showRooms();
      case 'who':
        return void this.#showMembers();
      case 'retry':
        return this.#room.retryNow();
      case 'help':
        return helpLines().forEach((text) => this.#note(text));
      case 'wrong':
        return this.#note(command.reason);
      case 'quit':
        return this.#screen.close();
      default:
        return assertNever(command);
    }
  }

  #say(content: string): void {
    const underWay = this.#underWay;
    const saying = this.#room
      .send(content)
      .then(
        () => undefined,
        (error: Error) =>
          this.#print(this.#paint('red', `not sent: ${harmless(content)} (${error.message})`)),
      )
      .finally(() => underWay.delete(saying));
    underWay.add(saying);
  }

  async #move(name: string): Promise<void> {
    const [before, underWay] = [this.#room, this.#underWay];
    this.#underWay = new Set();
    this.#name ??= before.state.name;
    this.#room = this.#enter(name);
    await this.#letGo(before, underWay);
  }

  /** Closes a room once all that was said in it has its answer. What still has none when one has been patient is told. */
  async #letGo(room: Room, underWay: ReadonlySet<Promise<void>>): Promise<void> {
    const answered = new AbortController();
    const patience = delay(this.#options.patienceMs, undefined, answered).catch(() => undefined);
    await Promise.race([Promise.all(underWay), patience]);
    answered.abort();
    await room.close();
    await Promise.all(underWay);
  }

  #hear(message: ChatMessage): void {
    if (this.#held === undefined) this.#print(chatLine(message, this.#paint));
    else this.#held.push(message);
  }

  #changed(state: RoomState): void {
    const line = stateLine(state, this.#status, this.#options.now());
    const isNews = state.status !== this.#status || state.status === 'backingOff';
    this.#status = state.status;
    if (line !== undefined && isNews) this.#note(line);
    if (state.status === 'open' && !this.#wasOpen) {
      this.#wasOpen = true;
      void this.#showHistory(state.position?.offset ?? 0);
    }
    if (state.status === 'closed') void this.#leave('closed by the server');
  }

  async #leave(ending: Ending): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#screen.close();
    await this.#letGo(this.#room, this.#underWay);
    this.#end(ending);
  }

  #print(line: string): void {
    this.#screen.print(line);
  }

  /** Says something about the room that nobody in it has said. */
  #note(text: string): void {
    this.#print(this.#paint('dim', `· ${harmless(text)}`));
  }

  async #showHistory(upTo: number): Promise<void> {
    const room = this.#room;
    const old = await this.#options.lookup.lastMessages(this.#place, upTo, messagesShown).catch(() => []);
    if (this.#isOver || room !== this.#room) return;
    const heard = this.#held ?? [];
    this.#held = undefined;
    for (const message of [...old, ...heard]) this.#print(chatLine(message, this.#paint));
  }

  async #showRooms(): Promise<void> {
    try {
      const rooms = await this.#options.lookup.rooms();
      for (const { name, members } of rooms) this.#note(`${name} · ${members} here`);
    } catch (error) {
      this.#note(`the rooms cannot be had: ${(error as Error).message}`);
    }
  }

  async #showMembers(): Promise<void> {
    try {
      const names = await this.#options.lookup.members(this.#place);
      this.#note(`${names.length} here: ${names.toSorted().map(harmless).join(', ')}`);
    } catch (error) {
      this.#note(`the members cannot be had: ${(error as Error).message}`);
    }
  }
}

/**
 * Rooms are the conversations of this page: which there are, which one is shown, and the name their member bears.
 *
 * The address says which room is shown (`/#room`), and entering a room is following a link to it.
 */
import { Conversation } from './conversation.ts';
import { defaultRoom, hashOf, parseRoomName, roomInHash, roomNameHint } from './room-names.ts';
import { Signal } from './signal.ts';
import { recall, remember } from './storage.ts';

export class Rooms {
  readonly all = new Signal<readonly Conversation[]>([]);
  readonly active = new Signal<Conversation | undefined>(undefined);
  /** What others see; empty until the server has given a guest a name. */
  readonly member = new Signal(recall('name'));
  /** What is wrong with the room that was asked for, in words. */
  readonly problem = new Signal('');
  /** Rooms of the last visit that wait until it is known as whom to enter them. */
  #waiting: readonly string[] = [];

  /** Enters the room of the address and those of the last visit. */
  start(): void {
    // What a browser keeps may be of another version, or spoilt: what is no name must not keep the page from coming up.
    const names = recall('rooms')
      .split(' ')
      .flatMap((text) => parseRoomName(text) ?? []);
    this.follow();
    if (this.member.value === '') this.#waiting = names;
    else for (const name of names) this.#enter(name);
    window.addEventListener('hashchange', () => this.follow());
    document.addEventListener('visibilitychange', () => this.#look());
  }

  /** Shows the room that the address names, and enters it where one is not in it yet. */
  follow(): void {
    const text = roomInHash(location.hash);
    const name = parseRoomName(text === '' ? defaultRoom : text);
    if (name === undefined) {
      this.problem.set(`“${text}” is no room name: ${roomNameHint}.`);
      history.replaceState(null, '', hashOf(this.active.value?.name ?? defaultRoom));
      if (this.active.value === undefined) this.#show(this.#enter(defaultRoom));
      return;
    }
    this.problem.set('');
    this.#show(this.#enter(name));
  }

  /** Shows the room that is so many places further down the list. */
  step(places: number): void {
    const all = this.all.value;
    const at = all.findIndex((conversation) => conversation === this.active.value);
    const next = all[(at + places + all.length) % all.length];
    if (next !== undefined) location.hash = hashOf(next.name);
  }

  leave(conversation: Conversation): void {
    const all = this.all.value;
    const at = all.indexOf(conversation);
    conversation.leave();
    this.#list(all.filter((other) => other !== conversation));
    if (conversation !== this.active.value) return;
    const next = this.all.value[Math.max(0, at - 1)];
    if (next !== undefined) {
      location.hash = hashOf(next.name);
      return;
    }
    history.replaceState(null, '', location.pathname + location.search);
    this.#show(undefined);
  }

  rename(name: string): void {
    this.#called(name);
    for (const conversation of this.all.value) conversation.rename(name);
  }

  /** Makes every room that is not connected try at once. */
  tryNow(): void {
    for (const conversation of this.all.value) conversation.tryNow();
  }

  #enter(name: string): Conversation {
    const known = this.all.value.find((conversation) => conversation.name === name);
    if (known !== undefined) return known;
    const conversation = new Conversation(name, this.member.value || undefined);
    let connection: string | undefined;
    conversation.state.watch(() => {
      const { state } = conversation;
      if (state.value.you === connection || state.value.name === undefined) return;
      connection = state.value.you;
      this.#welcomed(conversation, state.value.name);
    });
    this.#list([...this.all.value, conversation]);
    return conversation;
  }

  #list(all: readonly Conversation[]): void {
    this.all.set(all);
    const names = [...all.map(({ name }) => name), ...this.#waiting];
    remember('rooms', [...new Set(names)].join(' '));
  }

  /** A guest who comes back should be called the same. */
  #welcomed(conversation: Conversation, name: string): void {
    const wanted = this.member.value;
    if (wanted !== '' && wanted !== name) conversation.note(`“${wanted}” was not taken as a name`);
    this.#called(name);
  }

  #called(name: string): void {
    this.member.set(name);
    remember('name', name);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const room of waiting) this.#enter(room);
  }

  #show(conversation: Conversation | undefined): void {
    this.active.set(conversation);
    this.#look();
  }

  /** Whoever shows a page looks at the room that it shows. */
  #look(): void {
    for (const conversation of this.all.value) {
      conversation.watch(conversation === this.active.value && document.visibilityState === 'visible');
    }
  }
}

/**
 * The chat page: rooms side by side over one WebSocket.
 *
 * The address bar says which room is shown (`/#room`), and entering a room is following a link to it.
 *
 * @import { ErrorMessage, ServerMessage, WelcomeMessage } from '../protocol.ts'
 * @import { ConnectionState } from './connection.js'
 */
import { Connection } from './connection.js';
import { find } from './dom.js';
import { RoomView } from './room-view.js';

const defaultRoom = 'general';
const nameKey = 'hubbub.name';

const page = {
  connection: find('#connection', HTMLElement),
  phase: find('#phase', HTMLElement),
  nextTry: find('#next-try', HTMLElement),
  connect: find('#connect', HTMLButtonElement),
  you: find('#you', HTMLDetailsElement),
  summary: find('#you summary', HTMLElement),
  yourName: find('#your-name', HTMLElement),
  rename: find('#rename', HTMLFormElement),
  name: find('#name', HTMLInputElement),
  rooms: find('#rooms', HTMLUListElement),
  join: find('#join', HTMLFormElement),
  room: find('#room', HTMLInputElement),
  joinError: find('#join-error', HTMLElement),
  roomName: find('#room-name', HTMLElement),
  members: find('#members', HTMLElement),
  leave: find('#leave', HTMLButtonElement),
  logs: find('#logs', HTMLElement),
  noRoom: find('#no-room', HTMLElement),
  newer: find('#newer', HTMLButtonElement),
  composer: find('#composer', HTMLFormElement),
  text: find('#text', HTMLTextAreaElement),
  send: find('#send', HTMLButtonElement),
  sendError: find('#send-error', HTMLElement),
};

/** @type {Map<string, RoomView>} */
const rooms = new Map();
/** @type {RoomView | undefined} */
let active;
/** What we ask to be called; empty until we chose a name or the server gave us one. */
let wantedName = storedName();
/** What the server calls us. */
let myName = '';
/**
 * What was sent last and has not come back yet.
 * @type {{ room: string, content: string } | undefined}
 */
let unheard;

const connection = new Connection({ url, changed: showConnection, received });

function url() {
  // The rooms after the first are joined once the connection is open.
  const first = active ?? [...rooms.values()][0];
  const target = new URL(`ws/${encodeURIComponent(first?.name ?? defaultRoom)}`, location.href);
  target.protocol = target.protocol.replace('http', 'ws');
  target.hash = '';
  if (wantedName !== '') target.searchParams.set('name', wantedName);
  for (const room of rooms.values()) room.membership = room === first ? 'joining' : 'waiting';
  return target;
}

// What the server says

/** @param {ServerMessage} message */
function received(message) {
  switch (message.type) {
    case 'welcome':
      return welcomed(message);
    case 'chat':
      return heard(message);
    case 'system': {
      const room = rooms.get(message.room) ?? (message.room === '' ? active : undefined);
      if (room === undefined) return;
      if (message.event !== 'draining') room.members = message.members;
      room.addNote(message.content, message.timestamp);
      return showActive();
    }
    case 'error':
      return refused(message);
    case 'ack':
    case 'pong':
      return;
  }
}

/** @param {WelcomeMessage} message */
function welcomed(message) {
  const room = rooms.get(message.room);
  if (wantedName !== '' && wantedName !== message.name) {
    room?.addNote(`“${wantedName}” was not taken as a name.`);
  }
  myName = message.name;
  // A guest who comes back should be called the same.
  wantedName = message.name;
  page.yourName.textContent = message.name;
  if (document.activeElement !== page.name) page.name.value = message.name;
  room?.welcome(message);
  joinNext();
  showActive();
}

/** @param {Extract<ServerMessage, { type: 'chat' }>} message */
function heard(message) {
  const room = rooms.get(message.room);
  if (room === undefined) return;
  const own = message.sender === myName;
  if (own && unheard?.room === room.name) unheard = undefined;
  room.addMessage(message, own);
  if (room !== active || document.hidden) {
    room.setUnread(room.unread + 1);
    showTitle();
  } else {
    page.newer.hidden = room.following;
  }
}

/** @param {ErrorMessage} message */
function refused(message) {
  const joining = [...rooms.values()].find((room) => room.membership === 'joining');
  const wait = message.retryAfterMs === undefined ? '' : ` Try again in ${inSeconds(message.retryAfterMs)}.`;
  if (message.code === 'bad_room' || message.code === 'limit_reached') {
    page.joinError.textContent = `${sentence(message.content)}${wait}`;
    if (joining !== undefined) drop(joining);
    return joinNext();
  }
  if (message.retryAfterMs !== undefined && joining !== undefined) {
    // Coming back with many rooms can be fast enough to be told to slow down.
    setTimeout(() => joinAgain(joining), message.retryAfterMs);
    if (unheard === undefined) return;
  }
  page.sendError.textContent = `Not sent: ${message.content}.${wait}`;
  giveBack();
}

// Rooms

/** Joins the rooms that wait for it, one after the other: the next when the last is answered. */
function joinNext() {
  for (const room of rooms.values()) {
    if (room.membership === 'joining') return;
  }
  for (const room of rooms.values()) {
    if (room.membership !== 'waiting') continue;
    if (connection.send({ type: 'join', room: room.name })) room.membership = 'joining';
    return;
  }
}

/** @param {RoomView} room */
function joinAgain(room) {
  if (!rooms.has(room.name)) joinNext();
  else if (room.membership === 'joining') connection.send({ type: 'join', room: room.name });
}

/** Shows the room that the address names, and enters it if we are not there yet. */
function follow() {
  const name = roomInAddress() || defaultRoom;
  if (!isRoomName(name)) {
    page.joinError.textContent = `“${name}” is no room name: ${page.room.title}.`;
    if (active === undefined) location.replace(`#${defaultRoom}`);
    return;
  }
  const known = rooms.get(name);
  activate(known ?? addRoom(name));
  if (known !== undefined) return;
  if (connection.phase === 'open') joinNext();
  else if (connection.phase === 'closed') connection.connect();
}

/** @param {string} name */
function addRoom(name) {
  const room = new RoomView(name);
  rooms.set(name, room);
  page.rooms.append(room.link);
  page.logs.append(room.log);
  room.log.addEventListener('scroll', () => {
    if (room === active && room.following) page.newer.hidden = true;
  });
  return room;
}

/** @param {RoomView | undefined} room */
function activate(room) {
  if (active !== undefined) active.draft = page.text.value;
  active = room;
  page.text.value = room?.draft ?? '';
  page.sendError.textContent = '';
  page.newer.hidden = room === undefined || room.following || room.unread === 0;
  for (const each of rooms.values()) each.show(each === room);
  showActive();
  // On a touch screen, focus would open the keyboard over the room.
  if (matchMedia('(pointer: fine)').matches) page.text.focus();
}

/**
 * Forgets a room and shows its neighbour.
 * @param {RoomView} room
 */
function drop(room) {
  const names = [...rooms.keys()];
  const index = names.indexOf(room.name);
  const neighbour = names[index + 1] ?? names[index - 1];
  rooms.delete(room.name);
  room.remove();
  if (room !== active) return;
  if (neighbour === undefined) {
    history.replaceState(null, '', location.pathname);
    activate(undefined);
    connection.close();
  } else {
    location.replace(`#${encodeURIComponent(neighbour)}`);
  }
}

/**
 * Asks the pattern that the browser holds against what is typed into the field.
 * @param {string} name
 */
function isRoomName(name) {
  return new RegExp(`^(?:${page.room.pattern})$`, 'v').test(name);
}

function roomInAddress() {
  const text = location.hash.slice(1);
  try {
    return decodeURIComponent(text).normalize('NFC');
  } catch {
    return text;
  }
}

// What the page shows

function showActive() {
  const joined = active?.membership === 'joined' && connection.phase === 'open';
  if (active !== undefined && !document.hidden) active.setUnread(0);
  page.roomName.textContent = active === undefined ? 'No room' : `#${active.name}`;
  page.members.textContent = joined
    ? `${active?.members} ${active?.members === 1 ? 'member' : 'members'}`
    : '';
  page.leave.hidden = active === undefined;
  page.noRoom.hidden = active !== undefined;
  page.send.disabled = !joined;
  page.text.disabled = active === undefined;
  showTitle();
}

function showTitle() {
  let unread = 0;
  for (const room of rooms.values()) unread += room.unread;
  const count = unread === 0 ? '' : `(${unread}) `;
  const place = active === undefined ? '' : `#${active.name} · `;
  document.title = `${count}${place}hubbub`;
}

/** @param {ConnectionState} state */
function showConnection(state) {
  page.connection.dataset['phase'] = state.phase;
  page.phase.textContent = phaseInWords(state);
  page.connect.hidden = state.phase === 'connecting' || state.phase === 'open' || rooms.size === 0;
  showNextTry(state);
  if (state.phase === 'waiting' || state.phase === 'closed') disconnected(page.phase.textContent);
  showActive();
}

/** @param {ConnectionState} state */
function phaseInWords(state) {
  switch (state.phase) {
    case 'connecting':
      return state.attempt === 0 ? 'Connecting…' : `Reconnecting, try ${state.attempt}…`;
    case 'open':
      return 'Connected';
    case 'waiting':
    case 'closed':
      return `Closed: ${state.code} ${state.reason}`.trim();
  }
}

/** @type {ReturnType<typeof setInterval> | undefined} */
let countdown;

/** @param {ConnectionState} state */
function showNextTry(state) {
  clearInterval(countdown);
  page.nextTry.hidden = page.connect.hidden;
  if (state.phase === 'closed') page.nextTry.textContent = 'This page will not reconnect by itself.';
  if (state.phase !== 'waiting') return;
  const show = () => {
    page.nextTry.textContent = `Reconnecting in ${inSeconds(state.dueAt - Date.now())}`;
  };
  show();
  countdown = setInterval(show, 250);
}

/** @param {string} why */
function disconnected(why) {
  for (const room of rooms.values()) {
    if (room.membership === 'joined') room.addNote(`${why}.`);
    room.membership = 'waiting';
  }
  giveBack();
}

/** Gives what was not heard back to its writer, unless something else is being written there. */
function giveBack() {
  if (unheard === undefined) return;
  const { room: name, content } = unheard;
  unheard = undefined;
  const room = rooms.get(name);
  if (room === undefined) return;
  room.draft ||= content;
  if (room === active) page.text.value ||= content;
}

/** @param {number} ms */
function inSeconds(ms) {
  return `${Math.max(1, Math.ceil(ms / 1_000))} s`;
}

/** @param {string} words */
function sentence(words) {
  return `${words.slice(0, 1).toLocaleUpperCase()}${words.slice(1)}.`;
}

function storedName() {
  try {
    return localStorage.getItem(nameKey) ?? '';
  } catch {
    return ''; // the browser was told to keep nothing
  }
}

/** @param {string} name */
function storeName(name) {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // the browser was told to keep nothing: the name lasts as long as the page
  }
}

// What the person at the page does

page.composer.addEventListener('submit', (event) => {
  event.preventDefault();
  const content = page.text.value.trimEnd();
  if (active === undefined || content === '') return;
  if (active.membership !== 'joined' || !connection.send({ type: 'chat', room: active.name, content })) {
    page.sendError.textContent = 'Not sent: you are not connected to this room.';
    return;
  }
  unheard = { room: active.name, content };
  active.followEnd();
  page.text.value = '';
  page.sendError.textContent = '';
});

page.text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  page.composer.requestSubmit(page.send.disabled ? null : page.send);
});

page.join.addEventListener('submit', (event) => {
  event.preventDefault();
  page.joinError.textContent = '';
  const name = page.room.value.normalize('NFC');
  page.room.value = '';
  location.hash = encodeURIComponent(name);
});

page.leave.addEventListener('click', () => {
  if (active === undefined) return;
  if (active.membership !== 'waiting') connection.send({ type: 'leave', room: active.name });
  drop(active);
});

page.rename.addEventListener('submit', (event) => {
  event.preventDefault();
  wantedName = page.name.value.trim();
  storeName(wantedName);
  page.you.open = false;
  page.summary.focus();
  if (rooms.size > 0) connection.connect();
});

page.connect.addEventListener('click', () => connection.connect());
page.newer.addEventListener('click', () => active?.followEnd());
new ResizeObserver(() => active?.follow()).observe(page.logs);
document.addEventListener('visibilitychange', showActive);
addEventListener('online', () => {
  if (connection.phase === 'waiting') connection.connect();
});
addEventListener('hashchange', follow);

page.name.value = wantedName;
page.yourName.textContent = wantedName || 'a guest';
follow();

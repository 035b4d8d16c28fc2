/** The scenarios: recorded runs that show what a connection goes through. */
import { toPromise, waitFor } from 'xstate';
import type { Arrow } from '../src/inspector/sequence.ts';
import { Recorder } from './recorder.ts';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Who takes part, in order from left to right. */
  readonly participants: Readonly<Record<string, string>>;
  readonly run: () => Arrow[] | Promise<Arrow[]>;
}

const ada = {
  'ada peer': "Ada's browser",
  'ada reader': 'reader',
  'ada connection': 'connection',
  'ada writer': 'writer',
  hub: 'hub',
};

/** Longer than anything that is not a timer takes. */
const aMomentMs = 20;

export const scenarios: readonly Scenario[] = [
  {
    name: 'connect',
    title: 'A client connects',
    participants: ada,
    run() {
      const recorder = new Recorder().begin();
      recorder.connect('ada');
      recorder.clock.advance(aMomentMs);
      return recorder.arrows();
    },
  },
  {
    name: 'message',
    title: 'A message on its way',
    participants: {
      'ada peer': "Ada's browser",
      'ada reader': "Ada's reader",
      hub: 'hub',
      'ada writer': "Ada's writer",
      'bob writer': "Bob's writer",
      'bob peer': "Bob's browser",
    },
    run() {
      const recorder = new Recorder().begin();
      const { peer } = recorder.connect('ada');
      recorder.connect('bob');
      recorder.clock.advance(aMomentMs);
      recorder.forgetSoFar();
      peer.send(JSON.stringify({ type: 'chat', content: 'hello' }));
      recorder.clock.advance(aMomentMs);
      return recorder.arrows();
    },
  },
  {
    name: 'slow-consumer',
    title: 'A client that does not read',
    participants: ada,
    run() {
      const recorder = new Recorder({ rate: 0 }).begin();
      const slow = recorder.connect('ada', 'tea', 100);
      const chatty = recorder.connect('bob');
      recorder.clock.advance(aMomentMs);
      recorder.forgetSoFar();
      slow.peer.stall();
      recorder.note('ada peer', 'reads no more');
      for (let i = 0; i < 160; i += 1) {
        chatty.peer.send(JSON.stringify({ type: 'chat', content: `message ${i}` }));
        recorder.clock.advance(aMomentMs);
      }
      recorder.clock.advance(60_000);
      return onlyOf(ada, recorder.arrows());
    },
  },
  {
    name: 'half-open',
    title: 'A client whose cable was pulled',
    participants: ada,
    run() {
      const recorder = new Recorder().begin();
      const { peer } = recorder.connect('ada');
      recorder.clock.advance(aMomentMs);
      recorder.forgetSoFar();
      peer.cut();
      recorder.note('ada peer', 'cable pulled');
      recorder.clock.advance(60_000);
      return recorder.arrows();
    },
  },
  {
    name: 'drain',
    title: 'The server drains',
    participants: { ...ada, server: 'server' },
    async run() {
      const recorder = new Recorder();
      const server = recorder.serve();
      await waitFor(server, (snapshot) => snapshot.matches('listening'));
      recorder.connect('ada');
      recorder.clock.advance(aMomentMs);
      recorder.forgetSoFar();
      server.send({ type: 'drain' });
      recorder.clock.advance(10 * aMomentMs);
      await toPromise(server);
      return onlyOf(this.participants, recorder.arrows());
    },
  },
];

function onlyOf(participants: Readonly<Record<string, string>>, arrows: readonly Arrow[]): Arrow[] {
  return arrows.filter(({ from, to }) => from in participants && to in participants);
}

/** The load generator's process: its crowds on one server, and the runner's calls for the last of them. */
import { answerCalls } from '../ipc/child.ts';
import type { LoadCalls } from '../ipc/calls.ts';
import { closedLoop } from './closed-loop.ts';
import { Crowd } from './crowd.ts';
import { openLoop } from './open-loop.ts';
import { addSlowMember, type SlowMember } from './slow-member.ts';

let crowds: Crowd[] = [];
let slowMember: SlowMember | undefined;

function present(): Crowd {
  const crowd = crowds.at(-1);
  if (crowd === undefined) throw new Error('nobody is there: open first');
  return crowd;
}

function sum(name: 'connected' | 'closed' | 'others'): number {
  return crowds.reduce((total, crowd) => total + crowd[name], 0);
}

answerCalls<LoadCalls>({
  open(input) {
    const crowd = new Crowd(input);
    crowds.push(crowd);
    return crowd.open();
  },
  closedLoop: (input) => closedLoop(present(), input),
  openLoop: (input) => openLoop(present(), input),
  async addSlowMember() {
    slowMember = await addSlowMember(present());
    return null;
  },
  async removeSlowMember() {
    const evicted = (await slowMember?.leave()) ?? false;
    slowMember = undefined;
    return { evicted };
  },
  census() {
    return { connected: sum('connected'), closed: sum('closed'), others: sum('others') };
  },
  leave() {
    for (const crowd of crowds) crowd.leave();
    crowds = [];
    return null;
  },
});

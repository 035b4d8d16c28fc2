/** The load generator's process: one crowd on one server, and the runner's calls for it. */
import { answerCalls } from '../ipc/child.ts';
import type { LoadCalls } from '../ipc/calls.ts';
import { closedLoop } from './closed-loop.ts';
import { Crowd } from './crowd.ts';
import { openLoop } from './open-loop.ts';
import { addSlowMember, type SlowMember } from './slow-member.ts';

let crowd: Crowd | undefined;
let slowMember: SlowMember | undefined;

function present(): Crowd {
  if (crowd === undefined) throw new Error('nobody is there: open first');
  return crowd;
}

answerCalls<LoadCalls>({
  open(input) {
    crowd = new Crowd(input);
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
    const { connected, closed, others } = present();
    return { connected, closed, others };
  },
  leave() {
    crowd?.leave();
    crowd = undefined;
    return null;
  },
});

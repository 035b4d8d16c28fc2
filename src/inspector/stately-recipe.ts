/** The recipe by which the Stately Inspector shows a system: this server's, or anyone's in Node. */

/** @param port of this server @param statelyUrl the Stately Inspector's address */
export function statelyRecipe(port: number, statelyUrl: string): string {
  return `The Stately Inspector (${statelyUrl}) shows this server's actors too. Nothing goes there by itself.

This server, while it runs:
  open http://127.0.0.1:${port}/inspect/stately/ and click, or read its stream by yourself:

    import { createWebSocketReceiver } from '@statelyai/inspect';
    createWebSocketReceiver({ server: 'ws://127.0.0.1:${port}/inspect/stately/socket' }).subscribe(console.log);

Your own actors in Node, on a page of your own machine and from there in Stately's:

    import { createActor } from 'xstate';
    import { createInspector } from 'hubbub/inspector';

    const inspector = createInspector();
    createActor(machine, { inspect: inspector.inspect }).start();
    console.log((await inspector.listen()).url);

Your own actors in Node, in Stately's alone:

    import { createActor } from 'xstate';
    import { createWebSocketInspector } from '@statelyai/inspect';
    import { createInspectorServer } from '@statelyai/inspect/server';

    createInspectorServer({ port: 8081 }); // opens a browser
    const { inspect } = createWebSocketInspector({ url: 'ws://localhost:8081' });
    createActor(machine, { inspect }).start();
`;
}

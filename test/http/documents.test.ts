/** The published documents: each is valid by its own specification, and true. */
import asyncApiSpecs from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv, type AnySchema } from 'ajv';
import { describe, expect, test } from 'vitest';
import { asyncApiDocument } from '../../src/http/asyncapi.ts';
import { clientSchemas, serverSchemas } from '../../src/protocol.ts';
import { patient, serve } from '../support/test-server.ts';

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary?: string }>>>>;
}

describe('the OpenAPI document', patient, () => {
  test('is valid by OpenAPI 3.1, and has every route that is for programs', async () => {
    const server = await serve();
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
    const result = await new Validator().validate({ ...structuredClone(document) });
    expect(result).toMatchObject({ valid: true });
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).toSorted()).toEqual([
      '/healthz',
      '/metrics',
      '/poll/{room}',
      '/readyz',
      '/rooms',
      '/rooms/{room}',
      '/rooms/{room}/history',
      '/rooms/{room}/messages',
      '/sse/{room}',
      '/stats',
    ]);
  });

  test('says of every route what it is', async () => {
    const server = await serve();
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) => ({ route: `${method} ${path}`, summary })),
    );
    expect(routes.filter(({ summary }) => !summary)).toEqual([]);
  });
});

describe('the AsyncAPI document', patient, () => {
  test('is valid by AsyncAPI 3.0', () => {
    const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false });
    const validate = ajv.compile(asyncApiSpecs.schemas['3.0.0'] as AnySchema);
    const document = JSON.parse(JSON.stringify(asyncApiDocument())) as object;
    expect([validate(document), validate.errors]).toEqual([true, null]);
    expect(validate({ ...document, operations: { say: {} } })).toBe(false);
  });

  test('is what the server hands out, and has every message in its direction', async () => {
    const server = await serve();
    const document = asyncApiDocument();
    expect(await (await fetch(`${server.url}/asyncapi.json`)).json()).toEqual(
      JSON.parse(JSON.stringify(document)),
    );
    const { say, hear } = document.operations;
    expect([say.action, say.messages.length]).toEqual(['receive', Object.keys(clientSchemas).length]);
    expect([hear.action, hear.messages.length]).toEqual(['send', Object.keys(serverSchemas).length]);
    for (const { $ref } of [...say.messages, ...hear.messages]) {
      const name = $ref.slice('#/channels/room/messages/'.length);
      expect(document.channels.room.messages[name]?.payload).toHaveProperty('properties.type');
    }
  });
});

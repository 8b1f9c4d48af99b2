import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { run } from '#/lib/run.ts';
import type { Bounds, Constraints } from '#/wire/table.ts';

/** A service's model as botocore ships it. Only what the generators read. */
export interface BotocoreModel {
  readonly metadata: {
    readonly apiVersion: string;
    readonly protocol: string;
    readonly protocols?: readonly string[];
    readonly endpointPrefix: string;
    readonly signingName?: string;
    readonly jsonVersion?: string;
    readonly targetPrefix?: string;
    readonly serviceFullName: string;
  };
  readonly operations: Readonly<Record<string, BotocoreOperation>>;
  readonly shapes: Readonly<Record<string, BotocoreShape>>;
}

export interface BotocoreOperation {
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: BotocoreRef;
  readonly output?: BotocoreRef;
}

export interface BotocoreRef {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
}

export interface BotocoreShape {
  readonly type: string;
  readonly members?: Readonly<Record<string, BotocoreRef>>;
  readonly member?: BotocoreRef;
  readonly key?: BotocoreRef;
  readonly value?: BotocoreRef;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly exception?: boolean;
  readonly fault?: boolean;
  readonly union?: boolean;
  readonly sensitive?: boolean;
  readonly payload?: string;
  readonly timestampFormat?: string;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number };
}

export interface Botocore {
  readonly version: string;
  model(service: string): BotocoreModel;
}

/** Finds botocore through python3; its newest model of each service is read from there. */
export async function findBotocore(): Promise<Botocore> {
  const program =
    'import botocore, os; print(botocore.__version__); print(os.path.dirname(botocore.__file__))';
  const [version, folder] = (await run('python3', ['-c', program])).trim().split('\n');
  if (version === undefined || folder === undefined) throw new Error('botocore did not say where it is');
  return {
    version,
    model(service) {
      const versions = readdirSync(`${folder}/data/${service}`).toSorted();
      const file = `${folder}/data/${service}/${versions.at(-1)}/service-2.json.gz`;
      return JSON.parse(gunzipSync(readFileSync(file)).toString()) as BotocoreModel; // its published form
    },
  };
}

/** What a shape demands of its values; undefined when nothing. */
export function constraintsOf(
  shape: BotocoreShape | undefined,
  values?: readonly string[],
): Constraints | undefined {
  if (!shape) return undefined;
  const bounds = boundsOf(shape);
  const constraints: Constraints = {
    ...(shape.enum ? { values: values ?? shape.enum } : {}),
    ...(shape.pattern === undefined ? {} : { pattern: shape.pattern }),
    ...(bounds ? { bounds } : {}),
  };
  return Object.keys(constraints).length > 0 ? constraints : undefined;
}

export function boundsOf(shape: BotocoreShape | undefined): Bounds | undefined {
  if (shape?.min === undefined && shape?.max === undefined) return undefined;
  return [shape.min ?? null, shape.max ?? null];
}

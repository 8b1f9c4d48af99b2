import { headerOf, unescapeUri, type WireRequest } from '#/wire/http/request.ts';
import type { Model, OperationModel } from '#/wire/model.ts';

/** A REST operation as its method, path and query say it. */
export interface RestMatch {
  readonly operation: OperationModel;
  /** The path's labels, unescaped. */
  readonly labels: ReadonlyMap<string, string>;
}

interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly pattern: RegExp;
  readonly labels: readonly string[];
  /** What the model writes into the query: `acl`, `list-type=2`. */
  readonly literals: readonly (readonly [name: string, value: string])[];
  readonly neededParameters: readonly string[];
  readonly neededHeaders: readonly string[];
  readonly ofBucket: boolean;
  readonly weight: number;
}

/**
 * Chooses the operation from the model alone: method, path, the literal query and the required members that are
 * in the query and the headers; the most specific wins. `bucket` is S3's, which the model leaves out of the
 * paths; undefined for other services, `''` for S3 without one. Undefined when nothing matches.
 */
export function matchRest(
  request: WireRequest,
  model: Model,
  path: string,
  bucket?: string,
): RestMatch | undefined {
  const hint = request.query.get('x-id');
  for (const route of routesOf(model)) {
    if (route.method !== request.method || (hint !== null && hint !== route.operation.name)) continue;
    if (bucket !== undefined && route.ofBucket !== (bucket !== '')) continue;
    const values = route.pattern.exec(path)?.slice(1);
    if (!values || !hasWhatItNeeds(route, request)) continue;
    const labels = route.labels.map((label, index): [string, string] => {
      const value = values[index] ?? '';
      return [label, unescapeUri(value) ?? value];
    });
    return { operation: route.operation, labels: new Map(labels) };
  }
  return undefined;
}

function hasWhatItNeeds({ literals, neededParameters, neededHeaders }: Route, request: WireRequest): boolean {
  const { query } = request;
  return (
    literals.every(([name, value]) => query.has(name) && (value === '' || query.get(name) === value)) &&
    neededParameters.every((name) => query.has(name)) &&
    neededHeaders.every((name) => headerOf(request, name) !== undefined)
  );
}

const routes = new WeakMap<Model, readonly Route[]>();

function routesOf(model: Model): readonly Route[] {
  const known = routes.get(model);
  if (known) return known;
  const made = Array.from(model.operations.values(), toRoute)
    .filter((route) => route !== undefined)
    .sort((a, b) => b.weight - a.weight);
  routes.set(model, made);
  return made;
}

function toRoute(operation: OperationModel): Route | undefined {
  if (!operation.http) return undefined;
  const { method, uri } = operation.http;
  const [path = '', query = ''] = uri.split('?');
  const labels: string[] = [];
  const segments = path.split('/').map((segment) => {
    const label = /^\{(\w+)(\+?)\}$/.exec(segment);
    if (!label) return RegExp.escape(segment);
    labels.push(label[1] ?? '');
    return label[2] === '+' ? '(.+)' : '([^/]+)';
  });
  const literals = query
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('x-id='))
    .map((part) => {
      const [name = '', value = ''] = part.split('=');
      return [name, value] as const;
    });
  const members = operation.input?.members ?? [];
  const needed = (kind: 'query' | 'header'): string[] =>
    members
      .filter((member) => member.required && member.http?.kind === kind)
      .map(({ http }) => http?.name ?? '');
  const neededParameters = needed('query');
  const neededHeaders = needed('header');
  return {
    operation,
    method,
    pattern: new RegExp(`^${segments.join('/')}${path.endsWith('/') ? '' : '/?'}$`, 's'),
    labels,
    literals,
    neededParameters,
    neededHeaders,
    ofBucket: members.some(({ name, http }) => name === 'Bucket' && http?.kind === 'label'),
    weight:
      literals.length * 100 +
      (neededParameters.length + neededHeaders.length) * 10 +
      path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{')).length,
  };
}

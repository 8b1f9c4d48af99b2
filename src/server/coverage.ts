import type { Region } from '#/region.ts';
import { modelledOperations } from '#/wire/operations.ts';

export type OperationCoverage = 'real' | 'metadata' | 'not implemented';

export interface ServiceCoverage {
  readonly service: string;
  readonly operations: Readonly<Record<string, OperationCoverage>>;
  /** The CloudFormation types that can be in a template. */
  readonly resourceTypes: readonly string[];
}

/** Every operation AWS has in the services that the region knows, and what it does here. */
export function coverage(region: Region): readonly ServiceCoverage[] {
  const metadataOnly = new Map(
    region.services.map(({ name, metadataOnly: names = [] }): [string, ReadonlySet<string>] => [
      name,
      new Set<string>(names),
    ]),
  );
  return modelledOperations().map(({ service, operations }) => ({
    service,
    operations: Object.fromEntries(
      operations.map((operation): [string, OperationCoverage] => {
        if (!region.implements(service, operation)) return [operation, 'not implemented'];
        return [operation, metadataOnly.get(service)?.has(operation) ? 'metadata' : 'real'];
      }),
    ),
    resourceTypes: region.services
      .filter(({ name }) => name === service)
      .flatMap(({ providers }) => providers.map(({ type }) => type)),
  }));
}

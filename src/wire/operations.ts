import { modelOf, serviceIndex } from '#/wire/model.ts';

/** Every operation that AWS has for a service, by name; what the region does not do of it answers `NotImplemented`. */
export interface ServiceOperations {
  readonly service: string;
  readonly operations: readonly string[];
}

/** All modelled operations, service by service, for `snowglobe coverage`. */
export function modelledOperations(): readonly ServiceOperations[] {
  return Array.from(serviceIndex.keys(), (service) => ({
    service,
    operations: [...modelOf(service).operations.keys()].toSorted(),
  }));
}

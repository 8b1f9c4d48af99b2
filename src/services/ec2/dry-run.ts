import { dryRunOperation } from '#/services/ec2/compute-errors.ts';
import type { Handlers } from '#/services/contract.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/**
 * Gives every operation AWS's dry run: it is done, in the call's transaction, and then fails with `DryRunOperation`,
 * so that nothing of it lasts. What would have failed fails as it would have. Asynchronous operations only read.
 */
export function withDryRun(operations: Handlers<Ec2Api>): Handlers<Ec2Api> {
  const wrapped = Object.entries(operations).map(([name, operation]) => {
    const handler = operation as (input: unknown, context: unknown) => unknown; // of whatever operation
    if (handler.constructor.name === 'AsyncFunction') return [name, handler];
    return [
      name,
      (input: unknown, context: unknown) => {
        const output = handler(input, context);
        if (isDryRun(input)) throw dryRunOperation();
        return output;
      },
    ];
  });
  return Object.fromEntries(wrapped) as Handlers<Ec2Api>; // the same names, inputs and outputs
}

function isDryRun(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'DryRun' in input && input.DryRun === true;
}

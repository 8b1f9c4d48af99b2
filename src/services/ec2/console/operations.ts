import type { Dependencies, Handlers } from '#/services/contract.ts';
import { requireInstance } from '#/services/ec2/instance/lookup.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** The console of machines. It is read from the data plane, which is why this handler is asynchronous. */
export function consoleOperations({
  drivers,
}: Pick<Dependencies, 'drivers'>): Pick<Handlers<Ec2Api>, 'GetConsoleOutput'> {
  return {
    async GetConsoleOutput(input, { store, clock }) {
      const { id, status } = requireInstance(store, input.InstanceId);
      const text = status.state === 'terminated' ? '' : await drivers.machine.console(id);
      return {
        InstanceId: id,
        Timestamp: new Date(clock.now()),
        // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html: Base64 on the wire
        Output: Buffer.from(text).toString('base64'),
      };
    },
  };
}

import { anyController, trigger, type Again, type Controller } from '#/controllers/controller.ts';
import { unreachable } from '#/lib/assert.ts';
import type { Dependencies } from '#/services/contract.ts';
import { instanceSizes } from '#/services/ec2/instance-type/catalog.ts';
import { findImage } from '#/services/ec2/image/catalog.ts';
import { decide, type Step } from '#/services/ec2/instance/decide.ts';
import { instanceMetadata, type RoleCredentialsSource } from '#/services/ec2/instance/metadata.ts';
import { privateDnsName, privateDnsDomain } from '#/services/ec2/host-names.ts';
import { releaseInterfaces } from '#/services/ec2/instance/interfaces.ts';
import { instanceType, type Instance, type InstanceStatus } from '#/services/ec2/instance/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import { parseCidr, renderAddress } from '#/lib/cidr.ts';
import { assert } from '#/lib/assert.ts';

/** AWS runs the status checks every minute. */
const checkEveryMs = 60_000;
/** Until the first success of the checks an instance is `initializing`; it is asked more often then. */
const initializingEveryMs = 2_000;
/** A guest that has not answered by then is impaired. */
const initializingMaxMs = 300_000;
/** Time for the guest's services to end by themselves. */
const graceMs = 20_000;

/** What the controller needs beyond its dependencies. */
export interface InstanceControllerOptions {
  readonly imageAliases: readonly string[];
  readonly roleCredentials: RoleCredentialsSource;
}

/** Makes machines of instances. */
export function instanceController(
  dependencies: Dependencies,
  options: InstanceControllerOptions,
): Controller {
  const { store, clock, drivers, region } = dependencies;
  /** What each running guest's metadata service was last told, so that it is told changes only. */
  const told = new Map<string, string>();
  const metadataOf = instanceMetadata(dependencies, options.roleCredentials);

  const controller: Controller<Instance> = {
    type: instanceType,
    timeoutMs: 180_000,
    triggers: [
      trigger(networkInterfaceType, ({ spec }) =>
        spec.attachment?.instanceId === undefined ? [] : [spec.attachment.instanceId],
      ),
    ],
    watch: (enqueue) => drivers.machine.watch(enqueue),
    effects: { list: () => drivers.machine.list(), destroy: (id) => drivers.machine.destroy(id) },
    async reconcile(instance) {
      const machine = await drivers.machine.inspect(instance.id);
      const situation = { machine, isLinked: isLinked(instance), now: clock.now() };
      let again: Again;
      for (const step of decide(instance, situation)) again = await perform(step, instance);
      return again;
    },
  };
  return anyController(controller);

  async function perform(step: Step, instance: Instance): Promise<Again> {
    switch (step.do) {
      case 'create':
        await drivers.machine.create(machineOf(instance));
        return undefined;
      case 'start':
        // A machine's namespace has a new metadata service after the region's restart: it is told again.
        await tellMetadata(instance, 'always');
        await drivers.machine.start(instance.id);
        return undefined;
      case 'stop':
        await drivers.machine.stop(instance.id, graceMs);
        return undefined;
      case 'destroy':
        told.delete(instance.id);
        await drivers.machine.destroy(instance.id);
        return undefined;
      case 'release-interfaces':
        releaseInterfaces(store, instance);
        return undefined;
      case 'report':
        return report(instance, step);
      case 'report-reboots':
        write(instance, (status) => ({ ...status, reboots: instance.spec.reboots }));
        return undefined;
      case 'wish':
        return wish(instance, step);
      case 'check':
        await tellMetadata(instance, 'changes');
        return check(instance);
      case 'wait':
        return { requeueAfterMs: step.ms };
      case 'forget':
        store.remove(instance);
        return undefined;
      default:
        return unreachable(step);
    }
  }

  function report(instance: Instance, step: Step & { do: 'report' }): Again {
    write(instance, (status) => ({
      ...status,
      state: step.state,
      stateReason: step.reason,
      stateChangedAt: status.state === step.state ? status.stateChangedAt : clock.now(),
      systemReachable: undefined,
      instanceReachable: undefined,
      impairedSince: undefined,
      ...(step.state === 'running' ? { reboots: instance.spec.reboots } : {}),
    }));
    return undefined; // the change of the status brings the next look
  }

  function wish(instance: Instance, step: Step & { do: 'wish' }): Again {
    store.transaction(() => {
      const latest = current(instance);
      if (!latest) return;
      store.setStatus(latest, { ...latest.status, stateReason: step.reason });
      store.setSpec(latest, { ...latest.spec, wish: step.wish });
    });
    return undefined;
  }

  async function check(instance: Instance): Promise<Again> {
    const [eni] = instance.spec.networkInterfaceIds;
    assert(eni !== undefined, `${instance.id} has a network interface`);
    const isReachable = await drivers.network.probe(instance.spec.vpcId, eni);
    const ageMs = clock.now() - instance.status.stateChangedAt;
    const isInitializing =
      !isReachable && instance.status.instanceReachable === undefined && ageMs < initializingMaxMs;
    if (isInitializing) return { requeueAfterMs: initializingEveryMs };
    write(instance, (status) => ({
      ...status,
      systemReachable: true,
      instanceReachable: isReachable,
      impairedSince: isReachable ? undefined : (status.impairedSince ?? clock.now()),
    }));
    return { requeueAfterMs: checkEveryMs };
  }

  async function tellMetadata(instance: Instance, when: 'always' | 'changes'): Promise<void> {
    const metadata = metadataOf(instance);
    const text = JSON.stringify(metadata);
    if (when === 'changes' && told.get(instance.id) === text) return;
    await drivers.machine.setMetadata(instance.id, metadata);
    told.set(instance.id, text);
  }

  /** Writes a finding, unless the wish has changed since it was made: then it speaks of the past. */
  function write(instance: Instance, change: (status: InstanceStatus) => InstanceStatus): void {
    const latest = current(instance);
    if (latest) store.setStatus(latest, change(latest.status));
  }

  function current(instance: Instance): Instance | undefined {
    const latest = store.getAny(instanceType, instance.id);
    return latest?.generation === instance.generation ? latest : undefined;
  }

  function isLinked({ spec }: Instance): boolean {
    return spec.networkInterfaceIds.every((id) => store.get(networkInterfaceType, id)?.status.isLinked);
  }

  function machineOf(instance: Instance): Parameters<typeof drivers.machine.create>[0] {
    const { spec } = instance;
    const size = instanceSizes.get(spec.instanceType);
    const image = findImage(region, spec.imageId, options.imageAliases);
    const [eni] = spec.networkInterfaceIds;
    assert(size && image && eni !== undefined, `${instance.id} was checked when it was launched`);
    const address = store.get(networkInterfaceType, eni)?.spec.privateIpAddresses[0];
    assert(address !== undefined, `${eni} has an address`);
    return {
      id: instance.id,
      image: image.machineImage,
      hostname: privateDnsName(address, region).split('.')[0] ?? instance.id,
      memoryMib: size.memoryMib,
      vcpus: size.vcpus,
      namespace: drivers.network.namespaceOf(eni),
      nameServer: nameServerOf(spec.vpcId),
      searchDomain: privateDnsDomain(region),
      metadata: metadataOf(instance),
    };
  }

  /** https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html: the VPC's base plus two. */
  function nameServerOf(vpcId: string): string {
    const cidr = parseCidr(store.getAny(vpcType, vpcId)?.spec.cidrBlocks[0]?.cidrBlock ?? '');
    assert(cidr, `${vpcId} has a network`);
    return renderAddress(cidr.base + 2);
  }
}

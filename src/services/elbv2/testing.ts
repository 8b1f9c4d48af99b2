import type { Drivers } from '#/drivers/drivers.ts';
import { memoryBalancer, type MemoryBalancer } from '#/drivers/balancer/memory.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import { anyType, type Caller } from '#/services/contract.ts';
import { instanceType, type Instance, type InstanceStateName } from '#/services/ec2/instance/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { subnetType } from '#/services/ec2/subnet/resource.ts';
import { vpcType, type Vpc } from '#/services/ec2/vpc/resource.ts';
import { elbv2Service } from '#/services/elbv2/service.ts';
import { Store } from '#/store/store.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

/** A region in memory with one VPC, two zones, and time that stands until it is moved. */
export interface SimElb {
  readonly store: Store;
  readonly region: Region;
  readonly elbv2: Caller<Elbv2Api>;
  readonly balancer: MemoryBalancer;
  readonly names: ReturnType<typeof memoryNames>;
  /** Addresses whose health checks fail. */
  readonly sick: Set<string>;
  /** Puts an instance into a zone, running. */
  addInstance(id: string, zone: 'a' | 'b', address: string): void;
  setInstance(id: string, state: InstanceStateName): void;
  /** Does what the VPC's controller does: links new interfaces, lets deleted ones go. */
  settle(): Promise<void>;
  /** Lets time pass in small steps. */
  advance(ms: number): Promise<void>;
}

export const account = '123456789012';

export function simElb(): SimElb {
  const clock = new VirtualClock();
  const store = new Store(':memory:', clock);
  const sick = new Set<string>();
  const balancer = memoryBalancer({ clock, isHealthy: ({ address }) => !sick.has(address) });
  const names = memoryNames();
  const region = createRegion({
    store,
    clock,
    random: seededRandom(11),
    region: 'eu-west-3',
    account,
    publicPool: '198.18.7.0/24',
    // Load balancing uses these only.
    drivers: {
      balancer,
      names,
      network: { namespaceOf: (id: string) => `/run/netns/${id}` },
    } as unknown as Drivers,
    services: (dependencies) => [elbv2Service(dependencies)],
    onFailure: ({ error }) => {
      throw new Error('a controller failed', { cause: error });
    },
  });
  store.register(
    anyType(networkInterfaceType),
    anyType(subnetType),
    anyType(securityGroupType),
    anyType(instanceType),
  );
  fillVpc(store);
  region.runtime.start();

  async function settle(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
      for (const each of store.listAny(networkInterfaceType)) {
        if (each.deleting) store.remove(each);
        else store.setStatus(each, { isLinked: true });
      }
    } while (!region.runtime.idle);
  }

  return {
    store,
    region,
    elbv2: region.callAs(servicePrincipal(account)).elbv2,
    balancer,
    names,
    sick,
    addInstance: (id, zone, address) => addInstance(store, id, zone, address),
    setInstance(id, state) {
      const instance = store.get(instanceType, id);
      if (instance) store.setStatus(instance, { ...instance.status, state });
    },
    settle,
    async advance(ms) {
      for (let passed = 0; passed < ms; passed += 500) {
        clock.advance(500);
        await settle();
      }
    },
  };
}

function fillVpc(store: Store): void {
  store.create(vpcType, {
    id: 'vpc-1',
    spec: {
      cidrBlocks: [{ associationId: 'vpc-cidr-assoc-1', cidrBlock: '10.0.0.0/16' }],
      isDefault: false,
      instanceTenancy: 'default',
      dhcpOptionsId: 'dopt-1',
      enableDnsSupport: true,
      enableDnsHostnames: true,
      enableNetworkAddressUsageMetrics: false,
    },
    status: { state: 'available' } as unknown as Vpc['status'], // what else its controller would write is not read here
  });
  for (const [index, zone] of ['a', 'b'].entries())
    store.create(subnetType, {
      id: `subnet-${zone}`,
      spec: {
        vpcId: 'vpc-1',
        cidrBlock: `10.0.${index}.0/24`,
        availabilityZone: `eu-west-3${zone}`,
        mapPublicIpOnLaunch: true,
        isDefaultForAz: false,
      },
      status: { state: 'available' },
    });
  for (const name of ['default', 'web'])
    store.create(securityGroupType, {
      id: `sg-${name}`,
      spec: { vpcId: 'vpc-1', groupName: name, description: name, rules: [] },
      status: { isApplied: true },
    });
}

function addInstance(store: Store, id: string, zone: 'a' | 'b', address: string): void {
  store.create(networkInterfaceType, {
    id: `eni-${id}`,
    spec: {
      vpcId: 'vpc-1',
      subnetId: `subnet-${zone}`,
      availabilityZone: `eu-west-3${zone}`,
      description: '',
      macAddress: '0e:00:00:00:00:01',
      privateIpAddresses: [address],
      securityGroupIds: ['sg-default'],
      sourceDestCheck: true,
      interfaceType: 'interface',
      requester: undefined,
      publicIpAddress: undefined,
      attachment: undefined,
    },
    status: { isLinked: true },
  });
  // Load balancing reads no more of an instance than this.
  const spec = {
    wish: 'running',
    vpcId: 'vpc-1',
    subnetId: `subnet-${zone}`,
    availabilityZone: `eu-west-3${zone}`,
    networkInterfaceIds: [`eni-${id}`],
  } as unknown as Instance['spec'];
  const status = { state: 'running' } as unknown as Instance['status'];
  store.create(instanceType, { id, spec, status });
}

import { resourceType, type Resource } from '#/store/resource.ts';

export type Instance = Resource<'AWS::EC2::Instance', InstanceSpec, InstanceStatus>;

export type InstanceStateName =
  | 'pending'
  | 'running'
  | 'shutting-down'
  | 'terminated'
  | 'stopping'
  | 'stopped';

export interface InstanceSpec {
  /** What the user wants of it. Terminated instances stay visible for an hour, so they are not marked deleted before. */
  readonly wish: 'running' | 'stopped' | 'terminated';
  /** Counted up by RebootInstances; the controller reboots until the status has the same number. */
  readonly reboots: number;
  readonly imageId: string;
  readonly instanceType: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** By device index; the first is eth0. */
  readonly networkInterfaceIds: readonly string[];
  readonly keyName: string | undefined;
  /** Base64, as given. */
  readonly userData: string | undefined;
  readonly iamInstanceProfileArn: string | undefined;
  readonly iamInstanceProfileId: string | undefined;
  readonly metadataOptions: {
    readonly httpTokens: 'optional' | 'required';
    readonly httpPutResponseHopLimit: number;
    readonly httpEndpoint: 'enabled' | 'disabled';
    readonly instanceMetadataTags: 'enabled' | 'disabled';
  };
  readonly monitoring: boolean;
  readonly ebsOptimized: boolean;
  readonly disableApiTermination: boolean;
  readonly disableApiStop: boolean;
  readonly instanceInitiatedShutdownBehavior: 'stop' | 'terminate';
  /** Of burstable types; shown, without effect. */
  readonly cpuCredits: 'standard' | 'unlimited' | undefined;
  readonly rootVolume: RootVolume;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly clientToken: string | undefined;
  /** A digest of the request that brought the token, to know a repetition from a misuse. */
  readonly requestDigest: string;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
}

/** The machine's disk, as the volume that AWS would show. */
export interface RootVolume {
  /** `vol-…` */
  readonly id: string;
  readonly sizeGib: number;
  readonly volumeType: string;
  readonly deleteOnTermination: boolean;
  readonly encrypted: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface InstanceStatus {
  readonly state: InstanceStateName;
  /** `Client.UserInitiatedShutdown` and its like, with AWS's message. */
  readonly stateReason: { readonly code: string; readonly message: string } | undefined;
  /** Milliseconds since the epoch; when the state last changed. */
  readonly stateChangedAt: number;
  readonly reboots: number;
  /** What the two status checks last found; undefined before the first. */
  readonly systemReachable: boolean | undefined;
  readonly instanceReachable: boolean | undefined;
  /** Milliseconds since the epoch; since when a status check fails. */
  readonly impairedSince: number | undefined;
}

export const instanceType = resourceType<Instance>('AWS::EC2::Instance', {
  vpcId: (instance) => [instance.spec.vpcId],
  subnetId: (instance) => [instance.spec.subnetId],
  clientToken: ({ spec }) => (spec.clientToken === undefined ? [] : [spec.clientToken]),
});

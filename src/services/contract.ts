import type { Controller } from '#/controllers/controller.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import type { Clock } from '#/lib/clock.ts';
import type { Random } from '#/lib/random.ts';
import type { ResourceType, Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';
import type { CloudformationApi } from '#/wire/api/cloudformation.ts';
import type { CloudwatchApi } from '#/wire/api/cloudwatch.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';
import type { FisApi } from '#/wire/api/fis.ts';
import type { IamApi } from '#/wire/api/iam.ts';
import type { RdsApi } from '#/wire/api/rds.ts';
import type { S3Api } from '#/wire/api/s3.ts';
import type { SecretsmanagerApi } from '#/wire/api/secretsmanager.ts';
import type { SnsApi } from '#/wire/api/sns.ts';
import type { SsmApi } from '#/wire/api/ssm.ts';
import type { StsApi } from '#/wire/api/sts.ts';
import type { Operation } from '#/wire/api/operation.ts';

/** Every service's API by the service's AWS CLI name (and the name of its table in `wire/tables`). */
export interface Apis {
  autoscaling: AutoscalingApi;
  cloudformation: CloudformationApi;
  cloudwatch: CloudwatchApi;
  ec2: Ec2Api;
  elbv2: Elbv2Api;
  fis: FisApi;
  iam: IamApi;
  rds: RdsApi;
  s3: S3Api;
  secretsmanager: SecretsmanagerApi;
  sns: SnsApi;
  ssm: SsmApi;
  sts: StsApi;
}

export type ServiceName = keyof Apis;

/** Who calls. */
export interface Principal {
  readonly account: string;
  readonly arn: string;
  /** `AIDA…`, `AROA…:session`, or the account id for the account itself. */
  readonly userId: string;
  readonly accessKeyId: string;
}

/** What a handler may use besides its input. No driver is among it: handlers write wishes, controllers act. */
export interface Context {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** `eu-west-3` */
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  /** Public addresses are taken from here: `198.18.7.0/24`. */
  readonly publicPool: string;
  readonly principal: Principal;
  readonly requestId: string;
  /** Other operations, called within this call's transaction and on behalf of the same principal. */
  readonly call: Calls;
}

/**
 * One operation: check, write the wish, answer. Synchronous, in one transaction of the store; it throws `AwsError`
 * and then nothing was written. Only operations that stream bodies or read the data plane are asynchronous.
 */
export type Handler<O> =
  O extends Operation<infer _I, infer _O>
    ? (input: O['input'], context: Context) => O['output'] | Promise<O['output']>
    : never;

/** The operations that a resource type implements: `{...} satisfies Handlers<Ec2Api>` checks names and shapes. */
export type Handlers<A> = { readonly [Name in keyof A]?: Handler<A[Name]> };

/** In-process calls of a service's synchronous operations: for stacks, groups and whoever acts for a user. */
export type Caller<A> = {
  readonly [Name in keyof A]: A[Name] extends Operation<infer _I, infer _O>
    ? (input: A[Name]['input']) => A[Name]['output']
    : never;
};

export type Calls = { readonly [Name in ServiceName]: Caller<Apis[Name]> };

/** What a service is built from. */
export interface Dependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly account: string;
  readonly drivers: Drivers;
  /** Public addresses are taken from here: `198.18.7.0/24`. */
  readonly publicPool: string;
  /** Calls on behalf of the region itself (its service-linked roles). Each is a transaction, or joins the open one. */
  readonly call: Calls;
}

/** One AWS service, assembled from the folders of its resource types. */
export interface Service<Name extends ServiceName = ServiceName> {
  readonly name: Name;
  readonly operations: Handlers<Apis[Name]>;
  /** Operations that are stored and shown but have no effect on the data plane; `coverage` tells them apart. */
  readonly metadataOnly?: readonly (Name extends ServiceName ? keyof Apis[Name] : never)[];
  /** Kinds to register with the store. */
  readonly types: readonly ResourceType<never>[];
  readonly controllers: readonly Controller[];
  /** Adapters for CloudFormation. */
  readonly providers: readonly ResourceProvider[];
}

/** A service of any name. */
export type AnyService = { [Name in ServiceName]: Service<Name> }[ServiceName];

/** Properties of a template's resource, resolved: no intrinsic functions are left in them. */
export type Properties = Readonly<Record<string, unknown>>;

/** How CloudFormation handles one resource type, by the operations a user would call. Replacement comes from data. */
export interface ResourceProvider {
  /** `AWS::EC2::VPC` */
  readonly type: string;
  /**
   * Creates it and answers its physical id (what `Ref` gives, unless `ref` says otherwise). Synchronous and inside
   * the engine's transaction, so that a crash leaves either both the resource and its physical id, or neither.
   * Throws `AwsError`, whose message becomes the event's status reason.
   */
  create(properties: Properties, context: ProviderContext): string;
  /** Whether the resource has become what was asked: `CREATE_COMPLETE` and `UPDATE_COMPLETE` wait for it. */
  stability(physicalId: string, context: ProviderContext): Stability;
  /** Changes in place what may be changed in place; answers the (possibly new) physical id. */
  update?(physicalId: string, properties: Properties, previous: Properties, context: ProviderContext): string;
  /** Wishes it gone. A resource that is gone already is a success. Throws `AwsError` to be retried or to fail. */
  delete(physicalId: string, context: ProviderContext): void;
  /** Whether it is gone; when absent, `delete` is the end of it. */
  gone?(physicalId: string, context: ProviderContext): boolean;
  /** Every attribute that `Fn::GetAtt` may ask for, dotted names flat: `{ 'Endpoint.Address': … }`. */
  attributes(physicalId: string, context: ProviderContext): Readonly<Record<string, unknown>>;
  /** What `Ref` gives, where it is not the physical id. */
  ref?(physicalId: string, context: ProviderContext): string;
}

export type Stability =
  | { readonly state: 'stable' | 'in-progress' }
  | { readonly state: 'failed'; readonly reason: string };

export interface ProviderContext {
  readonly call: Calls;
  readonly random: Random;
  readonly clock: Clock;
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** The stack's tags and `aws:cloudformation:*`, to be put on the resource where its type has tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** `<stack>-<LogicalId>-<12 random characters>`, cut to the length: the name of a resource that was given none. */
  physicalName(lengthMax: number): string;
}

/** A type's handle as the service lists it. */
export function anyType<R extends Resource>(type: ResourceType<R>): ResourceType<never> {
  return type as unknown as ResourceType<never>; // the store hands each type resources of its own kind only
}

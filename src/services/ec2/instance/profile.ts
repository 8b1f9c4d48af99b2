import type * as aws from '@aws-sdk/client-ec2';
import { AwsError } from '#/lib/aws-error.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { instanceProfileInvalid } from '#/services/ec2/compute-errors.ts';
import { filterItems, paginate } from '#/services/ec2/filters.ts';
import { requireInstance } from '#/services/ec2/instance/lookup.ts';
import { instanceType, type Instance, type InstanceSpec } from '#/services/ec2/instance/resource.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

type ProfileInput = InputOf<Ec2Api, 'AssociateIamInstanceProfile'>['IamInstanceProfile'];
type Profile = Pick<InstanceSpec, 'iamInstanceProfileArn' | 'iamInstanceProfileId'>;

const none: Profile = { iamInstanceProfileArn: undefined, iamInstanceProfileId: undefined };

/** The API of instances' roles. An instance has at most one, so the association's id is the instance's in other words. */
export const profileOperations = {
  AssociateIamInstanceProfile(input, context) {
    const instance = requireInstance(context.store, input.InstanceId);
    const profile = resolveProfile(input.IamInstanceProfile, context);
    if (instance.spec.iamInstanceProfileArn !== undefined)
      throw new AwsError('IncorrectState', `There is an existing association for instance ${instance.id}`);
    return set(context, instance, profile, 'associating');
  },

  ReplaceIamInstanceProfileAssociation(input, context) {
    const instance = requireAssociated(context, input.AssociationId);
    return set(context, instance, resolveProfile(input.IamInstanceProfile, context), 'associating');
  },

  DisassociateIamInstanceProfile(input, context) {
    const instance = requireAssociated(context, input.AssociationId);
    context.store.setSpec(instance, { ...instance.spec, ...none });
    return { IamInstanceProfileAssociation: toOutput(instance, 'disassociating') };
  },

  DescribeIamInstanceProfileAssociations(input, { store }) {
    const all = store
      .list(instanceType)
      .filter(({ spec, status }) => spec.iamInstanceProfileArn !== undefined && status.state !== 'terminated')
      .filter((instance) => !input.AssociationIds || input.AssociationIds.includes(associationId(instance)));
    const found = filterItems(all, input.Filters, {
      'instance-id': ({ id }) => id,
      state: () => 'associated',
    });
    const { items, nextToken } = paginate(found, input);
    return {
      IamInstanceProfileAssociations: items.map((instance) => toOutput(instance, 'associated')),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },
} satisfies Handlers<Ec2Api>;

/** Asks IAM for a profile by name or ARN; none when none is given. Throws InvalidParameterValue. */
export function resolveProfile(given: ProfileInput | undefined, { call }: Context): Profile {
  const name = given?.Name ?? given?.Arn?.slice(given.Arn.lastIndexOf('/') + 1);
  if (name === undefined) return none;
  try {
    const profile = call.iam.GetInstanceProfile({ InstanceProfileName: name }).InstanceProfile;
    return { iamInstanceProfileArn: profile?.Arn, iamInstanceProfileId: profile?.InstanceProfileId };
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NoSuchEntity')
      throw given?.Name === undefined
        ? instanceProfileInvalid(given?.Arn ?? '', 'arn')
        : instanceProfileInvalid(name, 'name');
    throw error;
  }
}

function set(
  { store }: Context,
  instance: Instance,
  profile: Profile,
  state: 'associating',
): { IamInstanceProfileAssociation: aws.IamInstanceProfileAssociation } {
  const changed = store.setSpec(instance, { ...instance.spec, ...profile }) ?? instance;
  return { IamInstanceProfileAssociation: toOutput(changed, state) };
}

function requireAssociated({ store }: Context, id: string): Instance {
  const found = store.get(instanceType, id.replace(/^iip-assoc-/, 'i-'));
  if (found?.spec.iamInstanceProfileArn === undefined)
    throw new AwsError('InvalidAssociationID.NotFound', `An invalid association-id of '${id}' was given`);
  return found;
}

function associationId({ id }: Instance): string {
  return id.replace(/^i-/, 'iip-assoc-');
}

function toOutput(
  instance: Instance,
  State: aws.IamInstanceProfileAssociationState,
): aws.IamInstanceProfileAssociation {
  return {
    AssociationId: associationId(instance),
    InstanceId: instance.id,
    IamInstanceProfile: {
      Arn: instance.spec.iamInstanceProfileArn,
      Id: instance.spec.iamInstanceProfileId,
    },
    State,
  };
}

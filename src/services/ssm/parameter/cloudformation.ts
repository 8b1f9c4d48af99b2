import { randomText } from '#/lib/random.ts';
import type { Properties, ResourceProvider } from '#/services/contract.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';
import { withStackTags } from '#/services/stack-tags.ts';

/** AWS::SSM::Parameter */
interface ParameterProperties {
  readonly Type: 'String' | 'StringList';
  readonly Value: string | number;
  readonly Description?: string;
  readonly AllowedPattern?: string;
  readonly Tier?: 'Standard' | 'Advanced' | 'Intelligent-Tiering';
  readonly DataType?: string;
}

function toInput(properties: Properties) {
  // The engine has validated the properties against the type's schema.
  const { Type, Value, Description, AllowedPattern, Tier, DataType } =
    properties as unknown as ParameterProperties;
  return {
    Type,
    Value: `${Value}`, // a template may give a number
    ...(Description === undefined ? {} : { Description }),
    ...(AllowedPattern === undefined ? {} : { AllowedPattern }),
    ...(Tier === undefined ? {} : { Tier }),
    ...(DataType === undefined ? {} : { DataType }),
  };
}

/** The type's tags are a map, as those of few others. */
function tagsOf({ Tags }: Properties): { Key: string; Value: string }[] {
  // The engine has validated the properties against the type's schema.
  return Object.entries((Tags ?? {}) as Readonly<Record<string, unknown>>).map(([Key, Value]) => ({
    Key,
    Value: String(Value), // a template may give a number
  }));
}

const nameAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const parameterProvider: ResourceProvider = {
  type: 'AWS::SSM::Parameter',
  create(properties, context) {
    const given = properties['Name'];
    const Name =
      typeof given === 'string'
        ? given
        : `CFN-${context.logicalId}-${randomText(context.random, nameAlphabet, 12)}`;
    context.call.ssm.PutParameter({
      Name,
      ...toInput(properties),
      Tags: withStackTags(context, tagsOf(properties)),
    });
    return Name;
  },
  stability: () => ({ state: 'stable' }),
  update(Name, properties, _previous, { call }) {
    call.ssm.PutParameter({ Name, ...toInput(properties), Overwrite: true });
    return Name;
  },
  delete(Name, { call }) {
    unlessMissing(() => call.ssm.DeleteParameter({ Name }));
  },
  attributes(Name, { call }) {
    const { Parameter } = call.ssm.GetParameter({ Name });
    return { Type: Parameter?.Type, Value: Parameter?.Value };
  },
};

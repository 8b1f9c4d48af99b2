import type { Properties, ResourceProvider } from '#/services/contract.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';

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

export const parameterProvider: ResourceProvider = {
  type: 'AWS::SSM::Parameter',
  create(properties, context) {
    const given = properties['Name'];
    const Name = typeof given === 'string' ? given : context.physicalName(100);
    context.call.ssm.PutParameter({ Name, ...toInput(properties) });
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

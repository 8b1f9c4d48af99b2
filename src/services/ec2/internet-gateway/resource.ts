import { resourceType, type Resource } from '#/store/resource.ts';

export type InternetGateway = Resource<
  'AWS::EC2::InternetGateway',
  { readonly vpcId: string | undefined },
  Record<string, never>
>;

export const internetGatewayType = resourceType<InternetGateway>('AWS::EC2::InternetGateway', {
  vpcId: ({ spec }) => (spec.vpcId === undefined ? [] : [spec.vpcId]),
});

import { AwsError } from '#/lib/aws-error.ts';
import type { Handlers } from '#/services/contract.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

export const accountOperations = {
  DescribeAccountAttributes({ AttributeNames = [] }, { store }) {
    const defaultVpc = store.list(vpcType).find(({ spec }) => spec.isDefault);
    const values: readonly (readonly [string, readonly string[]])[] = [
      ['supported-platforms', ['VPC']],
      ['default-vpc', [defaultVpc?.id ?? 'none']],
      ['max-instances', ['20']],
      ['max-elastic-ips', ['5']],
      ['vpc-max-elastic-ips', ['5']],
      ['vpc-max-security-groups-per-interface', ['5']],
    ];
    return {
      AccountAttributes: values
        .filter(([name]) => AttributeNames.length === 0 || AttributeNames.some((wanted) => wanted === name))
        .map(([name, texts]) => ({
          AttributeName: name,
          AttributeValues: texts.map((AttributeValue) => ({ AttributeValue })),
        })),
    };
  },
} satisfies Handlers<Ec2Api>;

/**
 * What tools ask about while they look at a network, and this region has none of: nothing can make one, so the empty
 * answer is the truth. Asking for one by id is an error, as it is in EC2.
 */
export const absentOperations = {
  DescribeCarrierGateways: ({ CarrierGatewayIds }) => {
    requireNone(CarrierGatewayIds, 'InvalidCarrierGatewayID.NotFound', 'carrier gateway');
    return { CarrierGateways: [] };
  },
  DescribeCustomerGateways: ({ CustomerGatewayIds }) => {
    requireNone(CustomerGatewayIds, 'InvalidCustomerGatewayID.NotFound', 'customerGateway');
    return { CustomerGateways: [] };
  },
  DescribeEgressOnlyInternetGateways: ({ EgressOnlyInternetGatewayIds }) => {
    requireNone(EgressOnlyInternetGatewayIds, 'InvalidGatewayID.NotFound', 'eigw');
    return { EgressOnlyInternetGateways: [] };
  },
  DescribeFlowLogs: ({ FlowLogIds }) => {
    requireNone(FlowLogIds, 'InvalidFlowLogId.NotFound', 'flowLog');
    return { FlowLogs: [] };
  },
  DescribeManagedPrefixLists: ({ PrefixListIds }) => {
    requireNone(PrefixListIds, 'InvalidPrefixListID.NotFound', 'prefix list');
    return { PrefixLists: [] };
  },
  DescribePrefixLists: ({ PrefixListIds }) => {
    requireNone(PrefixListIds, 'InvalidPrefixListID.NotFound', 'prefix list');
    return { PrefixLists: [] };
  },
  DescribeTransitGatewayAttachments: () => ({ TransitGatewayAttachments: [] }),
  DescribeTransitGatewayVpcAttachments: () => ({ TransitGatewayVpcAttachments: [] }),
  DescribeTransitGateways: ({ TransitGatewayIds }) => {
    requireNone(TransitGatewayIds, 'InvalidTransitGatewayID.NotFound', 'transitGateway');
    return { TransitGateways: [] };
  },
  DescribeVpcClassicLink: () => ({ Vpcs: [] }),
  DescribeVpcClassicLinkDnsSupport: () => ({ Vpcs: [] }),
  DescribeVpcEndpoints: ({ VpcEndpointIds }) => {
    requireNone(VpcEndpointIds, 'InvalidVpcEndpointId.NotFound', 'Vpc Endpoint');
    return { VpcEndpoints: [] };
  },
  DescribeVpcPeeringConnections: ({ VpcPeeringConnectionIds }) => {
    requireNone(VpcPeeringConnectionIds, 'InvalidVpcPeeringConnectionID.NotFound', 'vpcPeeringConnection');
    return { VpcPeeringConnections: [] };
  },
  DescribeVpnConnections: ({ VpnConnectionIds }) => {
    requireNone(VpnConnectionIds, 'InvalidVpnConnectionID.NotFound', 'vpnConnection');
    return { VpnConnections: [] };
  },
  DescribeVpnGateways: ({ VpnGatewayIds }) => {
    requireNone(VpnGatewayIds, 'InvalidVpnGatewayID.NotFound', 'vpnGateway');
    return { VpnGateways: [] };
  },
} satisfies Handlers<Ec2Api>;

function requireNone(ids: readonly string[] | undefined, code: string, what: string): void {
  const [id] = ids ?? [];
  if (id !== undefined) throw new AwsError(code, `The ${what} ID '${id}' does not exist`);
}

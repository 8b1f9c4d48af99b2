import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { resourceType, type Resource } from '#/store/resource.ts';

/** Its id is its ARN. */
export type Listener = Resource<'AWS::ElasticLoadBalancingV2::Listener', ListenerSpec, ListenerStatus>;

export interface ListenerSpec {
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: 'HTTP';
  /** As the API spells them. */
  readonly defaultActions: readonly Action[];
  /** The ARN under which the default actions are shown among the rules. */
  readonly defaultRuleArn: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The load balancer's controller makes it real; of its own it has nothing to report. */
export interface ListenerStatus {}

export const listenerType = resourceType<Listener>('AWS::ElasticLoadBalancingV2::Listener', {
  loadBalancerArn: ({ spec }) => [spec.loadBalancerArn],
});

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html */
export const defaultAttributes: Readonly<Record<string, string>> = {
  'routing.http.response.server.enabled': 'true',
  'routing.http.response.strict_transport_security.header_value': '',
  'routing.http.response.access_control_allow_origin.header_value': '',
  'routing.http.response.access_control_allow_methods.header_value': '',
  'routing.http.response.access_control_allow_headers.header_value': '',
  'routing.http.response.access_control_allow_credentials.header_value': '',
  'routing.http.response.access_control_expose_headers.header_value': '',
  'routing.http.response.access_control_max_age.header_value': '',
  'routing.http.response.content_security_policy.header_value': '',
  'routing.http.response.x_content_type_options.header_value': '',
  'routing.http.response.x_frame_options.header_value': '',
};

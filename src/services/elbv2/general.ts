import type { Handlers } from '#/services/contract.ts';
import {
  listenerNotFound,
  loadBalancerNotFound,
  ruleNotFound,
  targetGroupNotFound,
} from '#/services/elbv2/errors.ts';
import { listenerType } from '#/services/elbv2/listener/resource.ts';
import { toTags } from '#/services/elbv2/lists.ts';
import { loadBalancerType } from '#/services/elbv2/load-balancer/resource.ts';
import { ruleType } from '#/services/elbv2/rule/resource.ts';
import { targetGroupType } from '#/services/elbv2/target-group/resource.ts';
import type { Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

/** Operations that belong to no one type: tags, limits, security policies. */
export const generalOperations = {
  AddTags({ ResourceArns, Tags }, { store }) {
    for (const arn of ResourceArns) {
      const resource = requireTagged(store, arn);
      store.setTags(resource, { ...resource.tags, ...toTags(Tags) });
    }
    return {};
  },

  RemoveTags({ ResourceArns, TagKeys }, { store }) {
    for (const arn of ResourceArns) {
      const resource = requireTagged(store, arn);
      const left = Object.entries(resource.tags).filter(([key]) => !TagKeys.includes(key));
      store.setTags(resource, Object.fromEntries(left));
    }
    return {};
  },

  DescribeTags({ ResourceArns }, { store }) {
    return {
      TagDescriptions: ResourceArns.map((arn) => ({
        ResourceArn: arn,
        Tags: Object.entries(requireTagged(store, arn).tags).map(([Key, Value]) => ({ Key, Value })),
      })),
    };
  },

  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
  DescribeAccountLimits() {
    const limits = {
      'application-load-balancers': 50,
      'listeners-per-application-load-balancer': 50,
      'rules-per-application-load-balancer': 100,
      'target-groups': 3000,
      'target-groups-per-action-on-application-load-balancer': 5,
      'target-groups-per-application-load-balancer': 100,
      'targets-per-application-load-balancer': 1000,
      'condition-values-per-alb-rule': 5,
      'condition-wildcards-per-alb-rule': 5,
      'certificates-per-application-load-balancer': 25,
    };
    return { Limits: Object.entries(limits).map(([Name, max]) => ({ Name, Max: String(max) })) };
  },

  DescribeSSLPolicies() {
    return {
      SslPolicies: [
        {
          Name: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
          SslProtocols: ['TLSv1.2', 'TLSv1.3'],
          Ciphers: [
            'TLS_AES_128_GCM_SHA256',
            'TLS_AES_256_GCM_SHA384',
            'TLS_CHACHA20_POLY1305_SHA256',
            'ECDHE-ECDSA-AES128-GCM-SHA256',
            'ECDHE-RSA-AES128-GCM-SHA256',
          ].map((Name, index) => ({ Name, Priority: index + 1 })),
          SupportedLoadBalancerTypes: ['application', 'network'],
        },
      ],
    };
  },
} satisfies Handlers<Elbv2Api>;

function requireTagged(store: Store, arn: string): Resource {
  if (arn.includes(':loadbalancer/'))
    return required(store.get(loadBalancerType, arn), loadBalancerNotFound(arn));
  if (arn.includes(':listener/')) return required(store.get(listenerType, arn), listenerNotFound());
  if (arn.includes(':listener-rule/')) return required(store.get(ruleType, arn), ruleNotFound());
  return required(store.get(targetGroupType, arn), targetGroupNotFound(arn));
}

function required(resource: Resource | undefined, error: Error): Resource {
  if (!resource) throw error;
  return resource;
}

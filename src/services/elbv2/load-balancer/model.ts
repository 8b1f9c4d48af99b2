import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type {
  BalancerAction,
  BalancerCondition,
  BalancerListener,
  BalancerNode,
  BalancerRule,
  BalancerTargetGroup,
} from '#/drivers/balancer/driver.ts';
import { listenerType, type Listener } from '#/services/elbv2/listener/resource.ts';
import {
  nodePrefix,
  type LoadBalancer,
  type LoadBalancerZone,
} from '#/services/elbv2/load-balancer/resource.ts';
import { rulesOf, targetGroupsOfLoadBalancer, valuesOf } from '#/services/elbv2/routing.ts';
import { isUsable, resolveTarget } from '#/services/elbv2/targets.ts';
import { nodeGroupId, targetGroupType, type TargetGroup } from '#/services/elbv2/target-group/resource.ts';
import type { Store } from '#/store/store.ts';

/** The id of a load balancer's node in a zone. */
export function nodeId(loadBalancer: LoadBalancer, { availabilityZone }: LoadBalancerZone): string {
  return `${nodePrefix(loadBalancer.spec)}.${availabilityZone}`;
}

/** What a load balancer's node in one zone should be, by what the store says now. */
export function buildNode(
  store: Store,
  loadBalancer: LoadBalancer,
  zone: LoadBalancerZone,
  place: { readonly namespace: string; readonly address: string },
): BalancerNode {
  const groups = targetGroupsOfLoadBalancer(store, loadBalancer.id).flatMap(
    (arn) => store.get(targetGroupType, arn) ?? [],
  );
  return {
    id: nodeId(loadBalancer, zone),
    ...place,
    idleTimeoutSeconds: Number(loadBalancer.spec.attributes['idle_timeout.timeout_seconds']),
    listeners: store
      .listBy(listenerType, 'loadBalancerArn', loadBalancer.id)
      .toSorted((a, b) => a.spec.port - b.spec.port)
      .map((listener) => toListener(store, listener)),
    targetGroups: groups.map((group) => toTargetGroup(store, loadBalancer, zone, group)),
  };
}

function toListener(store: Store, listener: Listener): BalancerListener {
  const rules: BalancerRule[] = rulesOf(store, listener).map(({ spec }) => ({
    priority: spec.priority,
    conditions: spec.conditions.map(toCondition),
    action: toAction(store, spec.actions),
  }));
  const byDefault = {
    priority: undefined,
    conditions: [],
    action: toAction(store, listener.spec.defaultActions),
  };
  return { port: listener.spec.port, protocol: 'HTTP', rules: [...rules, byDefault] };
}

function toCondition(condition: RuleCondition): BalancerCondition {
  const values = valuesOf(condition);
  switch (condition.Field) {
    case 'http-header':
      return { field: 'http-header', name: condition.HttpHeaderConfig?.HttpHeaderName ?? '', values };
    case 'query-string':
      return {
        field: 'query-string',
        pairs: (condition.QueryStringConfig?.Values ?? []).map(({ Key, Value }) => ({
          key: Key,
          value: Value ?? '',
        })),
      };
    case 'host-header':
    case 'path-pattern':
    case 'http-request-method':
    case 'source-ip':
      return { field: condition.Field, values };
    case undefined:
    default:
      throw new Error(`a condition on ${condition.Field} was stored unchecked`);
  }
}

function toAction(store: Store, actions: readonly Action[]): BalancerAction {
  const action = actions.find(
    ({ Type }) => Type === 'forward' || Type === 'redirect' || Type === 'fixed-response',
  );
  if (action?.RedirectConfig) {
    const { StatusCode, Protocol, Host, Port, Path, Query } = action.RedirectConfig;
    return {
      type: 'redirect',
      status: StatusCode === 'HTTP_301' ? 301 : 302,
      protocol: Protocol ?? '#{protocol}',
      host: Host ?? '#{host}',
      port: Port ?? '#{port}',
      path: Path ?? '/#{path}',
      query: Query ?? '#{query}',
    };
  }
  if (action?.FixedResponseConfig) {
    const { StatusCode, ContentType, MessageBody } = action.FixedResponseConfig;
    return {
      type: 'fixed-response',
      status: Number(StatusCode),
      contentType: ContentType ?? 'text/plain',
      body: MessageBody ?? '',
    };
  }
  const targetGroups = (action?.ForwardConfig?.TargetGroups ?? []).flatMap(({ TargetGroupArn, Weight }) => {
    const group = store.get(targetGroupType, TargetGroupArn ?? '');
    return group ? [{ id: nodeGroupId(group.spec), weight: Weight ?? 1 }] : [];
  });
  return { type: 'forward', targetGroups };
}

function toTargetGroup(
  store: Store,
  loadBalancer: LoadBalancer,
  zone: LoadBalancerZone,
  group: TargetGroup,
): BalancerTargetGroup {
  const { spec } = group;
  const { attributes, healthCheck } = spec;
  const enabledZones = loadBalancer.spec.zones.map(({ availabilityZone }) => availabilityZone);
  const isZonal = attributes['load_balancing.cross_zone.enabled'] === 'false';
  const targets = spec.targets
    .map((target) => resolveTarget(store, group, target))
    .filter(
      (resolved) =>
        isUsable(resolved) &&
        isInZones(resolved.availabilityZone, isZonal ? [zone.availabilityZone] : enabledZones),
    )
    .map(({ target, address, isTerminating }) => ({
      address: address ?? '',
      port: target.port,
      isDraining: isTerminating || target.deregisteredAt !== undefined,
    }));
  return {
    id: nodeGroupId(spec),
    algorithm: toAlgorithm(attributes['load_balancing.algorithm.type']),
    stickiness:
      attributes['stickiness.enabled'] === 'true' && attributes['stickiness.type'] === 'lb_cookie'
        ? { durationSeconds: Number(attributes['stickiness.lb_cookie.duration_seconds']) }
        : undefined,
    slowStartSeconds: Number(attributes['slow_start.duration_seconds']),
    healthCheck: {
      path: healthCheck.path,
      port: healthCheck.port === 'traffic-port' ? 'traffic-port' : Number(healthCheck.port),
      intervalSeconds: healthCheck.intervalSeconds,
      timeoutSeconds: healthCheck.timeoutSeconds,
      healthyThreshold: healthCheck.healthyThreshold,
      unhealthyThreshold: healthCheck.unhealthyThreshold,
      matcher: healthCheck.matcher,
    },
    targets,
  };
}

/** An address without a zone belongs to all of them. */
function isInZones(availabilityZone: string | undefined, zones: readonly string[]): boolean {
  return availabilityZone === undefined || availabilityZone === 'all' || zones.includes(availabilityZone);
}

function toAlgorithm(text: string | undefined): BalancerTargetGroup['algorithm'] {
  return text === 'least_outstanding_requests' || text === 'weighted_random' ? text : 'round_robin';
}

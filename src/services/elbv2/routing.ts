import type { Action, RuleCondition, TargetGroupTuple } from '@aws-sdk/client-elastic-load-balancing-v2';
import { listenerType, type Listener } from '#/services/elbv2/listener/resource.ts';
import { ruleType, type Rule } from '#/services/elbv2/rule/resource.ts';
import { targetGroupType } from '#/services/elbv2/target-group/resource.ts';
import {
  targetGroupAssociationLimit,
  targetGroupNotFound,
  unsupported,
  validationError,
} from '#/services/elbv2/errors.ts';
import type { Store } from '#/store/store.ts';

/** A listener's rules, by ascending priority; without the default one. */
export function rulesOf(store: Store, listener: Listener): readonly Rule[] {
  return store
    .listBy(ruleType, 'listenerArn', listener.id)
    .toSorted((a, b) => a.spec.priority - b.spec.priority);
}

/** The target groups that actions send to. */
export function targetGroupsOf(actions: readonly Action[]): readonly string[] {
  return actions.flatMap(({ ForwardConfig }) =>
    (ForwardConfig?.TargetGroups ?? []).flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []),
  );
}

/** The target groups that a load balancer's listeners and rules send to, each once. */
export function targetGroupsOfLoadBalancer(store: Store, loadBalancerArn: string): readonly string[] {
  const actions = store
    .listBy(listenerType, 'loadBalancerArn', loadBalancerArn)
    .flatMap((listener) => [
      ...listener.spec.defaultActions,
      ...rulesOf(store, listener).flatMap(({ spec }) => spec.actions),
    ]);
  return [...new Set(targetGroupsOf(actions))];
}

/** The load balancers whose listeners or rules send to a target group; at most one, unless it is being moved. */
export function loadBalancersOfTargetGroup(store: Store, targetGroupArn: string): readonly string[] {
  const arns = store
    .list(listenerType)
    .filter((listener) =>
      [listener.spec.defaultActions, ...rulesOf(store, listener).map(({ spec }) => spec.actions)].some(
        (actions) => targetGroupsOf(actions).includes(targetGroupArn),
      ),
    )
    .map(({ spec }) => spec.loadBalancerArn);
  return [...new Set(arns)];
}

/** Actions as they are kept and shown: a forward names its groups in `ForwardConfig`, and a single one also outside. */
export function checkedActions(
  store: Store,
  loadBalancerArn: string,
  actions: readonly Action[],
): readonly Action[] {
  const routing = actions.filter(({ Type }) =>
    ['forward', 'redirect', 'fixed-response'].includes(String(Type)),
  );
  if (routing.length < actions.length)
    throw unsupported('Only forward, redirect and fixed-response actions are supported');
  if (routing.length !== 1) throw validationError('You must specify exactly one routing action');
  return routing.map((action) => checkedAction(store, loadBalancerArn, action));
}

function checkedAction(store: Store, loadBalancerArn: string, action: Action): Action {
  if (action.Type === 'redirect') return checkedRedirect(action);
  if (action.Type === 'fixed-response') return checkedFixedResponse(action);
  const single = action.TargetGroupArn === undefined ? [] : [{ TargetGroupArn: action.TargetGroupArn }];
  const groups: readonly TargetGroupTuple[] = action.ForwardConfig?.TargetGroups ?? single;
  if (groups.length === 0) throw validationError('A target group ARN must be specified');
  if (groups.length > 5)
    throw validationError('At most 5 target groups can be specified in one forward action');
  for (const { TargetGroupArn = '' } of groups) {
    if (!store.get(targetGroupType, TargetGroupArn)) throw targetGroupNotFound(TargetGroupArn);
    const others = loadBalancersOfTargetGroup(store, TargetGroupArn).filter((arn) => arn !== loadBalancerArn);
    if (others.length > 0) throw targetGroupAssociationLimit(TargetGroupArn);
  }
  const [first] = groups;
  return {
    Type: 'forward',
    ...(groups.length === 1 && first ? { TargetGroupArn: first.TargetGroupArn } : {}),
    ...(action.Order === undefined ? {} : { Order: action.Order }),
    ForwardConfig: {
      TargetGroups: groups.map(({ TargetGroupArn, Weight }) => ({ TargetGroupArn, Weight: Weight ?? 1 })),
      TargetGroupStickinessConfig: action.ForwardConfig?.TargetGroupStickinessConfig ?? { Enabled: false },
    },
  };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html */
function checkedRedirect(action: Action): Action {
  const given = action.RedirectConfig;
  if (!given) throw validationError('A redirect action must have a RedirectConfig');
  if (!given.Protocol && !given.Host && !given.Port && !given.Path)
    throw validationError(
      'You must modify at least one of the following components to avoid a redirect loop: protocol, hostname, port, path',
    );
  return {
    ...action,
    RedirectConfig: {
      Protocol: given.Protocol ?? '#{protocol}',
      Host: given.Host ?? '#{host}',
      Port: given.Port ?? '#{port}',
      Path: given.Path ?? '/#{path}',
      Query: given.Query ?? '#{query}',
      StatusCode: given.StatusCode,
    },
  };
}

function checkedFixedResponse(action: Action): Action {
  const status = action.FixedResponseConfig?.StatusCode ?? '';
  if (!/^[245]\d\d$/.test(status)) throw validationError(`The status code '${status}' is not valid`);
  return action;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#rule-condition-types */
export function checkedConditions(conditions: readonly RuleCondition[]): readonly RuleCondition[] {
  const fields = [
    'host-header',
    'path-pattern',
    'http-header',
    'http-request-method',
    'query-string',
    'source-ip',
  ];
  if (conditions.length === 0) throw validationError('A condition must be specified');
  for (const condition of conditions) {
    if (!fields.includes(condition.Field ?? ''))
      throw validationError(`Condition field '${condition.Field}' must be one of '[${fields.join(',')}]'`);
    checkConfig(condition);
    if (valuesOf(condition).length === 0 && (condition.QueryStringConfig?.Values ?? []).length === 0)
      throw validationError('A condition value must be specified');
  }
  for (const once of ['host-header', 'path-pattern', 'http-request-method', 'source-ip']) {
    if (conditions.filter(({ Field }) => Field === once).length > 1)
      throw validationError(`A rule can only have one '${once}' condition`);
  }
  const count = conditions.reduce(
    (sum, condition) => sum + valuesOf(condition).length + (condition.QueryStringConfig?.Values ?? []).length,
    0,
  );
  if (count > 5) throw validationError('A rule can only have 5 condition values');
  return conditions.map(filledIn);
}

const valueLengthMax = 128;
const nameLengthMax = 40;

/** What a single condition may hold; lengths are documented with each kind of condition. */
function checkConfig(condition: RuleCondition): void {
  const field = condition.Field ?? '';
  const values = valuesOf(condition);
  const config = requiredConfigs.get(field);
  if (config && condition[config] === undefined && condition.Values === undefined)
    throw validationError(`A '${config}' must be specified with '${field}'`);
  if (field === 'source-ip' && values.length === 0)
    throw validationError("A 'source-ip' value must be specified");
  const isOldWay = !condition.HostHeaderConfig && !condition.PathPatternConfig;
  if (isOldWay && (condition.Values ?? []).length > 1)
    throw validationError(`The '${field}' field contains too many values; the limit is '1'`);
  requireLength('HttpHeaderName', condition.HttpHeaderConfig?.HttpHeaderName, nameLengthMax);
  const isMethod = field === 'http-request-method';
  for (const value of values) {
    requireLength(field, value, isMethod ? nameLengthMax : valueLengthMax);
    if (isMethod && !/^[A-Z_-]+$/.test(value))
      throw validationError(
        "The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore",
      );
  }
  for (const { Key, Value } of condition.QueryStringConfig?.Values ?? []) {
    requireLength('Key', Key, valueLengthMax);
    requireLength('Value', Value, valueLengthMax);
    if (Value === undefined)
      throw validationError("A 'Value' must be specified in 'QueryStringKeyValuePair'");
  }
}

const requiredConfigs: ReadonlyMap<string, 'HttpRequestMethodConfig' | 'SourceIpConfig'> = new Map([
  ['http-request-method', 'HttpRequestMethodConfig'],
  ['source-ip', 'SourceIpConfig'],
] as const);

function requireLength(what: string, value: string | undefined, lengthMax: number): void {
  if ((value ?? '').length > lengthMax)
    throw validationError(`The '${what}' value is too long; the limit is '${lengthMax}'`);
}

/** A condition's values, wherever they were given; none for a query string, whose values are pairs. */
export function valuesOf(condition: RuleCondition): readonly string[] {
  return (
    condition.HostHeaderConfig?.Values ??
    condition.PathPatternConfig?.Values ??
    condition.HttpHeaderConfig?.Values ??
    condition.HttpRequestMethodConfig?.Values ??
    condition.SourceIpConfig?.Values ??
    condition.Values ??
    []
  );
}

// Host and path conditions may be given the old way, as plain values, or the new way; both are shown.
function filledIn(condition: RuleCondition): RuleCondition {
  const Values = [...valuesOf(condition)];
  if (condition.Field === 'host-header')
    return { Field: 'host-header', Values, HostHeaderConfig: { Values } };
  if (condition.Field === 'path-pattern')
    return { Field: 'path-pattern', Values, PathPatternConfig: { Values } };
  return condition;
}

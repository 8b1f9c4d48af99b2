import type * as aws from '@aws-sdk/client-elastic-load-balancing-v2';
import { randomText } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import {
  operationNotPermitted,
  priorityInUse,
  ruleNotFound,
  tooMany,
  validationError,
} from '#/services/elbv2/errors.ts';
import { toPage, toTags } from '#/services/elbv2/lists.ts';
import { requireListener } from '#/services/elbv2/listener/operations.ts';
import { listenerType, type Listener } from '#/services/elbv2/listener/resource.ts';
import { checkedActions, checkedConditions, rulesOf } from '#/services/elbv2/routing.ts';
import { ruleType, type Rule } from '#/services/elbv2/rule/resource.ts';
import type { Store } from '#/store/store.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

const rulesMax = 100;

export const ruleOperations = {
  CreateRule(input, { store, random }) {
    const listener = requireListener(store, input.ListenerArn);
    const rules = rulesOf(store, listener);
    checkPriority(input.Priority);
    if (rules.some(({ spec }) => spec.priority === input.Priority)) throw priorityInUse(input.Priority);
    if (rules.length >= rulesMax) throw tooMany('Rules');
    const rule = store.create(ruleType, {
      id: `${listener.id.replace(':listener/', ':listener-rule/')}/${randomText(random, '0123456789abcdef', 16)}`,
      spec: {
        listenerArn: listener.id,
        priority: input.Priority,
        conditions: checkedConditions(input.Conditions),
        actions: checkedActions(store, listener.spec.loadBalancerArn, input.Actions),
      },
      status: {},
      tags: toTags(input.Tags),
    });
    return { Rules: [toOutput(rule)] };
  },

  DescribeRules(input, { store }) {
    if (!input.ListenerArn && !input.RuleArns)
      throw validationError('You must specify either listener rule ARNs or a listener ARN');
    const found = input.RuleArns
      ? input.RuleArns.map((arn) => describeRule(store, arn))
      : describeAll(store, requireListener(store, input.ListenerArn ?? ''));
    const { items, NextMarker } = toPage(found, input);
    return { Rules: items, NextMarker };
  },

  ModifyRule(input, { store }) {
    const rule = store.get(ruleType, input.RuleArn);
    if (!rule) {
      if (defaultRuleOwner(store, input.RuleArn))
        throw operationNotPermitted(`Default rule '${input.RuleArn}' cannot be modified`);
      throw ruleNotFound();
    }
    if (!input.Conditions && !input.Actions)
      throw validationError('Either conditions or actions must be specified');
    const listener = requireListener(store, rule.spec.listenerArn);
    const spec = {
      ...rule.spec,
      conditions: input.Conditions ? checkedConditions(input.Conditions) : rule.spec.conditions,
      actions: input.Actions
        ? checkedActions(store, listener.spec.loadBalancerArn, input.Actions)
        : rule.spec.actions,
    };
    return { Rules: [toOutput(store.setSpec(rule, spec) ?? rule)] };
  },

  DeleteRule({ RuleArn }, { store }) {
    const rule = store.get(ruleType, RuleArn);
    if (!rule) {
      if (defaultRuleOwner(store, RuleArn))
        throw operationNotPermitted(`Default rule '${RuleArn}' cannot be deleted`);
      throw ruleNotFound();
    }
    store.remove(rule);
    return {};
  },

  SetRulePriorities({ RulePriorities }, { store }) {
    const wishes = new Map(
      RulePriorities.map(({ RuleArn = '', Priority }) => {
        if (!store.get(ruleType, RuleArn)) throw ruleNotFound();
        checkPriority(Priority);
        return [RuleArn, Priority ?? 0];
      }),
    );
    const changed = [...wishes].flatMap(([arn, priority]) => {
      const rule = store.get(ruleType, arn);
      return rule ? (store.setSpec(rule, { ...rule.spec, priority }) ?? []) : [];
    });
    for (const rule of changed) {
      const clash = store
        .listBy(ruleType, 'listenerArn', rule.spec.listenerArn)
        .some((other) => other.id !== rule.id && other.spec.priority === rule.spec.priority);
      if (clash) throw priorityInUse(rule.spec.priority);
    }
    return { Rules: changed.map(toOutput) };
  },
} satisfies Handlers<Elbv2Api>;

function checkPriority(priority: number | undefined): void {
  if (priority === undefined || priority < 1 || priority > 50_000)
    throw validationError('Priority must be between 1 and 50000');
}

function defaultRuleOwner(store: Store, ruleArn: string): Listener | undefined {
  return store.list(listenerType).find(({ spec }) => spec.defaultRuleArn === ruleArn);
}

function describeRule(store: Store, arn: string): aws.Rule {
  const rule = store.get(ruleType, arn);
  if (rule) return toOutput(rule);
  const owner = defaultRuleOwner(store, arn);
  if (!owner) throw ruleNotFound();
  return toDefaultRule(owner);
}

function describeAll(store: Store, listener: Listener): aws.Rule[] {
  return [...rulesOf(store, listener).map(toOutput), toDefaultRule(listener)];
}

function toDefaultRule({ spec }: Listener): aws.Rule {
  return {
    RuleArn: spec.defaultRuleArn,
    Priority: 'default',
    Conditions: [],
    Actions: [...spec.defaultActions],
    IsDefault: true,
  };
}

function toOutput({ id, spec }: Rule): aws.Rule {
  return {
    RuleArn: id,
    Priority: String(spec.priority),
    Conditions: [...spec.conditions],
    Actions: [...spec.actions],
    IsDefault: false,
  };
}

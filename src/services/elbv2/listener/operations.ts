import type * as aws from '@aws-sdk/client-elastic-load-balancing-v2';
import { randomText } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import {
  duplicateListener,
  listenerNotFound,
  tooMany,
  unsupported,
  validationError,
} from '#/services/elbv2/errors.ts';
import { toAttributes, toPage, toTags, withAttributes } from '#/services/elbv2/lists.ts';
import { removeListener } from '#/services/elbv2/listener/remove.ts';
import { defaultAttributes, listenerType, type Listener } from '#/services/elbv2/listener/resource.ts';
import { requireLoadBalancer } from '#/services/elbv2/load-balancer/operations.ts';
import { checkedActions } from '#/services/elbv2/routing.ts';
import type { Store } from '#/store/store.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

const listenersMax = 50;

export const listenerOperations = {
  CreateListener(input, { store, random }) {
    const loadBalancer = requireLoadBalancer(store, input.LoadBalancerArn);
    checkProtocol(input.Protocol ?? 'HTTP');
    if (input.Port === undefined) throw validationError('A listener port must be specified');
    const others = store.listBy(listenerType, 'loadBalancerArn', loadBalancer.id);
    if (others.some(({ spec }) => spec.port === input.Port)) throw duplicateListener();
    if (others.length >= listenersMax) throw tooMany('Listeners');
    const defaultActions = checkedActions(store, loadBalancer.id, input.DefaultActions);
    const arn = `${loadBalancer.id.replace(':loadbalancer/', ':listener/')}/${randomText(random, '0123456789abcdef', 16)}`;
    const listener = store.create(listenerType, {
      id: arn,
      spec: {
        loadBalancerArn: loadBalancer.id,
        port: input.Port,
        protocol: 'HTTP',
        defaultActions,
        defaultRuleArn: `${arn.replace(':listener/', ':listener-rule/')}/${randomText(random, '0123456789abcdef', 16)}`,
        attributes: defaultAttributes,
      },
      status: {},
      tags: toTags(input.Tags),
    });
    return { Listeners: [toOutput(listener)] };
  },

  DescribeListeners(input, { store }) {
    if (!input.LoadBalancerArn && !input.ListenerArns)
      throw validationError('You must specify either listener ARNs or a load balancer ARN');
    const found = input.ListenerArns
      ? input.ListenerArns.map((arn) => requireListener(store, arn))
      : store.listBy(
          listenerType,
          'loadBalancerArn',
          requireLoadBalancer(store, input.LoadBalancerArn ?? '').id,
        );
    const { items, NextMarker } = toPage(found, input);
    return { Listeners: items.map(toOutput), NextMarker };
  },

  ModifyListener(input, { store }) {
    const listener = requireListener(store, input.ListenerArn);
    const { spec } = listener;
    if (input.Protocol !== undefined) checkProtocol(input.Protocol);
    const port = input.Port ?? spec.port;
    const isTaken = store
      .listBy(listenerType, 'loadBalancerArn', spec.loadBalancerArn)
      .some((other) => other.id !== listener.id && other.spec.port === port);
    if (isTaken) throw duplicateListener();
    const defaultActions = input.DefaultActions
      ? checkedActions(store, spec.loadBalancerArn, input.DefaultActions)
      : spec.defaultActions;
    const modified = store.setSpec(listener, { ...spec, port, defaultActions });
    return { Listeners: [toOutput(modified ?? listener)] };
  },

  DeleteListener({ ListenerArn }, { store }) {
    removeListener(store, requireListener(store, ListenerArn));
    return {};
  },

  DescribeListenerAttributes({ ListenerArn }, { store }) {
    return { Attributes: toAttributes(requireListener(store, ListenerArn).spec.attributes) };
  },

  ModifyListenerAttributes({ ListenerArn, Attributes }, { store }) {
    const listener = requireListener(store, ListenerArn);
    const attributes = withAttributes(listener.spec.attributes, Attributes, 'Listener');
    store.setSpec(listener, { ...listener.spec, attributes });
    return { Attributes: toAttributes(attributes) };
  },
} satisfies Handlers<Elbv2Api>;

/** The listener. Throws ListenerNotFound. */
export function requireListener(store: Store, arn: string): Listener {
  const found = store.get(listenerType, arn);
  if (!found) throw listenerNotFound();
  return found;
}

function checkProtocol(protocol: string): void {
  if (protocol === 'HTTPS')
    throw unsupported('HTTPS listeners are not supported: certificates are not implemented yet');
  if (protocol !== 'HTTP')
    throw validationError(`Protocol '${protocol}' is not supported by load balancers of type 'application'`);
}

function toOutput({ id, spec }: Listener): aws.Listener {
  return {
    ListenerArn: id,
    LoadBalancerArn: spec.loadBalancerArn,
    Port: spec.port,
    Protocol: spec.protocol,
    DefaultActions: [...spec.defaultActions],
  };
}

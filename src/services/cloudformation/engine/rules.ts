import { evaluate, sameText, type Scope } from '#/services/cloudformation/engine/intrinsics.ts';
import { intrinsicOf, isObject, type JsonObject } from '#/services/cloudformation/engine/value.ts';
import type { ParameterValue } from '#/services/cloudformation/engine/parameters.ts';
import { validationError } from '#/services/cloudformation/errors.ts';

/**
 * Checks the template's rules against the parameters; throws when an assertion fails.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
 */
export function checkRules(rules: JsonObject, parameters: readonly ParameterValue[], scope: Scope): void {
  for (const [name, rule] of Object.entries(rules)) {
    if (!isObject(rule)) continue;
    if (rule['RuleCondition'] !== undefined && !truth(rule['RuleCondition'])) continue;
    const assertions: readonly unknown[] = Array.isArray(rule['Assertions']) ? rule['Assertions'] : [];
    for (const assertion of assertions) {
      if (!isObject(assertion) || truth(assertion['Assert'])) continue;
      const description = assertion['AssertDescription'];
      throw validationError(
        typeof description === 'string'
          ? `Template error: Rule ${name} failed: ${description}`
          : `Template error: Rule ${name} failed`,
      );
    }
  }

  function truth(value: unknown): boolean {
    const intrinsic = intrinsicOf(value);
    const items: readonly unknown[] = Array.isArray(intrinsic?.argument) ? intrinsic.argument : [];
    switch (intrinsic?.name ?? '') {
      case 'Fn::And':
        return items.every(truth);
      case 'Fn::Or':
        return items.some(truth);
      case 'Fn::Not':
        return !truth(items[0]);
      case 'Fn::Equals':
        return sameText(resolve(items[0]), resolve(items[1]));
      case 'Fn::Contains':
        return contains(resolve(items[0]), resolve(items[1]));
      case 'Fn::EachMemberEquals':
        return asList(resolve(items[0])).every((item) => sameText(item, resolve(items[1])));
      case 'Fn::EachMemberIn':
        return asList(resolve(items[0])).every((item) => contains(resolve(items[1]), item));
      default:
        return String(resolve(value)) === 'true';
    }
  }

  function resolve(value: unknown): unknown {
    const intrinsic = intrinsicOf(value);
    if (intrinsic?.name === 'Fn::RefAll') {
      return parameters
        .filter(({ declaration }) => declaration.type.includes(String(intrinsic.argument)))
        .flatMap(({ value: item }) => asList(item));
    }
    return evaluate(value, scope);
  }
}

function contains(list: unknown, item: unknown): boolean {
  return asList(list).some((candidate) => sameText(candidate, item));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

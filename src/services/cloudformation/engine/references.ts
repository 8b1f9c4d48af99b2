import {
  attributeParts,
  holds,
  placeholder,
  type Scope,
} from '#/services/cloudformation/engine/intrinsics.ts';
import { intrinsicOf, isObject } from '#/services/cloudformation/engine/value.ts';

/** One mention of another member of the template. */
export interface Reference {
  readonly name: string;
  /** Present for `Fn::GetAtt`. */
  readonly attribute?: string;
}

/** What a value mentions by `Ref`, `Fn::GetAtt` and `Fn::Sub`; of a `Fn::If` only the branch that is taken. */
export function referencesIn(value: unknown, scope: Scope): Reference[] {
  const found: Reference[] = [];
  visit(value);
  return found;

  function visit(inner: unknown): void {
    const intrinsic = intrinsicOf(inner);
    if (intrinsic) return visitIntrinsic(intrinsic.name, intrinsic.argument);
    if (Array.isArray(inner)) inner.forEach(visit);
    else if (isObject(inner)) Object.values(inner).forEach(visit);
  }

  function visitIntrinsic(name: string, argument: unknown): void {
    if (name === 'Ref' && typeof argument === 'string') {
      found.push({ name: argument });
    } else if (name === 'Fn::GetAtt') {
      const [logicalId, attribute] = attributeParts(argument);
      found.push({ name: logicalId, attribute: typeof attribute === 'string' ? attribute : '' });
      visit(attribute);
    } else if (name === 'Fn::Sub') {
      visitSubstitution(argument);
    } else if (name === 'Fn::If' && Array.isArray(argument) && typeof argument[0] === 'string') {
      visit(argument[holds(argument[0], scope) ? 1 : 2]);
    } else {
      visit(argument);
    }
  }

  function visitSubstitution(argument: unknown): void {
    const parts: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
    const [template, variables] = parts;
    if (isObject(variables)) Object.values(variables).forEach(visit);
    if (typeof template !== 'string') return;
    for (const [, inner = ''] of template.matchAll(placeholder)) {
      const name = inner.trim();
      if (name.startsWith('!') || (isObject(variables) && Object.hasOwn(variables, name))) continue;
      const dot = name.indexOf('.');
      found.push(dot === -1 ? { name } : { name: name.slice(0, dot), attribute: name.slice(dot + 1) });
    }
  }
}

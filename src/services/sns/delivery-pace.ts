// No more deliveries per second to an HTTP endpoint than its policy allows. https://docs.aws.amazon.com/sns/latest/dg/creating-delivery-policy.html
import type { Clock } from "../../kernel/clock.ts";

/** Above it, those whose time has passed are forgotten. */
const KEPT_MAX = 1000;

/** Resolves when it is the delivery's turn. */
export function openPace({ clock }: { clock: Clock }): (subscriptionArn: string, perSecond: number) => Promise<void> {
  const nextMs = new Map<string, number>();
  return async (arn, perSecond) => {
    const nowMs = clock.monotonicMs();
    const turnMs = Math.max(nowMs, nextMs.get(arn) ?? 0);
    if (nextMs.size > KEPT_MAX) for (const [other, ms] of nextMs) if (ms <= nowMs) nextMs.delete(other);
    nextMs.set(arn, turnMs + 1000 / perSecond);
    if (turnMs > nowMs) await clock.sleep(turnMs - nowMs);
  };
}

import type { Ack, UpdateOnItsWay } from '../../wire';

/** A request for the next round that goes with an update. */
export interface CarriedRequest {
  readonly next: NonNullable<UpdateOnItsWay['next']>;
  /** Called when the update was not sent, or was not read: the request has to be sent alone. */
  readonly onLost: () => void;
}

/** Lets the request for the next round go with the update of the round before. */
export class RequestCarrier {
  /** The update of the round that ends, which was not sent yet, and the request that goes with it. */
  private fresh: { readonly id: string; request?: CarriedRequest | undefined } | undefined;
  /** The last update that a request went with. */
  private carried: { readonly id: string; readonly request: CarriedRequest } | undefined;

  /** Notes the update of a round. */
  begin(id: string): void {
    this.fresh = { id };
  }

  /**
   * Sets the request that goes with the noted update, in place of an earlier one.
   * @returns false if there is no such update
   */
  set(request: CarriedRequest | undefined): boolean {
    if (!this.fresh) return false;
    this.fresh.request = request;
    return true;
  }

  /** The request that goes with an update which is being sent. */
  take(id: string): CarriedRequest | undefined {
    if (this.fresh?.id !== id) return undefined;
    const { request } = this.fresh;
    this.fresh = undefined;
    if (request) this.carried = { id, request };
    return request;
  }

  /** The update was not sent. */
  failed(id: string): void {
    if (this.carried?.id !== id) return;
    const { request } = this.carried;
    this.carried = undefined;
    request.onLost();
  }

  /** The coordinator has answered. What was not read as an update was not read as a request, either. */
  answered({ id, reason }: Ack): void {
    if (reason === 'unknown-plan' || reason === 'malformed') this.failed(id);
    else if (this.carried?.id === id) this.carried = undefined;
  }

  /** No update goes now: a request that waits for one is sent alone. */
  end(): void {
    const { fresh } = this;
    this.fresh = undefined;
    fresh?.request?.onLost();
  }
}

import type { Counters } from '../counters.ts'
import { diff } from '../tcp/sequence.ts'
import type { ConnectionInfo, ExchangeHandler, Request, Response } from './exchange.ts'
import type { MessageStart, Slot } from './slot.ts'

/**
 * Which response belongs to which request of one HTTP/1 connection.
 *
 * In order mode, order decides: it is entered when both halves were followed from their first byte, or after one *turn*
 * proved it, and left when the framing of a half is lost. A turn is what the client sends on one acknowledgement number
 * and the server's answer to it. It proves a pair when it is one request and one response, the request acknowledged
 * exactly what came before the response, the response acknowledged exactly the request's last byte, and the client's
 * next bytes acknowledge the response's last byte. A client that was seen to send a request before it had the response to
 * the one before can have more requests under way than are visible, so there nothing is proven after a loss.
 */
export class Pairing {
  inOrder = false
  readonly #handler: ExchangeHandler
  readonly #counters: Counters
  /** Requests without a whole response, oldest first, in order mode. */
  #outstanding: Slot[] = NONE
  /** New requests do not join `outstanding` any more; order mode ends when it is empty. */
  #isDraining = false
  /** Requests of this turn, outside order mode. */
  #turn: Slot[] = NONE
  /** The response that may prove the turn's pair. */
  #trial: Slot | null = null
  #trialEnd = 0
  #trialFailed = false
  /** Where the response must start: after a 1xx response this is the byte after it. */
  #expected = 0
  /** The client was seen to send a request before it had the answer to the one before. */
  #isPipelined = false
  /** Requests of this turn were handed on alone already. */
  #isTurnOpen = false

  constructor(handler: ExchangeHandler, counters: Counters) {
    this.#handler = handler
    this.#counters = counters
  }

  /** Begins anew; `inOrder`: both halves will be followed from their first byte. */
  open(inOrder: boolean): void {
    this.#outstanding = NONE
    this.#turn = NONE
    this.#trial = null
    this.flags = inOrder ? IN_ORDER : 0
  }

  /** Nothing waits for an answer or for its proof. */
  get isAtRest(): boolean {
    return this.#outstanding.length === 0 && this.#turn.length === 0 && this.#trial === null
  }

  /** All that it knows while it is at rest. */
  get flags(): number {
    return (
      (this.inOrder ? IN_ORDER : 0) |
      (this.#isDraining ? DRAINING : 0) |
      (this.#trialFailed ? TRIAL_FAILED : 0) |
      (this.#isPipelined ? PIPELINED : 0) |
      (this.#isTurnOpen ? TURN_OPEN : 0)
    )
  }

  set flags(flags: number) {
    this.inOrder = (flags & IN_ORDER) !== 0
    this.#isDraining = (flags & DRAINING) !== 0
    this.#trialFailed = (flags & TRIAL_FAILED) !== 0
    this.#isPipelined = (flags & PIPELINED) !== 0
    this.#isTurnOpen = (flags & TURN_OPEN) !== 0
  }

  /** Whether the response was read as the answer to this request without being proven to be. */
  isOnTrial(slot: Slot): boolean {
    return slot === this.#trial || slot.detached
  }

  get isPipelined(): boolean {
    return this.#isPipelined
  }

  get turn(): readonly Slot[] {
    return this.#turn
  }

  /** The oldest request that waits for its response, in order mode. */
  get next(): Slot | null {
    return this.#outstanding[0] ?? null
  }

  requestBegan(slot: Slot): void {
    if (this.inOrder && !this.#isDraining) {
      if (this.#outstanding.length > 0) this.#isPipelined = true
      this.#outstanding = withSlot(this.#outstanding, slot)
      return
    }
    if (this.#turn.length === 0 && !this.#isTurnOpen) this.#expected = slot.start.acknowledgement
    else this.#isPipelined = true
    if (this.#trial !== null) this.#trialFailed = true
    this.#turn = withSlot(this.#turn, slot)
  }

  /** The request has all its bytes, or will get no more. */
  requestEnded(slot: Slot): void {
    if (slot.responseEnded && !this.#turn.includes(slot)) this.#emit(slot)
  }

  /** The slot that a response starting here belongs to, null when none can be proven. */
  slotForResponse(start: MessageStart): Slot | null {
    const oldest = this.#outstanding[0]
    // The server must have had the first byte of what it answers.
    const isLater = oldest !== undefined && diff(start.acknowledgement, oldest.start.sequence) > 0
    if (this.inOrder && isLater) return oldest
    if (this.inOrder) {
      // A response nobody asked for: what is asked from now on cannot be told apart from it.
      this.responsesLost()
      return null
    }
    const [slot] = this.#turn
    if (this.#trial !== null || slot === undefined) {
      this.#trialFailed = true
      return null
    }
    const matches =
      this.#turn.length === 1 &&
      !this.#isPipelined &&
      slot.requestEnded &&
      start.sequence === this.#expected &&
      start.acknowledgement === slot.endSequence
    return matches ? slot : null
  }

  /** A 1xx response ended here. */
  interimEnded(start: MessageStart, sequence: number): void {
    if (!this.inOrder && start.sequence === this.#expected) this.#expected = sequence
  }

  responseBegan(slot: Slot, response: Response): void {
    slot.response = response
    if (!this.inOrder) this.#trial = slot
  }

  /** `sequence` is after the response's last byte. */
  responseEnded(slot: Slot, sequence: number): void {
    slot.responseEnded = true
    if (slot === this.#outstanding[0]) {
      if (this.#outstanding.length === 1) this.#outstanding = NONE
      else this.#outstanding.shift()
      if (this.#isDraining && this.#outstanding.length === 0) this.#leaveOrder()
      if (slot.requestEnded) this.#emit(slot)
      return
    }
    this.#trialEnd = sequence
    // How it was read depended on a request that was not proven to be its own.
    if (slot.detached) this.#counters.responses.unproven++
  }

  /** A response without a request ended. */
  responseAlone(response: Response): void {
    this.#emitExchange(response.connection, null, response)
  }

  /**
   * The client goes on, having acknowledged `acknowledgement`; null when it says nothing more. Ends the turn, and enters
   * order mode when the turn proved it and `isClean`: neither half is inside a message.
   */
  turnOver(acknowledgement: number | null, isClean: boolean): void {
    this.#isTurnOpen = false
    if (this.#turn.length === 0 && this.#trial === null) {
      this.#trialFailed = false
      return
    }
    const trial = this.#trial
    const turn = this.#turn
    const isProven =
      trial !== null &&
      !this.#trialFailed &&
      !this.#isPipelined &&
      turn.length === 1 &&
      trial.response?.complete === true &&
      (acknowledgement === null || acknowledgement === this.#trialEnd)
    this.#turn = NONE
    this.#trial = null
    this.#trialFailed = false
    for (const slot of turn) {
      if (!slot.requestEnded) this.#turn = withSlot(this.#turn, slot)
      else if (slot === trial && isProven) this.#emitTrial(slot)
      else this.#emitRequest(slot)
    }
    if (trial?.responseEnded === true && !isProven) this.#counters.responses.unproven++
    if (isProven && isClean && this.#outstanding.length === 0 && this.#turn.length === 0) this.inOrder = true
  }

  /** A half starts somewhere after its SYN: order proves nothing. */
  startUnknown(): void {
    if (!this.inOrder) return
    const left = this.#outstanding
    this.#outstanding = NONE
    this.#leaveOrder()
    for (const slot of left) this.requestBegan(slot)
  }

  /** The turn is not one request and one response: client bytes came after its response had begun, or it holds another one. */
  contradict(): void {
    if (this.#trial !== null) this.#trialFailed = true
  }

  /** Where the client's messages start is not known any more. */
  requestsLost(): void {
    if (!this.inOrder) {
      this.#trialFailed = true
      return
    }
    if (this.#outstanding.length === 0) this.#leaveOrder()
    else this.#isDraining = true
  }

  /** Where the server's messages start is not known any more: nothing outstanding will get its response. */
  responsesLost(): void {
    this.#trialFailed = true
    const left = this.#outstanding
    this.#outstanding = NONE
    this.#leaveOrder()
    for (const slot of left) {
      if (slot.requestEnded) this.#emit(slot)
      else slot.responseEnded = true
    }
  }

  /** Forgets requests that turned out not to be any. Returns how many. */
  dropTurn(): number {
    const dropped = this.#turn.length
    if (this.#trial?.responseEnded === true) this.#counters.responses.unproven++
    for (const slot of this.#turn) slot.detached = true
    this.#turn = NONE
    this.#trial = null
    return dropped
  }

  /** Takes a request out: its response comes another way. */
  dropSlot(slot: Slot): void {
    this.#turn = this.#turn.filter((other) => other !== slot)
    if (this.#trial === slot) this.#trial = null
    this.#outstanding = this.#outstanding.filter((other) => other !== slot)
  }

  /** Only the client's half is captured: what is whole is handed on alone. */
  handOnAlone(): void {
    if (this.inOrder) this.responsesLost()
    const turn = this.#turn
    this.#turn = NONE
    this.#isTurnOpen = true
    for (const slot of turn) {
      if (slot.requestEnded) this.#emitRequest(slot)
      else this.#turn = withSlot(this.#turn, slot)
    }
  }

  /** Nothing more comes. */
  close(): void {
    this.turnOver(null, false)
    this.responsesLost()
    const left = this.#turn
    this.#turn = NONE
    for (const slot of left) this.#emitRequest(slot)
  }

  #leaveOrder(): void {
    this.inOrder = false
    this.#isDraining = false
  }

  #emit(slot: Slot): void {
    this.#emitExchange(slot.request.connection, slot.hidden ? null : slot.request, slot.response)
  }

  #emitRequest(slot: Slot): void {
    slot.detached = true
    this.#emitExchange(slot.request.connection, slot.hidden ? null : slot.request, null)
  }

  #emitTrial(slot: Slot): void {
    this.#counters.responses[slot.response?.incomplete ?? 'complete']++
    this.#emit(slot)
  }

  #emitExchange(connection: ConnectionInfo, request: Request | null, response: Response | null): void {
    if (request === null && response === null) return
    const { exchanges } = this.#counters
    if (request !== null && response !== null) exchanges.paired++
    else if (request !== null) exchanges.requestOnly++
    else exchanges.responseOnly++
    this.#handler.onExchange({ connection, request, response })
  }
}

/** Shared by all that hold nothing; never written to. */
const NONE: Slot[] = []

/** Most hold one at a time: a list of exactly one costs less than one that can grow. */
function withSlot(list: Slot[], slot: Slot): Slot[] {
  if (list.length === 0) return [slot]
  list.push(slot)
  return list
}

const IN_ORDER = 1
const DRAINING = 2
const TRIAL_FAILED = 4
const PIPELINED = 8
const TURN_OPEN = 16

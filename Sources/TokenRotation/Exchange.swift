// SPDX-License-Identifier: Apache-2.0

package import Curl
internal import DurableFiles
package import Model
internal import Synchronization
internal import TokenAPI

/// What a run takes from the world besides its files: time, chance and names. A test gives its own.
package struct RunContext: Sendable {
    package var now: @Sendable () -> Timestamp
    /// Uniform in 0..<1.
    package var random: @Sendable () -> Double
    /// A new Request-Id, unique for good: at most 128 visible ASCII characters.
    package var requestID: @Sendable () -> String
    /// What the name service says of a host.
    package var lookUp: @Sendable (String) -> NameLookup = NameLookup.of
    /// Whom to tell what happens; nil where nobody watches.
    package var observe: (@Sendable (RunEvent) -> Void)?

    package init(
        now: @escaping @Sendable () -> Timestamp = { .now },
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        requestID: @escaping @Sendable () -> String = RandomIdentifier.make,
        observe: (@Sendable (RunEvent) -> Void)? = nil
    ) {
        self.now = now
        self.random = random
        self.requestID = requestID
        self.observe = observe
    }
}

/// A version 4 UUID (RFC 9562 §5.4) in lower case.
package enum RandomIdentifier {
    package static let make: @Sendable () -> String = {
        let high = RandomNumbers.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = RandomNumbers.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let text = [UInt8](capacity: 36) { text in
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append(UInt8(ascii: "-")) }
                let value = digit < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: value &>> UInt64(60 - 4 * (digit & 15))) & 15
                text.append(nibble &+ (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// One brand's way to a token: attempt after attempt until there is one or no use in trying.
final class Exchange: Sendable {
    /// Requests sent for the brand, and the token or what was in the way.
    typealias Completion = @Sendable (_ attempts: Int, _ result: Result<Token, BrandFailure>) -> Void

    /// What all exchanges of a run share: one reference, since ten thousand brands would count many on three threads.
    final class Setting: Sendable {
        let configuration: Configuration
        let secrets: SecretReader
        let watch: DiskWatch
        let transfers: Transfers
        let endpoint: EndpointState
        let deadline: ContinuousClock.Instant
        let context: RunContext
        let stop: StopRequest
        /// Where work goes on after an answer, off the thread that drives the transfers.
        let lanes: Lanes

        init(
            configuration: Configuration, secrets: SecretReader, watch: DiskWatch, transfers: Transfers,
            endpoint: EndpointState, deadline: ContinuousClock.Instant, context: RunContext, stop: StopRequest,
            lanes: Lanes
        ) {
            self.configuration = configuration
            self.secrets = secrets
            self.watch = watch
            self.transfers = transfers
            self.endpoint = endpoint
            self.deadline = deadline
            self.context = context
            self.stop = stop
            self.lanes = lanes
        }
    }

    /// Index of the brand in the configuration.
    private let index: Int
    private let setting: Setting
    /// Called once, when the first attempt has ended or will not be made.
    private let giveWay: @Sendable () -> Void
    private let completion: Completion
    private let sent = Atomic<Int>(0)
    /// Whether there is a secret, or none to wait for.
    private let isBegun = Atomic<Bool>(false)

    /// - Parameter index: of the brand in the configuration.
    init(
        _ index: Int, in setting: Setting, giveWay: @escaping @Sendable () -> Void, completion: @escaping Completion
    ) {
        self.index = index
        self.setting = setting
        self.giveWay = giveWay
        self.completion = completion
    }

    private var brand: Brand { setting.configuration.brands[index] }

    /// Fetches the secret on the calling thread, then completes exactly once, on a lane.
    func start() {
        let result: Result<any TokenClient, BrandFailure>
        do throws(BrandFailure) {
            if let reason = setting.stop.reason { throw reason.failure }
            let secret = try setting.secrets.secret(
                from: brand.secret, watch: setting.watch, isCancelled: { self.setting.stop.reason != nil },
                onHang: { self.refuse($0) })
            result = .success(try TokenClients.make(for: brand, secret: secret, configuration: setting.configuration))
        } catch {
            result = .failure(error)
        }
        // Whoever waited for it has gone on already.
        guard !isBegun.exchange(true, ordering: .relaxed) else { return }
        switch result {
        case .success(let client):
            attempt(1, of: client, requestID: setting.context.requestID(), notBefore: nil, Course())
        case .failure(let failure): end(failure)
        }
    }

    /// Ends without a secret, which may come all the same: whichever is first counts.
    private func refuse(_ failure: BrandFailure) {
        if !isBegun.exchange(true, ordering: .relaxed) { end(failure) }
    }

    private func end(_ failure: BrandFailure) {
        setting.lanes.async { [self] in
            giveWay()
            complete(.failure(setting.stop.reason?.failure ?? failure))
        }
    }

    /// What earlier attempts came to.
    private struct Course: Sendable {
        /// Whether an advice that holds once was taken: that of an answer that made no sense, and that of a wrong clock.
        var isOnceUsed = false
        var isClockUsed = false
        /// Whether the last attempt got no answer: over HTTP/2 the next one would go its way, over a connection that may
        /// lead nowhere any more.
        var doubtsConnection = false
        /// What an answer to this brand alone made the clock's offset seem to be.
        var supposedOffset: Duration?
        /// Whether the next attempt is the first that is signed with it.
        var provesOffset = false
    }

    /// What was added to this host's clock to sign the attempt under way.
    private let signedOffset = Mutex<Duration>(.zero)

    private func attempt(
        _ number: Int, of client: any TokenClient, requestID: String, notBefore: ContinuousClock.Instant?,
        _ course: Course
    ) {
        // A corrected time that proves right spares the others an attempt in vain: it does not queue behind them.
        setting.transfers.submit(notBefore: notBefore, goesFirst: course.provesOffset) { [self] in
            // Signed when there is a place to send it, on every attempt: the timestamp is part of the signature.
            sent.add(1, ordering: .relaxed)
            setting.context.observe?(.sent)
            let offset = course.supposedOffset ?? setting.endpoint.signingOffset
            signedOffset.withLock { $0 = offset }
            var request = client.request(id: requestID, at: setting.context.now().advanced(by: offset))
            request.needsFreshConnection = course.doubtsConnection
            return request
        } completion: { [self] result in
            setting.lanes.async { [self] in
                if number == 1 { giveWay() }
                ended(number, client, requestID, result, course)
            }
        }
    }

    private func ended(
        _ number: Int, _ client: any TokenClient, _ requestID: String, _ result: Result<HTTPReply, CurlError>,
        _ course: Course
    ) {
        if case .failure(let error) = result, error.kind == .cancelled, let reason = setting.stop.reason {
            tell(number, result, reason.failure)
            return complete(.failure(reason.failure))
        }
        let offset = signedOffset.withLock { $0 }
        setting.endpoint.note(result, at: setting.context.now())
        let response = client.judge(
            result, requestID: requestID, now: setting.context.now().advanced(by: offset))
        switch response {
        case .granted(let token):
            // It was right: the others need not find out themselves.
            if let offset = course.supposedOffset { setting.endpoint.sign(withOffset: offset) }
            tell(number, result, nil)
            complete(.success(token))
        case .failed(let failure, let advice):
            let isUsed = if case .correctedClock = advice { course.isClockUsed } else { course.isOnceUsed }
            let next = RetryPolicy(attempts: setting.configuration.attempts).next(
                after: number, advice: advice, remaining: setting.deadline - ContinuousClock.now,
                random: setting.context.random(), isOnceUsed: isUsed)
            guard let next else {
                tell(number, result, failure)
                return complete(.failure(failure))
            }
            if let refusal = setting.endpoint.refusal(of: advice) {
                let failure = BrandFailure(failure.code, "\(failure.message); \(refusal)")
                tell(number, result, failure)
                return complete(.failure(failure))
            }
            var course = course
            course.provesOffset = false
            if case .failure = result { course.doubtsConnection = true } else { course.doubtsConnection = false }
            switch advice {
            case .correctedClock(let further):
                course.supposedOffset = offset + further
                course.provesOffset = true
                course.isClockUsed = true
            case .once: course.isOnceUsed = true
            case .passing, .never: break
            }
            tell(number, result, failure, triedAgainIn: next.wait)
            let id = next.identity == .same ? requestID : setting.context.requestID()
            attempt(number + 1, of: client, requestID: id, notBefore: .now + next.wait, course)
        }
    }

    private func tell(
        _ number: Int, _ result: Result<HTTPReply, CurlError>, _ failure: BrandFailure?,
        triedAgainIn wait: Duration? = nil
    ) {
        // Taken back before it was sent, by a stop: there was no such attempt.
        guard let observe = setting.context.observe, sent.load(ordering: .relaxed) >= number else { return }
        let (status, timing): (Int?, TransferTiming?) =
            switch result {
            case .success(let reply): (reply.status, reply.timing)
            case .failure(let error): (nil, error.timing)
            }
        observe(
            .answered(
                RunEvent.Attempt(
                    brand: brand.name, number: number, failure: failure, triedAgainIn: wait, status: status,
                    timing: timing.map(AttemptTiming.init))))
    }

    private func complete(_ result: Result<Token, BrandFailure>) {
        completion(sent.load(ordering: .relaxed), result)
    }
}

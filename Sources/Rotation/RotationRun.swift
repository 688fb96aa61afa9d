// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import DurableFiles
package import Model
internal import Processes
internal import Publishing
package import Secrets
internal import TokenAPI

/// One run over one configuration: read the outputs, decide, request, publish. The caller holds the run's lock.
package final class RotationRun: Sendable {
    let configuration: Configuration
    let brands: [Brand]
    let context: RunContext
    let stop: Cancellation
    let policy: RenewalPolicy
    let directories: OutputDirectories
    let pool = WorkerPool(width: 512)
    private let destinations: [any SharedDestination]
    /// When all tokens must be published.
    let deadline: ContinuousClock.Instant
    let end: ContinuousClock.Instant

    package init(
        configuration: Configuration, selection: Selection, force: Bool, context: RunContext = RunContext(),
        stop: Cancellation, destinations: DestinationMaker = { _, _, _ in [] }
    ) {
        self.configuration = configuration
        brands = selection.brands
        self.context = context
        self.stop = stop
        policy = RenewalPolicy(configuration, force: force, now: .now)
        directories = OutputDirectories(pool: pool, patience: configuration.patience)
        end = .now + configuration.deadline
        // Slow brands must not delay the hooks of other brands.
        deadline = end - min(configuration.hooks.reduce(.zero) { $0 + $1.timeout }, configuration.deadline / 4)
        self.destinations = destinations(configuration, stop, deadline)
    }

    /// Reads the outputs and decides which brands are due, before the deadline. Writes nothing.
    package func plan() -> RotationPlan {
        let timer = stop.scheduleDeadline(at: deadline)
        defer { timer.cancel() }
        let published = PublishedState(
            of: configuration, brands, in: directories, others: destinations, stop: stop)
        probeWrites(published)
        let judged = published.map(brands) { [policy, directories] brand, outputs in
            BrandJob(brand, outputs, policy: policy, directories: directories)
        }
        let failure = stop.reason?.failure
        let jobs = zip(brands, judged).map { brand, job in job ?? BrandJob(unexamined: brand, failure) }
        return RotationPlan(jobs: jobs, destinations: published.destinations)
    }

    /// Checks whether network destinations would accept new tokens for the brands that need one.
    private func probeWrites(_ published: PublishedState) {
        let probed = published.destinations.filter(\.probesWrites)
        guard !probed.isEmpty else { return }
        let brands = brands.filter { !published.destinations(of: $0).filter(\.probesWrites).isEmpty }
        let judged = published.map(brands) { [policy] brand, outputs in
            policy.verdict(on: brand, outputs: outputs).needsWork
        }
        let brandsDue = Set(zip(brands, judged).filter { $1 ?? false }.map(\.0.name))
        _ = pool.map(probed.count, within: nil, grouping: 1, onCancel: { [stop] in stop.onStop($0) }) { index in
            let own = brandsDue.intersection(probed[index].brands)
            if !own.isEmpty { probed[index].probeWrite(for: own) }
        }
    }

    /// Removes files that killed runs left, requests and publishes new tokens.
    /// - Parameters:
    ///   - announce: called once before the first file changes, with the names of the brands that may change.
    ///   - known: receives the new tokens that no file holds, so that hook output can be redacted.
    package func execute(
        _ whole: consuming RotationPlan, secrets: SecretReader, announce: (@Sendable (Set<String>) -> Void)? = nil,
        known: RedactionSet? = nil
    ) -> RotationResult {
        directories.sweep(stop: stop) { [configuration, brands] pass in
            for output in brands.lazy.flatMap(\.outputs) { pass(output.path, output.symlinks) }
            for snippet in configuration.snippets { pass(snippet.path, snippet.symlinks) }
        }
        var plan = whole
        var work = plan.jobs.filter(\.needsWork)
        let barrier = announce.map { announce in
            // A destination may be written even if none of its brands is due.
            let shared = Set(plan.destinations.filter(\.isReplacedWhole).flatMap(\.brands))
            let brands = Set(work.map(\.brand.name)).union(shared.intersection(brands.map(\.name)))
            return WriteBarrier { announce(brands) }
        }
        let byName = Dictionary(plan.destinations.isEmpty ? [] : plan.jobs.map { ($0.brand.name, $0) }) { $1 }
        let shared = SharedPublisher(plan.destinations, barrier: barrier) { byName[$0.brand]?.note($0) }
        let endpoint = EndpointHealth(brands: work.count)
        var warnings: [String] = []
        // Hooks and reporting have their own time limits. The deadline does not apply to them.
        let timer = work.isEmpty && !shared.isNeeded ? nil : stop.scheduleDeadline(at: deadline)
        defer { timer?.cancel() }
        if !work.isEmpty {
            perform(work, secrets, endpoint, shared, barrier)
            warnings = secrets.warnings
        }
        if timer != nil { finishPublishing(shared) }
        if let unsynced = directories.unsynced { for job in plan.jobs { job.noteUnsynced(unsynced) } }
        warnings += endpoint.warnings
        // No file holds these tokens, so the redaction of hook output needs them here.
        for token in known == nil ? [] : shared.tokensNotInFiles { known?.note(Secret(Array(token.text.utf8))) }
        // From here on, only the result holds the jobs.
        let jobs = plan.jobs
        plan.jobs = []
        work = []
        return RotationResult(
            jobs, unfinished: stop.reason?.failure, warnings: warnings, clockOffset: endpoint.offset,
            notesChanges: announce != nil)
    }

    /// Processes all jobs. Returns when all are finished, or when the time limit after a cancellation has passed.
    private func perform(
        _ work: [BrandJob], _ secrets: SecretReader, _ endpoint: EndpointHealth, _ shared: SharedPublisher,
        _ barrier: WriteBarrier?
    ) {
        let http: HTTPClient
        do throws(CurlError) {
            var options = HTTPOptions(configuration)
            options.measuresTime = context.observe != nil
            http = try HTTPClient(options: options)
        } catch {
            let failure = BrandFailure(.internal, "libcurl cannot be used: \(error.message)")
            for job in work { job.fail(failure, attempts: 0, duration: .zero) }
            return
        }
        let resources = RunResources(
            run: self, secrets: secrets, http: http, endpoint: endpoint, shared: shared, barrier: barrier,
            commands: WorkerPool(width: max(8, min(64, configuration.concurrency))))
        // After a cancellation, publications in progress get some time to finish.
        let finished = DispatchSemaphore(value: 0)
        stop.onStop { http.cancel() }
        stop.signal(finished, after: Cancellation.timeToPublish)
        context.observe?(.began(brands: work.count))
        let group = DispatchGroup()
        for _ in work { group.enter() }
        let window = StartWindow(work, width: max(64, configuration.concurrency * 5 / 4)) { [pool] job, place in
            Task(executorPreference: pool) {
                await BrandRotation(job: job, resources: resources, place: place).perform()
                group.leave()
            }
        }
        window.fill()
        group.notify(queue: DispatchQueue(label: "end-of-work")) { @Sendable in _ = finished.signal() }
        finished.wait()
        http.cancel()
    }

    /// Writes the shared destinations and makes all files durable, on separate threads: a hanging disk or server cannot
    /// block a cancelled run.
    private func finishPublishing(_ shared: SharedPublisher) {
        let finished = DispatchSemaphore(value: 0)
        let group = DispatchGroup()
        let queue = DispatchQueue(label: "finish-publishing")
        // Make the written files durable before waiting for anything else.
        queue.async(group: group) { @Sendable [directories] in directories.synchronize() }
        shared.finish(in: group) { [directories] in directories.synchronize() }
        group.notify(queue: queue) { @Sendable in _ = finished.signal() }
        stop.signal(finished, after: Cancellation.timeToSynchronize)
        finished.wait()
    }
}

/// Which brands are due, and why. Planning reads no secret, sends no token request and writes no token.
package struct RotationPlan: Sendable {
    /// One for each brand of the run, in the order of the configuration.
    package fileprivate(set) var jobs: [BrandJob]
    let destinations: [any SharedDestination]

    var hasRequests: Bool { jobs.contains(where: \.isRequest) }

    /// Whether any brand's token has expired, or may expire before a delayed run ends.
    var isUrgent: Bool { jobs.contains(where: \.isUrgent) }

    /// The outcomes of a dry run.
    package var planned: [BrandOutcome] { jobs.map(\.planned) }
}

package struct RotationResult: Sendable {
    /// In the order of the configuration.
    package let outcomes: [BrandOutcome]
    /// Problems that did not fail a brand.
    package let warnings: [String]
    /// The endpoint's clock minus this host's clock; nil if no response showed it.
    package let clockOffset: Duration?
    /// Names of the brands whose token was published, or may still be published after a cancellation; only for hooks.
    package private(set) var changed: Set<String> = []
    /// Names of the brands that failed; only for hooks.
    package private(set) var failed: Set<String> = []

    /// Closes the jobs.
    /// - Parameter notesChanges: whether hooks need to know what changed.
    init(
        _ jobs: consuming [BrandJob], unfinished failure: BrandFailure?, warnings: [String], clockOffset: Duration?,
        notesChanges: Bool
    ) {
        self.warnings = warnings
        self.clockOffset = clockOffset
        var open = jobs
        var outcomes: [BrandOutcome] = []
        var changes: [BrandJob.Change] = []
        outcomes.reserveCapacity(open.count)
        // Release each job when its outcome exists: all 10,000 of both would need much memory.
        open.reverse()
        while let job = open.popLast() {
            let (outcome, change) = job.close(unfinished: failure)
            outcomes.append(outcome)
            if notesChanges { changes.append(change) }
        }
        self.outcomes = outcomes
        if notesChanges { noteChanges(changes, isStopped: failure != nil) }
    }

    private mutating func noteChanges(_ changes: [BrandJob.Change], isStopped: Bool) {
        // Every write of a shared file touches all its brands. It counts as a change for those with a new token. If
        // no token is new, it counts for all of them.
        var renewed: Set<String> = []
        for (outcome, change) in zip(outcomes, changes) where change.hasNewToken {
            renewed.formUnion(outcome.outputs.dropFirst(change.ownOutputs).lazy.map(\.path))
        }
        for (outcome, change) in zip(outcomes, changes) {
            let hasChanged =
                outcome.outputs.prefix(change.ownOutputs).contains(where: \.isVisible)
                || outcome.outputs.dropFirst(change.ownOutputs).contains {
                    $0.isVisible && (change.hasNewToken || !renewed.contains($0.path))
                }
            if hasChanged || change.isUnconfirmed || isStopped && change.mayStillCome { changed.insert(outcome.name) }
            // A brand that a signal stopped did not fail.
            if let failure = outcome.failure, failure.code != .stopped { failed.insert(outcome.name) }
        }
    }
}

extension OutputOutcome {
    /// Whether a reader sees new content.
    fileprivate var isVisible: Bool { kind == .written || kind == .durabilityUnknown }
}

extension EndpointHealth {
    fileprivate var warnings: [String] {
        var warnings: [String] = []
        if hasOtherType {
            warnings.append(
                "answer-type: the Content-Type of a response was not JSON; look for a proxy between this host and DOKU")
        }
        if let skew {
            warnings.append(
                "clock-skew: this host's clock is \(DurationText.render(skew.magnitude)) "
                    + "\(skew > .zero ? "behind" : "ahead of") the endpoint's; set it (timedatectl)")
        }
        return warnings
    }
}

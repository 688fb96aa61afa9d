// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import DurableFiles
package import Model
internal import Processes
internal import Publishing
package import Secrets
internal import TokenAPI

/// One run over one configuration: read what is published, decide, request, publish. The caller holds the run's lock.
package final class TokenRotation: Sendable {
    let configuration: Configuration
    let brands: [Brand]
    let context: RunContext
    let stop: Cancellation
    let policy: RenewalPolicy
    let publication: Publication
    let pool = WorkerPool(width: 512)
    private let destinations: [any SharedDestination]
    /// When the tokens must be done.
    let deadline: ContinuousClock.Instant
    /// When the run must be over.
    let end: ContinuousClock.Instant

    package init(
        configuration: Configuration, selection: Selection, force: Bool, context: RunContext = RunContext(),
        stop: Cancellation, destinations: DestinationMaker = { _, _, _ in [] }
    ) {
        self.configuration = configuration
        // The array itself if possible: a copy for ten thousand brands is large.
        brands =
            selection.brands.count == configuration.brands.count
            ? configuration.brands : selection.brands.map { configuration.brands[$0] }
        self.context = context
        self.stop = stop
        policy = RenewalPolicy(configuration, force: force, now: context.now())
        publication = Publication(
            directories: OutputDirectories(pool: pool, patience: configuration.patience), accounts: Accounts())
        end = .now + configuration.deadline
        deadline = end - configuration.timeForHooks
        self.destinations = destinations(configuration, stop, deadline)
    }

    /// Reads what is published and decides who is due, by the deadline. Writes nothing.
    package func plan() -> RotationPlan {
        let alarm = stop.alarm(at: deadline)
        defer { alarm.cancel() }
        let published = PublishedState(
            of: configuration, brands, publication: publication, pool: pool, others: destinations, stop: stop)
        probeWrites(published)
        let judged = published.map(brands) { [policy, publication] brand, outputs in
            BrandJob(brand, outputs, policy: policy, directories: publication.directories)
        }
        let failure = stop.reason?.failure
        let jobs = zip(brands, judged).map { brand, job in job ?? BrandJob(unseen: brand, failure) }
        return RotationPlan(jobs: jobs, destinations: published.destinations)
    }

    /// Asks of destinations over the network whether new tokens could be written for brands that need one.
    private func probeWrites(_ published: PublishedState) {
        let probed = published.destinations.filter(\.probesWrites)
        guard !probed.isEmpty else { return }
        let brands = brands.filter { !published.destinations(of: $0).filter(\.probesWrites).isEmpty }
        let judged = published.map(brands) { [policy] brand, outputs in
            policy.verdict(on: brand, outputs: outputs).needsWork
        }
        let needy = Set(zip(brands, judged).filter { $1 ?? false }.map(\.0.name))
        _ = pool.map(probed.count, within: nil, grouping: 1, onCancel: { [stop] in stop.onStop($0) }) { index in
            let own = needy.intersection(probed[index].brands)
            if !own.isEmpty { probed[index].probeWrite(for: own) }
        }
    }

    /// Removes what killed runs left, requests what is due, publishes it, and says what became of every brand.
    ///
    /// - Parameters:
    ///   - announce: called once before the first file changes, with the names of the brands that may change.
    ///   - known: takes the new tokens that no file holds, if they must be known later.
    package func run(
        _ whole: consuming RotationPlan, secrets: SecretReader, announce: (@Sendable (Set<String>) -> Void)? = nil,
        known: RedactionSet? = nil
    ) -> RotationResult {
        publication.directories.sweep(stop: stop) { [configuration, brands] pass in
            for output in brands.lazy.flatMap(\.outputs) { pass(output.path, output.symlinks) }
            for snippet in configuration.snippets { pass(snippet.path, snippet.symlinks) }
        }
        var plan = whole
        var work = plan.jobs.filter(\.needsWork)
        let barrier = announce.map { announce in
            // A shared file may be written for any of its brands, also if none is due.
            let shared = Set(plan.destinations.filter { $0 is SnippetFile }.flatMap(\.brands))
            let brands = Set(work.map(\.brand.name)).union(shared.intersection(brands.map(\.name)))
            return WriteBarrier { announce(brands) }
        }
        let shared = plan.publisher(barrier)
        let endpoint = EndpointHealth(brands: work.count)
        var warnings: [String] = []
        // What comes after this, hooks and reporting, has bounds of its own: the deadline ends none of it.
        let alarm = work.isEmpty && !shared.isNeeded ? nil : stop.alarm(at: deadline)
        defer { alarm?.cancel() }
        if !work.isEmpty {
            perform(work, secrets, endpoint, shared, barrier)
            warnings = secrets.warnings
        }
        if alarm != nil { conclude(shared) }
        if let doubt = publication.directories.doubt { for job in plan.jobs { job.noteUnsynced(doubt) } }
        warnings += endpoint.warnings
        // What a hook prints must not give them away; no file holds them.
        for token in known == nil ? [] : shared.hiddenTokens { known?.note(Secret(Array(token.text.utf8))) }
        // The result alone holds the jobs from here on.
        let jobs = plan.jobs
        plan.jobs = []
        work = []
        return RotationResult(
            jobs, unfinished: stop.reason?.failure, warnings: warnings, clockOffset: endpoint.offset,
            notesChanges: announce != nil)
    }

    /// Brings every job to its outcome. Returns when all are done, or a stop has taken its time.
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
        let run = RunResources(
            self, secrets: secrets, http: http, endpoint: endpoint, shared: shared, barrier: barrier)
        // A stop lets publications in progress end, for a while.
        let finished = DispatchSemaphore(value: 0)
        stop.onStop { http.cancel() }
        stop.signal(finished, after: Cancellation.timeToPublish)
        context.observe?(.began(brands: work.count))
        let group = DispatchGroup()
        for _ in work { group.enter() }
        let window = StartWindow(work, width: max(64, configuration.concurrency * 5 / 4)) { job, place in
            Task(executorPreference: run.pool) {
                await BrandRotation(job: job, run: run, place: place).perform()
                group.leave()
            }
        }
        window.fill()
        group.notify(queue: DispatchQueue(label: "end-of-work")) { @Sendable in _ = finished.signal() }
        finished.wait()
        http.cancel()
    }

    /// Writes what is shared and makes everything durable: on threads of their own, since a disk or a server that hangs
    /// must not keep a stopped run from ending.
    private func conclude(_ shared: SharedPublisher) {
        let finished = DispatchSemaphore(value: 0)
        let group = DispatchGroup()
        let queue = DispatchQueue(label: "conclusion")
        let directories = publication.directories
        // What is written is safe before anything else is waited for.
        queue.async(group: group) { @Sendable in directories.synchronize() }
        shared.finish(in: group) { directories.synchronize() }
        group.notify(queue: queue) { @Sendable in _ = finished.signal() }
        stop.signal(finished, after: Cancellation.timeToConclude)
        finished.wait()
    }
}

/// Who is due and why: nothing is written, requested or unlocked for it.
package struct RotationPlan: Sendable {
    /// One for each brand of the run, in the order of the configuration.
    package fileprivate(set) var jobs: [BrandJob]
    let destinations: [any SharedDestination]

    /// Whether anything is to be requested.
    var hasRequests: Bool { jobs.contains(where: \.isRequest) }

    /// Whether some brand's token has expired, or might before a run that delays is over.
    var isUrgent: Bool { jobs.contains(where: \.isUrgent) }

    /// Publishes to the shared destinations, and has the brands' jobs note what happened there.
    fileprivate func publisher(_ barrier: WriteBarrier?) -> SharedPublisher {
        let jobs = destinations.isEmpty ? [] : jobs
        let byName = Dictionary(jobs.map { ($0.brand.name, $0) }) { first, _ in first }
        return SharedPublisher(destinations, barrier: barrier) { byName[$0.brand]?.note($0) }
    }

    /// The outcomes of a run that only plans.
    package var planned: [BrandOutcome] { jobs.map(\.planned) }
}

/// What came of a run's tokens.
package struct RotationResult: Sendable {
    /// In the order of the configuration.
    package let outcomes: [BrandOutcome]
    /// What is not as safe as it should be.
    package let warnings: [String]
    /// What must be added to this host's clock to get the endpoint's, if a response told.
    package let clockOffset: Duration?
    /// Names of the brands of which a token was published, or may still be if the run was stopped. Known if the first
    /// write was announced, as ``failed`` is.
    package private(set) var changed: Set<String> = []
    /// Names of the brands that failed.
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
        // One by one: of ten thousand brands, jobs and outcomes together would be large.
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
        // A shared file changes with any of its brands: it is a change for those whose tokens are new, or for all of
        // them if none is.
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
            if outcome.hasFailed { failed.insert(outcome.name) }
        }
    }
}

extension OutputOutcome {
    /// Whether a reader sees new content.
    fileprivate var isVisible: Bool { kind == .written || kind == .durabilityUnknown }
}

extension BrandOutcome {
    /// Whether something went wrong with it. That somebody stopped the run is nothing wrong.
    fileprivate var hasFailed: Bool { failure.map { $0.code != .stopped } ?? false }
}

extension EndpointHealth {
    /// What responses showed that is not as it should be.
    fileprivate var warnings: [String] {
        var warnings: [String] = []
        if hasOtherType {
            warnings.append(
                "answer-type: an answer was not labelled as JSON (Content-Type); something may stand between this host "
                    + "and DOKU")
        }
        if let skew {
            warnings.append(
                "clock-skew: this host's clock is \(DurationText.render(skew.magnitude)) "
                    + "\(skew > .zero ? "behind" : "ahead of") the endpoint's; set it (timedatectl)")
        }
        return warnings
    }
}

extension Configuration {
    /// What is kept of a run's time for its hooks: brands that take all the time there is must not keep others'
    /// readers from being told.
    var timeForHooks: Duration { min(hooks.reduce(.zero) { $0 + $1.timeout }, deadline / 4) }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Processes
import Publishing
import TestSupport
import Testing

@testable import Rotation

/// The job of one brand, with real files as its outputs.
@Suite struct BrandJobTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private let directories = OutputDirectories(pool: WorkerPool(width: 4), patience: .seconds(10))
    private let now = Timestamp.now

    private var brand: Brand {
        Brand(
            name: "kopi", clientID: Sample.clientID, secret: .environment(variable: "UNUSED"), times: .unsaid,
            outputs: [
                TokenOutput(
                    path: directory.path("kopi.token"),
                    form: TokenOutput.Form(
                        format: .raw(newline: true), attributes: FileAttributes(), symlinks: .refuse))
            ])
    }

    /// A token with a lifetime of six hours and this remaining time in seconds.
    private func token(left: Int64) throws -> Token {
        let end = now.seconds + left
        return try Sample.token(Sample.jwt(#"{"exp":\#(end),"iat":\#(end - 21_600)}"#))
    }

    private func publish(_ token: Token, mode: mode_t = 0o600) throws {
        try directory.write("\(token.text)\n", to: "kopi.token", mode: mode)
    }

    private func job(sharing shared: [OutputSnapshot] = [], force: Bool = false) -> BrandJob {
        let policy = RenewalPolicy(runEvery: .seconds(900), deadline: .seconds(60), force: force, now: now)
        let brand = brand
        return BrandJob(
            brand, brand.outputs.map { directories.read($0, of: brand) } + shared, policy: policy,
            directories: directories)
    }

    // MARK: Decide

    @Test func `a brand with a valid token needs no work`() throws {
        let token = try token(left: 20_000)
        try publish(token)
        let job = job()
        #expect(!job.needsWork && !job.isUrgent)
        #expect(job.planned.kind == .fresh)
        let outcome = job.close(unfinished: BrandFailure(.stopped, "stopped")).outcome
        #expect(outcome.kind == .fresh && outcome.failure == nil)
        #expect(outcome.health == .outlivesNextRun)
        #expect(outcome.expiresAt == token.expiresAt)
        #expect(outcome.outputs.map(\.kind) == [.unchanged])
    }

    @Test func `a brand without a token is due and urgent`() {
        let job = job()
        #expect(job.isRequest && job.isUrgent)
        #expect(job.planned.kind == .due)
        #expect(job.planned.reason == .absent(output: 0, .missing))
        #expect(job.planned.outputs.map(\.kind) == [.due])
        #expect(job.planned.health == .unusable)
    }

    @Test func `a brand whose token is below the threshold is due, but not urgent`() throws {
        try publish(try token(left: 3600))
        let job = job()
        #expect(job.isRequest && !job.isUrgent)
        #expect(job.planned.reason == .expiresSoon(left: 3600, threshold: 7200))
    }

    @Test func `a valid token in a file with the wrong mode is published again`() throws {
        let token = try token(left: 20_000)
        try publish(token, mode: 0o644)
        let job = job()
        guard case .repair(token) = job.step else {
            Issue.record("\(job.step)")
            return
        }
        #expect(job.needsWork && !job.isRequest)
    }

    @Test func `an output that must not be replaced fails its brand before a request`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("kopi.token"), withDestinationPath: directory.path("elsewhere"))
        let job = job(force: true)
        #expect(!job.needsWork)
        let outcome = job.close(unfinished: nil).outcome
        #expect(outcome.kind == .failed)
        #expect(outcome.failure?.code == .outputRefused)
        #expect(outcome.outputs.map(\.kind) == [.refused])
    }

    @Test func `a directory that was removed is found before a request`() throws {
        try publish(try token(left: 60))
        let snapshots = brand.outputs.map { directories.read($0, of: brand) }
        try FileManager.default.removeItem(at: directory.url)
        let later = OutputDirectories(pool: WorkerPool(width: 4), patience: .seconds(10))
        let policy = RenewalPolicy(runEvery: .seconds(900), deadline: .seconds(60), force: false, now: now)
        let job = BrandJob(brand, snapshots, policy: policy, directories: later)
        #expect(!job.needsWork)
        #expect(job.planned.outputs.map(\.kind) == [.refused])
    }

    // MARK: Close

    private static func shared(_ path: String) -> OutputSnapshot {
        OutputSnapshot(path: path, state: .noToken(.missing))
    }

    /// Does what ``BrandRotation`` does after it wrote the brand's own file.
    private func finish(_ job: BrandJob) throws {
        var (outcome, outputs) = try #require(job.beginPublishing())
        outcome.kind = .rotated
        outcome.health = .outlivesNextRun
        outputs[0].outcome.kind = .written
        job.finish(outcome, outputs, awaitsShared: true)
    }

    @Test func `a brand is finished when all its shared entries are written`() throws {
        let job = job(sharing: [Self.shared("shared/a"), Self.shared("shared/b")])
        try finish(job)
        for path in ["shared/a", "shared/b"] {
            job.note(PlaceOutcome(brand: "kopi", output: OutputOutcome(path: path, kind: .written)))
        }
        let (outcome, change) = job.close(unfinished: nil)
        #expect(outcome.kind == .rotated && outcome.failure == nil)
        #expect(outcome.outputs.map(\.kind) == [.written, .written, .written])
        #expect(change.hasNewToken)
    }

    @Test func `a brand with an unwritten shared entry is unfinished`() throws {
        let job = job(sharing: [Self.shared("shared/a"), Self.shared("shared/b")])
        try finish(job)
        job.note(PlaceOutcome(brand: "kopi", output: OutputOutcome(path: "shared/a", kind: .written)))
        let (outcome, change) = job.close(unfinished: BrandFailure(.deadlineExceeded, "the deadline came"))
        #expect(outcome.kind == .unfinished)
        #expect(outcome.failure?.code == .deadlineExceeded)
        #expect(outcome.health == .unusable, "the unwritten entry held no token")
        #expect(change.mayStillCome)
    }

    @Test func `a failed shared entry fails the brand, even if its own file is written`() throws {
        let job = job(sharing: [Self.shared("shared/a")])
        try finish(job)
        job.note(
            PlaceOutcome(
                brand: "kopi", output: OutputOutcome(path: "shared/a", kind: .failed, message: "no"),
                mayHaveArrived: true))
        let (outcome, change) = job.close(unfinished: nil)
        #expect(outcome.kind == .failed)
        #expect(outcome.failure == BrandFailure(.outputNotWritten, "no"))
        #expect(outcome.health == .unusable)
        #expect(change.isUnconfirmed)
    }

    @Test func `a brand that was not finished has an outcome`() {
        let outcome = job().close(unfinished: nil).outcome
        #expect(outcome.kind == .unfinished)
        #expect(outcome.failure?.code == .unfinished)
    }

    @Test func `calls after the job is closed change nothing`() throws {
        let job = job(sharing: [Self.shared("shared/a")])
        var (late, outputs) = try #require(job.beginPublishing())
        let (outcome, change) = job.close(unfinished: BrandFailure(.stopped, "stopped"))
        #expect(outcome.kind == .unfinished)
        #expect(change.mayStillCome, "its file is being written")
        late.kind = .rotated
        outputs[0].outcome.kind = .written
        job.finish(late, outputs, awaitsShared: true)
        job.fail(BrandFailure(.timedOut, "late"), attempts: 3, duration: .seconds(9))
        job.note(PlaceOutcome(brand: "kopi", output: OutputOutcome(path: "shared/a", kind: .written)))
        job.noteUnsynced { _ in nil }
        let (again, later) = job.close(unfinished: BrandFailure(.deadlineExceeded, "later"))
        #expect(!later.hasNewToken)
        #expect(job.beginPublishing() == nil, "no further file may change")
        #expect(again.kind == .unfinished && again.attempts == 0)
    }
}

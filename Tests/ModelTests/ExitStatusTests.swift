// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

// The module Testing has a type with that name as well.
import enum Model.ExitStatus

@Suite struct ExitStatusTests {
    /// The documented table, written again by hand.
    private static let documented: [ExitStatus: Int32] = [
        .success: 0, .transient: 10, .transientExpiresSoon: 11, .transientNoToken: 12, .permanent: 20,
        .permanentExpiresSoon: 21,
        .permanentNoToken: 22, .hookFailed: 30, .usage: 64, .internal: 70, .lockHeld: 75, .configuration: 78,
        .interrupted: 130, .terminated: 143,
    ]

    @Test func `the numbers are as documented`() {
        for status in ExitStatus.allCases { #expect(status.rawValue == Self.documented[status]) }
        #expect(ExitStatus.allCases.count == Self.documented.count)
    }

    /// Numbers with their own meaning in shells, containers, LSB and systemd.
    @Test func `no number has another meaning elsewhere`() {
        let taken = Set<Int32>([1, 2, 3, 4, 5, 6, 7, 125, 126, 127, 137, 255]).union(200...243)
        for status in ExitStatus.allCases { #expect(!taken.contains(status.rawValue)) }
        #expect(Set(ExitStatus.allCases.map(\.rawValue)).count == ExitStatus.allCases.count)
    }

    @Test(arguments: ExitStatus.allCases)
    func `each status has a meaning and advice`(status: ExitStatus) {
        #expect(!status.meaning.isEmpty && !status.advice.isEmpty)
    }

    // MARK: From outcomes

    private static let healths: [TokenHealth] = [.outlivesNextRun, .expiresBeforeNextRun, .unusable]
    private static let transient = BrandFailure.Code.all.filter { BrandFailure($0, "").isTransient }
    private static let permanent = BrandFailure.Code.all.filter { !BrandFailure($0, "").isTransient }

    private static func outcome(
        _ code: BrandFailure.Code?, _ health: TokenHealth, _ kind: BrandOutcome.Kind = .failed
    ) -> BrandOutcome {
        var outcome = BrandOutcome(name: "a", clientID: "B", kind: code == nil ? .rotated : kind, health: health)
        outcome.failure = code.map { BrandFailure($0, "") }
        return outcome
    }

    /// First digit: 1 if a retry may help any brand, else 2. Second digit: the worst health on disk.
    private static func expected(isPassing: Bool, _ worst: TokenHealth) -> Int32 {
        let second: Int32 =
            switch worst {
            case .outlivesNextRun: 0
            case .expiresBeforeNextRun: 1
            case .unusable: 2
            }
        return (isPassing ? 10 : 20) + second
    }

    @Test func `a run without failures succeeds`() {
        #expect(ExitStatus(outcomes: []) == .success)
        #expect(ExitStatus(outcomes: [Self.outcome(nil, .outlivesNextRun)]) == .success)
        #expect(ExitStatus(outcomes: Array(repeating: Self.outcome(nil, .outlivesNextRun), count: 3)) == .success)
    }

    @Test(arguments: BrandFailure.Code.all)
    func `one failed brand decides both digits`(code: BrandFailure.Code) {
        for health in Self.healths {
            let status = ExitStatus(outcomes: [Self.outcome(code, health)])
            #expect(status.rawValue == Self.expected(isPassing: Self.transient.contains(code), health))
        }
    }

    /// A hook counts only if all tokens are healthy.
    @Test(arguments: HookOutcome.Result.allCases)
    func `a failed hook never hides a failed token`(result: HookOutcome.Result) {
        let hooks = [HookOutcome(name: "a", result: .delivered), HookOutcome(name: "b", result: result)]
        let isUndelivered = [.failed, .timedOut, .pending].contains(result)
        #expect(
            ExitStatus(outcomes: [Self.outcome(nil, .outlivesNextRun)]).with(hooks).rawValue
                == (isUndelivered ? 30 : 0))
        for health in Self.healths {
            for code in [BrandFailure.Code.timedOut, .credentialsRejected] {
                let outcomes = [Self.outcome(code, health), Self.outcome(nil, .outlivesNextRun)]
                #expect(ExitStatus(outcomes: outcomes).with(hooks) == ExitStatus(outcomes: outcomes))
            }
        }
    }

    /// Each brand succeeded, failed transiently or failed permanently, with every health.
    @Test func `of three brands, the worst health and any transient failure decide`() {
        var kinds: [(code: BrandFailure.Code?, health: TokenHealth)] = [(nil, .outlivesNextRun)]
        for health in Self.healths { kinds += [(.timedOut, health), (.credentialsRejected, health)] }
        var combinations = 0
        for first in kinds {
            for second in kinds {
                for third in kinds {
                    let brands = [first, second, third]
                    let status = ExitStatus(outcomes: brands.map { Self.outcome($0.code, $0.health) })
                    let failed = brands.filter { $0.code != nil }
                    let worst = brands.map(\.health).max() ?? .outlivesNextRun
                    let isPassing = failed.contains { $0.code == .timedOut }
                    #expect(status.rawValue == (failed.isEmpty ? 0 : Self.expected(isPassing: isPassing, worst)))
                    combinations += 1
                }
            }
        }
        #expect(combinations == 343)
    }

    /// 0 promises that every brand's token outlives the next run.
    @Test(arguments: [TokenHealth.expiresBeforeNextRun, .unusable], [BrandOutcome.Kind.rotated, .fresh, .repaired])
    func `a token that expires before the next run is never a success`(
        health: TokenHealth, kind: BrandOutcome.Kind
    ) {
        var outcome = Self.outcome(nil, health)
        outcome.kind = kind
        #expect(ExitStatus(outcomes: [outcome]) != .success)
    }

    /// Only a run examines the tokens on disk.
    @Test(arguments: ExitStatus.allCases)
    func `a dry run and a validation claim nothing about tokens on disk`(status: ExitStatus) {
        #expect(status.meaning(of: .run) == status.meaning)
        for examination in [ExitStatus.Examination.plan, .configuration] {
            // `validate` exits only with 0, 64, 70 or 78.
            guard examination == .plan || status.rawValue == 0 || status.rawValue >= 64 else { continue }
            #expect(!status.meaning(of: examination).contains("outlives"))
            #expect(!status.meaning(of: examination).contains("on disk"))
        }
    }

    /// By the rows of the exit table: transient failures, and those that need a person.
    @Test func `codes are transient or permanent as documented`() {
        #expect(
            Set(Self.transient) == [
                .hostNotResolved, .notConnected, .timedOut, .connectionLost, .tlsFailed, .proxyFailed, .requestIDSpent,
                .rateLimited, .serverError, .durabilityUnknown, .diskHangs, .deadlineExceeded, .stopped, .unfinished,
            ])
        #expect(Self.transient.count + Self.permanent.count == BrandFailure.Code.all.count)
    }

    /// Codes are label values of metrics.
    @Test(arguments: BrandFailure.Code.all)
    func `a code is a short word in kebab case`(code: BrandFailure.Code) {
        #expect(code.text.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil)
        #expect(code.text.utf8.count <= 24)
    }
}
